"""The walls of the house: imports point down, the domain knows no HTTP, every kind has a whole card, only the log commits."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from community import cards
from community.activity.verbs import VERBS
from community.kinds import all_kinds

ROOT = Path(__file__).resolve().parent.parent
DOMAIN = sorted((ROOT / "community").rglob("*.py"))
FACE = sorted((ROOT / "blueprints").rglob("*.py"))
NOUNS = (
    "people",
    "spaces",
    "phases",
    "microblog",
    "journal",
    "wiki",
    "files",
    "comments",
    "programme",
    "coaching",
    "topics",
    "visits",
    "bookmarks",
    "arranging",
    "messages",
    "submissions",
    "locks",
    "drive",
    "sharing",
)

# From the ground up. A module may import from its own floor and from those below.
FLOORS = (
    {"config", "clock", "errors", "ports", "markup", "markdown", "colours", "egress"},
    {"extensions", "kinds"},
    {"permissions", "migrations_state"},
    {"activity", "jobs"},
    {
        "people",
        "spaces",
        "items",
        "mailroom",
        "search.documents",
        "search.analysis",
        "search.excerpts",
        "search.query",
        "search.ranking",
        "search.segments",
        "search.index",
        "search.place",
        "files.storage",
        "files.disk",
        "files.objects",
        "files.signing",
        "files.media_types",
        "files.names",
        "files.confined",
        "files.readers",
        "files.reading",
    },
    {
        "phases",
        "microblog",
        "journal",
        "wiki",
        "files",
        "comments",
        "programme",
        "coaching",
        "topics",
        "visits",
        "bookmarks",
        "arranging",
        "messages",
        "submissions",
        "notifications",
        "search",
        "live",
        "mailroom.answers",
        "mailroom.receiving",
        "mailroom.posts",
        "mailroom.replies",
        "mailroom.reports",
        "push",
        "exchange",
        "locks",
        "drive",
        "sharing",
    },
    {"demo", "readers", "cards", "doctor", "backup"},
    {"cli"},
)


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside functions; not what only types need."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def floor_of(module: str) -> int | None:
    """The floor of a module of the domain, None for what is not of the domain."""
    if not module.startswith("community."):
        return None
    inner = module.removeprefix("community.")
    for number, rooms in enumerate(FLOORS):
        if any(inner == room or inner.startswith(f"{room}.") for room in rooms if "." in room):
            return number
    for number, rooms in enumerate(FLOORS):
        if inner.split(".")[0] in rooms:
            return number
    return None


@pytest.mark.parametrize("path", DOMAIN, ids=name_of)
def test_imports_point_down_only(path):
    module = name_of(path)
    mine = floor_of(module)
    if mine is None or "migrations" in module:
        return
    command = path.name == "cli.py"  # commands stand at the top of the house, wherever their file lies
    for imported in imports_of(path):
        theirs = floor_of(imported)
        if theirs is not None and not command:
            assert theirs <= mine, f"{module} imports {imported}, which is above it"


@pytest.mark.parametrize("path", DOMAIN, ids=name_of)
def test_the_domain_knows_no_http(path):
    module = name_of(path)
    if module == "community.extensions" or path.name in ("cli.py", "env.py"):
        return
    forbidden = {
        "flask",
        "werkzeug",
        "jinja2",
        "flask_login",
        "flask_socketio",
        "flask_wtf",
        "flask_babel",
        "socketio",
        "blueprints",
    }
    for imported in imports_of(path):
        root = imported.split(".")[0]
        assert root not in forbidden, f"{module} imports {imported}"


@pytest.mark.parametrize("path", FACE, ids=name_of)
def test_the_face_changes_nothing_by_itself(path):
    text = path.read_text()
    for words in ("db.session.add", "db.session.commit", "db.session.delete", ".flush()", "write_unit"):
        assert words not in text, f"{name_of(path)} writes by itself: {words}"


def test_only_the_write_unit_commits():
    commits = [name_of(path) for path in DOMAIN if ".commit()" in path.read_text() and "migrations" not in str(path)]
    allowed = {"community.extensions", "community.readers", "community.live.tail", "community.activity.waking"}
    assert set(commits) <= allowed


FILE_RULES = {
    "models.py": ("queries", "actions", "consumer", "permissions"),
    "kind.py": ("actions", "consumer", "log"),
    "queries.py": ("actions", "consumer", "activity.log"),
    "consumer.py": ("actions",),
}


@pytest.mark.parametrize("path", [path for path in DOMAIN if path.name in FILE_RULES], ids=name_of)
def test_each_file_name_keeps_its_promise(path):
    for imported in imports_of(path):
        if not imported.startswith("community."):
            continue
        for ending in FILE_RULES[path.name]:
            parts = imported.split(".")
            assert ending not in (parts[-1], ".".join(parts[-2:])), f"{name_of(path)} imports {imported}"


def test_every_action_takes_the_actor_first_and_is_marked():
    for path in ROOT.glob("community/*/actions.py"):
        tree = ast.parse(path.read_text())
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith(("_", "plan_")):
                assert node.args.args and node.args.args[0].arg == "actor", f"{path.parent.name}.{node.name}"
                marks = [ast.unparse(mark) for mark in node.decorator_list]
                assert "action" in marks, f"{path.parent.name}.{node.name} is not an action"


def test_every_recorded_verb_is_in_the_vocabulary_and_every_word_of_it_is_used():
    used = set()
    for path in DOMAIN:
        used |= set(re.findall(r'record\(\s*"([a-z]+\.[a-z-]+)"', path.read_text()))
        if path.name == "actions.py":  # a verb may be chosen before it is recorded
            used |= {word for word in re.findall(r'"([a-z]+\.[a-z-]+)"', path.read_text()) if word in VERBS}
    assert used <= set(VERBS), used - set(VERBS)
    assert set(VERBS) <= used, f"never recorded: {sorted(set(VERBS) - used)}"


# What stands on home and in a space, and has no page of its own that search could lead to; a topic is found through what names it,
# and what lies in the bin is found there alone.
WITHOUT_A_PAGE = {"share", "prompt", "event", "topic", "removal", "file_removal", "milestone", "result"}


def test_every_kind_has_a_whole_card():
    cards.lay_out()
    for card in all_kinds():
        assert card.verbs, card.name
        assert card.document is not None or card.name in WITHOUT_A_PAGE, f"{card.name} cannot be found"
        assert card.export is not None, f"{card.name} cannot be taken along"
        assert inspect.getdoc(card.visible), f"{card.name} does not say who sees it"


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_has_the_same_file_names_as_all_the_others(noun):
    known = {"__init__.py", "models.py", "kind.py", "queries.py", "actions.py", "consumer.py", "cli.py", "jobs.py"}
    folder = ROOT / "community" / noun
    assert (folder / "__init__.py").exists()
    for path in folder.glob("*.py"):
        assert path.name in known or "utils" not in path.name, path
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))


@pytest.mark.parametrize("path", [*DOMAIN, *FACE, ROOT / "wsgi.py"], ids=name_of)
def test_every_module_says_what_it_is_for(path):
    if "versions" in str(path):
        return
    assert ast.get_docstring(ast.parse(path.read_text())), f"{name_of(path)} has no docstring"


def test_templates_never_mark_anything_safe():
    for path in (ROOT / "templates").rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert not re.search(r"\|\s*safe\b", text), path
            assert "autoescape false" not in text, path
            if path.parent.name != "mail":
                assert not re.search(r'\sstyle="', text), f"{path} has an inline style"
                assert not re.search(r"\son[a-z]+=", text), f"{path} has an inline script"


def test_the_top_level_holds_what_the_owner_fixed_and_what_tools_need():
    listed = {path.name for path in ROOT.iterdir()}
    fixed = {
        "community", "blueprints", "templates", "static", "search_index", "tests", "wsgi.py", "pyproject.toml", "README.md",
    }  # fmt: skip
    assert fixed <= listed and (ROOT / "search_index/README.md").is_file(), fixed - listed
    known = fixed | {
        "examples", "bench", "Makefile", "package.json", "package-lock.json", "SECURITY.md", "CHANGELOG.md", "LICENSE",
        "instance", "node_modules", "__pycache__",
    }  # fmt: skip
    odd = {name for name in listed - known if not name.startswith((".", "requirements"))}
    assert not odd, odd


def test_every_block_of_the_sheet_ends_before_the_next_begins():
    """A block that is left open takes all that follows into a layer of its own, where it loses against the rest."""
    sheet = (ROOT / "static/app.css").read_text(encoding="utf-8")
    depth = 0
    for number, line in enumerate(sheet.splitlines(), 1):
        assert depth == 0 or not line.startswith("@layer "), f"app.css:{number} begins within another block"
        depth += line.count("{") - line.count("}")
    assert depth == 0
    heads = [line for line in sheet.splitlines() if line.strip().startswith("/* ")]
    assert len(heads) == len(set(heads)), "a part of the sheet stands there twice"

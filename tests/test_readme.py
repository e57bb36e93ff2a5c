"""What README.md names exists, and what exists is named there: settings, commands, paths, verbs of the command line."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click

from community.config import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_every_setting_is_named_with_its_default_and_every_named_setting_exists():
    found = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)?", README, flags=re.M)
    rows = dict(found)
    assert len(rows) == len(found), "a setting has one row"
    assert set(rows) == {spec.name for spec in fields(Settings)}
    for spec in fields(Settings):
        told = rows[spec.name]
        if told:
            assert told == str(spec.default), spec.name


def commands_of(app) -> dict[str, set[str]]:
    """Every command of ours, with its own commands if it is a group."""
    found = {}
    for name, command in app.cli.commands.items():
        if command.callback is None and not isinstance(command, click.Group):
            continue
        found[name] = set(command.commands) if isinstance(command, click.Group) else set()
    return found


def test_every_command_is_named_and_every_named_command_exists(app):
    section = README.split("## Commands")[1].split("##")[0]
    told = {}
    for words in re.findall(r"`([a-z|\- ]+)`", section):
        name, _, rest = words.partition(" ")
        told[name] = set(rest.split("|")) if rest else set()
    ours = {name: inner for name, inner in commands_of(app).items() if name not in ("db", "run", "shell", "routes")}
    told.pop("flask", None)
    told.pop("db")
    assert told == ours


def test_every_path_that_is_named_exists():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
    for name in re.findall(r"`((?:community|blueprints|examples|bench|tests)/[\w./-]+)`", README):
        if "*" not in name:
            assert (ROOT / name).exists(), name


def test_exactly_two_commands_set_it_up():
    start = README.split("## Start")[1].split("```")[1]
    assert re.findall(r"^make (\w+)", start, flags=re.M) == ["run", "test"]


def test_every_target_of_make_is_named():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY:(.*)$", makefile, flags=re.M).group(1).split())
    for target in targets - {"lock"}:
        assert f"make {target}" in README, target


def test_the_project_speaks_of_itself_alone():
    for path in (*ROOT.glob("*.md"), *ROOT.glob("*.toml"), *ROOT.glob("requirements*.txt"), ROOT / "package-lock.json"):
        text = path.read_text()
        assert not re.search(r"/(home|root|work|tmp)/", text), path
        assert not re.search(r"\b(pypi\.org|files\.pythonhosted|registry\.npmjs)", text), path

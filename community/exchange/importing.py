"""What is in an upload, what would become of it, and carrying that out.

A plan is made first and shown: which page stands where, which file comes along, and what cannot be read, with the reason. Then each
page is an action of its own, so that half an import is half the pages and never half a page; doing it again does nothing twice.
"""

from __future__ import annotations

import json
import posixpath
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from time import thread_time
from typing import Any, BinaryIO
from urllib.parse import quote, unquote

import nh3
from sqlalchemy import select

from community.activity.once import once
from community.errors import CommunityError, Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.files.actions import upload_file
from community.files.archives import Archive
from community.files.incoming import receive
from community.files.models import File
from community.files.names import checked_name
from community.files.queries import file_for, path_key
from community.files.storage import Storage
from community.items.tags import checked_tags
from community.markup import MAX_BODY, clean_text
from community.permissions import Actor, may, require, visible
from community.spaces.models import Space
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page
from community.wiki.paths import MAX_PATH, RESERVED, checked_path, checked_title, part_of
from community.wiki.queries import page_for
from community.wiki.tags import tag_page
from community.wiki.templates import set_template

MARKDOWN = (".md", ".markdown", ".mdown", ".txt")
HTML = (".html", ".htm")
WORD = ".docx"
PAGES = (*MARKDOWN, *HTML, WORD)
ACCEPTED = (".zip", *PAGES)
MAX_SOURCE = 2_000_000
"""Bytes of one page of Markdown or HTML."""
MAX_HTML = 300_000
"""Characters of one page of HTML, cleaned. Some five seconds at the worst; no page of ours holds a third of it."""
MAX_WORD = 30_000_000
MAX_WORD_XML = 6_000_000
"""Bytes of a Word document, and of the XML of its text unpacked."""
MOST_PAGES = 1_000
MAX_FILE = 64_000_000
OVER = ("beside", "update")
"""What becomes of a page whose address is in use: a page beside it, with a number, or its next revision."""

Report = list[dict[str, Any]]


@dataclass(frozen=True)
class Source:
    """One text that becomes a page."""

    title: str
    body: str
    tags: tuple[str, ...] = ()
    template: str = ""
    pictures: dict[str, bytes] = field(default_factory=dict)
    order: int | None = None
    """Its place among its neighbours, where the text names one."""


@dataclass
class Plan:
    """What an import would do. Can be kept as JSON."""

    pages: list[dict[str, Any]]
    """`source` in the upload, `path`, `title`, `tags`, `template`, `known`: a page stands there that would be written on."""
    files: list[dict[str, str]]
    """`source` in the upload and the `name` that it gets."""
    report: Report

    def told(self) -> dict[str, Any]:
        return {"pages": self.pages, "files": self.files}


def line(name: str, why: str | CommunityError = "", *, bad: bool = True, **facts: Any) -> dict[str, Any]:
    """A line of a report: what it is about, and a sentence with its facts, to be said in the reader's language."""
    if isinstance(why, CommunityError):
        return {"name": name[-200:], "words": why.sentence, "facts": why.facts, "bad": bad}
    return {"name": name[-200:], "words": why, "facts": facts, "bad": bad}


def ending(name: str) -> str:
    return posixpath.splitext(name.lower())[1]


# ---- reading one text -----------------------------------------------------------------------------------------------


def source_of(name: str, content: bytes) -> Source:
    """A file as a page. Raises Invalid for what cannot be one."""
    kind = ending(name)
    stem = posixpath.splitext(posixpath.basename(name))[0]
    if kind == WORD:
        return _from_word(stem, content)
    text = _decoded(content)
    return _from_html(stem, text) if kind in HTML else _from_markdown(stem, text)


def _decoded(content: bytes) -> str:
    for charset in ("utf-8-sig", "utf-16") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return clean_text(content.decode(charset))
        except UnicodeError:
            continue
    return clean_text(content.decode("cp1252", "replace"))


def _titled(stem: str, title: str) -> str:
    words = title.strip() or re.sub(r"[-_]+", " ", stem).strip().capitalize() or "Page"
    return checked_title(words[:200])


_MATTER = re.compile(r"---[ \t]*\n(.{0,20000}?)\n---[ \t]*(?:\n|$)", re.DOTALL)
_FIRST = re.compile(r"\s*#[ \t]+([^\n]{1,300}?)[ \t]*#*[ \t]*(?:\n|$)")


def _from_markdown(stem: str, text: str) -> Source:
    facts: dict[str, Any] = {}
    found = _MATTER.match(text)
    if found:
        facts, text = _facts(found[1]), text[found.end() :]
    title = str(facts.get("title") or "")
    first = _FIRST.match(text)
    if first and (not title or _plain(first[1]) == title):
        title, text = title or _plain(first[1]), text[first.end() :].lstrip("\n")
    tags = facts.get("tags") or ()
    template = str(facts.get("template") or "")
    return Source(
        _titled(stem, title),
        text,
        _fitting(tags if isinstance(tags, list) else re.split(r"[,;]", str(tags)) if tags else ()),
        "offered" if template in ("offered", "default") else "",
        order=int(order) if (order := str(facts.get("order", ""))).isdigit() and len(order) < 7 else None,
    )


def _plain(words: str) -> str:
    return re.sub(r"[*_`]+", "", words).strip()


def _fitting(tags: Any) -> tuple[str, ...]:
    """Those of the tags that can be tags here."""
    kept: list[str] = []
    for tag in list(tags)[:40]:
        try:
            kept = checked_tags([*kept, str(tag)])
        except Invalid:
            continue
    return tuple(kept)


def _facts(matter: str) -> dict[str, Any]:
    """What stands above a page: `name: value`, quoted or plain, and lists on one line or below each other. No more of YAML."""
    facts: dict[str, Any] = {}
    name = ""
    for row in matter.split("\n")[:200]:
        item = re.match(r"\s+-\s+(.+)|-\s+(.+)", row)
        if item and name:
            held = facts.get(name)
            facts[name] = [*(held if isinstance(held, list) else []), _value((item[1] or item[2]).strip())]
            continue
        found = re.match(r"([A-Za-z][\w-]{0,40}):[ \t]*(.*)", row)
        if found:
            name, value = found[1].lower(), found[2].strip()
            facts[name] = _list(value) if value.startswith("[") and value.endswith("]") else _value(value)
    return facts


def _list(value: str) -> list[str]:
    try:
        made = json.loads(value)
        return [str(one) for one in made]
    except (ValueError, RecursionError):
        return [_value(one.strip()) for one in value[1:-1].split(",") if one.strip()]


def _value(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return str(json.loads(value))
        except ValueError:
            return value[1:-1]
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    return value


_TAGS = frozenset(re.findall(
    r"\w+",
    "a abbr b blockquote br caption code dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s "
    "section article main samp small span strong sub sup table tbody td tfoot th thead tr ul var",
))  # fmt: skip
_CLEAN = nh3.Cleaner(
    tags=set(_TAGS),
    attributes={"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}, "code": {"class"}},
    clean_content_tags={"script", "style", "title", "head", "template", "noscript", "svg", "math"},
    link_rel=None,
    url_schemes={"http", "https", "mailto"},
).clean
_TITLE = re.compile(r"<title[^>]{0,100}>([^<]{1,300})</title", re.IGNORECASE)
_H1 = re.compile(r"<h1>((?:(?!</h1>).){1,500})</h1>", re.DOTALL)
_DEEP = 80
_LONG = 0.7
"""Seconds of work on half of a page, after which the whole of it is not begun."""


def _from_html(stem: str, text: str) -> Source:
    title = _TITLE.search(text[:20_000])
    html = _cleaned(text)
    heading = _H1.search(html)
    said = " ".join(re.sub(r"<[^>]*>", " ", heading[1]).split()) if heading else ""
    if heading and said and not html[: heading.start()].replace("<div>", "").strip():
        html = html[: heading.start()] + html[heading.end() :]
    named = import_module("html").unescape(said or (title[1] if title else ""))
    return Source(_titled(stem, " ".join(named.split())), _to_markdown(html))


def _cleaned(text: str) -> str:
    """HTML with nothing in it but what a page can hold. What lies deep in itself takes the parser as long as its depth squared, so
    the text is looked at in beginnings, each twice as long as the one before: a refusal costs a few seconds at most, and what is
    honest twice as much as at once. Raises Invalid("file").
    """
    size = 4_096
    while size < len(text):
        began = thread_time()
        _refuse_deep(_CLEAN(text[:size]))
        if thread_time() - began > _LONG:
            raise Invalid("file", _l("This page lies too deep in itself to be read."))
        size *= 2
    return _CLEAN(text)


def _refuse_deep(html: str) -> None:
    depth = deepest = 0
    for sign in re.findall(r"<(/?)(?!br|hr|img)[a-z]", html):
        depth += -1 if sign else 1
        deepest = max(deepest, depth)
    if deepest > _DEEP:
        raise Invalid("file", _l("This page lies too deep in itself to be read."))


def _to_markdown(html: str) -> str:
    """Clean HTML as our Markdown. Raises Invalid when it lies too deep to be read."""
    _refuse_deep(html)
    if len(html) > MAX_HTML:
        raise Invalid("file", _l("This is too large to be a page."))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made: str = import_module("markdownify").markdownify(
            html,
            heading_style="ATX",
            bullets="-",
            code_language_callback=_language,
            escape_misc=False,
            table_infer_header=True,
        )
    return re.sub(r"\n{3,}", "\n\n", made).strip() + "\n"


def _language(element: Any) -> str:
    code = element.find("code") if hasattr(element, "find") else None
    for name in (code.get("class") or []) if code is not None else []:
        if str(name).startswith("language-"):
            return str(name).removeprefix("language-")[:30]
    return ""


def _from_word(stem: str, content: bytes) -> Source:
    _look_into_word(content)
    pictures: dict[str, bytes] = {}

    def keep(image: Any) -> dict[str, str]:
        with image.open() as stream:
            taken = stream.read(MAX_FILE)
        name = f"{stem}-{len(pictures) + 1}.{(image.content_type or 'image/png').rpartition('/')[2][:8]}"
        pictures[name.replace("jpeg", "jpg")] = taken
        return {"src": quote(name.replace("jpeg", "jpg"))}

    mammoth: Any = import_module("mammoth")
    try:
        made = mammoth.convert_to_html(BytesIO(content), convert_image=mammoth.images.img_element(keep))
    except Exception:
        raise Invalid("file", _l("This document cannot be read. Open it in Word and save it again.")) from None
    source = _from_html(stem, f"<html><body>{made.value}</body></html>")
    return Source(source.title, source.body, pictures=pictures)


def _look_into_word(content: bytes) -> None:
    """A Word document is an archive of XML: as little is believed of it as of any other. Raises Invalid."""
    try:
        archive = Archive(BytesIO(content))
    except Invalid:
        raise Invalid("file", _l("This document cannot be read. Open it in Word and save it again.")) from None
    sax: Any = import_module("defusedxml.sax")
    handler: Any = import_module("xml.sax.handler").ContentHandler
    read = 0
    for name, entry in archive.entries.items():
        if ending(name) not in (".xml", ".rels"):
            continue
        read += entry.size
        if read > 3 * MAX_WORD_XML or entry.size > MAX_WORD_XML:
            raise Invalid("file", _l("This document is too long to be a page. Split it."))
        try:
            sax.parseString(archive.read(name), _Depth(handler)(), forbid_dtd=True)
        except Invalid:
            raise
        except Exception:
            raise Invalid("file", _l("This document cannot be read. Open it in Word and save it again.")) from None


def _Depth(handler: Any) -> Any:
    class Depth(handler):  # type: ignore[misc]
        """Refuses XML that lies in itself deeper than any document does."""

        depth = 0

        def startElement(self, name: str, attrs: Any) -> None:
            self.depth += 1
            if self.depth > 200:
                raise Invalid("file", _l("This page lies too deep in itself to be read."))

        def endElement(self, name: str) -> None:
            self.depth -= 1

    return Depth


# ---- the plan -------------------------------------------------------------------------------------------------------


_EFFORT = {".html": 12, ".htm": 12, WORD: 20}


class Upload:
    """What was sent, one file or an archive of many, as names and bytes."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        """Raises Invalid("file")."""
        self.name = name
        self.archive = Archive(stream) if ending(name) == ".zip" else None
        self._stream = stream
        if self.archive is None and ending(name) not in PAGES:
            raise Invalid("file", _l("Send a ZIP file, Markdown, HTML or a Word document (.docx)."))

    def names(self) -> list[str]:
        return list(self.archive.entries) if self.archive else [self.name]

    def effort(self) -> int:
        """About how many bytes of Markdown would be as much work as reading this."""
        if self.archive is None:
            sizes = {self.name: self._stream.seek(0, 2)}
        else:
            sizes = {name: entry.size for name, entry in self.archive.entries.items()}
        return sum(_EFFORT.get(ending(name), 1) * size for name, size in sizes.items() if ending(name) in PAGES)

    def read(self, name: str) -> bytes:
        limit = MAX_WORD if ending(name) == WORD else MAX_SOURCE
        if self.archive:
            return self.archive.read(name, limit)
        self._stream.seek(0)
        content = self._stream.read(limit + 1)
        if len(content) > limit:
            raise Invalid("file", _l("This is too large to be a page."))
        return content


def plan_of(actor: Actor, space: Space, upload: Upload, *, under: str = "", over: str = "beside") -> Plan:
    """What an import would do in a space, below the path `under`. Changes nothing. Raises Invalid (file, under, over), Denied."""
    require(actor, "write", space)
    under = checked_path(under) if under.strip().strip("/") else ""
    if over not in OVER:
        raise Invalid("over", _l("Choose one of these."))
    report: Report = []
    archive = upload.archive
    if archive is not None:
        report += [line(name, _l("The letters of this name cannot be read.")) for name in archive.unread]
    texts = pages_among(upload.names())
    if not texts:
        raise Invalid("file", _l("There is no page in this: no Markdown, HTML or Word document."))
    if len(texts) > MOST_PAGES:
        raise Invalid("file", _l("Bring up to %(limit)d pages at once."), limit=MOST_PAGES)
    taken = _paths_in(space)
    mine = _paths_seen(actor, space)
    pages: list[dict[str, Any]] = []
    given: set[str] = set()
    orders: dict[str, int] = {}
    for name in sorted(texts, key=_order):
        try:
            source = source_of(name, upload.read(name))
            _fits(source)
        except Invalid as fault:
            report.append(line(name, fault))
            continue
        path = _path(under, name)
        known = over == "update" and path in mine and path not in given
        if not known:
            path = _free(path, taken | given)
        given.add(path)
        if source.order is not None:
            orders[path] = source.order
        pages.append(
            {
                "source": name,
                "path": path,
                "title": source.title,
                "tags": list(source.tags),
                "template": source.template,
                "known": known,
            }
        )
    files: list[dict[str, str]] = []
    if archive is not None:
        files = _files(actor, space, archive, report)
    if not pages:
        raise Invalid("file", report[0]["words"], **report[0]["facts"])
    pages.sort(key=lambda one: _standing(one["path"], orders))
    return Plan(pages, files, report)


def pages_among(names: Iterable[str]) -> list[str]:
    """Those of the files that become pages. Beside other texts a `.txt` is a file that they show."""
    texts = [name for name in names if ending(name) in PAGES]
    return [name for name in texts if ending(name) != ".txt"] or texts


def _fits(source: Source) -> None:
    if not source.body.strip():
        raise Invalid("body", _l("This page is empty."))
    if len(source.body) > MAX_BODY:
        raise Invalid("body", _l("This page is longer than %(limit)d characters. Split it in two."), limit=MAX_BODY)


def _order(name: str) -> tuple[list[str], str]:
    """A page before those below it."""
    return _path("", name).split("/"), name


def _standing(path: str, orders: dict[str, int]) -> list[tuple[int, str]]:
    """What sorts pages as a tree: each level by the order that its texts name, then by its address."""
    parts = path.split("/")
    return [(orders.get("/".join(parts[: n + 1]), 10**7), part) for n, part in enumerate(parts)]


def _path(under: str, name: str) -> str:
    parts = posixpath.splitext(name)[0].split("/")
    if len(parts) > 1 and parts[-1].lower() in ("index", "readme"):
        parts.pop()
    kept = [part + "-page" if part in RESERVED else part for part in (part_of(words)[:60] for words in parts)]
    path = "/".join([*([under] if under else []), *kept])
    return path if len(path) <= MAX_PATH - 8 else path[: MAX_PATH - 8].rstrip("-/")


def _free(path: str, taken: set[str]) -> str:
    number, wanted = 2, path
    while wanted in taken:
        wanted, number = f"{path}-{number}", number + 1
    return wanted


def _paths_in(space: Space) -> set[str]:
    """Every address in use, whoever may read what stands there: a number behind a path tells no more than the form does."""
    return set(db.session.scalars(select(Page.path).where(Page.space_id == space.id, Page.deleted_at.is_(None))))


def _paths_seen(actor: Actor, space: Space) -> set[str]:
    return set(db.session.scalars(select(Page.path).where(Page.space_id == space.id, visible(actor, Page))))


def _files(actor: Actor, space: Space, archive: Archive, report: Report) -> list[dict[str, str]]:
    texts = set(pages_among(archive.entries))
    others = [name for name in archive.entries if name not in texts]
    if others and not may(actor, "upload", space):
        report.append(line("", _l("This space keeps no files: pictures and other files stay out.")))
        return []
    planned: list[dict[str, str]] = []
    names: set[str] = set()
    for name in others:
        if ending(name) in (".zip", ".tar", ".gz", ".7z", ".rar"):
            report.append(line(name, _l("An archive within an archive is not opened.")))
            continue
        if archive.entries[name].size > MAX_FILE:
            report.append(line(name, _l("This file is too large.")))
            continue
        folder, base = posixpath.split(name)
        try:
            kept = checked_name(base)
            if path_key(kept) in names:
                kept = checked_name(f"{folder.replace('/', '-')}-{base}")
        except Invalid as fault:
            report.append(line(name, fault))
            continue
        names.add(path_key(kept))
        planned.append({"source": name, "name": kept})
    return planned


# ---- carrying it out ------------------------------------------------------------------------------------------------


def carry_out(
    actor: Actor,
    space_id: int,
    upload: Upload,
    plan: dict[str, Any],
    *,
    key: str,
    storage: Storage,
    again: Callable[[], Actor],
    progress: Callable[[int], None],
) -> Report:
    """Do what a plan says, as the actor may at that moment (`again()` reads their rights anew). Gives a line for each thing
    that came to be or failed. Safe to repeat with the same `key`.
    """
    report: Report = []
    held: dict[str, str] = {}  # source of a file → its address here
    done = 0
    for one in plan["files"]:
        try:
            name = _bring_file(again(), space_id, upload, one, storage)
            held[one["source"]] = f"/spaces/{_space(space_id).slug}/files/{quote(name, safe='')}"
        except CommunityError as fault:
            report.append(line(one["source"], _why(fault)))
        done += 1
        progress(done)
    paths = {one["source"]: one["path"] for one in plan["pages"]}
    for number, one in enumerate(plan["pages"]):
        try:
            source = source_of(one["source"], upload.read(one["source"]))
            _fits(source)
            body = _linked(again(), space_id, one, source, paths, held, storage, report)
            page = _bring_page(again(), space_id, one, source, body, f"{key}:{number}")
            report.append({**line(page.title, "", bad=False), "path": page.path})
        except CommunityError as fault:
            report.append(line(one["source"], _why(fault)))
        done += 1
        progress(done)
    return report


def _why(fault: CommunityError) -> CommunityError:
    return Denied(_l("You can no longer write here.")) if isinstance(fault, Denied | NotFound) else fault


def _space(space_id: int) -> Space:
    return db.session.get_one(Space, space_id)


def _bring_file(actor: Actor, space_id: int, upload: Upload, one: dict[str, str], storage: Storage) -> str:
    assert upload.archive is not None
    stream = upload.archive.open(one["source"])
    return _keep_file(actor, space_id, one["name"], stream, storage)


def _keep_file(actor: Actor, space_id: int, name: str, stream: Any, storage: Storage) -> str:
    """Keep bytes under a name that is free, or that these very bytes have already. Gives the name."""
    try:
        came = receive(storage, stream, name, limit_bytes=MAX_FILE)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError):
        raise Invalid("file", _l("This part of the archive is damaged.")) from None
    stem, point, last = came.name.rpartition(".")
    for number in range(1, 100):
        wanted = came.name if number == 1 else f"{stem}-{number}.{last}" if point else f"{came.name}-{number}"
        space = _space(space_id)
        try:
            known = file_for(actor, space, wanted)
        except NotFound:
            if _is_named(space, wanted):
                continue  # of others, who need not be known of
        else:
            if known.sha256 != came.stored.sha256:
                continue
            return known.name
        return upload_file(actor, space, name=wanted, stored=came.stored, media_type=came.media_type).name
    raise Invalid("name", _l("Use another name: this one is in use."))


def _is_named(space: Space, name: str) -> bool:
    stmt = select(File.id).where(File.space_id == space.id, File.path_key == path_key(name))
    return db.session.scalar(stmt) is not None


def _bring_page(actor: Actor, space_id: int, one: dict[str, Any], source: Source, body: str, key: str) -> Page:
    space = _space(space_id)
    if one["known"]:
        page = page_for(actor, space, one["path"])
        page = edit_page(actor, page, body=body, title=source.title, base=page.revision)
        tag_page(actor, page, tags=source.tags)
    else:
        page = once(actor, key, lambda: _new(actor, space, one, source, body), asked=one["path"])
    if source.template and not page.template and may(actor, "edit", page):
        set_template(actor, page, template="offered")
    return page


def _new(actor: Actor, space: Space, one: dict[str, Any], source: Source, body: str) -> Page:
    path = one["path"]
    for number in range(2, 50):
        try:
            return create_page(actor, space, title=source.title, body=body, path=path, tags=source.tags)
        except Invalid as fault:
            if fault.field != "path":
                raise
            path = f"{one['path']}-{number}"  # somebody wrote one there since the plan was made
    raise Conflict(_l("This address is in use. Choose another."))


# ---- links ----------------------------------------------------------------------------------------------------------

_FENCE = re.compile(r"[ \t]{0,3}(`{3,}|~{3,})")
_INLINE = re.compile(
    r"(?<!\\)(!?)(?<!\\)\[((?:[^\[\]\\\n]|\\.){0,300})\]"
    r"\(<?([^()\s<>]{1,1000}(?:\([^()\s<>]{0,200}\)[^()\s<>]{0,200})?)>?([ \t]+\"[^\"\n]{0,300}\")?\)"
)
_REFERENCE = re.compile(r"([ ]{0,3}\[[^\[\]\n]{1,200}\]:[ \t]*)<?([^\s<>]{1,1000})>?")


def _linked(
    actor: Actor,
    space_id: int,
    one: dict[str, Any],
    source: Source,
    paths: dict[str, str],
    held: dict[str, str],
    storage: Storage,
    report: Report,
) -> str:
    """The words of a page with their relative links leading to where pages and files stand now."""
    slug = _space(space_id).slug
    mine = dict(held)
    for name, content in source.pictures.items():
        try:
            kept = _keep_file(actor, space_id, checked_name(name), BytesIO(content), storage)
            mine[posixpath.join(posixpath.dirname(one["source"]), name)] = (
                f"/spaces/{slug}/files/{quote(kept, safe='')}"
            )
        except CommunityError as fault:
            report.append(line(name, _why(fault)))
    lost: set[str] = set()

    def place(address: str) -> tuple[str, str, str]:
        """A page's path, its heading, or another address: where a relative address leads; empty where nowhere."""
        if re.match(r"[a-z][a-z0-9+.-]*:|//|#|/spaces/", address, re.IGNORECASE):
            return "", "", address
        bare, _, heading = address.partition("#")
        target = unquote(bare.partition("?")[0])
        folder = posixpath.dirname(one["source"])
        # Sites are often written as if each page were a folder of its own: `../next/`.
        for base in [""] if target.startswith("/") else [folder, posixpath.splitext(one["source"])[0]]:
            there = posixpath.normpath(posixpath.join(base, target.lstrip("/")))
            for guess in (there, f"{there}.md", f"{there}/index.md", f"{there}/README.md", f"{there}.html"):
                if guess in paths:
                    return paths[guess], heading, ""
            if there in mine:
                return "", "", mine[there]
        lost.add(address[:100])
        return "", "", ""

    def inline(found: re.Match[str]) -> str:
        mark, words, address, title = found[1], found[2], found[3], found[4] or ""
        path, heading, other = place(address)
        if path and not mark and words.strip() and not set(words) & set("|\\`*_~!@#$<") and len(words) <= 200:
            return f"[[{path}{'#' + unquote(heading) if heading else ''}|{words}]]"
        if path:
            there = f"/spaces/{slug}/wiki/{path}{'#' + heading if heading else ''}"
            return f"{mark}[{words}]({there}{title})"
        if mark and not other:
            return words.strip()  # a picture that did not come along is told in its words
        return f"{mark}[{words}]({other}{title})" if other and other != address else found[0]

    def reference(found: re.Match[str]) -> str:
        path, heading, other = place(found[2])
        if path:
            other = f"/spaces/{slug}/wiki/{path}{'#' + heading if heading else ''}"
        return f"{found[1]}{other}" if other and other != found[2] else found[0]

    rows = []
    for row, code in _rows(source.body):
        rows.append(
            row if code else _INLINE.sub(inline, _REFERENCE.sub(reference, row) if row[:4].strip()[:1] == "[" else row)
        )
    if lost:
        report.append(
            line(one["source"], _l("Links that lead nowhere here: %(words)s"), words=", ".join(sorted(lost)[:5]))
        )
    return "\n".join(rows)


def _rows(body: str) -> Iterator[tuple[str, bool]]:
    """The lines of a text, and whether each is code."""
    fence = ""
    for row in body.split("\n"):
        found = _FENCE.match(row)
        if fence:
            yield row, True
            if found and found[1][0] == fence[0] and len(found[1]) >= len(fence) and not row.strip(" \t" + fence[0]):
                fence = ""
        elif found:
            fence = found[1]
            yield row, True
        else:
            yield row, False

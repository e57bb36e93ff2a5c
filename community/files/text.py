"""The text of a document: kept beside the file, read with its rights, found by search, selected in for comments."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape
from itertools import groupby

from community.comments.texts import Words, words_are
from community.extensions import db
from community.files.models import File, FileText
from community.files.reading import READERS, Part, Read, Why
from community.markup import clean_text, render

PLAIN, MARKDOWN = "text/plain", "text/markdown"
AS_THEY_ARE = (PLAIN, MARKDOWN, "text/vtt", "application/x-subrip")
"""Kinds of files that are text themselves."""
WITH_TEXT = (*READERS, *AS_THEY_ARE)
"""Kinds of files in which text is looked for."""
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
"""Below the heading that stands above the text on the page of a file."""


def may_have_text(file: File) -> bool:
    """Whether text is looked for in a file of this kind."""
    return file.media_type in WITH_TEXT


def is_read(file: File) -> bool:
    """Whether all that a reader tells is known of the version that stands."""
    kept = text_of_file(file)
    return kept is not None and kept.parts is not None


def text_of_file(file: File) -> FileText | None:
    """The text of the version that stands, None while it was not looked for. For whoever came to the file."""
    found = db.session.get(FileText, file.id) if may_have_text(file) else None
    return found if found is not None and found.sha256 == file.sha256 else None


def parts_as_html(kind: str, parts: Sequence[Part]) -> str:
    """The words of the parts of a document as HTML: a section for each page, slide or sheet, its number in the id."""
    made = []
    for number, part in enumerate(parts, 1):
        title = f"<h3>{escape(part.title)}</h3>\n" if kind == "sheet" and part.title else ""
        inner = title + _lines_as_html(part)
        label = escape(part.title) if title else str(number)
        made.append(f'<section id="{kind}-{number}" aria-label="{label}">\n{inner}\n</section>' if kind else inner)
    return "\n".join(piece for piece in made if piece)


def _lines_as_html(part: Part) -> str:
    made = []
    for kind, lines in groupby(part.lines, key=lambda line: line[0] if line[0] in ("row", "li") else ""):
        if kind == "row":
            rows = ("".join(f"<td>{escape(cell)}</td>" for cell in cells) for _kind, *cells in lines)
            made.append("<table>" + "\n".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
        elif kind == "li":
            made.append("<ul>" + "\n".join(f"<li>{escape(line[1])}</li>" for line in lines) + "</ul>")
        else:
            made += [_line_as_html(*line) for line in lines]
    return "\n".join(made)


def _line_as_html(kind: str, words: str) -> str:
    if kind == "note":
        return f'<p class="note">{escape(words)}</p>'
    tag = _HEADINGS.get(kind, "p")
    return f"<{tag}>{escape(words)}</{tag}>"


def _html_of(file: File, read: Read) -> str:
    if file.media_type in READERS:
        return parts_as_html(read.kind, read.parts)
    words = read.parts[0].text
    if file.media_type == MARKDOWN:
        return str(render(words).html)
    return f'<pre class="plain" tabindex="0">{escape(words, quote=False)}</pre>'


def _clean(part: Part) -> Part:
    return Part(clean_text(part.title), tuple((line[0], *map(clean_text, line[1:])) for line in part.lines))


def put_text(file: File, read: Read | None, why: Why = "damaged") -> FileText:
    """Keep what was read of a file, or that nothing could be, and why. Part of an action."""
    kept = db.session.get(FileText, file.id)
    if kept is None:
        kept = FileText(file_id=file.id)
        db.session.add(kept)
    parts = [_clean(part) for part in read.parts] if read is not None else []
    kept.sha256 = file.sha256
    kept.page_count = read.count if read is not None and read.kind else 0
    kept.part_kind = read.kind if read is not None else ""
    kept.body, kept.parts = _joined(parts)
    kept.body_html = _html_of(file, Read(tuple(parts), read.count, read.whole, read.kind)) if read and kept.body else ""
    if read is None:
        kept.state = "unreadable" if why == "damaged" else why
    elif not kept.body:
        kept.state = "pictures"
    else:
        kept.state = "whole" if read.whole else "cut"
    return kept


def _joined(parts: Sequence[Part]) -> tuple[str, list[list[int | str]]]:
    """The words of all parts, and where among them each part begins, with its title."""
    words, begins = "", list[list[int | str]]()
    for part in parts:
        text = unicodedata.normalize("NFC", part.text)  # as search counts characters
        gap = "\n\n" if words and text else ""
        begins.append([len(words) + len(gap), part.title])
        words += gap + text
    return words, begins


def _words(file: File) -> Words | None:
    kept = text_of_file(file)
    return Words(kept.body_html, file.version) if kept is not None and kept.body else None


def _has_words(file: File) -> bool:
    kept = text_of_file(file)
    return kept is not None and bool(kept.body)


def _waits(file: File) -> bool:
    return may_have_text(file) and text_of_file(file) is None


words_are("file", _words, are_there=_has_words, are_pending=_waits)

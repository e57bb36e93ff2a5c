"""The text of a PDF, a text or a Markdown file: kept beside it, read with its rights, found by search, selected in for comments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from community.comments.texts import Words, words_are
from community.extensions import db
from community.files.models import File, FileText
from community.files.pdf import Read
from community.markup import clean_text, render

PDF = "application/pdf"
PLAIN, MARKDOWN = "text/plain", "text/markdown"
WITH_TEXT = (PDF, PLAIN, MARKDOWN)
"""Kinds of files in which text is looked for."""
_GAP = re.compile(r"\n[ \t]*\n+")


def may_have_text(file: File) -> bool:
    """Whether text is looked for in a file of this kind."""
    return file.media_type in WITH_TEXT


def text_of_file(file: File) -> FileText | None:
    """The text of the version that stands, None while it was not looked for. For whoever came to the file."""
    found = db.session.get(FileText, file.id) if may_have_text(file) else None
    return found if found is not None and found.sha256 == file.sha256 else None


def pages_as_html(pages: Sequence[str]) -> str:
    """The words of some pages as HTML: a section a page, a paragraph where a line was left empty."""
    made = []
    for number, words in enumerate(pages, 1):
        paragraphs = [escape(" ".join(part.split())) for part in _GAP.split(words) if part.strip()]
        inner = "\n".join(f"<p>{part}</p>" for part in paragraphs)
        made.append(f'<section id="page-{number}" aria-label="{number}">\n{inner}\n</section>')
    return "\n".join(made)


def _html_of(file: File, pages: Sequence[str]) -> str:
    if file.media_type == PDF:
        return pages_as_html(pages)
    if file.media_type == MARKDOWN:
        return str(render(pages[0]).html)
    return f'<pre class="plain" tabindex="0">{escape(pages[0], quote=False)}</pre>'


def put_text(file: File, read: Read | None) -> FileText:
    """Keep what was read of a file, or that nothing could be. Part of an action."""
    kept = db.session.get(FileText, file.id)
    if kept is None:
        kept = FileText(file_id=file.id)
        db.session.add(kept)
    pages = [clean_text(page) for page in read.pages] if read is not None else []
    kept.sha256 = file.sha256
    kept.page_count = read.count if read is not None else 0
    kept.body = "\n\n".join(page for page in pages if page)
    kept.body_html = _html_of(file, pages) if kept.body else ""
    if read is None:
        kept.state = "unreadable"
    elif not kept.body:
        kept.state = "pictures"
    else:
        kept.state = "whole" if read.whole else "cut"
    return kept


def _words(file: File) -> Words | None:
    kept = text_of_file(file)
    return Words(kept.body_html, file.version) if kept is not None and kept.body else None


def _has_words(file: File) -> bool:
    kept = text_of_file(file)
    return kept is not None and bool(kept.body)


def _waits(file: File) -> bool:
    return may_have_text(file) and text_of_file(file) is None


words_are("file", _words, are_there=_has_words, are_pending=_waits)

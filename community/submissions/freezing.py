"""How pages, files and the pictures in them become a copy: the words, the HTML and the key of the bytes, as they are now.

The HTML of a page is the kept one; in it the address of each picture that is copied along, of each file and of each page that is
handed in too, leads to the copy. What leads elsewhere stays, and goes through its own door.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote, unquote

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from community.errors import Invalid, _l
from community.extensions import db
from community.files.models import File
from community.files.names import folder_key
from community.files.queries import files_at
from community.permissions import Actor, listing
from community.spaces.models import Space
from community.submissions.models import Submission, SubmissionItem
from community.wiki.models import Page

MOST_PAGES, MOST_FILES = 100, 100

_ADDRESS = re.compile(r'\b(src|href)="/spaces/([a-z0-9-]+)/(files|wiki)/([^"?#]+)((?:[?#][^"]*)?)"')


@dataclass(frozen=True)
class Chosen:
    """What is to be copied: pages by their path, the files that were chosen, and those that stand in the pages as pictures."""

    pages: Sequence[Page]
    files: Sequence[File]
    pictures: Sequence[File]


def chosen(
    actor: Actor, space: Space, *, pages: Collection[int], trees: Collection[int], files: Collection[int]
) -> Chosen:
    """These pages of a space, of some (`trees`) also those below them, and these files, as far as the actor sees them.

    Raises Invalid: "pages" when nothing was chosen, or one is gone; "files" when one is gone; either when there are too many.
    """
    found = _pages(actor, space, set(pages) | set(trees), set(trees))
    sent = listing(
        actor,
        select(File)
        .where(File.space_id == space.id, File.id.in_(files))
        .options(joinedload(File.folder))
        .order_by(File.path_key),
        File,
    )
    if len(sent) < len(set(files)):
        raise Invalid("files", _l("A file that you chose is gone. Look again at what there is."))
    if not found and not sent:
        raise Invalid("pages", _l("Choose at least one page or file."))
    if len(sent) > MOST_FILES:
        raise Invalid("files", _l("Choose up to %(limit)d files."), limit=MOST_FILES)
    shown = sorted({(space.id, path) for page in found for path in _pictures_in(page.body_html, space.slug)})
    known = {file.id for file in sent}
    pictures = {file.id: file for file in files_at(actor, shown).values() if file.id not in known}
    return Chosen(found, sent, list(pictures.values()))


def _pages(actor: Actor, space: Space, wanted: set[int], trees: set[int]) -> list[Page]:
    known = listing(actor, select(Page).where(Page.space_id == space.id, Page.id.in_(wanted)), Page)
    if len(known) < len(wanted):
        raise Invalid("pages", _l("A page that you chose is gone. Look again at what there is."))
    below = [Page.path.startswith(f"{page.path}/", autoescape=True) for page in known if page.id in trees]
    if below:
        stmt = select(Page).where(Page.space_id == space.id, or_(*below)).limit(MOST_PAGES + 1)
        known += [page for page in listing(actor, stmt, Page) if page.id not in wanted]
    if len(known) > MOST_PAGES:
        raise Invalid("pages", _l("Choose up to %(limit)d pages."), limit=MOST_PAGES)
    return sorted(known, key=lambda page: page.path)


def _pictures_in(html: str, slug: str) -> set[str]:
    """The ways of the files of a space that stand in the HTML of a page as pictures."""
    return {
        unquote(unescape(name))
        for what, space, tool, name, _rest in _ADDRESS.findall(html)
        if what == "src" and space == slug and tool == "files"
    }


def freeze(submission: Submission, space: Space, what: Chosen) -> None:
    """Add the copy to a submission that has its number. Part of an action."""
    place = 0
    copies: dict[str, SubmissionItem] = {}
    for kind, files in (("file", what.files), ("picture", what.pictures)):
        for file in files:
            place += 1
            copies[folder_key(file.path)] = _file(submission, file, kind, place)
    pages = {page.path: _page(submission, page, place + number) for number, page in enumerate(what.pages, 1)}
    db.session.add_all([*copies.values(), *pages.values()])
    db.session.flush()
    for item in pages.values():
        item.body_html = _led_to_the_copy(item.body_html, submission, space.slug, copies, pages)
    submission.page_count, submission.file_count = len(pages), len(what.files)


def _file(submission: Submission, file: File, kind: str, position: int) -> SubmissionItem:
    return SubmissionItem(
        submission_id=submission.id,
        position=position,
        kind=kind,
        source_id=file.id,
        owner_id=file.author_id,
        audience=file.audience,
        title=file.name,
        version=file.version,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        storage_key=file.storage_key,
    )


def _page(submission: Submission, page: Page, position: int) -> SubmissionItem:
    return SubmissionItem(
        submission_id=submission.id,
        position=position,
        kind="page",
        source_id=page.id,
        owner_id=page.author_id,
        audience=page.audience,
        title=page.title,
        path=page.path,
        version=page.revision,
        body=page.body,
        body_html=page.body_html,
    )


def copy_address(item: SubmissionItem) -> str:
    """Where the copy of a file is read."""
    return f"/submissions/{item.submission_id}/files/{item.id}/{quote(item.title, safe='')}"


def _led_to_the_copy(
    html: str,
    submission: Submission,
    slug: str,
    files: Mapping[str, SubmissionItem],
    pages: Mapping[str, SubmissionItem],
) -> str:
    def lead(match: re.Match[str]) -> str:
        what, space, tool, name, rest = match.groups()
        if space != slug:
            return match[0]
        if tool == "files":
            file = files.get(folder_key(unquote(unescape(name)).strip("/")))
            return f'{what}="{copy_address(file)}"' if file is not None else match[0]
        page = pages.get(unquote(unescape(name)))
        if page is None:
            return match[0]
        at = rest if rest.startswith("#") else ""
        return f'{what}="/submissions/{submission.id}?page={page.id}{at}"'

    return _ADDRESS.sub(lead, html)

"""Keeps the index in step with the log. The cursor lies in the index itself, in the same commit: kill-safe.

Lines are coalesced: a thing that changed ten times in a batch is written once, as it is now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import select

from community.activity.models import Activity
from community.activity.outbox import Later, Reader, last_id
from community.extensions import db
from community.kinds import all_kinds, kind_named
from community.search.documents import Change, Document, Removal
from community.search.index import Busy, NeedsRebuild, SearchIndex
from community.search.place import index_in

# Verbs that change who may see everything in a space, so that comments and items are written anew.
_NOISE = frozenset(
    {
        "post.reacted",
        "post.unreacted",
        "post.pinned",
        "post.unpinned",
        "post.locked",
        "post.unlocked",
        "page.placed",
        "page.left",
        "page.revision-removed",
        "file.left",
        "file.version-named",
        "file.version-removed",
        "file.thinned",
        "folder.left",
        "folder.copied",
        "bookmark.due",
        "person.signed-in",
        "person.signed-out",
        "session.ended",
    }
)


AT_ONCE = 1000
"""Changes that the index is given at once: one line of the log may concern all pages of a space."""


def changes_for(lines: Sequence[Activity]) -> Iterator[Change]:
    """What a batch of the log means for the index: documents as they are now, removals of what is gone."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        if line.verb in _NOISE:
            continue
        card = kind_named(line.object_kind)
        wanted[line.object_kind] |= {line.object_id, *card.along(line)}
        for name, numbers in card.inside(line).items():
            wanted[name] |= set(numbers)
    toggled = {line.object_id for line in lines if "shows_approved" in (line.data or {}).get("changed", ())}
    if toggled:  # what everybody may find of a page changed with its space
        model = kind_named("page").model
        wanted["page"] |= set(db.session.scalars(select(model.id).where(model.space_id.in_(toggled))))
    for name in ("post", "page", "file", "entry", "submission", "ask"):
        if wanted.get(name):
            wanted["comment"] |= _comments_on(name, wanted[name])
    if wanted.get("conversation"):  # somebody left: their token goes from what was said there
        wanted["message"] |= _messages_in(wanted["conversation"])
    for name, ids in wanted.items():
        yield from _documents(name, ids)


def _comments_on(name: str, ids: set[int]) -> set[int]:
    model = kind_named("comment").model
    found: set[int] = set()
    for some in _stretches(ids):
        found |= set(db.session.scalars(select(model.id).where(model.parent_kind == name, model.parent_id.in_(some))))
    return found


def _stretches(ids: set[int], many: int = AT_ONCE) -> Iterator[list[int]]:
    """What one line concerns may be a tree of thousands of pages."""
    ordered = sorted(ids)
    return (ordered[start : start + many] for start in range(0, len(ordered), many))


def _messages_in(conversations: set[int]) -> set[int]:
    model = kind_named("message").model
    return set(db.session.scalars(select(model.id).where(model.conversation_id.in_(conversations))))


def _documents(name: str, ids: set[int]) -> Iterator[Change]:
    card = kind_named(name)
    if card.document is None or not ids:
        return
    for some in _stretches(ids):
        found = {obj.id: obj for obj in _load(card.model, some, card.options())}
        for object_id in some:
            obj = found.get(object_id)
            document = card.document(obj) if obj is not None else None
            yield document if document is not None else Removal(f"{name}:{object_id}")


def _load(model: type[Any], ids: list[int], options: tuple[Any, ...]) -> Sequence[Any]:
    return db.session.scalars(select(model).where(model.id.in_(ids)).options(*options)).unique().all()


def every_document(chunk: int = 500) -> Iterator[Document]:
    """All that can be found, for a rebuild, in chunks so that memory stays flat."""
    for card in all_kinds():
        if card.document is None:
            continue
        last = 0
        while True:
            stmt = select(card.model).where(card.model.id > last).order_by(card.model.id).limit(chunk)
            found = db.session.scalars(stmt.options(*card.options())).unique().all()
            if not found:
                break
            last = found[-1].id
            for obj in found:
                document = card.document(obj)
                if document is not None:
                    yield document
            db.session.expunge_all()


def rebuild(index: SearchIndex) -> int:
    """Build the index anew beside the old one and swap. Returns the id of the log up to which it is whole."""
    place = last_id()
    index.rebuild(every_document(), place)
    db.session.rollback()
    return place


def reader(folder: Path) -> Reader:
    """The reader of the log that feeds the index in a folder."""
    index = index_in(folder)

    def read(lines: Sequence[Activity]) -> None:
        changes, place = changes_for(lines), lines[-1].id
        try:
            while len(some := list(islice(changes, AT_ONCE))) == AT_ONCE:
                db.session.rollback()  # no reading transaction stays open while the index writes
                index.apply(some, index.cursor())  # not all of it yet: after a crash these lines are read again
            db.session.rollback()
            index.apply(some, place)
        except NeedsRebuild:
            rebuild(index)
        except Busy as fault:  # another worker writes: what it leaves, the next round reads
            raise Later from fault

    return Reader("search", read, transactional=False, place=index.cursor, batch=300, idle=index.optimize_if_idle)

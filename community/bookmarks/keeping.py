"""Keeping something for later, and letting it go. No action of the community: what somebody keeps is theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete

from community.bookmarks.models import KEPT, LONGEST_NOTE, Bookmark
from community.clock import now
from community.errors import Invalid, NotFound, _l
from community.extensions import db, put_row, write_unit
from community.kinds import card_of
from community.markup import clean_text
from community.permissions import Actor, sees, thing_for

FURTHEST = timedelta(days=3 * 366)


def keep(actor: Actor, thing: Any, *, note: str = "", remind_at: datetime | None = None) -> None:
    """Keep a thing that one sees, or change its note and reminder. Raises Invalid (note, remind_at), NotFound."""
    kind = card_of(thing).name
    if actor.id is None or kind not in KEPT or not sees(actor, thing):
        raise NotFound()
    note = clean_text(note).strip()
    if len(note) > LONGEST_NOTE:
        raise Invalid("note", _l("Keep a note under %(limit)d characters."), limit=LONGEST_NOTE)
    if remind_at is not None and not now() < remind_at < now() + FURTHEST:
        raise Invalid("remind_at", _l("Choose a day to come, within three years."))
    thing_id = thing.id
    with write_unit():
        key = {"person_id": actor.id, "object_kind": kind, "object_id": thing_id}
        put_row(Bookmark, key, note=note, remind_at=remind_at)


def let_go(actor: Actor, kind: str, object_id: int) -> None:
    """Keep something no longer; what one may not see any more can be let go too. Raises NotFound for what one does not keep."""
    mine = (Bookmark.person_id == actor.id, Bookmark.object_kind == kind, Bookmark.object_id == object_id)
    with write_unit():
        if not db.session.execute(delete(Bookmark).where(*mine)).rowcount:  # type: ignore[attr-defined]
            raise NotFound()


def thing_to_keep(actor: Actor, kind: str, object_id: int) -> Any:
    """What somebody would keep. Raises NotFound for what is unknown, hidden, or never kept."""
    return thing_for(actor, kind, object_id, among=KEPT)

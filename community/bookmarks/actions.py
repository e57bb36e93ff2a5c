"""What can happen to bookmarks that others of the house hear of: their moment comes."""

from __future__ import annotations

from community.activity.log import action, nothing_changed, record
from community.bookmarks.models import Bookmark
from community.clock import now
from community.extensions import db
from community.kinds import kind_named
from community.people.models import Person
from community.permissions import Actor, sees
from community.spaces.queries import actor_for


@action
def remind(actor: Actor, bookmark_id: int) -> None:
    """Say to its owner that the moment of a bookmark has come, once; nothing of what they may no longer see. The line is
    nobody's to read (activity.queries.PRIVATE_VERBS): it is how the reader of notices hears of it.
    """
    bookmark = db.session.get(Bookmark, bookmark_id, with_for_update=True)
    if bookmark is None or bookmark.remind_at is None or bookmark.remind_at > now():
        nothing_changed()
        return
    bookmark.remind_at = None
    owner = db.session.get_one(Person, bookmark.person_id)
    thing = db.session.get(kind_named(bookmark.object_kind).model, bookmark.object_id)
    if thing is None or not sees(actor_for(owner), thing):
        nothing_changed()
        return
    record("bookmark.due", actor, thing, person=owner.id)

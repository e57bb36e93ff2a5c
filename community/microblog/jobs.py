"""What follows later: scheduled posts at their time, the preview of a link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from community.errors import Denied, Invalid, NotFound, _l
from community.extensions import db
from community.jobs.work import handles
from community.microblog import previews
from community.microblog.actions import publish_scheduled
from community.microblog.drafts import note_problem
from community.microblog.models import PostDraft
from community.people.models import Person
from community.ports import ports
from community.spaces.queries import actor_for

CANNOT = _l("You can no longer post here.")


@handles("posts.publish")
def _publish(payload: dict[str, Any]) -> None:
    """Once: with the post, the draft goes in the same transaction. A draft that was changed or cancelled is not this job's."""
    draft = db.session.get(PostDraft, payload["draft"])
    if draft is None or draft.state != "scheduled" or draft.publish_at != datetime.fromisoformat(payload["at"]):
        return
    author = db.session.get_one(Person, draft.author_id)
    if author.status != "active":
        note_problem(draft, CANNOT)
        return
    try:
        publish_scheduled(actor_for(author), draft)
    except (Denied, NotFound):
        note_problem(draft, CANNOT)
    except Invalid as fault:
        note_problem(draft, str(fault))


@handles("attachments.forget")
def _forget(payload: dict[str, Any]) -> None:
    """Orders from before bytes were content: what has a key of its own goes, and nothing else."""
    storage = ports.storage()
    for key in payload["keys"]:
        storage.delete(key)


@handles("previews.fetch", lane="previews")
def _preview(payload: dict[str, Any]) -> None:
    previews.fetch_preview(payload["post"], payload["url"])

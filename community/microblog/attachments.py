"""Pictures and files that come with a post. Their bytes are safe in the storage before an action begins; whoever may see the
post now may see them, and they go when it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select, update

from community.errors import Invalid, NotFound, _l
from community.extensions import db
from community.files.storage import Stored
from community.markup import clean_text
from community.microblog.models import Attachment, Post

MOST = 10
LONGEST_ALT = 300


class Arrived(NamedTuple):
    """One file that came with a form: what it is called, what it is, and in words what can be seen on it."""

    name: str
    stored: Stored
    media_type: str
    alt: str = ""


def attach(
    files: Sequence[Arrived], *, post_id: int | None = None, draft_id: int | None = None, there: int = 0
) -> None:
    """Hang files on a post or on what will be one. `there`: how many hang on it already. Part of an action. Raises
    Invalid("files")."""
    if there + len(files) > MOST:
        raise Invalid("files", _l("Up to %(limit)d files fit in one post."), limit=MOST)
    for file in files:
        db.session.add(
            Attachment(
                post_id=post_id,
                draft_id=draft_id,
                name=file.name,
                media_type=file.media_type,
                size=file.stored.size,
                sha256=file.stored.sha256,
                storage_key=file.stored.key,
                alt=" ".join(clean_text(file.alt).split())[:LONGEST_ALT],
            )
        )


def move_to_post(draft_id: int, post_id: int) -> int:
    """What waited with a scheduled post hangs on the post now. Gives how many. Part of an action."""
    stmt = update(Attachment).where(Attachment.draft_id == draft_id).values(draft_id=None, post_id=post_id)
    return int(db.session.execute(stmt).rowcount)  # type: ignore[attr-defined]


def detach(attachments: Sequence[Attachment]) -> None:
    """Take files away; the sweep forgets their bytes once nobody names them. Part of an action."""
    for file in attachments:
        db.session.delete(file)


def attached_to(*, post_id: int | None = None, draft_id: int | None = None) -> list[Attachment]:
    """What hangs on a post, or waits with a draft, that the caller came to."""
    held = Attachment.post_id == post_id if post_id is not None else Attachment.draft_id == draft_id
    return list(db.session.scalars(select(Attachment).where(held).order_by(Attachment.id)))


def attachments_of(post_ids: Sequence[int]) -> dict[int, list[Attachment]]:
    """What hangs on some posts. One query, none for no posts."""
    found: dict[int, list[Attachment]] = {}
    if post_ids:
        stmt = select(Attachment).where(Attachment.post_id.in_(post_ids)).order_by(Attachment.id)
        for file in db.session.scalars(stmt):
            assert file.post_id is not None
            found.setdefault(file.post_id, []).append(file)
    return found


def attachment_for(post: Post, attachment_id: int) -> Attachment:
    """One file of a post that the actor came to through its door. Raises NotFound."""
    stmt = select(Attachment).where(Attachment.id == attachment_id, Attachment.post_id == post.id)
    found = db.session.scalars(stmt).one_or_none()
    if found is None:
        raise NotFound()
    return found

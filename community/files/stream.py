"""What came with the posts of a space, as files: found beside the others, and copied among them without touching the post."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from community.activity.log import action
from community.errors import Denied, NotFound, _l
from community.extensions import db
from community.files.actions import upload_file
from community.files.drops import as_sent
from community.files.models import File, Folder
from community.files.places import free_name
from community.files.storage import Stored
from community.microblog.models import Attachment, Post
from community.permissions import Actor, require, sees, visible
from community.spaces.models import Space
from community.spaces.turns import take_turn

LIST = 100


class FromStream(NamedTuple):
    """A file of a post, with the post and its author."""

    attachment: Attachment
    post: Post


def from_stream(actor: Actor, space: Space, *, before: int | None = None, limit: int = LIST) -> list[FromStream]:
    """What came with the posts of a space that the actor sees, the newest first: below the number `before`. One query."""
    stmt = (
        select(Attachment, Post)
        .join(Post, Post.id == Attachment.post_id)
        .where(Post.space_id == space.id, visible(actor, Post))
        .options(joinedload(Post.author))
        .order_by(Attachment.id.desc())
        .limit(limit)
    )
    if before is not None:
        stmt = stmt.where(Attachment.id < before)
    return [FromStream(row[0], row[1]) for row in db.session.execute(stmt).unique()]


def one_from_stream(actor: Actor, space: Space, number: int) -> FromStream:
    """One of them. Raises NotFound."""
    stmt = (
        select(Attachment, Post)
        .join(Post, Post.id == Attachment.post_id)
        .where(Attachment.id == number, Post.space_id == space.id, visible(actor, Post))
        .options(joinedload(Post.author))
    )
    row = db.session.execute(stmt).unique().one_or_none()
    if row is None:
        raise NotFound()
    return FromStream(row[0], row[1])


@action
def copy_from_post(
    actor: Actor, space: Space, *, post: Post, attachment: Attachment, stored: Stored, folder: Folder | None = None
) -> File:
    """Make what came with a post a file of its space too, for no more people than the post: `stored` is a copy of its bytes. It
    replaces nothing; the post keeps its own. Raises Denied for a post to named people, Invalid, NotFound.
    """
    require(actor, "upload", space)
    if post.space_id != space.id or attachment.post_id != post.id or not sees(actor, post):
        raise NotFound()
    if post.audience not in ("coach", "space", "organisation"):
        raise Denied(_l("This was for people whom its author named. It stays with the post."))
    take_turn(space.id)
    return upload_file(
        actor,
        space,
        name=free_name(space, as_sent(actor, folder, attachment.name).name, folder, keep_both=True),
        stored=stored,
        media_type=attachment.media_type,
        folder=folder,
        description=attachment.alt,
        audience=post.audience,
        base="",
    )

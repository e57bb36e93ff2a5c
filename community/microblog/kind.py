"""The card of a post."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload

from community.items.rules import (
    is_author,
    is_open,
    is_staff,
    is_writer,
    item_scopes,
    item_visible,
    may_comment,
    may_talk,
    space_is_live,
)
from community.kinds import Kind, predicate, register
from community.markup import plain_text, topics_of
from community.microblog.models import Post
from community.permissions import Actor
from community.search.documents import Document
from community.spaces.queries import people_ids_in
from community.topics.kind import followers_of

is_unlocked = predicate("its thread is not locked")(lambda _, post: post.locked_at is None)
is_share = predicate("points at another post")(lambda _, post: post.shared_id is not None)

is_question = predicate("it is a question")(lambda _actor, post: post.kind == "question")
is_poll = predicate("it is a poll")(lambda _actor, post: post.kind == "poll")


def post_visible(actor: Actor) -> ColumnElement[bool]:
    """Who may enter the space and is of its audience."""
    return item_visible(actor, Post, "post")


def _scopes(post: Post) -> frozenset[str]:
    return item_scopes(post, "post")


def _document(post: Post) -> Document | None:
    if post.deleted_at is not None:
        return None
    return Document(
        ref=f"post:{post.id}",
        kind="post",
        title="",
        body=plain_text(post.body),
        scopes=_scopes(post),
        space_id=post.space_id,
        author=post.author.handle,
        created=post.created_at,
        phase=str(post.phase_id) if post.phase_id else None,
        language=None,
        topics=topics_of(post.body),
    )


def _export(post: Post) -> dict[str, Any]:
    return {
        "kind": post.kind,
        "body": post.body,
        "space": post.space.slug,
        "audience": post.audience,
        "created": post.created_at.isoformat(),
    }


def _hears(entry: Any, post: Post) -> Iterable[tuple[int, str]]:
    """The mentioned and the praised; for an announcement everybody in the space; whose answer was accepted."""
    if entry.verb == "post.accepted":
        yield entry.data["by"], "accepted"
    yield from ((person, "praise") for person in entry.data.get("praised", ()))
    if entry.verb == "post.created" and post.kind == "announcement":
        yield from ((person, "announcement") for person in people_ids_in(post.space_id or 0))
    if entry.verb in ("post.created", "post.edited"):
        yield from ((person, "mention") for person in entry.data.get("mentions", ()))
    if entry.verb == "post.created" and "#" in post.body:
        yield from ((person, "topic") for person in followers_of(topics_of(post.body)))


CARD = register(
    Kind(
        name="post",
        model=Post,
        visible=post_visible,
        verbs={
            "edit": is_author & is_writer & space_is_live & is_open,
            "delete": (is_author | is_staff) & space_is_live,
            "comment": may_comment & space_is_live & is_open & is_unlocked & ~is_share,
            "react": may_talk & space_is_live & is_open,
            "pin": is_staff & space_is_live & is_open,
            "lock": is_staff & space_is_live & is_open,
            "hide": (is_author | is_staff) & space_is_live & is_open,
            "archive": (is_author | is_staff) & space_is_live,
            "move": ((is_author & is_writer) | is_staff) & space_is_live,
            "share": may_talk & ~is_share,
            "accept": (is_author | is_staff) & space_is_live & is_open & is_question,
            "vote": may_talk & space_is_live & is_open & is_poll,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        hears=_hears,
        options=lambda: (joinedload(Post.author), joinedload(Post.space)),
    )
)

"""The card of a comment: at most as visible as what it hangs on, and narrower when it is held or for a few."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import aliased, joinedload

from community.comments.models import COMMENTABLE, OPEN, Comment
from community.extensions import db
from community.items.rules import is_author, is_coach, is_staff, is_writer, space_is_live
from community.kinds import Kind, card_of, kind_named, predicate, register
from community.markup import plain_text, topics_of
from community.permissions import Actor, may
from community.search.documents import Document
from community.spaces.queries import people_ids_in

IS_PUBLIC = and_(Comment.held_at.is_(None), Comment.audience == "")
"""What whoever sees the thing may read: all that numbers shown to everybody may count."""


def open_to(actor: Actor, comment: Any = Comment) -> ColumnElement[bool]:
    """Which comments on a thing that the actor sees are for them: not held, or their own; and of their audience
    (`models.AUDIENCES`). `comment`: the class, or an alias of it. It depends on the actor's id and coach roles alone.
    """
    return _open_to(actor.id, tuple(sorted(space for space, role in actor.roles.items() if role == "coach")), comment)


@cache
def _alias(name: str) -> Any:
    """Of the things of a kind, for the clause below alone: its columns are dearer to name than the clause is to make."""
    return aliased(kind_named(name).model)


@lru_cache(maxsize=2_000)
def _open_to(person: int | None, coached: tuple[int, ...], comment: Any) -> ColumnElement[bool]:
    mine = comment.author_id == person
    start = _alias("comment")
    begun = select(start.id).where(start.id == comment.reply_to_id, start.author_id == person).exists()
    of_things = []
    for name in COMMENTABLE:
        thing = _alias(name)
        made = select(thing.id).where(thing.id == comment.parent_id, thing.author_id == person).exists()
        of_things.append(and_(comment.parent_kind == name, made))
    few = or_(
        begun,
        and_(comment.audience == "author", or_(*of_things)),
        and_(comment.audience == "coaches", comment.space_id.in_(coached)),
    )
    return or_(mine, and_(comment.held_at.is_(None), or_(comment.audience == "", few)))


def comment_visible(actor: Actor) -> ColumnElement[bool]:
    """Not deleted, for the actor, and its parent is visible: one clause for each kind it can hang on."""
    if actor.id is None:
        return false()
    parents = []
    for name in COMMENTABLE:
        card = kind_named(name)
        there = select(card.model.id).where(card.model.id == Comment.parent_id, card.visible(actor))
        parents.append(and_(Comment.parent_kind == name, there.exists()))
    return and_(Comment.deleted_at.is_(None), open_to(actor), or_(*parents))


def parent_of(comment: Comment) -> Any:
    """What a comment hangs on, or None when it is gone. For readers; people come through a door."""
    return db.session.get(kind_named(comment.parent_kind).model, comment.parent_id)


parent_is_open = predicate("what it hangs on is not archived")(
    lambda _, comment: getattr(parent_of(comment), "archived_at", None) is None
)


is_held = predicate("it is held")(lambda _, comment: comment.held_at is not None)
is_unheld = predicate("it is not held")(lambda _, comment: comment.held_at is None)
is_thread = predicate("it is a thread")(lambda _, comment: comment.is_thread and comment.held_at is None)
needs_no_answer = predicate("no answer is owed to it")(
    lambda _, comment: comment.purpose != "must_answer" or comment.state not in OPEN
)
made_the_thing = predicate("made the thing")(
    lambda actor, comment: actor.id is not None and getattr(parent_of(comment), "author_id", None) == actor.id
)
suggests_words = predicate("it suggests other words")(
    lambda _, comment: comment.purpose == "suggestion" and comment.is_thread and comment.state != "resolved"
)


def _may_on_the_thing(verb: str) -> Any:
    def asked(actor: Actor, comment: Comment) -> bool:
        parent = parent_of(comment)
        return parent is not None and verb in card_of(parent).verbs and may(actor, verb, parent)

    return asked


may_edit_the_thing = predicate("may edit the thing")(_may_on_the_thing("edit"))
may_still_talk = predicate("may comment on the thing")(_may_on_the_thing("comment"))


def _scopes(comment: Comment) -> frozenset[str]:
    parent = parent_of(comment)
    if parent is None or comment.deleted_at is not None:
        return frozenset()
    scopes = kind_named(comment.parent_kind).scopes(parent)
    if comment.held_at is not None:
        return _those_within({comment.author_id}, parent, scopes)
    if comment.audience == "":
        return scopes
    few = {comment.author_id, starter_of(comment)}
    if comment.audience == "author":
        return _those_within(few | {parent.author_id}, parent, scopes)
    coaches = frozenset({f"s{comment.space_id}:coach"}) if comment.space_id is not None else frozenset()
    return coaches | _those_within(few, parent, scopes)


def starter_of(comment: Comment) -> int:
    """The number of the person who began the thread in which a comment stands."""
    if comment.reply_to_id is None:
        return comment.author_id
    began = db.session.scalar(select(Comment.author_id).where(Comment.id == comment.reply_to_id))
    return began if began is not None else comment.author_id


def _those_within(people: set[int], parent: Any, scopes: frozenset[str]) -> frozenset[str]:
    """The tokens of these people, of those among them who see the thing: a few people's comment is no wider than its thing."""
    tokens = {f"p{person}" for person in people}
    places = {scope for scope in scopes if not scope.startswith("p")}
    if not places:
        return scopes & tokens
    if places == {f"s{parent.space_id}:coach"}:
        coaches = people_ids_in(parent.space_id, roles=frozenset({"coach"}))
        return frozenset(f"p{person}" for person in people & (coaches | {parent.author_id}))
    return frozenset(tokens)


def may_hear(comment: Comment, people: Iterable[int]) -> list[int]:
    """Those of these people for whom a comment is at all, in their order: nobody is named in what they cannot read."""
    if comment.audience == "":
        return list(people)
    few = {comment.author_id, starter_of(comment)}
    if comment.audience == "author":
        parent = parent_of(comment)
        few |= {parent.author_id} if parent is not None else set()
    elif comment.space_id is not None:
        few |= people_ids_in(comment.space_id, roles=frozenset({"coach"}))
    return [person for person in people if person in few]


def _document(comment: Comment) -> Document | None:
    scopes = _scopes(comment)
    if not scopes or comment.held_at is not None:
        return None
    return Document(
        ref=f"comment:{comment.id}",
        kind="comment",
        title="",
        body=plain_text(comment.body),
        scopes=scopes,
        space_id=comment.space_id,
        author=comment.author.handle,
        created=comment.created_at,
        phase=str(comment.phase_id) if comment.phase_id else None,
        language=None,
        topics=topics_of(comment.body),
    )


def _export(comment: Comment) -> dict[str, Any]:
    return {
        "on": f"{comment.parent_kind}:{comment.parent_id}",
        "body": comment.body,
        "purpose": comment.purpose,
        "audience": comment.audience,
        "state": comment.state,
        "held": comment.held_at is not None,
        "created": comment.created_at.isoformat(),
    }


_ABOUT_A_THREAD = {"comment.resolved": "resolved", "comment.reopened": "reopened", "comment.applied": "applied"}


def _hears(entry: Any, comment: Comment) -> Iterable[tuple[int, str]]:
    """The mentioned, who is answered, the author of the thing; and the whole team when its coach speaks. Who began a thread, when
    others resolve it, open it again or put in what it suggests.
    """
    if entry.verb in _ABOUT_A_THREAD:
        yield comment.author_id, _ABOUT_A_THREAD[entry.verb]
        return
    if entry.verb not in ("comment.created", "comment.edited"):
        return
    yield from ((person, "mention") for person in entry.data.get("mentions", ()))
    if entry.verb == "comment.edited":
        return
    if comment.reply_to_id is not None:
        answered = db.session.get(Comment, comment.reply_to_id)
        if answered is not None:
            yield answered.author_id, "answered" if entry.data.get("answers") == answered.id else "reply"
    parent = parent_of(comment)
    if parent is None:
        return
    yield parent.author_id, "coach" if comment.as_role == "coach" else "comment"
    if comment.as_role == "coach" and comment.space_id is not None:
        team = people_ids_in(comment.space_id, roles=frozenset({"owner", "member"}))
        yield from ((person, "coach") for person in team)
    earlier = db.session.scalars(
        select(Comment.author_id)
        .where(
            Comment.parent_kind == comment.parent_kind,
            Comment.parent_id == comment.parent_id,
            Comment.id < comment.id,
            Comment.deleted_at.is_(None),
            Comment.held_at.is_(None),
        )
        .distinct()
        .limit(50)
    )
    yield from ((person, "thread") for person in earlier)


CARD = register(
    Kind(
        name="comment",
        model=Comment,
        visible=comment_visible,
        verbs={
            "edit": is_author & space_is_live & parent_is_open,
            "delete": (is_author | is_staff) & space_is_live & parent_is_open,
            "hold": is_author & is_unheld & space_is_live & parent_is_open,
            "release": is_author & is_held & may_still_talk & space_is_live & parent_is_open,
            "resolve": is_thread
            & (is_author | is_coach | ((is_writer | made_the_thing) & needs_no_answer))
            & space_is_live
            & parent_is_open,
            "reopen": is_thread & (is_author | is_coach | made_the_thing) & space_is_live & parent_is_open,
            "place": is_thread & (is_author | is_writer | made_the_thing) & space_is_live & parent_is_open,
            "apply": suggests_words & may_edit_the_thing & space_is_live & parent_is_open,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        hears=_hears,
        options=lambda: (joinedload(Comment.author),),
    )
)

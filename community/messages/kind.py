"""The cards of conversations and messages. Only who is in a conversation sees it: no role of the site or of a space reaches it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, select
from sqlalchemy.orm import joinedload

from community.clock import now
from community.extensions import db
from community.items.rules import is_author
from community.kinds import Kind, predicate, register
from community.markup import plain_text
from community.messages.models import Conversation, Message, Participant, Withheld
from community.permissions import Actor
from community.search.documents import Document

EDITABLE = timedelta(minutes=5)

is_in_it = predicate("is in the conversation")(lambda actor, talk: talk.has(actor.id))
is_a_group = predicate("it is a group")(lambda _actor, talk: talk.is_group)
began_it = predicate("began it")(lambda actor, talk: actor.id is not None and actor.id == talk.started_by_id)
is_fresh = predicate("was sent within 5 minutes")(lambda _actor, message: now() - message.created_at < EDITABLE)


def _mine(actor: Actor, conversation_id: Any) -> ColumnElement[bool]:
    return (
        select(Participant.id)
        .where(
            Participant.conversation_id == conversation_id, Participant.person_id == actor.id, Participant.last_id > 0
        )
        .exists()
    )


def conversation_visible(actor: Actor) -> ColumnElement[bool]:
    """Who is in it, once something in it reached them."""
    return _mine(actor, Conversation.id) if actor.id is not None else false()


def message_visible(actor: Actor) -> ColumnElement[bool]:
    """Who is in its conversation; not who had blocked its author when it was sent."""
    if actor.id is None:
        return false()
    kept = select(Withheld.message_id).where(Withheld.message_id == Message.id, Withheld.person_id == actor.id)
    return and_(Message.deleted_at.is_(None), _mine(actor, Message.conversation_id), ~kept.exists())


def reached_by(message: Any) -> frozenset[int]:
    """The ids of the people in the conversation whom a message reached."""
    kept = {row.person_id for row in message.withheld}
    return frozenset(member.person_id for member in message.conversation.members if member.last_id) - kept


def _conversation_scopes(talk: Conversation) -> frozenset[str]:
    return frozenset(f"p{member.person_id}" for member in talk.members if member.last_id)


def _scopes(message: Message) -> frozenset[str]:
    if message.deleted_at is not None:
        return frozenset()
    return frozenset(f"p{person}" for person in reached_by(message))


def _conversation_document(talk: Conversation) -> Document | None:
    """A group that has a name can be found by it."""
    if not talk.title:
        return None
    return Document(
        ref=f"conversation:{talk.id}",
        kind="conversation",
        title=talk.title,
        body="",
        scopes=_conversation_scopes(talk),
        space_id=None,
        author="",
        created=talk.created_at,
    )


def _document(message: Message) -> Document | None:
    scopes = _scopes(message)
    if not scopes:
        return None
    return Document(
        ref=f"message:{message.id}",
        kind="message",
        title="",
        body=plain_text(message.body),
        scopes=scopes,
        space_id=None,
        author=message.author.handle,
        created=message.created_at,
    )


def _conversation_export(talk: Conversation) -> dict[str, Any]:
    return {"title": talk.title, "people": len(talk.members), "created": talk.created_at.isoformat()}


def _export(message: Message) -> dict[str, Any]:
    return {
        "conversation": message.conversation_id,
        "body": message.body,
        "created": message.created_at.isoformat(),
    }


def _hears(entry: Any, message: Message) -> Iterable[tuple[int, str]]:
    """Whom it reached and who has nothing unread there yet: a talk of forty lines is one notice."""
    if entry.verb != "message.created" or message.deleted_at is not None:
        return
    reached = reached_by(message)
    for member in message.conversation.members:
        if member.person_id == message.author_id or member.person_id not in reached or member.read_id >= message.id:
            continue
        kept = select(Withheld.message_id).where(Withheld.person_id == member.person_id)
        waiting = select(Message.id).where(
            Message.conversation_id == message.conversation_id,
            Message.id > member.read_id,
            Message.id < message.id,
            Message.author_id != member.person_id,
            Message.id.not_in(kept),
        )
        if db.session.scalar(waiting.limit(1)) is None:
            yield member.person_id, "message"


CONVERSATION = register(
    Kind(
        name="conversation",
        model=Conversation,
        visible=conversation_visible,
        verbs={
            "write": is_in_it,
            "rename": is_in_it & is_a_group,
            "leave": is_in_it & is_a_group,
            "remove": began_it & is_in_it & is_a_group,
        },
        scopes=_conversation_scopes,
        document=_conversation_document,
        export=_conversation_export,
        options=lambda: (joinedload(Conversation.members),),
    )
)
CARD = register(
    Kind(
        name="message",
        model=Message,
        visible=message_visible,
        verbs={"edit": is_author & is_fresh, "delete": is_author},
        scopes=_scopes,
        document=_document,
        export=_export,
        hears=_hears,
        options=lambda: (  # one query: eight people at most, and rarely somebody from whom it was kept
            joinedload(Message.author),
            joinedload(Message.conversation).joinedload(Conversation.members),
            joinedload(Message.withheld),
        ),
    )
)

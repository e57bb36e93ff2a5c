"""How far somebody has read in a conversation. No action of the community and no line in the log: that is theirs alone."""

from __future__ import annotations

from sqlalchemy import select, update

from community.clock import now
from community.extensions import write_aside
from community.messages.models import Conversation, Message, Participant
from community.messages.queries import newest_in
from community.notifications.models import Notification
from community.notifications.reading import count_anew
from community.permissions import Actor


def mark_conversation_read(actor: Actor, talk: Conversation, *, up_to: int | None = None) -> None:
    """Whoever has seen a talk up to a message (or all of it) has read it, and what the bell told of it."""
    newest, read = newest_in(actor, talk)
    upto = newest if up_to is None else min(up_to, newest)
    if upto <= read:
        return
    count_anew(actor)
    with write_aside() as connection:  # the page that is being made keeps what it has read
        connection.execute(
            update(Participant)
            .where(
                Participant.conversation_id == talk.id, Participant.person_id == actor.id, Participant.read_id < upto
            )
            .values(read_id=upto)
        )
        told = select(Message.id).where(Message.conversation_id == talk.id, Message.id > read, Message.id <= upto)
        connection.execute(
            update(Notification)
            .where(
                Notification.person_id == actor.id,
                Notification.read_at.is_(None),
                Notification.object_kind == "message",
                Notification.object_id.in_(told),
            )
            .values(read_at=now())
        )

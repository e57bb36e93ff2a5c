"""Conversations and messages, as far as they reached the actor; and whom the actor may write to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import joinedload, selectinload

from community.extensions import db
from community.messages.models import Block, Conversation, Message, Participant
from community.people.models import Person
from community.permissions import Actor, door, listing, sees, visible
from community.spaces.queries import reach_of

LIST = 30
TALK = 50


@dataclass(frozen=True)
class Line:
    """One conversation in the list. `last` is None when its author took it away."""

    talk: Conversation
    others: list[Person]
    last: Message | None
    last_id: int
    unread: bool


@dataclass(frozen=True)
class Lines:
    """A stretch of conversations, the last talked in first. `next` is the `before` of the following one."""

    items: list[Line]
    next: int | None


@dataclass(frozen=True)
class Said:
    """A stretch of a talk, oldest first. `earlier` is the `before` of the stretch above, `later` the `after` of the one below."""

    items: list[Message]
    earlier: int | None
    later: int | None = None


_WITH_PEOPLE = selectinload(Conversation.members).joinedload(Participant.person)


def conversation_for(actor: Actor, conversation_id: int) -> Conversation:
    """The conversation, with its people. Raises NotFound."""
    return door(actor, Conversation, Conversation.id == conversation_id, options=(_WITH_PEOPLE,))


def message_for(actor: Actor, message_id: int) -> Message:
    """The message. Raises NotFound."""
    whole = joinedload(Message.conversation).selectinload(Conversation.members).joinedload(Participant.person)
    return door(actor, Message, Message.id == message_id, options=(joinedload(Message.author), whole))


def others_in(actor: Actor, talk: Conversation) -> list[Person]:
    """Who is in it besides the actor, in the order in which they came."""
    return [member.person for member in talk.members if member.person_id != actor.id]


def conversations_of(actor: Actor, *, before: int | None = None, limit: int = LIST) -> Lines:
    """The actor's conversations, the last talked in first. Three queries, however many."""
    limit = max(1, min(limit, 100))
    mine = (
        select(Participant)
        .where(Participant.person_id == actor.id, Participant.last_id > 0)
        .order_by(Participant.last_id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        mine = mine.where(Participant.last_id < before)
    rows = db.session.scalars(mine).all()
    part = rows[:limit]
    wanted = {row.conversation_id for row in part}
    talks = {
        talk.id: talk
        for talk in listing(
            actor, select(Conversation).where(Conversation.id.in_(wanted)).options(_WITH_PEOPLE), Conversation
        )
    }
    last = {
        message.id: message
        for message in listing(
            actor,
            select(Message).where(Message.id.in_({row.last_id for row in part})).options(joinedload(Message.author)),
            Message,
        )
    }
    items = [
        Line(talk, others_in(actor, talk), last.get(row.last_id), row.last_id, row.last_id > row.read_id)
        for row in part
        if (talk := talks.get(row.conversation_id)) is not None
    ]
    return Lines(items, part[-1].last_id if len(rows) > limit else None)


def messages_of(
    actor: Actor,
    talk: Conversation,
    *,
    before: int | None = None,
    after: int | None = None,
    at: int | None = None,
    limit: int = TALK,
) -> Said:
    """What was said, oldest first: the newest stretch, or the one before or after an id, or the one around `at`.
    Raises NotFound when the actor is not in the conversation.
    """
    limit = max(1, min(limit, 200))
    if not sees(actor, talk):
        door(actor, Conversation, Conversation.id == talk.id)
    stmt = select(Message).where(Message.conversation_id == talk.id).options(joinedload(Message.author))
    if after is not None:
        found = listing(actor, stmt.where(Message.id > after).order_by(Message.id).limit(limit + 1), Message)
        part = found[:limit]
        return Said(part, None, part[-1].id if len(found) > limit else None)
    if at is not None:
        before = _a_little_after(actor, talk, at)
    if before is not None:
        stmt = stmt.where(Message.id < before)
    found = listing(actor, stmt.order_by(Message.id.desc()).limit(limit + 1), Message)
    part = found[:limit][::-1]
    later = part[-1].id if before is not None and part else None
    return Said(part, part[0].id if len(found) > limit else None, later)


def _a_little_after(actor: Actor, talk: Conversation, at: int) -> int | None:
    """The id before which a stretch ends that shows `at` with some of what followed; None when that is the newest stretch."""
    stmt = select(Message.id).where(Message.conversation_id == talk.id, Message.id > at, visible(actor, Message))
    following = db.session.scalars(stmt.order_by(Message.id).limit(11)).all()
    return following[10] if len(following) > 10 else None


def newest_in(actor: Actor, talk: Conversation) -> tuple[int, int]:
    """The newest message that reached the actor and the newest that they have read."""
    return next(((m.last_id, m.read_id) for m in talk.members if m.person_id == actor.id), (0, 0))


_UNREAD = select(func.count()).where(
    Participant.person_id == bindparam("person_id"), Participant.last_id > Participant.read_id
)


def unread_conversations(actor: Actor) -> int:
    """In how many conversations something waits: for the masthead."""
    if actor.id is None:
        return 0
    known: int | None = actor.kept.get(("unread", "talks"))
    return known if known is not None else db.session.scalar(_UNREAD, {"person_id": actor.id}) or 0


def pair_of(one: int, other: int) -> str:
    """What the talk of two people is known by."""
    return f"{min(one, other)}-{max(one, other)}"


def talk_with(actor: Actor, person: Person) -> Conversation | None:
    """The talk of these two, if the actor knows of one."""
    if actor.id is None:
        return None
    found = listing(actor, select(Conversation).where(Conversation.pair == pair_of(actor.id, person.id)), Conversation)
    return found[0] if found else None


# Who may write to whom


def may_write_to(actor: Actor, person: Person) -> bool:
    """Whether the actor may begin to write to somebody: they share a space, or the other lets every colleague write. A block
    changes nothing here, for the blocked are not told.
    """
    if actor.id is None or person.id == actor.id or not person.is_active:
        return False
    if person.open_to_strangers and actor.site_role != "guest":
        return True
    return not actor.roles.keys().isdisjoint(reach_of(person.id, person.site_role).roles)


def people_to_write_to(actor: Actor, handles: Iterable[str]) -> tuple[list[Person], list[str]]:
    """The people behind some handles or names as they were typed whom the actor may write to, and what was typed for the others:
    unknown, hidden, and closed to the actor are the same.
    """
    typed = list(dict.fromkeys(word for handle in handles if (word := handle.strip().lstrip("@"))))[:20]
    keys = {word.casefold() for word in typed}
    stmt = select(Person).where(func.lower(Person.name).in_(keys) | Person.name.in_(typed) | Person.handle.in_(keys))
    known: dict[str, list[Person]] = {}
    for person in listing(actor, stmt, Person):
        if may_write_to(actor, person):
            known.setdefault(person.handle, []).append(person)
            known.setdefault(person.name.casefold(), []).append(person)
    good, bad = [], []
    for word in typed:
        found = known.get(word.casefold(), [])
        if found and all(person.id == found[0].id for person in found):
            good.append(found[0])
        else:
            bad.append(word)
    return list({person.id: person for person in good}.values()), bad


# Blocks


def has_blocked(actor: Actor, person: Person) -> bool:
    """Whether the actor keeps this person's messages away."""
    stmt = select(Block.id).where(Block.person_id == actor.id, Block.blocked_id == person.id)
    return db.session.scalar(stmt) is not None


def people_blocked_by(actor: Actor) -> list[Person]:
    """Whom the actor has blocked, by name: for the actor alone."""
    blocked = select(Block.blocked_id).where(Block.person_id == actor.id)
    return list(db.session.scalars(select(Person).where(Person.id.in_(blocked)).order_by(func.lower(Person.name))))


def who_blocked(author_id: int, among: Collection[int]) -> set[int]:
    """Who of these people keeps this author's messages away. For the action that sends one."""
    stmt = select(Block.person_id).where(Block.blocked_id == author_id, Block.person_id.in_(among))
    return set(db.session.scalars(stmt))


def kept_apart(person_ids: Sequence[int]) -> dict[int, set[int]]:
    """For each of these people, whom they blocked and who blocked them: neither is shown to the other as being here."""
    apart: dict[int, set[int]] = {person: set() for person in person_ids}
    stmt = select(Block.person_id, Block.blocked_id).where(
        Block.person_id.in_(person_ids) | Block.blocked_id.in_(person_ids)
    )
    for one, other in db.session.execute(stmt):
        if one in apart:
            apart[one].add(other)
        if other in apart:
            apart[other].add(one)
    return apart

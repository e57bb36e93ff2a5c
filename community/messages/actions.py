"""What can happen between people who write to each other."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Denied, Invalid, NotFound, _l
from community.extensions import db
from community.items.writing import put_words
from community.markup import clean_text
from community.messages.kind import EDITABLE
from community.messages.models import MOST_PEOPLE, Block, Conversation, Message, Participant, Withheld
from community.messages.queries import has_blocked, may_write_to, pair_of, who_blocked
from community.people.models import Person
from community.permissions import Actor, require

MAX_MESSAGE = 20_000
MAX_TITLE = 80
_NOT_NOW = _l("You cannot write to these people. Choose people you share a space with.")


@action
def start_conversation(actor: Actor, *, people: Sequence[Person], body: str, title: str = "") -> Message:
    """Write to one person, in the talk you two have, or to several in a new group. Gives the message.
    Raises Invalid (people, body, title); the same for whoever may not be written to, for whatever reason. Denied without
    an account.
    """
    if actor.id is None:
        raise Denied()
    others = list({person.id: person for person in people if person.id != actor.id}.values())
    if not others:
        raise Invalid("people", _l("Say to whom you write."))
    if len(others) >= MOST_PEOPLE:
        raise Invalid("people", _l("Up to %(limit)d people fit, with you."), limit=MOST_PEOPLE)
    if len(others) == 1:
        talk = _pair(actor.id, others[0])
        _may_still_write(actor, talk, others[0])
        return _send(actor, talk, body)
    if not all(may_write_to(actor, person) for person in others):
        raise Invalid("people", _NOT_NOW)
    talk = Conversation(title=_title(title), started_by_id=actor.id, created_at=now())
    talk.members = [Participant(person_id=person) for person in (actor.id, *(person.id for person in others))]
    db.session.add(talk)
    db.session.flush()
    record("conversation.started", actor, talk)
    return _send(actor, talk, body)


def _pair(mine: int, other: Person) -> Conversation:
    """The talk of two, made when it is not there; two who begin at the same moment share one."""
    key = pair_of(mine, other.id)
    known = select(Conversation).where(Conversation.pair == key)
    talk: Conversation | None = db.session.scalars(known).one_or_none()
    if talk is not None:
        return talk
    talk = Conversation(pair=key, started_by_id=mine, created_at=now())
    talk.members = [Participant(person_id=mine), Participant(person_id=other.id)]
    try:
        with db.session.begin_nested():
            db.session.add(talk)
    except IntegrityError:
        return db.session.scalars(known).one()
    return talk


def _may_still_write(actor: Actor, talk: Conversation, other: Person) -> None:
    """In a talk of two: the other is still here, is not blocked by the actor, and may be written to or has written themselves."""
    if not other.is_active:
        raise Invalid("body", _l("%(name)s has no account here any more."), name=other.name)
    if has_blocked(actor, other):
        raise Invalid("body", _l("You blocked %(name)s. Take that back first."), name=other.name)
    if may_write_to(actor, other):
        return
    answered = select(Message.id).where(Message.conversation_id == talk.id, Message.author_id == other.id).limit(1)
    if db.session.scalar(answered) is None:
        raise Invalid("people", _NOT_NOW)


@action
def send_message(actor: Actor, talk: Conversation, *, body: str) -> Message:
    """Say something in a conversation. Raises Invalid (body, people), NotFound, Denied."""
    require(actor, "write", talk)
    if not talk.is_group:
        other = next(member.person_id for member in talk.members if member.person_id != actor.id)
        _may_still_write(actor, talk, db.session.get_one(Person, other))
    return _send(actor, talk, body)


def _send(actor: Actor, talk: Conversation, body: str) -> Message:
    if len(body) > MAX_MESSAGE:
        raise Invalid("body", _l("Keep a message under %(limit)d characters."), limit=MAX_MESSAGE)
    at = now()
    message = Message(conversation_id=talk.id, author_id=actor.id, created_at=at, updated_at=at)
    put_words(actor, message, body, None)
    kept = who_blocked(actor.id or 0, [member.person_id for member in talk.members])
    message.withheld = [Withheld(person_id=person) for person in sorted(kept)]
    db.session.add(message)
    db.session.flush()
    here, fetched = Participant.conversation_id == talk.id, {"synchronize_session": "fetch"}
    mine = update(Participant).where(
        here, Participant.person_id == actor.id, Participant.read_id >= Participant.last_id
    )
    db.session.execute(
        mine.values(read_id=message.id), execution_options=fetched
    )  # what waits for the author goes on waiting
    reached = update(Participant).where(here, Participant.person_id.not_in(kept), Participant.last_id < message.id)
    db.session.execute(reached.values(last_id=message.id), execution_options=fetched)
    record("message.created", actor, message, conversation=talk.id)
    return message


@action
def edit_message(actor: Actor, message: Message, *, body: str) -> Message:
    """Change the words of a message within five minutes. Raises Invalid(body), Denied, NotFound."""
    if actor.id == message.author_id and now() - message.created_at >= EDITABLE:
        raise Invalid("body", _l("A message can be changed for five minutes. Write another one, or delete it."))
    require(actor, "edit", message)
    if len(body) > MAX_MESSAGE:
        raise Invalid("body", _l("Keep a message under %(limit)d characters."), limit=MAX_MESSAGE)
    if clean_text(body) == message.body:
        nothing_changed()
        return message
    put_words(actor, message, body, None)
    message.updated_at = message.edited_at = now()
    record("message.edited", actor, message, conversation=message.conversation_id)
    return message


@action
def delete_message(actor: Actor, message: Message) -> None:
    """Take a message of one's own away, for everybody, with its words. Raises Denied, NotFound."""
    require(actor, "delete", message)
    message.body = message.body_html = message.excerpt = ""
    message.deleted_at = now()
    record("message.deleted", actor, message, conversation=message.conversation_id)


@action
def rename_conversation(actor: Actor, talk: Conversation, *, title: str) -> Conversation:
    """Give a group another name, or none. Raises Invalid(title), Denied, NotFound."""
    require(actor, "rename", talk)
    title = _title(title)
    if title == talk.title:
        nothing_changed()
        return talk
    talk.title = title
    record("conversation.renamed", actor, talk)
    return talk


@action
def leave_conversation(actor: Actor, talk: Conversation) -> None:
    """Go out of a group. What one said stays with those who are in it. Raises Denied, NotFound."""
    require(actor, "leave", talk)
    _take_out(talk, actor.id or 0)
    record("conversation.left", actor, talk, person=actor.id)


@action
def remove_from_conversation(actor: Actor, talk: Conversation, person: Person) -> None:
    """Take somebody out of a group that the actor began. Raises Denied, NotFound."""
    require(actor, "remove", talk)
    if person.id == actor.id or not talk.has(person.id):
        raise NotFound()
    _take_out(talk, person.id)
    record("conversation.removed", actor, talk, person=person.id)


def _take_out(talk: Conversation, person_id: int) -> None:
    member = next(member for member in talk.members if member.person_id == person_id)
    talk.members.remove(member)
    db.session.flush()


@action
def block_person(actor: Actor, person: Person) -> None:
    """Let no message of this person reach the actor from now on. They are not told. Raises NotFound, Denied for oneself."""
    me = _myself(actor)
    if person.id == actor.id:
        raise Denied()
    if has_blocked(actor, person):
        nothing_changed()
        return
    require(actor, "block", person)
    db.session.add(Block(person_id=actor.id, blocked_id=person.id))
    record("person.blocked", actor, me, other=person.id)


@action
def unblock_person(actor: Actor, person: Person) -> None:
    """Let this person's messages come again. What they sent meanwhile does not come any more."""
    me = _myself(actor)
    if not has_blocked(actor, person):
        nothing_changed()
        return
    db.session.execute(delete(Block).where(Block.person_id == actor.id, Block.blocked_id == person.id))
    record("person.unblocked", actor, me, other=person.id)


def _myself(actor: Actor) -> Person:
    if actor.id is None:
        raise Denied()
    return db.session.get_one(Person, actor.id)


def _title(title: str) -> str:
    title = " ".join(clean_text(title).split())
    if len(title) > MAX_TITLE:
        raise Invalid("title", _l("Keep this under %(limit)d characters."), limit=MAX_TITLE)
    return title

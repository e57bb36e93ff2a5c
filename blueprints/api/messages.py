"""Conversations and what is said in them: for who is in them, and for nobody else."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from blueprints.api import schemas
from blueprints.api.calls import Reply, based_on, call, made_once
from blueprints.api.making import person_out, who
from blueprints.api.reading import LEFT, Given, Stretch, number_cursor
from blueprints.doors import actor
from community.errors import Invalid, NotFound, _l
from community.messages.actions import (
    MAX_MESSAGE,
    MAX_TITLE,
    block_person,
    delete_message,
    edit_message,
    leave_conversation,
    remove_from_conversation,
    rename_conversation,
    send_message,
    start_conversation,
    unblock_person,
)
from community.messages.models import MOST_PEOPLE, Conversation, Message
from community.messages.queries import (
    conversation_for,
    conversations_of,
    message_for,
    messages_of,
    newest_in,
    others_in,
    people_blocked_by,
    people_to_write_to,
    unread_conversations,
)
from community.messages.reading import mark_conversation_read
from community.people.queries import person_for

Handle = Annotated[str, Field(min_length=1, max_length=120)]


class NewConversation(Given):
    people: list[Handle] = Field(
        min_length=1, max_length=MOST_PEOPLE, description="Handles. One: the talk you two have."
    )
    body: str = Field(min_length=1, max_length=MAX_MESSAGE, description="Markdown.")
    title: str = Field("", max_length=MAX_TITLE, description="Of a group.")


class ConversationChanges(Given):
    title: str = Field(LEFT, max_length=MAX_TITLE)


class NewMessage(Given):
    body: str = Field(min_length=1, max_length=MAX_MESSAGE, description="Markdown.")


class ReadUpTo(Given):
    up_to: int | None = Field(None, ge=1, lt=10**18, description="This message; without it, all.")


def _conversation(talk: Conversation, last: Message | None) -> schemas.Conversation:
    newest, read = newest_in(actor(), talk)
    return schemas.Conversation(
        id=talk.id,
        url=f"/messages/{talk.id}",
        title=talk.title,
        group=talk.is_group,
        people=[who(person) for person in others_in(actor(), talk)],
        last=_message(last) if last is not None else None,
        unread=newest > read,
        created=talk.created_at,
    )


def _message(message: Message) -> schemas.Message:
    return schemas.Message(
        id=message.id,
        conversation=message.conversation_id,
        url=f"/messages/{message.conversation_id}?at={message.id}#message-{message.id}",
        author=who(message.author),
        body=message.body,
        html=message.body_html,
        created=message.created_at,
        edited=message.edited_at,
    )


def _version(message: Message) -> str:
    return f"m{message.id}-{int(message.updated_at.timestamp() * 1_000_000):x}"


def _whole(number: int, status: int | None = None) -> Reply:
    talk = conversation_for(actor(), number)
    said = messages_of(actor(), talk, limit=1).items
    at = f"/api/v1/conversations/{talk.id}" if status == 201 else ""
    return Reply(_conversation(talk, said[0] if said else None), "", status, at)


@call("GET", "/conversations", "Your conversations", query=Stretch, answer=schemas.Conversations)
def list_conversations(asked: Stretch) -> schemas.Conversations:
    """The last talked in first. `unread` counts the conversations in which something waits."""
    page = conversations_of(actor(), before=number_cursor(asked), limit=asked.many)
    items = [_conversation(line.talk, line.last) for line in page.items]
    after = str(page.next) if page.next is not None else None
    return schemas.Conversations(items=items, next=after, unread=unread_conversations(actor()))


@call(
    "POST", "/conversations", "Write to one person or to a few",
    given=NewConversation, answer=schemas.Conversation, status=201, once=True,
)  # fmt: skip
def begin_conversation(given: NewConversation) -> Reply:
    """To one person it goes on in the talk that you two have. Whoever may not be written to is refused in the same words, for
    whatever reason."""
    people, unknown = people_to_write_to(actor(), given.people)
    if unknown:
        raise Invalid("people", _l("You cannot write to these people. Choose people you share a space with."))
    made = made_once(lambda: start_conversation(actor(), people=people, body=given.body, title=given.title))
    return _whole(made.conversation_id, 201)


@call("GET", "/conversations/<id:number>", "A conversation", answer=schemas.Conversation)
def read_conversation(number: int) -> Reply:
    """Who is in it, and the last message."""
    return _whole(number)


@call(
    "PATCH", "/conversations/<id:number>", "Name a group", given=ConversationChanges, answer=schemas.Conversation
)  # fmt: skip
def change_conversation(number: int, given: ConversationChanges) -> Reply:
    """For everybody in it. What you leave out stays as it is."""
    talk = conversation_for(actor(), number)
    if "title" in given.sent():
        rename_conversation(actor(), talk, title=given.title)
    return _whole(number)


@call("DELETE", "/conversations/<id:number>/people/<handle>", "Leave a group, or take somebody out")
def take_out_of_conversation(number: int, handle: str) -> Reply:
    """With your own handle you leave. Whoever began the group may take others out."""
    talk = conversation_for(actor(), number)
    member = next((member for member in talk.members if member.person.handle == handle), None)
    if member is None:
        raise NotFound()
    if member.person_id == actor().id:
        leave_conversation(actor(), talk)
    else:
        remove_from_conversation(actor(), talk, member.person)
    return Reply()


@call(
    "GET", "/conversations/<id:number>/messages", "What was said", query=Stretch, answer=schemas.Messages
)  # fmt: skip
def list_messages(number: int, asked: Stretch) -> schemas.Messages:
    """Newest first. Reading here marks nothing as read."""
    page = messages_of(actor(), conversation_for(actor(), number), before=number_cursor(asked), limit=asked.many)
    items = [_message(message) for message in reversed(page.items)]
    return schemas.Messages(items=items, next=str(page.earlier) if page.earlier is not None else None)


@call(
    "POST", "/conversations/<id:number>/messages", "Say something in a conversation",
    given=NewMessage, answer=schemas.Message, status=201, once=True,
)  # fmt: skip
def say_in_conversation(number: int, given: NewMessage) -> Reply:
    """What waits for you there goes on waiting until you mark it as read."""
    talk = conversation_for(actor(), number)
    made = made_once(lambda: send_message(actor(), talk, body=given.body))
    return _one(made.id, 201)


def _one(number: int, status: int | None = None) -> Reply:
    message = message_for(actor(), number)
    return Reply(_message(message), _version(message), status, f"/api/v1/messages/{number}" if status == 201 else "")


@call("POST", "/conversations/<id:number>/read", "Mark a conversation as read", given=ReadUpTo, answer=schemas.Unread)
def mark_conversation(number: int, given: ReadUpTo) -> schemas.Unread:
    """Up to a message, or all of it. Answers in how many conversations something waits."""
    mark_conversation_read(actor(), conversation_for(actor(), number), up_to=given.up_to)
    return schemas.Unread(unread=unread_conversations(actor()))


@call("GET", "/messages/<id:number>", "A message", answer=schemas.Message)
def read_message(number: int) -> Reply:
    """For who is in its conversation."""
    return _one(number)


@call("PATCH", "/messages/<id:number>", "Change a message", given=NewMessage, answer=schemas.Message, bases=True)
def change_message(number: int, given: NewMessage) -> Reply:
    """For its author, for five minutes."""
    message = message_for(actor(), number)
    based_on(_version(message))
    edit_message(actor(), message, body=given.body)
    return _one(number)


@call("DELETE", "/messages/<id:number>", "Take a message away", bases=True)
def remove_message(number: int) -> Reply:
    """For its author: it goes for everybody, words and all."""
    message = message_for(actor(), number)
    based_on(_version(message))
    delete_message(actor(), message)
    return Reply()


@call("GET", "/me/blocked", "Whom you blocked", answer=schemas.People)
def list_blocked() -> schemas.People:
    """They are not told."""
    return schemas.People(items=[person_out(person) for person in people_blocked_by(actor())], next=None)


@call("PUT", "/people/<handle>/block", "Block a colleague")
def block(handle: str) -> Reply:
    """Their messages do not reach you from now on. They are not told."""
    block_person(actor(), person_for(actor(), handle))
    return Reply()


@call("DELETE", "/people/<handle>/block", "Let a colleague's messages come again")
def unblock(handle: str) -> Reply:
    """What they sent meanwhile does not come any more. The same answer whether or not you had blocked them."""
    blocked = next((person for person in people_blocked_by(actor()) if person.handle == handle), None)
    unblock_person(actor(), blocked or person_for(actor(), handle))
    return Reply()

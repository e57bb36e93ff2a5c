"""A reply by mail becomes a comment of whoever was written to, with the rights that they have at that moment.

The word in the address says who may answer what; the mail must come from that person's address besides. A word that is not ours
is never answered: anybody can write anything into From.
"""

from __future__ import annotations

from typing import Any

from community.activity.once import once
from community.comments.actions import create_comment
from community.comments.kind import parent_of
from community.comments.models import Comment
from community.errors import CommunityError, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.kinds import kind_named
from community.mailroom.answers import say_why
from community.mailroom.incoming import Incoming
from community.mailroom.tokens import Ticket, read_reply_word
from community.people.models import Person
from community.permissions import Actor, door
from community.ports import ports
from community.spaces.queries import actor_for


def take_reply(mail: Incoming, word: str) -> str:
    """Use a reply; what came of it, in a word."""
    ticket = read_reply_word(word)
    person = db.session.get(Person, ticket.person_id) if ticket is not None else None
    if ticket is None or person is None or person.status != "active":
        return "ignored"
    if mail.automatic:
        return "automatic"
    if mail.senders != (person.email,):
        fault: CommunityError = Denied(_l("It came from another address than the one of your account."))
        return say_why(person, fault, text=mail.text)
    if ticket.expired:
        fault = Denied(_l("The letter that you answered is too old. Open the page and respond there."))
        return say_why(person, fault, text=mail.text)
    try:
        _comment(actor_for(person), ticket, mail, person.language, mail.print_for(word))
    except NotFound:
        db.session.rollback()
        fault = NotFound(_l("What you answered is gone, or you can no longer see it."))
        return say_why(person, fault, text=mail.text)
    except CommunityError as refused:
        db.session.rollback()
        return say_why(person, refused, text=mail.text)
    return "comment"


def _comment(actor: Actor, ticket: Ticket, mail: Incoming, language: str, key: str) -> None:
    model = kind_named(ticket.kind).model
    obj: Any = door(actor, model, model.id == ticket.object_id)
    reply_to = obj if isinstance(obj, Comment) else None
    parent = obj
    if reply_to is not None:
        parent = parent_of(reply_to)
        parent = door(actor, type(parent), type(parent).id == parent.id)
    if not mail.text:
        raise Invalid("body", _l("It held no words of your own."))
    body = mail.text
    if mail.files:
        body += "\n\n*" + ports.say(_l("Files that came with this mail were left out."), language) + "*"
    once(actor, f"mail {key}", lambda: create_comment(actor, parent, body=body, reply_to=reply_to))

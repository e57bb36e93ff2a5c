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
from community.errors import Denied, _l
from community.extensions import db
from community.kinds import kind_named
from community.mailroom.answers import body_of, use
from community.mailroom.incoming import Incoming
from community.mailroom.tokens import Ticket, read_reply_word
from community.people.models import Person
from community.permissions import Actor, door
from community.spaces.queries import actor_for


def take_reply(mail: Incoming, word: str) -> str:
    """Use a reply; what came of it, in a word."""
    ticket = read_reply_word(word)
    person = db.session.get(Person, ticket.person_id) if ticket is not None else None
    if ticket is None or person is None or person.status != "active":
        return "ignored"

    def comment() -> None:
        _comment(actor_for(person), ticket, mail, person.language, mail.print_for(word))

    return use(mail, person, comment) or "comment"


def _comment(actor: Actor, ticket: Ticket, mail: Incoming, language: str, key: str) -> None:
    if ticket.expired:
        raise Denied(_l("The letter that you answered is too old. Open the page and respond there."))
    model = kind_named(ticket.kind).model
    obj: Any = door(actor, model, model.id == ticket.object_id)
    reply_to = obj if isinstance(obj, Comment) else None
    parent = obj
    if reply_to is not None:
        parent = parent_of(reply_to)
        parent = door(actor, type(parent), type(parent).id == parent.id)
    body = body_of(mail, language)
    once(actor, f"mail {key}", lambda: create_comment(actor, parent, body=body, reply_to=reply_to))

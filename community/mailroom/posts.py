"""A mail to one's own address of a space becomes a post there, as a reply becomes a comment. Its subject is the first line."""

from __future__ import annotations

import re

from community.activity.once import once
from community.mailroom.answers import body_of, use
from community.mailroom.incoming import Incoming
from community.mailroom.tokens import read_post_word
from community.microblog.actions import create_post
from community.people.models import Person
from community.permissions import door
from community.spaces.models import Space
from community.spaces.queries import actor_for

_PREFIX = re.compile(r"^((re|fwd?|aw|antw|doorst)\s*:\s*)+", re.IGNORECASE)


def take_post(mail: Incoming, word: str) -> str:
    """Use a mail to a space; what came of it, in a word."""
    found = read_post_word(word)
    if found is None or found[0].status != "active":
        return "ignored"
    person, space_id = found

    def post() -> None:
        _post(person, space_id, mail, mail.print_for(word))

    return use(mail, person, post) or "post"


def _post(person: Person, space_id: int, mail: Incoming, key: str) -> None:
    actor = actor_for(person)
    space = door(actor, Space, Space.id == space_id)
    body = body_of(mail, person.language)
    subject = _PREFIX.sub("", mail.subject).replace("*", "").strip()
    if subject:
        body = f"**{subject}**\n\n{body}"
    once(actor, f"mail {key}", lambda: create_post(actor, space, body=body))

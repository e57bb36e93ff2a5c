"""What a socket can watch, and which rooms that puts it in.

A client names what it watches: `space:bridge` (everything in a space), `feed` (everything in the spaces where it has a role),
`messages` (every conversation that its person is in), `post:12` (one thing and what hangs on it). A room inside the house is a
pair of a scope token and such a place, `s12:members@s12` or `p7@post:12`: a socket is in the rooms of the tokens that its
person holds, and a message goes to the rooms of the tokens that its thing carries. Who is in no room of a message never gets it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from community.errors import NotFound
from community.kinds import all_kinds, kind_named
from community.permissions import Actor, door, may
from community.spaces.models import Space

FEED = "feed"
MESSAGES = "messages"
LONGEST_NAME = 120
_SLUG, _NUMBER = re.compile(r"[a-z0-9-]{1,60}"), re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class Watch:
    """One thing that a socket watches: as the client named it, the space that it lies in, and its rooms."""

    name: str
    space_id: int | None
    rooms: frozenset[str]


def watch_for(actor: Actor, name: str) -> Watch:
    """What the actor would watch under this name. Raises NotFound, the same for unknown, absent and hidden."""
    if name == FEED:
        return _feed(actor)
    if name == MESSAGES:
        return Watch(MESSAGES, None, _rooms(actor.scopes & {f"p{actor.id}"}, MESSAGES))
    kind, _, rest = name.partition(":")
    if kind == "space":
        if not _SLUG.fullmatch(rest):
            raise NotFound()
        space = door(actor, Space, Space.slug == rest)
        if not may(actor, "enter", space):
            raise NotFound()
        return Watch(name, space.id, _rooms(tokens_in(actor, space.id), f"s{space.id}"))
    if kind not in {card.name for card in all_kinds()} or not _NUMBER.fullmatch(rest):
        raise NotFound()
    model = kind_named(kind).model
    thing = door(actor, model, model.id == int(rest))
    space_id = getattr(thing, "space_id", None)
    return Watch(name, space_id, _rooms(tokens_in(actor, space_id), f"{kind}:{thing.id}"))


def tokens_in(actor: Actor, space_id: int | None) -> frozenset[str]:
    """Those of the actor's tokens that something in a space can carry."""
    possible = {"organisation", f"p{actor.id}"}
    if space_id is not None:
        kinds = ("members", "writers", "coach", "organisation", "inside", "guides")
        possible |= {f"s{space_id}:{whose}" for whose in kinds}
    return actor.scopes & possible


def _feed(actor: Actor) -> Watch:
    if actor.id is None:
        raise NotFound()
    tokens = {token for space_id in actor.roles for token in tokens_in(actor, space_id)}
    return Watch(FEED, None, _rooms(tokens, FEED))


def _rooms(tokens: Iterable[str], place: str) -> frozenset[str]:
    return frozenset(f"{token}@{place}" for token in tokens)


def own_room(person_id: int) -> str:
    """Where what is for one person alone goes: every socket of theirs is in it."""
    return f"p{person_id}"

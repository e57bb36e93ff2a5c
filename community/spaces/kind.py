"""The card of a space: its people see it; a space open to the organisation is seen by every colleague."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_, true

from community.items.rules import reader_comments
from community.kinds import Kind, Predicate, predicate, register
from community.permissions import GUIDES, STAFF, WRITERS, Actor
from community.search.documents import Document
from community.spaces.models import Space

is_space_staff = predicate("is staff")(lambda actor, space: actor.roles.get(space.id) in STAFF)
is_space_owner = predicate("is owner")(lambda actor, space: actor.roles.get(space.id) == "owner")
is_inside = predicate("has a role here")(lambda actor, space: space.id in actor.roles)
is_open = predicate("is open to colleagues")(lambda actor, space: space.id in actor.open_spaces)
writes_here = predicate("writes here")(lambda actor, space: actor.roles.get(space.id) in WRITERS)
works_here = predicate("is of the team")(lambda actor, space: actor.roles.get(space.id) in WRITERS - {"coach"})
guides_here = predicate("guides here")(lambda actor, space: actor.roles.get(space.id) in GUIDES)
hands_in = predicate("is a team")(lambda _, space: space.kind in ("team", "project"))
talks_here = predicate("may comment here")(
    lambda actor, space: actor.roles.get(space.id) in WRITERS or reader_comments(actor, space.id)
)
is_coach_here = predicate("coaches here")(lambda actor, space: actor.roles.get(space.id) == "coach")
is_live = predicate("is not archived")(lambda _, space: space.status == "active")
is_administrator = predicate("is administrator")(lambda actor, _: actor.is_administrator or actor.is_system)
may_come_in = predicate("is open to join")(lambda _, space: space.join_policy == "open")
may_knock = predicate("may be asked")(lambda _, space: space.join_policy == "request")


def has_tool(tool: str) -> Predicate:
    """The space has this tool switched on."""
    return predicate(f"has {tool}")(lambda _, space: tool in space.tools)


def space_visible(actor: Actor) -> ColumnElement[bool]:
    """Where the actor has a role, what is open to the organisation; administrators see that a space exists."""
    if actor.is_administrator or actor.is_system:
        return true()
    return or_(Space.id.in_(list(actor.roles)), Space.id.in_(list(actor.open_spaces)))


def _scopes(space: Space) -> frozenset[str]:
    tokens = {f"s{space.id}:members"}
    if space.visibility == "organisation":
        tokens.add(f"s{space.id}:organisation")
    return frozenset(tokens)


def _document(space: Space) -> Document:
    return Document(
        ref=f"space:{space.id}",
        kind="space",
        title=space.name,
        body="\n".join([space.aim, space.question]),
        scopes=_scopes(space),
        space_id=space.id,
        author="",
        created=space.created_at,
        phase=None,
        language=None,
    )


def _export(space: Space) -> dict[str, Any]:
    return {"name": space.name, "slug": space.slug, "kind": space.kind, "aim": space.aim, "question": space.question}


CARD = register(
    Kind(
        name="space",
        model=Space,
        visible=space_visible,
        verbs={
            "enter": is_inside | is_open,
            "post": writes_here & is_live & has_tool("stream"),
            "write": writes_here & is_live & has_tool("wiki"),
            "upload": writes_here & is_live & has_tool("files"),
            "comment": talks_here & is_live,
            "consult": writes_here & ~is_coach_here & is_live,
            "hand in": works_here & is_live & hands_in,
            "guide": guides_here & is_live,
            "join": may_come_in & is_live & ~is_inside,
            "ask": may_knock & is_live & ~is_inside,
            "leave": is_inside,
            "invite": (is_space_staff | is_administrator) & is_live,
            "manage": is_space_staff | is_administrator,
            "roles": is_space_staff | is_administrator,
            "archive": is_space_owner | is_administrator,
            "phase": is_space_staff | is_administrator,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
    )
)

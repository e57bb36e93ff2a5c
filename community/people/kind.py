"""The card of a person: colleagues see each other; guests see whom they share a space with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from community.kinds import Kind, predicate, register
from community.people.models import Person
from community.permissions import Actor
from community.search.documents import Document
from community.spaces.models import Membership

is_self = predicate("is yourself")(lambda actor, person: actor.id is not None and actor.id == person.id)
is_administrator = predicate("is administrator")(lambda actor, _: actor.is_administrator or actor.is_system)
outranks = predicate("is another")(lambda actor, person: actor.id != person.id)


def person_visible(actor: Actor) -> ColumnElement[bool]:
    """Administrators see every account; members see active people; guests see active people of their spaces."""
    if actor.is_administrator or actor.is_system:
        return true()
    if actor.id is None:
        return false()
    myself = Person.id == actor.id
    if actor.site_role != "guest":
        return or_(myself, Person.status == "active")
    shared = select(Membership.person_id).where(Membership.space_id.in_(list(actor.roles)))
    return or_(myself, and_(Person.status == "active", Person.id.in_(shared)))


def _scopes(person: Person) -> frozenset[str]:
    if person.status != "active":
        return frozenset({f"p{person.id}"})
    return frozenset({"organisation", f"p{person.id}"})


def _document(person: Person) -> Document | None:
    if person.status != "active":
        return None
    return Document(
        ref=f"person:{person.id}",
        kind="person",
        title=person.name,
        body="\n".join([person.headline, person.location, ", ".join(person.skills), person.about]),
        scopes=_scopes(person),
        space_id=None,
        author=person.handle,
        created=person.created_at,
        phase=None,
        language=None,
    )


def _export(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "email": person.email,
        "handle": person.handle,
        "headline": person.headline,
        "about": person.about,
        "location": person.location,
        "skills": list(person.skills),
        "language": person.language,
        "timeZone": person.time_zone,
        "created": person.created_at.isoformat(),
    }


CARD = register(
    Kind(
        name="person",
        model=Person,
        visible=person_visible,
        verbs={
            "edit": is_self | is_administrator,
            "disable": is_administrator & outranks,
            "promote": is_administrator & outranks,
            "sessions": is_self | is_administrator,
            "block": outranks,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
    )
)

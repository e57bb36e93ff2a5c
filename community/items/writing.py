"""Turning a person's words into what is kept: the words, their HTML, an excerpt, and whom they mention."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from community.errors import Invalid, _l
from community.extensions import db
from community.items.mentions import groups_named, people_told
from community.items.models import Mention
from community.kinds import card_of
from community.markup import RENDER_VERSION, Rendered, WikiTarget, clean_text, render
from community.people.models import Person
from community.permissions import Actor, visible
from community.spaces.models import Space
from community.spaces.queries import people_ids_in

PageFinder = Callable[[Space, frozenset[str], Actor | None], Mapping[str, WikiTarget]]
_find_pages: list[PageFinder] = []


def pages_are_found_by(finder: PageFinder) -> None:
    """The wiki says here how `[[page]]` is resolved, so that posts need not know it."""
    _find_pages[:] = [finder]


@dataclass(frozen=True)
class InSpace:
    """Resolves what a text written in a space asks (`markup.Resolver`)."""

    space: Space | None
    by: Actor | None = None

    def people(self, handles: frozenset[str]) -> Collection[str]:
        """Those who are here, and whom the writer may see: a guest does not learn who exists by naming them."""
        stmt = select(Person.handle).where(Person.handle.in_(handles), Person.status == "active")
        if self.by is not None:
            stmt = stmt.where(visible(self.by, Person))
        return set(db.session.scalars(stmt))

    def groups(self, names: frozenset[str]) -> Mapping[str, str]:
        """The spaces that the writer may speak to as a whole (mentions.py)."""
        found = groups_named(self.by, self.space, names) if self.by is not None else {}
        return {name: f"/spaces/{space.slug}" for name, space in found.items()}

    def pages(self, targets: frozenset[str]) -> Mapping[str, WikiTarget]:
        return _find_pages[0](self.space, targets, self.by) if _find_pages and self.space is not None else {}


def rendered(body: str, space: Space | None, by: Actor | None = None) -> Rendered:
    """The words as HTML, resolved where they stand. Raises Invalid("body") when empty or too long."""
    if not body.strip():
        raise Invalid("body", _l("Write something first."))
    return render(body, resolve=InSpace(space, by))


def newly_mentioned(
    mentioned: list[int], before: str, actor: Actor | None = None, space: Space | None = None, *, of: Any = None
) -> list[int]:
    """Those of the mentioned who were not yet in the words before: an edit tells nobody a second time. With the `actor` and
    the `space`, those whom the words before named as a group neither; with the thing itself (`of`), those whom its words ever
    named neither, so that nobody is called again and again by taking a name out and putting it in.
    """
    if not mentioned:
        return mentioned
    known: set[int] = set()
    names = render(before).mentions
    if names:
        known = set(db.session.scalars(select(Person.id).where(Person.handle.in_(names))))
    if names and actor is not None:
        for group in groups_named(actor, space, frozenset(names)).values():
            known |= people_ids_in(group.id)
    if of is not None:
        here = (Mention.object_kind == card_of(of).name, Mention.object_id == of.id)
        known |= set(db.session.scalars(select(Mention.person_id).where(*here, Mention.person_id.in_(mentioned))))
    return [person for person in mentioned if person not in known]


def put_words(actor: Actor, obj: Any, body: str, space: Space | None) -> list[int]:
    """Set body, HTML, excerpt and render version of a thing; gives the ids of the people it mentions, in their order."""
    body = clean_text(body)
    made = rendered(body, space, actor)
    obj.body, obj.body_html = body, str(made.html)
    obj.excerpt, obj.render_version = made.excerpt, RENDER_VERSION
    return people_told(actor, space, made.mentions)

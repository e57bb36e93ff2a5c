"""Praise: whom a post names, and what has been said of somebody."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from community.errors import Invalid, _l
from community.extensions import db
from community.microblog.models import Post, Praise
from community.people.handles import canonical
from community.people.models import Person
from community.permissions import Actor, listing, visible
from community.spaces.models import Space
from community.spaces.queries import people_ids_in

MOST = 20


def the_praised(actor: Actor, space: Space, handles: Collection[str]) -> list[Person]:
    """The people of a space with these handles. Raises Invalid("praised") for nobody, too many, oneself or a stranger."""
    wanted = list(
        dict.fromkeys(canonical(handle.strip().removeprefix("@")) for handle in handles if handle.strip(" @"))
    )
    if not wanted:
        raise Invalid("praised", _l("Name somebody to thank."))
    if len(wanted) > MOST:
        raise Invalid("praised", _l("Name up to %(limit)d people."), limit=MOST)
    stmt = select(Person).where(Person.handle.in_(wanted), Person.status == "active", visible(actor, Person))
    found = {person.handle: person for person in db.session.scalars(stmt)}
    here = people_ids_in(space.id) if space.visibility != "organisation" else {person.id for person in found.values()}
    for handle in wanted:
        if handle not in found or found[handle].id not in here:
            raise Invalid("praised", _l("Nobody here is called @%(handle)s."), handle=handle)
        if found[handle].id == actor.id:
            raise Invalid("praised", _l("Thank somebody else."))
    return [found[handle] for handle in wanted]


def add_praise(post_id: int, people: Sequence[Person]) -> None:
    """Name people under a post. Part of an action."""
    db.session.add_all(Praise(post_id=post_id, person_id=person.id) for person in people)


def praised_in(post_ids: Sequence[int]) -> dict[int, list[Person]]:
    """Whom some posts name. One query, none for no posts."""
    named: dict[int, list[Person]] = {}
    if post_ids:
        stmt = select(Praise.post_id, Person).join(Person, Person.id == Praise.person_id)
        for post_id, person in db.session.execute(stmt.where(Praise.post_id.in_(post_ids)).order_by(Praise.id)):
            named.setdefault(post_id, []).append(person)
    return named


def praise_of(actor: Actor, person_id: int, *, limit: int = 10) -> list[Post]:
    """Posts that praise somebody, as far as the actor may see them, newest first."""
    stmt = (
        select(Post)
        .join(Praise, Praise.post_id == Post.id)
        .where(Praise.person_id == person_id)
        .options(joinedload(Post.author), joinedload(Post.space))
        .order_by(Post.id.desc())
        .limit(limit)
    )
    return listing(actor, stmt, Post)

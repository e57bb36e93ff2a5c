"""The rule of who sees an item, said once as SQL (`item_visible`) and once as tokens (`item_scopes`), and the
predicates that the cards of items share. A property test holds the two sayings against each other.

    only_me        the author, and technically nobody else
    people         the author and whom the author named
    coach          the author and the coaches of the space
    space          whoever has a role in the space
    organisation   every colleague who is not a guest; in a space only where the space itself is open to them
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from community.errors import Invalid, _l
from community.extensions import db
from community.items.models import AUDIENCES, Grant
from community.kinds import predicate
from community.permissions import GUIDES, STAFF, WRITERS, Actor
from community.spaces.models import Space

is_author = predicate("is author")(lambda actor, item: actor.id is not None and actor.id == item.author_id)
is_staff = predicate("is staff of the space")(lambda actor, item: actor.roles.get(item.space_id) in STAFF)
is_guide = predicate("guides the space")(lambda actor, item: actor.roles.get(item.space_id) in GUIDES)
is_coach = predicate("is coach of the space")(lambda actor, item: actor.roles.get(item.space_id) == "coach")
is_writer = predicate("writes in the space")(lambda actor, item: actor.roles.get(item.space_id) in WRITERS)
space_is_live = predicate("the space is not archived")(lambda actor, item: item.space_id not in actor.reach.archived)
space_shares = predicate("the space shares outside")(lambda actor, item: item.space_id not in actor.reach.keeps_inside)
is_open = predicate("it is not archived")(lambda _, item: getattr(item, "archived_at", None) is None)
may_talk = predicate("may react")(
    lambda actor, item: (
        actor.id == item.author_id
        or actor.roles.get(item.space_id, "guest" if item.space_id in actor.open_spaces else "none")
        in WRITERS | {"guest"}
        or item.space_id is None
    )
)


def reader_comments(actor: Actor, space_id: int) -> bool:
    """Whether somebody who only reads in a space may comment there, as the space says (`Space.commenters`)."""
    role, who = actor.roles.get(space_id), actor.reach.commenters.get(space_id, "readers")
    if role == "guest":
        return who in ("readers", "guests")
    return role is None and space_id in actor.open_spaces and who == "readers"


may_comment = predicate("may comment")(
    lambda actor, item: (
        actor.id == item.author_id
        or item.space_id is None
        or actor.roles.get(item.space_id) in WRITERS
        or reader_comments(actor, item.space_id)
    )
)


def item_visible(
    actor: Actor, model: type[Any], name: str, *, mine: bool = False, gone: bool = False
) -> ColumnElement[bool]:
    """The clause over `model`. `mine`: what its author made stays the author's wherever they are (the journal);
    otherwise it belongs to the space, and who cannot enter the space does not see it. `gone`: the deleted ones instead, for a bin.
    """
    if actor.id is None:
        return false()
    member_of = list(actor.roles)
    enter = sorted({*actor.roles, *actor.open_spaces})
    coach_of = [space for space, role in actor.roles.items() if role == "coach"]
    named = select(Grant.id).where(Grant.object_kind == name, Grant.object_id == model.id, Grant.person_id == actor.id)
    by_me = model.author_id == actor.id
    to_me = and_(model.audience == "people", named.exists())
    to_coach = and_(model.audience == "coach", model.space_id.in_(coach_of))
    to_space = and_(model.audience == "space", model.space_id.in_(member_of))
    to_all = model.audience == "organisation"  # whoever may enter a space reads what is for the organisation there
    inside = and_(model.space_id.in_(enter), or_(to_space, to_all, by_me, to_coach, to_me))
    if not mine:
        return and_(model.deleted_at.is_not(None) if gone else model.deleted_at.is_(None), inside)
    everywhere = false() if actor.site_role == "guest" else model.audience == "organisation"
    outside = and_(model.space_id.is_(None), or_(to_me, everywhere))
    return and_(model.deleted_at.is_(None), or_(by_me, inside, outside))


def item_scopes(item: Any, name: str, *, mine: bool = False) -> frozenset[str]:
    """The tokens of who may see an item (`Actor.scopes`). Wider than `item_visible` only for authors who left."""
    author = f"p{item.author_id}"
    if item.deleted_at is not None:
        return frozenset()
    if item.audience == "only_me":
        return frozenset({author})
    if item.audience == "people":
        named = db.session.scalars(select(Grant.person_id).where(Grant.object_kind == name, Grant.object_id == item.id))
        return frozenset({author, *(f"p{person}" for person in named)})
    if item.audience == "coach":
        return frozenset({author, f"s{item.space_id}:coach"})
    place = "organisation" if item.space_id is None else f"s{item.space_id}"
    if item.audience == "space":
        return frozenset({f"{place}:members"}) | (frozenset({author}) if mine else frozenset())
    token = place if item.space_id is None else f"{place}:organisation"
    return frozenset({token, author} if mine else {token})


def check_audience(audience: str, space: Space | None, *, allowed: tuple[str, ...] = AUDIENCES) -> str:
    """The audience, if it fits where the item is. Raises Invalid("audience")."""
    if audience not in allowed:
        raise Invalid("audience", _l("Choose who can read this."))
    if audience in ("coach", "space") and space is None:
        raise Invalid("audience", _l("Choose the space whose people can read this."))
    if audience == "organisation" and space is not None and space.visibility != "organisation":
        raise Invalid("audience", _l("This space is closed, so nobody outside it can read this."))
    return audience


def default_audience(space: Space) -> str:
    """What an item's audience is when nobody chose: as wide as its space."""
    return "organisation" if space.visibility == "organisation" else "space"


def name_people(name: str, item_id: int, person_ids: list[int]) -> None:
    """Replace the people whom the author of an item named. Part of an action."""
    from sqlalchemy import delete

    db.session.execute(delete(Grant).where(Grant.object_kind == name, Grant.object_id == item_id))
    db.session.add_all(
        Grant(object_kind=name, object_id=item_id, person_id=person) for person in sorted(set(person_ids))
    )

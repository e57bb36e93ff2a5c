"""Who can see this, and by which rule: for every item, on demand."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from blueprints.addresses import url_of
from blueprints.cards import space_title
from blueprints.doors import actor
from community.items.readers import Grants, grants_of
from community.permissions import Actor, thing_for
from community.spaces.models import Space

bp = Blueprint("who", __name__)

KINDS = ("page", "post", "file", "folder", "entry")
NAMES = 12
"""Names in one line; of the others only how many there are."""


@bp.get("/who/<kind>/<int:number>")
def see(kind: str, number: int) -> str:
    """Who can see one thing, as a page or as a dialog."""
    thing = thing_for(actor(), kind, number, among=KINDS)
    space: Space | None = thing.space
    return render_template(
        "parts/who.html",
        readers=readers(thing, space),
        archived=space is not None and space.is_archived,
        back=url_of(thing),
        place="team" if space is not None and space.kind == "team" else "",
    )


def readers(item: Any, space: Space | None) -> list[tuple[str, str]]:
    """Who can see an item, and why, as pairs of strong and plain words."""
    who = actor()
    if item.audience == "only_me":
        return [(_("You alone"), _("because it is only for you"))]
    return [(_people(who, item, space, grants), _why(grants, space)) for grants in grants_of(item)]


def _people(who: Actor, item: Any, space: Space | None, grants: Grants) -> str:
    """Names for who is among them; how many for who only came in. Whom an author named is the author's to know."""
    if grants.why == "colleagues":
        return _("Every colleague")
    count = len(grants.people)
    hidden = space is not None and space.id not in who.roles
    if grants.why != "author" and (hidden or (grants.why == "named" and who.id != item.author_id)):
        return ngettext("%(num)d person", "%(num)d people", count)
    names = ", ".join(person.name for person in grants.people[:NAMES])
    return names if count <= NAMES else _("%(names)s and %(num)d more", names=names, num=count - NAMES)


def _why(grants: Grants, space: Space | None) -> str:
    if grants.why == "author":
        return _("who wrote it")
    if grants.why == "named":
        return _("whom the author named")
    if grants.why == "colleagues":
        if space is None:
            return _("who is not a guest")
        return _("who is not a guest, because %(space)s is open to all", space=space_title(space))
    if grants.inherited:
        if grants.why in ("owner", "facilitator"):
            return _("who run the programme around it")
        return _("who are in a team of it")
    return {
        "owner": _("owner here"),
        "facilitator": _("facilitator here"),
        "coach": _("coach here"),
        "member": _("member here"),
        "alumnus": _("was a member here"),
        "guest": _("guest here"),
    }[grants.why]

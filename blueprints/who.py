"""Who can see this, and by which rule: for every item, on demand."""

from __future__ import annotations

from flask import Blueprint, render_template

from blueprints.addresses import url_of
from blueprints.comments import readers
from blueprints.doors import actor
from community.permissions import thing_for

bp = Blueprint("who", __name__)

KINDS = ("page", "post", "file", "entry")


@bp.get("/who/<kind>/<int:number>")
def see(kind: str, number: int) -> str:
    """Who can see one thing, as a page or as a dialog."""
    thing = thing_for(actor(), kind, number, among=KINDS)
    return render_template("parts/who.html", readers=readers(thing, thing.space), back=url_of(thing))

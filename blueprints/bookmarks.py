"""What I keep for later: the list, and the form that keeps something with a note and a day. Nobody else comes here."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import hold_places, url_of
from blueprints.cards import title_of
from blueprints.doors import actor
from blueprints.face import safe_path
from blueprints.language import zone
from blueprints.mishaps import said
from blueprints.search import ICONS, one_of
from community.bookmarks.keeping import keep, let_go, thing_to_keep
from community.bookmarks.queries import Kept, bookmark_of, bookmarks_of
from community.errors import Invalid, _l

bp = Blueprint("bookmarks", __name__)

MORNING = time(9)
"""When one is reminded on the day that one chose."""


@bp.get("/bookmarks")
def index() -> str:
    """What I keep, the newest first. What I may no longer see says so, without its title."""
    page = bookmarks_of(actor(), before=request.args.get("before", type=int))
    held = hold_places(kept.thing for kept in page.items if kept.thing is not None)
    return render_template(
        "bookmarks/index.html", rows=[_row(kept) for kept in page.items], held=held, older=page.next, place="home"
    )


def _row(kept: Kept) -> dict[str, Any]:
    row, thing = kept.row, kept.thing
    return {
        "kind": row.object_kind,
        "number": row.object_id,
        "icon": ICONS[row.object_kind] if thing is not None else "lock",
        "words": one_of(row.object_kind),
        "title": title_of(thing) if thing is not None else "",
        "url": url_of(thing) if thing is not None else "",
        "note": row.note,
        "remind_at": row.remind_at,
        "at": row.created_at,
    }


@bp.get("/bookmarks/<kind>/<int:number>")
def keep_form(kind: str, number: int) -> str:
    """A note, and a day to be reminded."""
    return _form(kind, number)


def _form(kind: str, number: int, values: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> str:
    thing = thing_to_keep(actor(), kind, number)
    known = bookmark_of(actor(), kind, number)
    if values is None:
        day = known.remind_at.astimezone(zone()).date().isoformat() if known and known.remind_at else ""
        values = {"note": known.note if known else "", "remind": day}
    return render_template(
        "bookmarks/keep.html",
        title=title_of(thing),
        back=url_of(thing),
        action=f"/bookmarks/{kind}/{number}",
        known=known is not None,
        values=values,
        errors=errors or {},
        place="home",
    )


@bp.post("/bookmarks/<kind>/<int:number>")
def keep_it(kind: str, number: int) -> Response | tuple[str, int]:
    """Keep it."""
    form = request.form
    thing = thing_to_keep(actor(), kind, number)
    try:
        keep(actor(), thing, note=form.get("note", ""), remind_at=_morning_of(form.get("remind", "")))
    except Invalid as fault:
        return _form(kind, number, form.to_dict(), {fault.field: said(fault)}), 422
    flash(_("Kept. You find it under your name, in “Kept for later”."), "message")
    return redirect(url_of(thing_to_keep(actor(), kind, number)), 303)


def _morning_of(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), MORNING, zone())
    except ValueError:
        raise Invalid("remind_at", _l("Write the date as 2026-06-08.")) from None


@bp.post("/bookmarks/<kind>/<int:number>/remove")
def let_it_go(kind: str, number: int) -> Response:
    """Keep it no longer."""
    let_go(actor(), kind, number)
    flash(_("You keep it no longer."), "message")
    return redirect(safe_path(request.form.get("next"), "/bookmarks"), 303)

"""Who works on a file: said by hand ("I am working on this until Thursday"), seen of programs that have it open, ended again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.cards import space_head
from blueprints.doors import actor
from blueprints.language import zone
from blueprints.mishaps import said
from community.clock import now
from community.errors import Conflict, Invalid
from community.files.models import File
from community.files.queries import file_numbered
from community.locks.actions import LONGEST_BY_HAND, lock_thing, unlock
from community.locks.queries import locks_against, locks_on
from community.permissions import may

bp = Blueprint("working", __name__)


def working_on(file: File) -> dict[str, Any]:
    """What the page of a file says of who works on it (files/_working.html). One query."""
    who = actor()
    locks, may_break = locks_against(file), may(who, "break-lock", file)
    return {
        "locks": [(lock, lock.person_id == who.id, lock.person_id == who.id or may_break) for lock in locks],
        "may_say": may(who, "lock", file) and not any(lock.by_hand for lock in locks),
    }


def holders_of(files: Iterable[File]) -> dict[int, str]:
    """Who works on each of these files, by its id, for a list. One query."""
    return {number: lock.person.name for number, lock in locks_on(files).items()}


@bp.get("/files/<int:number>/working")
def form(number: int) -> str:
    """Say that one is working on a file."""
    return _form(file_numbered(actor(), number))


def _form(file: File, fault: Invalid | None = None) -> str:
    if not may(actor(), "lock", file):
        abort(403)
    mine = next((lock for lock in locks_against(file) if lock.by_hand and lock.person_id == actor().id), None)
    today = now().astimezone(zone()).date()
    until = mine.expires_at.astimezone(zone()).date() if mine is not None else today + timedelta(days=1)
    return render_template(
        "files/working.html",
        file=file,
        head=space_head(actor(), file.space, "files", slim=True),
        back=url_of(file),
        until=request.form.get("until", until.isoformat()),
        note=request.form.get("note", mine.note if mine is not None else ""),
        first=today.isoformat(),
        last=(today + LONGEST_BY_HAND - timedelta(days=1)).isoformat(),
        wrong=fault.field if fault is not None else "",
        sentence=said(fault) if fault is not None else "",
        place="team" if file.space.kind == "team" else "spaces",
    )


@bp.post("/files/<int:number>/working")
def say(number: int) -> Response | tuple[str, int]:
    """Keep others from replacing it until the end of a day."""
    file = file_numbered(actor(), number)
    try:
        until = _end_of(request.form.get("until", ""))
        note = request.form.get("note", "")
        lock_thing(actor(), file, lasts=until - now(), by_hand=True, note=note)
    except Invalid as fault:
        return _form(file_numbered(actor(), number), fault), 422
    except Conflict as fault:
        return _form(file_numbered(actor(), number), Invalid("until", said(fault))), 409
    flash(_("The others see that you are working on it."), "message")
    return redirect(url_of(file_numbered(actor(), number)), 303)


def _end_of(day: str) -> datetime:
    """The end of a day where the reader lives. Raises Invalid("until")."""
    try:
        return datetime.combine(date.fromisoformat(day), time(23, 59, 59), zone())
    except (ValueError, OverflowError):
        raise Invalid("until", _("Choose a day.")) from None


@bp.post("/files/<int:number>/working/<int:lock_id>/end")
def end(number: int, lock_id: int) -> Response:
    """Give a file back, or, for who looks after the space, take it out of somebody's hands."""
    file = file_numbered(actor(), number)
    unlock(actor(), lock_id, thing=file)
    flash(_("Everybody can replace it again."), "message")
    return redirect(url_of(file_numbered(actor(), number)), 303)

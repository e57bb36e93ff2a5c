"""Folders that collect: made by those who guide a space, with who has sent what, and closed by hand or by the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_time
from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.cards import space_head
from blueprints.doors import actor
from blueprints.language import day, language
from blueprints.mishaps import said
from community.clock import now
from community.errors import CommunityError, Invalid, NotFound
from community.files.drop_actions import change_drop, close_drop, create_drop
from community.files.drops import DropState, counts_in, states_of
from community.files.models import Folder
from community.files.queries import folder_numbered
from community.notifications.reading import mark_read_about
from community.permissions import may, require
from community.spaces.models import Space
from community.spaces.queries import space_to_enter

bp = Blueprint("drops", __name__)


def moment_words(at: datetime, space: Space) -> str:
    """A moment on the clock of the space: "Thursday 11 June, 12:00"."""
    local = at.astimezone(ZoneInfo(space.time_zone))
    return f"{day(local)}, {format_time(local.time(), 'HH:mm', locale=language())}"


def drop_words(state: DropState, space: Space) -> str:
    """How far a folder that collects is, for its row: "until Thursday 12:00 · you: 2 of 3"."""
    drop = state.drop
    if state.closed:
        late = _("late ones are taken")
        return f"{_closed()} · {late}" if drop.takes_late else _closed()
    words = _("until %(moment)s", moment=moment_words(drop.closes_at, space))
    if state.guides or not state.asked:
        return words
    if drop.wanted:
        mine = _("you: %(mine)d of %(wanted)d", mine=state.mine, wanted=drop.wanted)
    else:
        mine = ngettext("you: %(num)d file", "you: %(num)d files", state.mine)
    return f"{words} · {mine}"


def _closed() -> str:
    return _("closed")


def drops_among(folders: list[Folder], space: Space) -> dict[int, str]:
    """Those of these folders that collect, by id, each with its words. Two queries."""
    return {number: drop_words(state, space) for number, state in states_of(actor(), folders).items()}


def notice_of(folder: Folder, space: Space) -> dict[str, Any] | None:
    """What stands above the files of a folder that collects; None for others."""
    state = states_of(actor(), [folder]).get(folder.id)
    if state is None:
        return None
    drop = state.drop
    if state.closed and drop.stays_apart:
        means = _("You see what you sent; those who guide the space see it all.")
    elif state.closed:
        means = _("Everybody here sees what was sent.")
    elif drop.stays_apart:
        means = _("You see what you sent; those who guide the space see it all, and it stays so.")
    else:
        means = _("Until then you see what you sent; afterwards everybody here sees all of it.")
    if state.guides and not state.closed:
        means = _("Members see what they sent; you see it all.")
    return {
        "words": _begun(drop_words(state, space)),
        "means": means,
        "closed": state.closed,
        "url": f"/folders/{folder.id}/drop" if state.guides else "",
    }


def _begun(words: str) -> str:
    """As the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def _frame(space: Space) -> dict[str, Any]:
    return {
        "space": space,
        "head": space_head(actor(), space, "files", slim=True),
        "files_url": space_url(space.slug, "files"),
        "place": "team" if space.kind == "team" else "spaces",
        "zone_words": space.time_zone.replace("_", " "),
    }


def _read(space: Space) -> dict[str, Any]:
    """What a form says. Raises Invalid (closes_at, wanted)."""
    form = request.form
    try:
        at = datetime.fromisoformat(form.get("closes_at", "")).replace(tzinfo=ZoneInfo(space.time_zone))
    except ValueError:
        raise Invalid("closes_at", _("Choose a day and an hour.")) from None
    number = form.get("wanted", "").strip() or "0"
    if not number.isascii() or not number.isdigit() or len(number) > 4:
        raise Invalid("wanted", _("Write a number, or 0 for as many as they like."))
    return {"closes_at": at, "wanted": int(number), "takes_late": "takes_late" in form}


def _parent(number: int | None) -> Folder | None:
    return folder_numbered(actor(), number) if number else None


@bp.get("/spaces/<slug>/drops/new")
def new_form(slug: str) -> str:
    """The form that makes a folder which collects."""
    return _new(slug)


def _new(slug: str, fault: Invalid | None = None) -> str:
    space = space_to_enter(actor(), slug)
    if "files" not in space.tools:
        raise NotFound()
    require(actor(), "guide", space)
    parent = _parent(request.values.get("folder", type=int))
    form = request.form
    return render_template(
        "drops/new.html",
        parent=parent,
        back=url_of(parent) if parent else space_url(slug, "files"),
        typed={
            "name": form.get("name", ""),
            "description": form.get("description", ""),
            "closes_at": form.get("closes_at", ""),
            "wanted": form.get("wanted", "1"),
            "takes_late": "takes_late" in form,
            "after": form.get("after", "shown"),
        },
        wrong=fault.field if fault else "",
        sentence=said(fault) if fault else "",
        **_frame(space),
    )


@bp.post("/spaces/<slug>/drops/new")
def new(slug: str) -> Response | tuple[str, int]:
    """Make it."""
    space = space_to_enter(actor(), slug)
    form = request.form
    try:
        made = create_drop(
            actor(),
            space,
            name=form.get("name", ""),
            description=form.get("description", ""),
            parent=_parent(form.get("folder", type=int)),
            stays_apart=form.get("after") == "apart",
            **_read(space),
        )
    except Invalid as fault:
        return _new(slug, fault), 422
    flash(_("The folder collects now. Everybody who sends something has been told."), "message")
    return redirect(url_of(made), 303)


@bp.get("/folders/<int:number>/drop")
def state(number: int) -> str:
    """Who has sent how much, and what can be changed. For those who guide the space."""
    return _state(number)


def _state(number: int, fault: CommunityError | None = None) -> str:
    folder = folder_numbered(actor(), number)
    found = states_of(actor(), [folder]).get(folder.id)
    if found is None:
        raise NotFound()
    require(actor(), "collect", folder)
    mark_read_about(actor(), "folder", folder.id)
    local = found.drop.closes_at.astimezone(ZoneInfo(folder.space.time_zone))
    form = request.form
    return render_template(
        "drops/state.html",
        folder=folder,
        drop=found.drop,
        closed=found.closed,
        words=drop_words(found, folder.space),
        people=counts_in(actor(), folder),
        back=url_of(folder),
        typed={
            "closes_at": form.get("closes_at", local.strftime("%Y-%m-%dT%H:%M")),
            "wanted": form.get("wanted", str(found.drop.wanted)),
            "takes_late": ("takes_late" in form) if request.method == "POST" else found.drop.takes_late,
        },
        may_change=may(actor(), "collect", folder) and found.drop.closed_at is None,
        wrong=fault.field if isinstance(fault, Invalid) else "",
        sentence=said(fault) if fault else "",
        at=now(),
        **_frame(folder.space),
    )


@bp.post("/folders/<int:number>/drop")
def change(number: int) -> Response | tuple[str, int]:
    """Another moment, another number, or late ones too."""
    folder = folder_numbered(actor(), number)
    try:
        change_drop(actor(), folder, **_read(folder.space))
    except Invalid as fault:
        return _state(number, fault), 422
    flash(_("Saved."), "message")
    return redirect(f"/folders/{number}/drop", 303)


@bp.get("/folders/<int:number>/drop/close")
def close_form(number: int) -> str:
    """Ask before it closes."""
    folder = folder_numbered(actor(), number)
    found = states_of(actor(), [folder]).get(folder.id)
    if found is None:
        raise NotFound()
    require(actor(), "collect", folder)
    return render_template(
        "parts/confirm.html",
        title=_("Close “%(name)s” now?", name=folder.name),
        words=_("Nobody replaces or takes back what they sent any more.")
        if found.drop.stays_apart
        else _("Everybody here sees what was sent, and nobody replaces or takes back theirs any more."),
        yes=_("Close it"),
        no=_("Leave it open"),
        back=f"/folders/{number}/drop",
    )


@bp.post("/folders/<int:number>/drop/close")
def close(number: int) -> Response:
    """End it now."""
    folder = folder_numbered(actor(), number)
    close_drop(actor(), folder)
    flash(_("The folder has closed."), "message")
    return redirect(url_of(folder_numbered(actor(), number)), 303)

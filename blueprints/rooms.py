"""How much room a space has for files: the meter of its pages, and the form by which it is given more or less."""

from __future__ import annotations

import re
from typing import NamedTuple

from flask import Blueprint, flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.doors import actor
from blueprints.face import size_words
from blueprints.mishaps import said
from blueprints.spaces import settings_page
from community.errors import Invalid, _l
from community.files.room import BOUNDS, Room, give_room, room_of
from community.spaces.models import Space
from community.spaces.queries import space_for

bp = Blueprint("rooms", __name__)

GIGABYTE = 1_000_000_000
_NUMBER = re.compile(r"[0-9]{1,6}([.,][0-9]{1,3})?", re.ASCII)


class Meter(NamedTuple):
    """The room of a space as templates draw it (`files/_room.html`). `percent` is None where there is no bound."""

    percent: int | None
    words: str
    more: str


def meter_of(room: Room) -> Meter:
    """The meter of a room, with its words."""
    used = size_words(room.used)
    words = _("%(used)s used.", used=used)
    if room.quota is not None:
        words = _("%(used)s of %(quota)s used.", used=used, quota=size_words(room.quota))
    more = []
    if room.versions:
        more.append(_("Old versions take %(size)s.", size=size_words(room.versions)))
    if room.trash:
        more.append(_("What lies in the bin takes %(size)s.", size=size_words(room.trash)))
    if room.uploads:
        more.append(_("%(size)s is being sent.", size=size_words(room.uploads)))
    return Meter(room.percent if room.quota is not None else None, words, " ".join(more))


def quota_of(raw: str) -> int | None:
    """What somebody typed as gigabytes, in bytes; nothing is None: as much as the house gives. Raises Invalid("quota")."""
    raw = raw.strip()
    if not raw:
        return None
    if not _NUMBER.fullmatch(raw):
        raise Invalid("quota", _l("Write how much room there is, as a number."))
    return round(float(raw.replace(",", ".")) * GIGABYTE)


def room_form(space: Space) -> dict[str, object]:
    """What the form shows: the meter, what is set, and what the house gives."""
    room = room_of(space)
    own = room.own
    return {
        "meter": meter_of(room),
        "quota": "" if own is None else f"{own / GIGABYTE:.3f}".rstrip("0").rstrip("."),
        "usual": size_words(BOUNDS.space) if BOUNDS.space else "",
    }


@bp.post("/spaces/<slug>/settings/room")
def give(slug: str) -> Response | tuple[str, int]:
    """Say how much room a space has."""
    space, raw = space_for(actor(), slug), request.form.get("quota", "")
    try:
        give_room(actor(), space, quota=quota_of(raw))
    except Invalid as fault:
        return settings_page(space_for(actor(), slug), room={"quota": raw, "error": said(fault)}), 422
    flash(_("Saved."), "message")
    return redirect(space_url(slug, "settings"), 303)

"""What is for me: the list behind the bell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.cards import person_row
from blueprints.doors import actor
from blueprints.shapes import PersonRow
from community.errors import NotFound
from community.extensions import db
from community.kinds import kind_named
from community.notifications.models import Notification
from community.notifications.queries import Told, notices_of
from community.notifications.reading import mark_hidden_read, mark_read
from community.permissions import sees

bp = Blueprint("notifications", __name__)


@dataclass(frozen=True)
class Row:
    """One notification in words."""

    id: int
    words: str
    excerpt: str
    at: datetime
    unread: bool
    icon: str
    person: PersonRow | None
    space_name: str


_ICONS = {
    "mention": "message-circle",
    "coach": "message-square-quote",
    "reply": "reply",
    "comment": "message-circle",
    "thread": "message-circle",
    "announcement": "megaphone",
    "shared": "notebook-pen",
    "message": "mail",
    "page": "book-open",
    "request": "users",
    "added": "users",
    "entered": "shield",
    "phase": "calendar",
}


def words_of(told: Told) -> str:
    """What happened, as a sentence."""
    who = told.who.name if told.who else _("Somebody")
    space = told.space.name if told.space else ""
    said = {
        "mention": _("%(who)s mentions you", who=who),
        "coach": _("%(who)s, your coach, responds", who=who),
        "reply": _("%(who)s answers you", who=who),
        "comment": _("%(who)s responds to what you made", who=who),
        "thread": _("%(who)s goes on where you responded", who=who),
        "announcement": _("%(who)s announces", who=who),
        "shared": _("%(who)s shares a journal entry with you", who=who),
        "message": _("%(who)s writes to you", who=who),
        "page": _("%(who)s edits a page that you made", who=who),
        "request": _("%(who)s asks to join %(space)s", who=who, space=space),
        "entered": _("%(who)s, an administrator, took a role in %(space)s", who=who, space=space),
        "phase": _("A new phase begins in %(space)s", space=space),
    }
    if told.row.reason == "added":
        return _("%(who)s brings you into %(space)s", who=who, space=space)
    return said[told.row.reason]


def row_of(told: Told) -> Row:
    """A notification as the list draws it."""
    excerpt = getattr(told.obj, "title", "") or getattr(told.obj, "excerpt", "")
    return Row(
        told.row.id,
        words_of(told),
        excerpt,
        told.row.created_at,
        told.row.read_at is None,
        _ICONS[told.row.reason],
        person_row(told.who) if told.who else None,
        told.space.name if told.space else "",
    )


@bp.get("/notifications")
def index() -> str:
    """The newest first; `?unread` leaves the read ones out."""
    unread = "unread" in request.args
    page = notices_of(actor(), unread=unread, before=request.args.get("before", type=int))
    rows = [row_of(told) for told in page.items]
    mark_hidden_read(actor(), page.hidden)
    return render_template(
        "notifications/index.html",
        rows=rows,
        unread=unread,
        older=page.next,
        newest=rows[0].id if rows else 0,
        place="notifications",
    )


@bp.post("/notifications/<int:number>")
def go(number: int) -> Response:
    """Mark one as read and go to what it speaks of."""
    who = actor()
    row = db.session.get(Notification, number)
    if row is None or row.person_id != who.id:
        raise NotFound()
    mark_read(who, notification_id=number)
    obj = db.session.get(kind_named(row.object_kind).model, row.object_id)
    if obj is None or not sees(who, obj):
        raise NotFound()
    path = url_of(obj)
    if row.reason == "request":
        path += "/members"
    return redirect(path, 303)


@bp.post("/notifications")
def read_all() -> Response:
    """Mark all as read, up to the newest that was shown."""
    mark_read(actor(), up_to=request.form.get("up_to", type=int))
    return redirect("/notifications", 303)

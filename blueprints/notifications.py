"""What is for me: the list behind the bell, by thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import force_locale
from werkzeug.wrappers import Response

from blueprints import notice_words
from blueprints.addresses import url_of
from blueprints.cards import person_row
from blueprints.doors import actor
from blueprints.face import safe_path, wants_fragment
from blueprints.shapes import PersonRow
from community.errors import NotFound
from community.extensions import db
from community.kinds import kind_named, split_ref
from community.notifications.models import Notification
from community.notifications.queries import Thread, Told, spaces_told_of, threads_of, unread_count
from community.notifications.reading import hide, mark_read, mark_thread
from community.notifications.reasons import reason_named, topics_told
from community.permissions import sees
from community.spaces.queries import space_for

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


@dataclass(frozen=True)
class Group:
    """What was told of one thing: the newest, a few before it, and how many more there are."""

    ref: str
    row: Row
    earlier: list[Row]
    more: int
    unread: int


def words_of(told: Told) -> str:
    """What happened, as a sentence."""
    who = told.who.name if told.who else ""
    where = told.space.name if told.space else ""
    return notice_words.words_of(told.row.reason, who, where, told.many, told.place)


def row_of(told: Told) -> Row:
    """A notification as the list draws it."""
    excerpt = getattr(told.obj, "title", "") or getattr(told.obj, "excerpt", "")
    return Row(
        told.row.id,
        words_of(told),
        excerpt,
        told.row.created_at,
        told.row.read_at is None,
        reason_named(told.row.reason).icon,
        person_row(told.who) if told.who else None,
        told.space.name if told.space else "",
    )


def group_of(thread: Thread) -> Group:
    """A thread as the list draws it."""
    rows = [row_of(told) for told in thread.told]
    return Group(thread.ref, rows[0], rows[1:], thread.count - len(rows), thread.unread)


@bp.get("/notifications")
def index() -> str:
    """The newest first; `?unread` leaves the read ones out, `?topic=` and `?space=` all others."""
    who, asked = actor(), request.args
    spaces = spaces_told_of(who)
    topic = asked.get("topic") if asked.get("topic") in topics_told() else None
    space = next((one for one in spaces if one.slug == asked.get("space")), None)
    if space is None and asked.get("space"):
        space = space_for(who, asked["space"])
        spaces.append(space)
    narrow = {"topic": topic, "space": space.slug if space else None, "unread": "" if "unread" in asked else None}
    page = threads_of(who, unread="unread" in asked, topic=topic, space=space, before=asked.get("before", type=int))
    groups = [group_of(thread) for thread in page.items]
    hide(who, page.hidden)
    return render_template(
        "notifications/index.html",
        groups=groups,
        narrow={name: value for name, value in narrow.items() if value is not None},
        topics=[(name, notice_words.topic_words(name)) for name in topics_told()],
        spaces=[(one.slug, one.name) for one in spaces],
        older=page.next,
        newest=max((group.row.id for group in groups), default=0),
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
    elif row.reason == "files" and row.object_kind == "space":
        path += "/files"
    return redirect(path, 303)


@bp.post("/notifications")
def read_all() -> Response:
    """Mark all as read, up to the newest that was shown."""
    mark_read(actor(), up_to=request.form.get("up_to", type=int))
    return redirect("/notifications", 303)


@bp.post("/notifications/mark")
def mark() -> Response | str:
    """Mark a thread as read, or its newest notice as unread; with `X-Fragment` the thread as it is then."""
    who, form = actor(), request.form
    thread, newest = _thread(form.get("thread", "")), form.get("newest", type=int)
    if newest is None:
        raise NotFound()
    mark_thread(who, *thread, newest=newest, unread=form.get("unread") == "1")
    onward = safe_path(form.get("next"), "/notifications")
    if wants_fragment():
        found: list[Any] = [group_of(one) for one in threads_of(who, only=thread).items]
        return render_template("notifications/_threads.html", groups=found, unread=unread_count(who), onward=onward)
    return redirect(onward, 303)


def _thread(ref: str) -> tuple[str, int]:
    """A thread by its name. Raises NotFound for what is no name."""
    try:
        kind, number = split_ref(ref)
    except ValueError:
        raise NotFound() from None
    if len(kind) > 24 or not 0 < number < 10**18:
        raise NotFound()
    return kind, number


def in_words(told: Told, language: str) -> tuple[str, str]:
    """Title and words of a notice in somebody's language, for what reaches them outside a page."""
    with force_locale(language):
        return words_of(told), row_of(told).excerpt

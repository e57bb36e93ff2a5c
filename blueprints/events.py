"""The events of a space: a page, and a calendar to take along (RFC 5545)."""

from __future__ import annotations

from flask import Blueprint, render_template
from icalendar import Calendar
from icalendar import Event as Component
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.cards import space_head
from blueprints.doors import actor
from community.clock import now
from community.programme.queries import events_in
from community.spaces.queries import space_to_enter

bp = Blueprint("events", __name__)


@bp.get("/spaces/<slug>/events")
def index(slug: str) -> str:
    """What comes, and what was, in the reader's time zone."""
    space = space_to_enter(actor(), slug)
    events = events_in(actor(), space)
    at = now()
    return render_template(
        "spaces/events.html",
        space=space,
        head=space_head(actor(), space, "events"),
        coming=[event for event in events if event.ends_at > at],
        past=[event for event in reversed(events) if event.ends_at <= at],
        calendar=space_url(slug, "events.ics"),
        place="team" if space.kind == "team" else "spaces",
    )


@bp.get("/spaces/<slug>/events.ics")
def calendar(slug: str) -> Response:
    """The same as a calendar file."""
    space = space_to_enter(actor(), slug)
    made = Calendar()
    made.add("prodid", "-//Cohortium//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", space.name)
    for event in events_in(actor(), space):
        item = Component()
        item.add("uid", f"event-{event.id}@cohortium")
        item.add("dtstamp", event.created_at)
        item.add("dtstart", event.starts_at)
        item.add("dtend", event.ends_at)
        item.add("summary", event.title)
        if event.place:
            item.add("location", event.place)
        if event.description:
            item.add("description", event.description)
        made.add_component(item)
    answer = Response(made.to_ical(), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f"attachment; filename={slug}.ics"
    return answer

"""People: the directory, and a page for each."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from blueprints.cards import person_row, picture_url, post_card, role_words
from blueprints.doors import actor
from blueprints.spaces import kind_words
from community.clock import now
from community.messages.queries import has_blocked, may_write_to, talk_with
from community.microblog.filters import Asked
from community.microblog.praise import praise_of
from community.microblog.queries import dress, feed
from community.notifications.reading import mark_read_about
from community.people.models import Person
from community.people.queries import people_for, person_for
from community.spaces.queries import spaces_of_person

bp = Blueprint("people", __name__)

AT_WORK = range(9, 17)  # hours of a working day


def clock_of(person: Person) -> tuple[str, str, str]:
    """What time it is where somebody is: "15:40", "Oslo", and whether that is a time to expect an answer."""
    local = now().astimezone(ZoneInfo(person.time_zone))
    place = person.time_zone.rsplit("/", 1)[-1].replace("_", " ")
    working = local.weekday() < 5 and local.hour in AT_WORK
    return f"{local:%H:%M}", place, _("within working hours") if working else _("outside working hours")


@bp.get("/people")
def index() -> str:
    """Everybody the reader sees, by name; `?q=` looks for a name, a place or what they do."""
    sought = request.args.get("q", "")[:120]
    page = people_for(actor(), sought, before=request.args.get("before"), limit=48)
    rows = [(person_row(person, person.headline), person.location, list(person.skills)[:4]) for person in page.people]
    return render_template("people/index.html", rows=rows, sought=sought, older=page.next, place="people")


@bp.get("/people/<handle>")
def person(handle: str) -> str:
    """Who somebody is, where they are, and what they wrote that the reader may see."""
    who = actor()
    found = person_for(who, handle)
    mark_read_about(who, "person", found.id)
    before = request.args.get("before", type=int)
    page = feed(who, asked=Asked(author_id=found.id), before=before, with_comments=False, limit=10)
    places = [(space, kind_words(space.kind), role_words(role)) for space, role in spaces_of_person(who, found.id)]
    return render_template(
        "people/person.html",
        person=found,
        row=person_row(found),
        picture_url=picture_url(found),
        about=Markup(found.about_html),  # noqa: S704 made by community.markup when it was written
        places=places,
        praise=[post_card(who, item) for item in dress(who, praise_of(who, found.id), with_comments=False)],
        cards=[post_card(who, item) for item in page.items],
        older=page.next,
        is_me=who.id == found.id,
        clock=clock_of(found),
        writes=who.id != found.id and (may_write_to(who, found) or talk_with(who, found) is not None),
        blocked=who.id != found.id and has_blocked(who, found),
        place="people",
    )

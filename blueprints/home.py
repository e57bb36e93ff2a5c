"""Home: what waits for me, what is new, where we are. By phase and role, for somebody with 24 minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from blueprints.addresses import space_url
from blueprints.cards import current_step, person_row, phase_steps, post_card
from blueprints.doors import actor, me
from blueprints.language import language, say, zone
from blueprints.notifications import row_of
from blueprints.submissions.frame import due_badge, due_words, state_badge
from community.activity.outbox import end_for
from community.clock import now
from community.coaching.queries import count_waiting
from community.microblog.queries import feed
from community.notifications.queries import Told, notifications_of
from community.permissions import STAFF, Actor
from community.programme.queries import coming_events, open_prompts
from community.spaces.models import Space
from community.spaces.queries import first_team, members_of, my_cohorts, requests_waiting, space_for
from community.submissions.queries import due_soon
from community.visits.queries import MOST, news_for

bp = Blueprint("home", __name__)

WAITING = 3
ASKING = frozenset({"coach", "mention", "reply", "message", "request", "reminder"})
"""Reasons of notices that ask for something: they stand before what is merely told."""


@dataclass(frozen=True)
class Todo:
    """One thing that waits. `post` is an address to send a form to, `url` one to go to."""

    icon: str
    tone: str
    words: str
    meta: str
    act: str
    url: str = ""
    post: str = ""
    at: datetime | None = None


def _greeting(name: str, zone: str) -> str:
    hour = now().astimezone(ZoneInfo(zone)).hour
    first = name.split()[0]
    if 5 <= hour < 12:
        return _("Good morning, %(name)s", name=first)
    if 12 <= hour < 18:
        return _("Good afternoon, %(name)s", name=first)
    return _("Good evening, %(name)s", name=first)


def _todos(who: Actor) -> tuple[list[Todo], int]:
    """What waits, the most important first, and how many there are in all."""
    found: list[Todo] = []
    if "coach" in who.roles.values():
        count = sum(count_waiting(who).values())
        if count:
            found.append(
                Todo(
                    "message-square-quote",
                    "warn",
                    ngettext("%(num)d thing waits in your teams", "%(num)d things wait in your teams", count),
                    _("The oldest first"),
                    _("Read"),
                    "/coaching",
                )
            )
    for due in due_soon(who):
        words, tone, icon = due_badge(due.milestone, None) if not due.state else state_badge(due.state)
        found.append(
            Todo(
                icon,
                "warn" if tone in ("warn", "bad") else "act",
                f"{due.milestone.title}: {words}",
                f"{due.team.name} · " + _("Until %(due)s", due=due_words(due.milestone.due_at)),
                _("Hand in again") if due.state in ("revise", "not_yet") else _("Hand in"),
                space_url(due.team.slug, "submissions") + f"#m{due.milestone.id}",
            )
        )
    for space, asking in requests_waiting(who):
        found.append(
            Todo(
                "users",
                "warn",
                ngettext("%(num)d person asks to join", "%(num)d people ask to join", asking),
                space.name,
                _("Answer"),
                space_url(space.slug, "members"),
            )
        )
    asks, other = _told(who)
    prompts = [
        Todo(
            "notebook-pen",
            "act",
            prompt.text(language()),
            _("Two minutes is enough. Open until %(moment)s", moment=say(prompt.closes_at)),
            _("Write"),
            f"/journal/new?prompt={prompt.id}",
        )
        for prompt in open_prompts(who)
    ]
    found += asks
    # Reflection waits for nobody: a prompt that is open stands among the first, whatever else there is.
    found = [*found[: WAITING - 1], *prompts[:1], *found[WAITING - 1 :], *prompts[1:], *other]
    return found[: WAITING + 1] if len(found) == WAITING + 1 else found[:WAITING], len(found)


def _told(who: Actor) -> tuple[list[Todo], list[Todo]]:
    """Unread notices as one line a thread, the newest of each: those that ask something of the reader, and the others."""
    asking: list[Todo] = []
    other: list[Todo] = []
    threads: dict[tuple[str, int], list[Told]] = {}
    for told in notifications_of(who, unread=True, limit=40, direct=True):
        threads.setdefault((told.row.thread_kind, told.row.thread_id), []).append(told)
    for thread in threads.values():
        asks = next((told for told in thread if told.row.reason in ASKING), None)
        row = row_of(asks or thread[0])
        more = len(thread) - 1
        earlier = ngettext("%(num)d earlier", "%(num)d earlier", more) if more else ""
        meta = " · ".join(part for part in (row.excerpt, row.space_name, earlier) if part)
        todo = Todo(
            row.icon,
            "warn" if asks else "act",
            row.words,
            meta,
            _("Open"),
            post=f"/notifications/{row.id}",
            at=row.at,
        )
        (asking if asks else other).append(todo)
    return asking, other


def _standing(cohort: Space | None, who: Actor) -> str:
    """One sentence under the greeting: where the programme is."""
    if cohort is None:
        return ""
    step = current_step(phase_steps(cohort))
    if step is None:
        return _("%(cohort)s is between phases.", cohort=cohort.name)
    if who.roles.get(cohort.id) == "alumnus":
        return _("You are an alumna or alumnus of %(cohort)s. What you made there stays readable.", cohort=cohort.name)
    return {
        "pre": _("%(cohort)s gets ready for campus. Meet your team, and say what you hope for.", cohort=cohort.name),
        "campus": _("%(cohort)s is on campus. Write down what you notice while it happens.", cohort=cohort.name),
        "post": _(
            "%(cohort)s works on its questions. Your team's pages are where the answer grows.", cohort=cohort.name
        ),
        "alumni": _("%(cohort)s has finished. Keep what you learned alive in a theme.", cohort=cohort.name),
    }[step.kind]


def _square(moment: datetime) -> tuple[str, str]:
    """Day and month for the little calendar leaf, in the reader's zone and language."""
    local = moment.astimezone(zone()).date()
    return str(local.day), format_date(local, "MMM", locale=language())


def _count(new: int) -> str:
    """How many posts are new, as a chip says it."""
    return f"{MOST - 1}+" if new >= MOST else str(new)


@bp.get("/")
def index() -> str:
    """My home."""
    who, person, last = actor(), me(), end_for(actor())
    cohorts = my_cohorts(who)
    living = [c for c in cohorts if who.roles[c.id] != "alumnus" and not c.is_archived]
    cohort = next(iter(living or cohorts), None)
    todos, waiting = _todos(who)
    first = first_team(who)
    team = space_for(who, first.slug) if first is not None else None
    mates = members_of(who, team) if team is not None else []
    page = feed(who, limit=5, with_comments=False)
    return render_template(
        "home/index.html",
        greeting=_greeting(person.name, person.time_zone),
        standing=_standing(cohort, who),
        cohort=cohort,
        is_staff=cohort is not None and who.roles.get(cohort.id) in STAFF,
        steps=phase_steps(cohort),
        todos=todos,
        waiting=waiting,
        cards=[post_card(who, item) for item in page.items],
        more=page.next is not None,
        news=[(place.name, space_url(place.slug), _count(place.count)) for place in news_for(who)],
        events=[(event, place, *_square(event.starts_at)) for event, place in coming_events(who)],
        team=team,
        mates=[
            person_row(m.person, m.person.location)
            for m in mates
            if m.role in ("member", "alumnus") and m.person.id != who.id
        ],
        coaches=[person_row(m.person) for m in mates if m.role == "coach" and m.person.id != who.id],
        has_spaces=bool(who.roles),
        last=last,
        place="home",
    )

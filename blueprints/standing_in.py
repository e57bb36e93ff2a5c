"""Standing in for a coach, and what those who run a programme see and agree about its coaching."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.asks import day_of
from blueprints.cards import space_head
from blueprints.doors import actor
from blueprints.inbox_words import span_words
from blueprints.mishaps import said
from community.coaching import actions
from community.coaching.crew import coached_spaces
from community.coaching.days import MOST_DAYS
from community.coaching.handovers import handover_for, handovers_of
from community.coaching.measures import co_coaches, overview_of
from community.coaching.queries import spaces_coached_by
from community.coaching.terms import own_terms, terms_in
from community.errors import Denied, Invalid, NotFound, _l
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import space_for

bp = Blueprint("standing_in", __name__)


@bp.get("/coaching/hand-over")
def form() -> str:
    """Choose who stands in for me, in one team or in all, and until when; and take back what I handed over."""
    return _form(request.args.to_dict(), {})


def _form(values: dict[str, str], errors: dict[str, str]) -> str:
    who = actor()
    if not coached_spaces(who):
        raise NotFound()
    teams, others = spaces_coached_by(who), co_coaches(who)
    people = {person.id: person for coaches in others.values() for person in coaches}
    where = {one: [team.name for team in teams if person in others[team.id]] for one, person in people.items()}
    return render_template(
        "coaching/hand_over.html",
        teams=[("", _("All my teams")), *((team.slug, team.name) for team in teams)],
        people=[
            (str(person.id), f"{person.name} ({', '.join(where[person.id])})")
            for person in sorted(people.values(), key=lambda person: person.name.casefold())
        ],
        values=values,
        errors=errors,
        held=handovers_of(who),
        me=who.id,
        place="coaching",
    )


@bp.post("/coaching/hand-over")
def hand_over() -> Response | tuple[str, int]:
    """Hand over."""
    who, sent = actor(), request.form
    teams = spaces_coached_by(who)
    if not teams:
        raise NotFound()
    chosen = [team for team in teams if sent.get("space", "") in ("", team.slug)]
    to = sent.get("to", type=int)
    known = {person.id: person for coaches in co_coaches(who).values() for person in coaches}
    try:
        if to not in known:
            raise Invalid("to", _l("Choose another coach."))
        made = actions.hand_over(who, chosen, to=known[to], until=day_of(sent.get("until", ""), "until"))
    except Invalid as fault:
        return _form(sent.to_dict(), {fault.field: said(fault)}), 422
    flash(
        ngettext("Handed over. Your team is told.", "Handed over. Your %(num)d teams are told.", len(made)), "message"
    )
    return redirect("/coaching/hand-over", 303)


@bp.post("/coaching/hand-over/<int:number>/end")
def take_back(number: int) -> Response:
    """Take it back."""
    actions.take_back(actor(), handover_for(actor(), number))
    flash(_("It waits for its own coach again."), "message")
    back = request.form.get("space", "")
    return redirect(space_url(back, "coaching") if back else "/coaching/hand-over", 303)


# ---- those who run the programme


@bp.get("/spaces/<slug>/coaching")
def overview(slug: str) -> str:
    """How coaching goes in the teams that I run: how much waits, never a word of it; and what was agreed."""
    space = _run(slug)
    return _overview(space, {}, {})


def _run(slug: str) -> Space:
    space = space_for(actor(), slug)
    if not may(actor(), "manage", space):
        abort(403 if may(actor(), "enter", space) else 404)
    return space


def _overview(space: Space, values: dict[str, Any], errors: dict[str, str]) -> str:
    who, own, holds = actor(), own_terms(space), terms_in(space.id)
    held = {
        "response_days": "" if own is None or own.response_days is None else str(own.response_days),
        "holidays": "\n".join(own.holidays) if own is not None else "",
        "guide": own.guide if own is not None else "",
    }
    rows = overview_of(who, space)
    return render_template(
        "coaching/overview.html",
        space=space,
        head=space_head(who, space, "about", slim=True),
        rows=[
            {
                "name": row.space.name,
                "url": space_url(row.space.slug, "coach"),
                "waiting": row.waiting,
                "over": row.over,
                "oldest": row.oldest,
                "alive_at": row.alive_at,
                "days": row.terms.days,
                "median": span_words(row.median) if row.median is not None else "",
                "coaches": [
                    (person.name, span_words(median) if median is not None else "") for person, median in row.coaches
                ],
            }
            for row in rows
        ],
        holds=holds.days,
        most=MOST_DAYS,
        values=held | values,
        errors=errors,
        standing=handovers_of(who, space_ids=[row.space.id for row in rows]),
        coaches=_coaches(rows),
        place="spaces",
    )


def _coaches(rows: Any) -> list[tuple[str, str]]:
    people = {person.id: person.name for row in rows for person, _median in row.coaches}
    return [(str(one), name) for one, name in sorted(people.items(), key=lambda pair: pair[1].casefold())]


@bp.post("/spaces/<slug>/coaching")
def agree(slug: str) -> Response | tuple[str, int]:
    """Agree on working days, holidays and the guide; or, with `whose`, let a coach stand in for another."""
    space, sent = _run(slug), request.form
    try:
        if "whose" in sent:
            _stand_in(space)
            flash(_("Handed over. The teams are told."), "message")
        else:
            actions.agree(
                actor(),
                space,
                response_days=_number(sent.get("response_days", "")),
                holidays=_days(sent.get("holidays", "")),
                guide=sent.get("guide", ""),
            )
            flash(_("Saved."), "message")
    except Invalid as fault:
        return _overview(_run(slug), sent.to_dict(), {fault.field: said(fault)}), 422
    return redirect(space_url(slug, "coaching"), 303)


def _stand_in(space: Space) -> None:
    who, sent = actor(), request.form
    rows = overview_of(who, space)
    known = {str(person.id): person for row in rows for person, _median in row.coaches}
    whose, to = known.get(sent["whose"]), known.get(sent.get("to", ""))
    if whose is None:
        raise Invalid("whose", _l("Choose a coach."))
    if to is None:
        raise Invalid("to", _l("Choose another coach."))
    both = [row.space for row in rows if {whose.id, to.id} <= {person.id for person, _median in row.coaches}]
    if not both:
        raise Invalid("to", _l("These two coach no team together."))
    if any(who.roles.get(one.id) not in ("owner", "facilitator") for one in both):
        raise Denied()
    actions.hand_over(who, both, to=to, whose=whose, until=day_of(sent.get("until", ""), "until"))


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise Invalid("response_days", _l("Write a number from %(low)d to %(high)d."), low=1, high=MOST_DAYS)
    return int(text)


def _days(text: str) -> list[date]:
    """Dates, one a line."""
    found = [day_of(line.strip(), "holidays") for line in text.replace(",", "\n").splitlines() if line.strip()]
    return [day for day in found if day is not None]

"""What is due in a space: for a team what it hands in, above it who has and who has not; and, for who runs it, the milestones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.composing import moment_sent
from blueprints.doors import actor
from blueprints.language import zone
from blueprints.once import guarded
from blueprints.submissions.frame import bp, due_badge, due_words, enter, fault_of, frame, numbers
from community.clock import now
from community.errors import Conflict, Invalid, NotFound, _l
from community.extensions import db
from community.notifications.reading import mark_read_about
from community.people.queries import person_for
from community.permissions import may
from community.spaces.models import Space
from community.submissions.actions import (
    cancel_milestone,
    edit_milestone,
    name_sponsor,
    nudge_teams,
    release_sponsor,
    set_milestone,
)
from community.submissions.models import KINDS_OF_TEAM, Milestone, Submission
from community.submissions.queries import (
    asks,
    guides_somebody,
    late_teams,
    may_hand_in,
    milestone_for,
    milestones_of,
    nudged_lately,
    people_to_sponsor,
    reads_any,
    sponsors_of,
    submissions_in,
    teams_done,
)

NEAR = timedelta(days=14)
"""How long before a milestone its page offers to remind whoever has handed in nothing."""


@bp.get("/spaces/<slug>/submissions")
def of_space(slug: str) -> str:
    """What is due here, and what became of it."""
    return _of_space(enter(slug))


def _of_space(space: Space, *, errors: dict[str, str] | None = None) -> str:
    if space.kind in KINDS_OF_TEAM:
        return _of_team(space, errors=errors or {})
    return _above(space)


def _of_team(space: Space, *, errors: dict[str, str]) -> str:
    who = actor()
    guest = who.roles.get(space.id) == "guest"
    tried: dict[int, list[Submission]] = {}
    for one in submissions_in(who, space):
        tried.setdefault(one.milestone_id, []).append(one)
    milestones = milestones_of(who, space)
    rows = [_row(space, one, tried.get(one.id, [])) for one in milestones]
    known = {one.id for one in milestones}
    staff = may(who, "manage", space)
    latest = [row["latest"].id for row in rows if row["latest"] is not None]
    return render_template(
        "submissions/team.html",
        rows=rows,
        earlier=[attempts[0] for number, attempts in tried.items() if number not in known],
        may_hand_in=may_hand_in(who, space),
        beside="&".join(f"of={number}" for number in latest[:4]) if len(latest) > 1 else "",
        sponsors=sponsors_of(space) if not guest else [],
        candidates=people_to_sponsor(who, space) if staff else [],
        table=guides_somebody(who),
        errors=errors,
        **frame(space),
    )


def _row(space: Space, milestone: Milestone, attempts: list[Submission]) -> dict[str, Any]:
    latest = attempts[0] if attempts else None
    open_ = latest is None or latest.state in ("withdrawn", "revise", "not_yet")
    return {
        "milestone": milestone,
        "due": due_words(milestone.due_at),
        "badge": due_badge(milestone, latest),
        "latest": latest,
        "attempts": attempts,
        "again": latest is not None and latest.state in ("revise", "not_yet"),
        "hand_in": space_url(space.slug, "submissions", milestone.id, "hand-in") if open_ else "",
        "edit": f"/milestones/{milestone.id}/edit" if may(actor(), "edit", milestone) else "",
    }


def _above(space: Space) -> str:
    """A programme or a cohort: each milestone with the teams that the reader guides and that are late; the reader's own teams."""
    who, rows = actor(), []
    milestones = milestones_of(who, space)
    done, late = teams_done(who, milestones), late_teams(who, milestones)
    lately = nudged_lately(milestones) if any(late.values()) else {}
    for milestone in milestones:
        teams = [(team, lately.get((milestone.id, team.id))) for team in late[milestone.id]]
        rows.append(
            {
                "milestone": milestone,
                "due": due_words(milestone.due_at),
                "late": teams,
                "quiet": all(at is not None for _team, at in teams),
                "near": milestone.due_at - now() < NEAR,
                "done": done.get(milestone.id, 0),
                "table": f"/submissions?milestone={milestone.id}",
                "edit": f"/milestones/{milestone.id}/edit" if may(who, "edit", milestone) else "",
            }
        )
    mine = [team for team in who.reach.teams if who.roles[team.id] in ("member", "alumnus", "coach", "owner")]
    return render_template(
        "submissions/above.html",
        rows=rows,
        teams=[team for team in mine if team.parent_id == space.id][:20],
        guides=guides_somebody(who),
        reads=guides_somebody(who) or reads_any(who),
        **frame(space),
    )


# One milestone


@bp.get("/milestones/<int:number>")
def milestone(number: int) -> Response:
    """To where a milestone is handed in: the first of the reader's teams that it asks, else where it was made."""
    found = milestone_for(actor(), number)
    mark_read_about(actor(), "milestone", found.id)
    found = milestone_for(actor(), number)
    teams = [
        team.id for team in actor().reach.teams if actor().roles[team.id] in ("member", "owner", "alumnus", "coach")
    ]
    for team in sorted(teams):
        space = db.session.get(Space, team)
        if space is not None and asks(found, space):
            return redirect(space_url(space.slug, "submissions") + f"#m{found.id}", 303)
    space = db.session.get(Space, found.space_id)
    return redirect(space_url(space.slug if space is not None else "", "submissions"), 303)


@bp.get("/spaces/<slug>/submissions/new")
def new_form(slug: str) -> str:
    """A milestone, to be made."""
    space = enter(slug)
    if not may(actor(), "manage", space):
        abort(403)
    return _form(
        space, None, {"title": request.args.get("title", ""), "due_at": "", "description": "", "to_sponsor": ""}
    )


def _form(space: Space, found: Milestone | None, held: dict[str, str], errors: dict[str, str] | None = None) -> str:
    return render_template(
        "submissions/milestone.html", milestone=found, held=held, errors=errors or {}, **frame(space)
    )


def _sent() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in ("title", "due_at", "description", "to_sponsor")}


def _words() -> dict[str, Any]:
    due = moment_sent("due_at")
    if due is None:
        raise Invalid("due_at", _l("Say until when it can be handed in."))
    form = request.form
    return {
        "title": form.get("title", ""),
        "description": form.get("description", ""),
        "to_sponsor": bool(form.get("to_sponsor")),
        "due_at": due,
    }


@bp.post("/spaces/<slug>/submissions/new")
def new(slug: str) -> Response | tuple[str, int]:
    """Make a milestone."""
    space = enter(slug)
    try:
        words = _words()
        guarded(lambda: set_milestone(actor(), space, **words))
    except Invalid as fault:
        return _form(enter(slug), None, _sent(), fault_of(fault)), 422
    flash(_("The milestone stands."), "message")
    return redirect(space_url(slug, "submissions"), 303)


def _place_of(found: Milestone) -> Space:
    space = db.session.get(Space, found.space_id)
    if space is None:
        raise NotFound()
    return space


@bp.get("/milestones/<int:number>/edit")
def edit_form(number: int) -> str:
    """A milestone, to be changed."""
    found = milestone_for(actor(), number)
    if not may(actor(), "edit", found):
        abort(403)
    held = {
        "title": found.title,
        "due_at": found.due_at.astimezone(zone()).strftime("%Y-%m-%dT%H:%M"),
        "description": found.description,
        "to_sponsor": "1" if found.to_sponsor else "",
    }
    return _form(_place_of(found), found, held)


@bp.post("/milestones/<int:number>/edit")
def edit(number: int) -> Response | tuple[str, int]:
    """Change a milestone."""
    found = milestone_for(actor(), number)
    try:
        edit_milestone(actor(), found, **_words())
    except Invalid as fault:
        found = milestone_for(actor(), number)
        return _form(_place_of(found), found, _sent(), fault_of(fault)), 422
    flash(_("Saved."), "message")
    return redirect(space_url(_place_of(found).slug, "submissions"), 303)


@bp.get("/milestones/<int:number>/cancel")
def cancel_form(number: int) -> str:
    """Ask before a milestone is called off."""
    found = milestone_for(actor(), number)
    if not may(actor(), "edit", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Call off “%(title)s”?", title=found.title),
        words=_("Nobody is asked for it any more. What was handed in stays, with all that was said to it."),
        yes=_("Call it off"),
        back=space_url(_place_of(found).slug, "submissions"),
        risk=True,
    )


@bp.post("/milestones/<int:number>/cancel")
def cancel(number: int) -> Response:
    """Call a milestone off."""
    found = milestone_for(actor(), number)
    cancel_milestone(actor(), found)
    flash(_("Called off."), "message")
    return redirect(space_url(_place_of(found).slug, "submissions"), 303)


@bp.post("/milestones/<int:number>/nudge")
def nudge(number: int) -> Response:
    """Remind the teams that have handed in nothing."""
    found = milestone_for(actor(), number)
    teams = numbers("team") or None
    try:
        told = nudge_teams(actor(), found, spaces=teams)
        flash(
            ngettext("%(num)d team is reminded.", "%(num)d teams are reminded.", len(told))
            if told
            else _("They were reminded today already."),
            "message",
        )
    except Invalid:
        flash(_("This milestone was called off."), "warn")
    return redirect(space_url(_place_of(milestone_for(actor(), number)).slug, "submissions") + f"#m{number}", 303)


# Sponsors


@bp.post("/spaces/<slug>/submissions/sponsors")
def sponsors(slug: str) -> Response | tuple[str, int]:
    """Say who sponsors a team, or no longer does."""
    space = enter(slug)
    if not may(actor(), "manage", space):
        abort(403)
    try:
        if not request.form.get("handle"):
            raise Invalid("handle", _l("Choose somebody."))
        person = person_for(actor(), request.form["handle"])
        if request.form.get("do") == "release":
            release_sponsor(actor(), space, person)
        else:
            if person.id not in {one.id for one in people_to_sponsor(actor(), space)}:
                raise Invalid("handle", _l("Choose somebody."))
            name_sponsor(actor(), space, person)
    except (Invalid, Conflict) as fault:
        return _of_space(enter(slug), errors=fault_of(fault)), 422
    flash(_("Saved."), "message")
    return redirect(space_url(slug, "submissions") + "#sponsors", 303)

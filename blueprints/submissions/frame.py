"""How things are said here: states, due dates, who reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _
from flask_babel import ngettext

from blueprints.addresses import space_url
from blueprints.cards import space_head, space_title
from blueprints.doors import actor
from blueprints.language import day, hour
from blueprints.mishaps import said
from community.clock import now
from community.errors import Conflict, Invalid, NotFound
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import space_to_enter
from community.submissions.models import Milestone, Submission
from community.submissions.queries import Readers

bp = Blueprint("submissions", __name__)

Badge = tuple[str, str, str]
"""Words, tone and icon."""


def enter(slug: str) -> Space:
    """The space, if the reader is of it and it is of a kind that hands in or asks for it. Guests hand nothing in."""
    space = space_to_enter(actor(), slug)
    if space.kind not in ("programme", "cohort", "team", "project") or space.id not in actor().roles:
        raise NotFound()
    return space


def frame(space: Space, *, slim: bool = False, **more: Any) -> dict[str, Any]:
    """What every page of a space shows around itself."""
    return {
        "space": space,
        "head": space_head(actor(), space, "submissions", slim=slim),
        "url": space_url(space.slug, "submissions"),
        "may_manage": may(actor(), "manage", space),
        "place": "team" if space.kind == "team" else "spaces",
        "state_badge": state_badge,
        **more,
    }


def state_badge(state: str) -> Badge:
    """How far a submission is."""
    return {
        "sent": (_("Waits for a result"), "act", "timer"),
        "ok": (_("OK"), "ok", "circle-check"),
        "revise": (_("Revise"), "warn", "rotate-ccw"),
        "not_yet": (_("Not yet"), "warn", "clock"),
        "withdrawn": (_("Taken back"), "", "undo-2"),
    }[state]


def result_choices() -> list[tuple[str, str, str]]:
    """What a coach can say to a submission."""
    return [
        ("ok", _("OK"), _("It is done.")),
        ("revise", _("Revise"), _("Nearly. They change something and hand in again.")),
        ("not_yet", _("Not yet"), _("It needs another round of work first.")),
    ]


def due_badge(milestone: Milestone, submission: Submission | None) -> Badge:
    """How far a team is with a milestone: the state of what it handed in, else how near the day is."""
    if submission is not None and submission.state != "withdrawn":
        return state_badge(submission.state)
    left = milestone.due_at - now()
    if left.total_seconds() < 0:
        return _("Was due, nothing handed in"), "bad", "circle-alert"
    if left.days < 1:
        return _("Due today"), "warn", "alarm-clock"
    if left.days < 8:
        return ngettext("Due in %(num)d day", "Due in %(num)d days", left.days), "act", "alarm-clock"
    return _("Not due yet"), "", "calendar"


def due_words(moment: datetime) -> str:
    """ "Thursday 11 June, 12:00"."""
    return f"{day(moment)}, {hour(moment)}"


def reader_lines(readers: Readers, space: Space) -> list[tuple[str, str, str]]:
    """Who will read what is handed in: strong words, plain words, and "outside" for who is not of the team."""
    words = ngettext("%(num)d person", "%(num)d people", readers.team)
    lines = [(words, _("of %(space)s", space=space_title(space)), "")]
    lines += [(person.name, _("coach here"), "") for person in readers.coaches]
    lines += [(person.name, _("who runs the programme"), "") for person in readers.staff]
    lines += [(person.name, _("sponsor, from outside the team"), "outside") for person in readers.named]
    return lines


def fault_of(fault: Invalid | Conflict | None) -> dict[str, str]:
    """Which field is wrong, and the sentence that says how to repair it."""
    if fault is None:
        return {}
    return {fault.field if isinstance(fault, Invalid) else "whole": said(fault)}


def numbers(name: str) -> list[int]:
    """The numbers that were sent under a name, each once, as far as they can be numbers of ours."""
    sent = request.form.getlist(name)
    return list(dict.fromkeys(int(one) for one in sent if one.isascii() and one.isdigit() and len(one) < 19))

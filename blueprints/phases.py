"""The phases of a cohort, for its staff: where it is, and moving it by hand."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.cards import phase_steps, space_head
from blueprints.doors import actor
from community.clock import now
from community.errors import NotFound
from community.extensions import db
from community.permissions import Actor, may
from community.phases import actions
from community.spaces import queries
from community.spaces.models import Phase, Space

bp = Blueprint("phases", __name__)


def _told(who: Actor, cohort: Space) -> int:
    """How many people hear of a new phase: everybody in the cohort but whoever starts it."""
    return len(set(queries.people_ids_in(cohort.id)) - {who.id})


@bp.get("/spaces/<slug>/phases")
def index(slug: str) -> str:
    """The phases of a cohort, with what the change to each would do."""
    who = actor()
    cohort = queries.space_for(who, slug)
    if cohort.kind != "cohort" or not may(who, "phase", cohort):
        raise NotFound()
    holds = cohort.phase_id
    people = _told(who, cohort)
    current = db.session.get(Phase, holds) if holds else None
    fresh = current is not None and current.entered_at is not None and "before" in current.facts
    may_undo = fresh and now() - current.entered_at <= actions.UNDO_FOR if current and current.entered_at else False
    return render_template(
        "spaces/phases.html",
        space=cohort,
        head=space_head(who, cohort, "about", slim=True, steps=()),  # this page has the larger bar
        steps=phase_steps(cohort),
        phases=queries.phases_of(cohort.id),
        holds=holds,
        told=ngettext("%(num)d person is told", "%(num)d people are told", people),
        may_undo=may_undo,
        place="spaces",
    )


@bp.get("/spaces/<slug>/phases/<int:number>")
def start_form(slug: str, number: int) -> str:
    """What starting a phase by hand would do, before it is done."""
    who = actor()
    cohort = queries.space_for(who, slug)
    phase = db.session.get(Phase, number)
    if phase is None or phase.space_id != cohort.id or not may(who, "phase", cohort):
        raise NotFound()
    people = _told(who, cohort)
    words = [
        _("The phase bar and home change for everybody in the cohort and its teams."),
        ngettext("%(num)d person is told.", "%(num)d people are told.", people),
        _("What is made from now on keeps this phase; nothing disappears."),
    ]
    if phase.key == "alumni":
        words.append(_("Members become alumni: they keep reading, and no longer write here."))
    words.append(_("You can take it back for 24 hours."))
    return render_template(
        "parts/confirm.html",
        title=_("Start %(name)s now?", name=phase.name),
        words=" ".join(words),
        yes=_("Start %(name)s", name=phase.name),
        no=_("Not now"),
        back=space_url(slug, "phases"),
    )


@bp.post("/spaces/<slug>/phases/<int:number>")
def start(slug: str, number: int) -> Response:
    """Start a phase by hand."""
    cohort = queries.space_for(actor(), slug)
    phase = db.session.get(Phase, number)
    if phase is None or phase.space_id != cohort.id:
        raise NotFound()
    actions.start_phase(actor(), cohort, phase)
    flash(_("%(name)s has begun.", name=phase.name), "message")
    return redirect(space_url(slug, "phases"), 303)


@bp.post("/spaces/<slug>/phases/undo")
def undo(slug: str) -> Response:
    """Take the last phase change back."""
    actions.undo_phase(actor(), queries.space_for(actor(), slug))
    flash(_("Taken back."), "message")
    return redirect(space_url(slug, "phases"), 303)

"""What can happen to the phases of a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Invalid, NotFound, _l
from community.extensions import db
from community.permissions import Actor, require
from community.spaces.models import Membership, Phase, Space
from community.spaces.queries import phase_on, phases_of

UNDO_FOR = timedelta(hours=24)


@action
def set_phases(actor: Actor, cohort: Space, phases: Sequence[dict[str, Any]]) -> None:
    """Give a cohort its phases, each `{key, name, starts_on, ends_on}`; known keys are updated, none is removed.
    The phase of today holds from now on if none held. Raises Invalid for a phase that ends before it begins, for overlaps
    (also with phases that are not named and stay as they are), and for a space that is no cohort.
    """
    require(actor, "phase", cohort)
    if cohort.kind != "cohort":
        raise Invalid("phase", _l("Only a cohort has phases."))
    known = {phase.key: phase for phase in phases_of(cohort.id)}
    named = {phase["key"] for phase in phases}
    stay = [
        {"key": phase.key, "name": phase.name, "starts_on": phase.starts_on, "ends_on": phase.ends_on}
        for phase in known.values()
        if phase.key not in named
    ]
    ordered = sorted([*phases, *stay], key=lambda p: p["starts_on"])
    for one in ordered:
        if one.get("ends_on") is not None and one["ends_on"] < one["starts_on"]:
            raise Invalid("phase", _l("%(name)s ends before it begins."), name=one["name"])
    for earlier, later in zip(ordered, ordered[1:], strict=False):
        if earlier.get("ends_on") is None or later["starts_on"] <= earlier["ends_on"]:
            raise Invalid(
                "phase", _l("Phases may not overlap: %(one)s and %(two)s do."), one=earlier["name"], two=later["name"]
            )
    changed = False
    for held in known.values():  # free the positions first: they are unique
        held.position += 1000
    db.session.flush()
    for position, wanted in enumerate(ordered):
        phase = known.get(wanted["key"])
        if phase is None:
            phase = Phase(space_id=cohort.id, key=wanted["key"], position=position, name="", facts={})
            phase.starts_on = wanted["starts_on"]
            db.session.add(phase)
            changed = True
        for name in ("name", "starts_on", "ends_on"):
            if getattr(phase, name) != wanted.get(name):
                setattr(phase, name, wanted.get(name))
                changed = True
        phase.position = position
    db.session.flush()
    if cohort.phase_id is None:
        today = now().astimezone(ZoneInfo(cohort.time_zone)).date()
        holds = phase_on(phases_of(cohort.id), today)
        if holds is not None:
            cohort.phase_id, holds.entered_at = holds.id, now()
            changed = True
    if changed:
        record("space.updated", actor, cohort, changed=["phases"])
    else:
        nothing_changed()


@action
def start_phase(actor: Actor, cohort: Space, phase: Phase, *, by: str = "hand") -> Phase:
    """Let a phase hold from now on; the one before is remembered for 24 hours (`undo_phase`). `by`: hand or date."""
    require(actor, "phase", cohort)
    if phase.space_id != cohort.id:
        raise NotFound()
    if cohort.phase_id == phase.id:
        nothing_changed()
        return phase
    before = cohort.phase_id
    alumni = _make_alumni(cohort) if phase.key == "alumni" else []
    cohort.phase_id, phase.entered_at = phase.id, now()
    phase.facts = {"before": before, "by": by, "alumni": alumni}
    record("phase.started", actor, cohort, phase=phase.id, before=before, by=by)
    return phase


def _make_alumni(cohort: Space) -> list[list[Any]]:
    """Members of the cohort and of its teams become alumni: they keep reading, and no longer write there."""
    teams = select(Space.id).where(Space.parent_id == cohort.id, Space.kind == "team")
    rows = db.session.scalars(
        select(Membership).where(
            (Membership.space_id == cohort.id) | Membership.space_id.in_(teams), Membership.role == "member"
        )
    ).all()
    for row in rows:
        row.role = "alumnus"
    return [[row.space_id, row.person_id] for row in rows]


@action
def undo_phase(actor: Actor, cohort: Space) -> Phase | None:
    """Take the last phase change back. Raises Conflict when it is more than 24 hours old or there is none."""
    require(actor, "phase", cohort)
    phase = db.session.get(Phase, cohort.phase_id) if cohort.phase_id else None
    if phase is None or phase.entered_at is None or "before" not in phase.facts:
        raise Conflict(_l("There is no phase change to take back."))
    if now() - phase.entered_at > UNDO_FOR:
        raise Conflict(_l("A phase change can be taken back for 24 hours. Start the earlier phase instead."))
    for space_id, person_id in phase.facts.get("alumni", []):
        row = db.session.scalars(
            select(Membership).where(Membership.space_id == space_id, Membership.person_id == person_id)
        ).one_or_none()
        if row is not None and row.role == "alumnus":
            row.role = "member"
    before = db.session.get(Phase, phase.facts["before"]) if phase.facts["before"] else None
    undone, phase.facts, phase.entered_at = phase.id, {}, None
    cohort.phase_id = before.id if before else None
    record("phase.undone", actor, cohort, phase=undone, to=before.id if before else None)
    return before


@action
def follow_the_calendar(actor: Actor, cohort: Space) -> Phase | None:
    """Start the phase whose dates say so, if it is not the one that holds and nobody chose a later one by hand."""
    require(actor, "phase", cohort)
    phases = phases_of(cohort.id)
    today = now().astimezone(ZoneInfo(cohort.time_zone)).date()
    due = phase_on(phases, today)
    holds = next((phase for phase in phases if phase.id == cohort.phase_id), None)
    if due is None or due is holds or (holds is not None and holds.position > due.position):
        nothing_changed()
        return None
    return start_phase(actor, cohort, due, by="date")

"""The phases of a cohort: which one holds, and starting the next by hand."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from blueprints.api import schemas
from blueprints.api.calls import call
from blueprints.api.reading import Given
from blueprints.doors import actor
from community.errors import Invalid, NotFound, _l
from community.phases import actions
from community.spaces.models import Space
from community.spaces.queries import cohort_of, phase_bar, phases_of, space_for


class PhasePlan(Given):
    key: str = Field(min_length=1, max_length=24, pattern="^[a-z][a-z0-9-]*$")
    name: str = Field(min_length=1, max_length=60)
    starts: date
    ends: date | None = None


class PhasesPlan(Given):
    phases: list[PhasePlan] = Field(min_length=1, max_length=20)


def _phases(cohort: Space) -> schemas.Phases:
    return schemas.Phases(
        items=[
            schemas.Phase(
                key=step.phase.key,
                name=step.phase.name,
                starts=step.phase.starts_on,
                ends=step.phase.ends_on,
                state=step.state,
            )
            for step in phase_bar(cohort)
        ],
        next=None,
    )


def _cohort(slug: str) -> Space:
    space = space_for(actor(), slug)
    if space.kind != "cohort":
        raise NotFound()
    return space


@call("GET", "/spaces/<slug>/phases", "The phases that hold in a space", answer=schemas.Phases)
def list_phases(slug: str) -> schemas.Phases:
    """Those of its cohort, in order. Empty where there is none, or you are not in it."""
    cohort = cohort_of(space_for(actor(), slug))
    if cohort is None or (cohort.id not in actor().roles and not actor().is_administrator):
        return schemas.Phases(items=[], next=None)
    return _phases(cohort)


@call("PUT", "/spaces/<slug>/phases", "Plan the phases of a cohort", given=PhasesPlan, answer=schemas.Phases)
def put_phases(slug: str, given: PhasesPlan) -> schemas.Phases:
    """For the staff. Known keys are changed, new ones added, none is removed."""
    keys = [phase.key for phase in given.phases]
    if len(set(keys)) != len(keys):
        raise Invalid("phases", _l("Name each phase once."))
    plan = [
        {"key": phase.key, "name": phase.name, "starts_on": phase.starts, "ends_on": phase.ends}
        for phase in given.phases
    ]
    cohort = _cohort(slug)
    actions.set_phases(actor(), cohort, plan)
    return _phases(cohort)


@call("POST", "/spaces/<slug>/phases/<key>/start", "Start a phase by hand", answer=schemas.Phases)
def start_phase(slug: str, key: str) -> schemas.Phases:
    """For the staff. It can be taken back for 24 hours."""
    cohort = _cohort(slug)
    phase = next((phase for phase in phases_of(cohort.id) if phase.key == key), None)
    if phase is None:
        raise NotFound()
    actions.start_phase(actor(), cohort, phase)
    return _phases(cohort)


@call("POST", "/spaces/<slug>/phases/undo", "Take the last change of phase back", answer=schemas.Phases)
def undo_phase(slug: str) -> schemas.Phases:
    """For the staff, within 24 hours."""
    cohort = _cohort(slug)
    actions.undo_phase(actor(), cohort)
    return _phases(cohort)

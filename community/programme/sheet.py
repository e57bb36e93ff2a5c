"""The programme file and the roster as plain, frozen values: `reading` gives them, `writing` and `actions` take them.

Times in the file are wall-clock times in the cohort's time zone, because that is how people plan: `Programme.utc()`
turns one into an aware UTC moment. A phase lasts from the first minute of its first day to the last of its last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from community.people.handles import handle_of

AUDIENCES = ("only_me", "coach", "space")
LANGUAGES = ("en", "nl")
ROLES = ("member", "coach", "facilitator", "guest")
MOST_SKILLS, LONGEST_SKILL = 20, 40


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something that cannot be used: where (lines count from 1), and one sentence that says how to repair it."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Person:
    """A person who is named in the programme file: sponsor, coach or facilitator."""

    email: str
    name: str
    location: str = ""
    language: str = "en"
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cohort:
    """The group that goes through the programme together, and the IANA time zone in which its days are counted."""

    name: str
    slug: str
    zone: str


@dataclass(frozen=True, slots=True)
class Coaching:
    """What is agreed about coaching: the working days within which a coach answers, days on which nobody works, and what coaches
    are asked to do (Markdown). What is left out is left as it stands.
    """

    response_days: int | None = None
    holidays: tuple[date, ...] = ()
    guide: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A strategic question. `asked_by` is the e-mail of a sponsor, or empty."""

    key: str
    text: str
    asked_by: str = ""
    background: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of days; `ends` is the last day itself. Only the last phase may go on without an end."""

    key: str
    name: str
    starts: date
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """A team of the cohort: the key of its question, the e-mails of its coaches, and within how many working days these answer
    where that differs from the programme.
    """

    name: str
    slug: str
    question: str = ""
    coaches: tuple[str, ...] = ()
    response_days: int | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question to reflect on, in English and Dutch (one may be missing). `audience` is what an answer starts with."""

    key: str
    phase: str
    opens: datetime
    closes: datetime
    en: str = ""
    nl: str = ""
    audience: str = "only_me"


@dataclass(frozen=True, slots=True)
class Event:
    """A moment to meet: of the whole cohort, or of the team whose slug is given."""

    key: str
    title: str
    starts: datetime
    ends: datetime
    place: str = ""
    description: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something to hand in before a moment: by every team, or by the team whose slug is given."""

    key: str
    title: str
    due: datetime
    description: str = ""
    team: str = ""
    sponsor: bool = False


@dataclass(frozen=True, slots=True)
class Programme:
    """A whole programme file. When `faults` is not empty the rest is incomplete and must not be imported."""

    name: str = ""
    slug: str = ""
    aim: str = ""
    cohort: Cohort = Cohort("", "", "UTC")
    sponsors: tuple[Person, ...] = ()
    facilitators: tuple[Person, ...] = ()
    coaches: tuple[Person, ...] = ()
    questions: tuple[Question, ...] = ()
    phases: tuple[Phase, ...] = ()
    teams: tuple[Team, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    events: tuple[Event, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    coaching: Coaching = Coaching()
    file: str = field(default="programme", compare=False)
    # On which line each space is named, by its slug.
    lines: dict[str, int] = field(default_factory=dict, compare=False, hash=False)
    faults: tuple[Fault, ...] = field(default=(), compare=False)

    def utc(self, wall: datetime) -> datetime:
        """A wall-clock time of the cohort as an aware UTC moment."""
        return wall.replace(tzinfo=ZoneInfo(self.cohort.zone)).astimezone(UTC)

    def wall(self, moment: datetime) -> datetime:
        """An aware moment as the cohort's wall clock shows it, without a zone: the opposite of `utc()`."""
        return moment.astimezone(ZoneInfo(self.cohort.zone)).replace(tzinfo=None)

    def phase_starts(self, phase: Phase) -> datetime:
        """The UTC moment at which the phase begins."""
        return self.utc(datetime.combine(phase.starts, time.min))

    def phase_ends(self, phase: Phase) -> datetime | None:
        """The UTC moment at which the phase is over: midnight after its last day."""
        return self.utc(datetime.combine(phase.ends + timedelta(days=1), time.min)) if phase.ends else None

    def team_named(self, name: str) -> Team | None:
        """The team with this name or slug, whatever its capitals."""
        wanted = name.strip().casefold()
        return next((team for team in self.teams if wanted in (team.name.casefold(), team.slug)), None)


@dataclass(frozen=True, slots=True)
class Row:
    """A person of the roster. `teams` holds names as written: one for a member, any number for a coach."""

    email: str
    name: str
    teams: tuple[str, ...] = ()
    role: str = "member"
    location: str = ""
    language: str = "en"
    skills: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Roster:
    """A whole roster. When `faults` is not empty it must not be imported."""

    rows: tuple[Row, ...] = ()
    file: str = field(default="roster", compare=False)
    faults: tuple[Fault, ...] = field(default=(), compare=False)


def slug_of(name: str) -> str:
    """A name as an address: "Halve Maan" is "halve-maan", "Øvergård" is "overgard"; empty when nothing is left."""
    return handle_of(name)[:50].rstrip("-")


def faults_between(programme: Programme, roster: Roster) -> list[Fault]:
    """What is wrong between a programme and its roster: teams that only one of them knows, two names for one person."""
    faults = []
    known = ", ".join(team.name for team in programme.teams) or "none"
    staff = {p.email: p.name for p in (*programme.sponsors, *programme.facilitators, *programme.coaches)}
    for row in roster.rows:
        for team in row.teams:
            if programme.team_named(team) is None:
                faults.append(
                    Fault(roster.file, row.line, f"The programme has no team “{team}”. Its teams are: {known}.")
                )
        other = staff.get(row.email)
        if other and other != row.name:
            faults.append(
                Fault(
                    roster.file,
                    row.line,
                    f"{row.email} is “{row.name}” here and “{other}” in the programme file. Choose one.",
                )
            )
    return faults

"""Read a programme file: TOML in, a `Programme` out, and every fault with its line at once.

Bad input never raises. Whatever can be read is read, so that one round of repairs is enough: unknown keys (with the one
that was probably meant), missing ones, dates that do not exist, phases that overlap, names that point at nothing.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from community.coaching.days import MOST_DAYS, MOST_HOLIDAYS
from community.people.handles import canonical_email
from community.programme.lines import Lines, lines_of
from community.programme.sheet import (
    AUDIENCES,
    LANGUAGES,
    LONGEST_SKILL,
    MOST_SKILLS,
    Coaching,
    Cohort,
    Event,
    Fault,
    Milestone,
    Person,
    Phase,
    Programme,
    Prompt,
    Question,
    Team,
    slug_of,
)
from community.programme.table import TEXT, Table, meant

LONGEST_GUIDE = 20_000  # characters
LONGEST_FILE = 2_000_000  # characters; the example with 48 people has 15,000

_LISTS = {
    "sponsor": "[[sponsor]]",
    "facilitator": "[[facilitator]]",
    "coach": "[[coach]]",
    "question": "[[question]]",
    "phase": "[[phase]]",
    "team": "[[team]]",
    "prompt": "[[prompt]]",
    "event": "[[event]]",
    "milestone": "[[milestone]]",
}
_SECTIONS = {"programme": "[programme]", "cohort": "[cohort]", "coaching": "[coaching]", **_LISTS}


def read_programme(text: str | bytes, name: str) -> Programme:
    """Read the text (or bytes) of a programme file; `name` is what faults call it. See `Programme.faults`."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            return Programme(file=name, faults=(Fault(name, line, "This is not UTF-8 text. Save the file as UTF-8."),))
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(text) > LONGEST_FILE:
        return Programme(file=name, faults=(Fault(name, 1, "This file is far too long for a programme."),))
    try:
        data = tomllib.loads(text)
        lines = lines_of(text)
    except (ValueError, RecursionError):
        return Programme(file=name, faults=tuple(_syntax_faults(text, name)))
    return _Reader(name, data, lines).programme()


def _syntax_faults(text: str, name: str) -> list[Fault]:
    """Where the text is not TOML. The parser stops at the first: blank that line and look again, a few times."""
    faults: list[Fault] = []
    rows = text.split("\n")
    for _ in range(20):
        try:
            tomllib.loads("\n".join(rows))
            break
        except tomllib.TOMLDecodeError as error:
            said = str(error)
            where = re.search(r"\(at line (\d+), column \d+\)", said)
            line = int(where[1]) if where else _opened_last("\n".join(rows))
            if faults and line <= faults[-1].line:
                break
            hint = _syntax_hint(rows[line - 1], said.split(" (at ")[0])
            faults.append(Fault(name, line, hint))
            if not where:
                break
            rows[line - 1] = ""
        except (ValueError, RecursionError):
            faults.append(Fault(name, _opened_last("\n".join(rows)), "A value here is too long or too deep to read."))
            break
    return faults


def _opened_last(text: str) -> int:
    """The line of the last key, which is where an unclosed string or list began."""
    try:
        return min(lines_of(text).last, text.count("\n") + 1)
    except RecursionError:
        return 1


def _syntax_hint(row: str, said: str) -> str:
    value = row.partition("=")[2].strip()
    if "date" in said.lower():
        return "This date does not exist. Write dates as 2026-06-08 and times as 2026-06-08T09:15:00."
    if value and re.fullmatch(r"[^\W\d][^\"'\[\]{}#]*", value) and value not in ("true", "false"):
        return f'Put quotes around the text: "{value}".'
    if row.count('"') % 2:
        return "A quote is missing on this line, or one too many stands in the text."
    if "overwrite" in said or "twice" in said or "declare" in said:
        return "This key or section was already given above. Remove one of the two."
    return f"This line cannot be read as TOML: {said[:1].lower()}{said[1:]}."


class _Reader:
    """Goes through the file once, in the order in which things refer to each other."""

    def __init__(self, name: str, data: dict[str, Any], lines: Lines) -> None:
        self.name = name
        self.data = data
        self.lines = lines
        self.faults: list[Fault] = []
        self.zone = ZoneInfo("UTC")
        self.slugs: dict[str, int] = {}

    def fault(self, sentence: str, *path: str | int) -> None:
        self.faults.append(Fault(self.name, self.lines.of(*path), sentence))

    def programme(self) -> Programme:
        for key in self.data:
            if key not in _SECTIONS:
                self.fault(f"There is no section “{key}” in a programme file.{meant(key, _SECTIONS)}", key)
        head = self._section("programme")
        name = head.text("name", required=True)
        slug = self._slug(head, name)
        aim = head.text("aim", limit=TEXT, several_lines=True)
        head.done()
        cohort = self._cohort()
        coaching = self._coaching()
        sponsors, facilitators, coaches = self._people("sponsor"), self._people("facilitator"), self._people("coach")
        questions = self._questions({person.email for person in sponsors})
        phases = self._phases()
        teams = self._teams({question.key for question in questions}, {person.email for person in coaches})
        prompts = self._prompts({phase.key for phase in phases})
        events = self._events(teams)
        milestones = self._milestones(teams)
        return Programme(
            name=name, slug=slug, aim=aim, cohort=cohort, sponsors=sponsors, facilitators=facilitators, coaches=coaches,
            questions=questions, phases=phases, teams=teams, prompts=prompts, events=events, milestones=milestones,
            coaching=coaching,
            file=self.name, lines=self.slugs, faults=tuple(sorted(set(self.faults))),
        )  # fmt: skip

    def _section(self, name: str) -> Table:
        """The one table of this name."""
        data = self.data.get(name)
        if data is None:
            self.fault(f"The section [{name}] is missing.")
            data = {}
        elif not isinstance(data, dict):
            self.fault(f"Write this section as [{name}], with single brackets, and only once.", name)
        return Table(self, data, name, title=f"[{name}]")

    def _each(self, name: str) -> list[Table]:
        """The tables of this name, in the order of the file."""
        data = self.data.get(name, [])
        if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
            self.fault(f"Write each {name} as [[{name}]], with double brackets.", name)
            return []
        return [Table(self, one, name, index, title=f"[[{name}]]") for index, one in enumerate(data)]

    def _slug(self, table: Table, name: str) -> str:
        """The address of a space: as given or made from the name; no two spaces share one."""
        given = table.text("slug", limit=50)
        slug = given or slug_of(name)
        if given and slug_of(given) != given:
            table.fault(
                f"“{given}” cannot be an address. Use small letters, digits and hyphens: “{slug_of(given)}”.", "slug"
            )
        elif name and not slug:
            table.fault(f"No address can be made from “{name}”. Add a slug of small letters and digits.", "name")
        first = self.slugs.get(slug)
        if slug and first:
            table.fault(
                f"The address “{slug}” is already used on line {first}. Give one of them another slug.",
                "slug" if given else "name",
            )
        elif slug:
            self.slugs[slug] = table.line("name")
        return slug

    def _key(self, table: Table, seen: dict[str, int], fallback: str, limit: int = 60) -> str:
        """What tells this entry from its like: as given or made from its words."""
        key = table.text("key", limit=limit) or slug_of(fallback)[:limit].rstrip("-")
        if key and key in seen:
            table.fault(f"“{key}” is already used on line {seen[key]}. Give one of them another key.", "key")
        elif key:
            seen[key] = table.line()
        return key

    def _cohort(self) -> Cohort:
        table = self._section("cohort")
        name = table.text("name", required=True)
        slug = self._slug(table, name)
        zone = table.text("timezone", required=True)
        if zone:
            try:
                self.zone = ZoneInfo(zone)
            except (ValueError, OSError, KeyError):
                table.fault(f"“{zone}” is not a time zone. Write it as Europe/Amsterdam.", "timezone")
                zone = ""
        table.done()
        return Cohort(name, slug, zone or "UTC")

    def _coaching(self) -> Coaching:
        if "coaching" not in self.data:
            return Coaching()
        table = self._section("coaching")
        coaching = Coaching(
            response_days=table.number("response_days", 1, MOST_DAYS),
            holidays=table.days("holidays", most=MOST_HOLIDAYS),
            guide=table.text("guide", limit=LONGEST_GUIDE, several_lines=True),
        )
        table.done()
        return coaching

    def _people(self, kind: str) -> tuple[Person, ...]:
        people, seen = [], dict[str, int]()
        for table in self._each(kind):
            email = table.email("email", required=True)
            if email in seen:
                table.fault(f"{email} is already a {kind} on line {seen[email]}.", "email")
            seen[email] = table.line("email")
            person = Person(
                email=email,
                name=table.text("name", required=True),
                location=table.text("location", limit=80),
                language=table.choice("language", LANGUAGES, "en"),
                skills=table.words("skills", limit=LONGEST_SKILL, most=MOST_SKILLS),
            )
            table.done()
            people.append(person)
        return tuple(people)

    def _questions(self, sponsors: set[str]) -> tuple[Question, ...]:
        questions, seen = [], dict[str, int]()
        for table in self._each("question"):
            text = table.text("text", required=True, limit=1_000, several_lines=True)
            question = Question(
                key=self._key(table, seen, text),
                text=text,
                asked_by=table.email("asked_by"),
                background=table.text("background", limit=TEXT, several_lines=True),
            )
            if question.asked_by and question.asked_by not in sponsors:
                table.fault(
                    f"No [[sponsor]] has the e-mail {question.asked_by}.{meant(question.asked_by, sponsors)}",
                    "asked_by",
                )
            table.done()
            questions.append(question)
        return tuple(questions)

    def _phases(self) -> tuple[Phase, ...]:
        found, seen = list[tuple[Phase, Table]](), dict[str, int]()
        tables = self._each("phase")
        if not tables and "phase" not in self.data:
            self.fault("A programme needs at least one [[phase]].")
        for table in tables:
            name = table.text("name", required=True, limit=60)
            key = self._key(table, seen, name, limit=24)
            starts, ends = table.day("starts", required=True), table.day("ends")
            table.done()
            if starts and ends and ends < starts:
                table.fault(f"This phase ends on {ends}, before it starts on {starts}.", "ends")
            elif starts:
                found.append((Phase(key, name, starts, ends), table))
        found.sort(key=lambda pair: pair[0].starts)
        for (first, table), (second, later) in pairwise(found):
            if first.ends is None and "ends" not in table.data:
                table.fault(f"“{first.name}” needs “ends”: only the last phase may go on without an end.")
            elif first.ends is not None and first.ends >= second.starts:
                later.fault(
                    f"“{second.name}” starts on {second.starts}, but “{first.name}” lasts until {first.ends}. "
                    "Phases may not overlap; days between them are fine.",
                    "starts",
                )
        return tuple(phase for phase, _ in found)

    def _teams(self, questions: set[str], coaches: set[str]) -> tuple[Team, ...]:
        teams, names = [], dict[str, int]()
        for table in self._each("team"):
            name = table.text("name", required=True)
            twice = bool(name) and name.casefold() in names
            if twice:
                table.fault(f"A team “{name}” already stands on line {names[name.casefold()]}.", "name")
            names[name.casefold()] = table.line("name")
            team = Team(
                name=name,
                slug=table.text("slug") if twice else self._slug(table, name),
                question=table.text("question"),
                coaches=tuple(canonical_email(email) for email in table.words("coaches", limit=254)),
                response_days=table.number("response_days", 1, MOST_DAYS),
            )
            if team.question and team.question not in questions:
                table.fault(
                    f"No [[question]] has the key “{team.question}”.{meant(team.question, questions)}", "question"
                )
            for index, email in enumerate(team.coaches):
                if email not in coaches:
                    table.fault(f"No [[coach]] has the e-mail {email}.{meant(email, coaches)}", "coaches", index)
            table.done()
            teams.append(team)
        return tuple(teams)

    def _prompts(self, phases: set[str]) -> tuple[Prompt, ...]:
        prompts, seen = [], dict[str, int]()
        for table in self._each("prompt"):
            en = table.text("en", limit=TEXT, several_lines=True)
            nl = table.text("nl", limit=TEXT, several_lines=True)
            if not en and not nl:
                table.fault("[[prompt]] needs its words: “en”, “nl” or both.")
            key = self._key(table, seen, en or nl)
            phase = table.text("phase", required=True)
            if phase and phase not in phases:
                table.fault(f"No [[phase]] has the key “{phase}”.{meant(phase, phases)}", "phase")
            audience = table.choice("audience", AUDIENCES, "only_me")
            opens, closes = self._span(table, "opens", "closes")
            table.done()
            if opens and closes:
                prompts.append(Prompt(key, phase, opens, closes, en, nl, audience))
        return tuple(prompts)

    def _team(self, table: Table, teams: tuple[Team, ...]) -> str:
        """The slug of the team that a table names by its name or slug, "" when it names none."""
        known = {team.slug: team.slug for team in teams} | {team.name.casefold(): team.slug for team in teams}
        team = table.text("team")
        if team and team.casefold() not in known:
            table.fault(f"There is no [[team]] “{team}”.{meant(team, [one.name for one in teams])}", "team")
        return known.get(team.casefold(), "")

    def _milestones(self, teams: tuple[Team, ...]) -> tuple[Milestone, ...]:
        milestones, seen = [], dict[str, int]()
        for table in self._each("milestone"):
            title = table.text("title", required=True)
            description = table.text("description", limit=TEXT, several_lines=True)
            slug = self._team(table, teams)
            key = self._key(table, seen, f"{title} {slug}")
            due, sponsor = table.moment("due", required=True), table.yes("sponsor")
            table.done()
            if due and title:
                milestones.append(Milestone(key, title, due, description, slug, sponsor))
        return tuple(milestones)

    def _events(self, teams: tuple[Team, ...]) -> tuple[Event, ...]:
        events, seen = [], dict[str, int]()
        for table in self._each("event"):
            title = table.text("title", required=True)
            place = table.text("place")
            description = table.text("description", limit=TEXT, several_lines=True)
            slug = self._team(table, teams)
            key = self._key(table, seen, f"{title} {slug}")
            starts, ends = self._span(table, "starts", "ends")
            table.done()
            if starts and ends:
                events.append(Event(key, title, starts, ends, place, description, slug))
        return tuple(events)

    def _span(self, table: Table, first: str, second: str) -> tuple[datetime | None, datetime | None]:
        begin, end = table.moment(first, required=True), table.moment(second, required=True)
        if begin and end and end <= begin:
            table.fault(f"“{second}” must be later than “{first}”.", second)
        return begin, end

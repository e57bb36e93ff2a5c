"""Reads the story: who is there, and what happens when. Pure: the moments of `story/*.toml` become a list of beats.

In the texts `{day+2}` is the English name of a day two days from the story's today and `{dag+2}` the Dutch one, `{date-5}`
and `{datum-5}` are "4 June" and "4 juni", and `{@anna}` mentions somebody.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from community.people.handles import ascii_words
from community.programme.sheet import Programme

STORY = Path(__file__).parent / "story"
REACTIONS = ("insight", "thanks", "celebrate", "me-too")
_SPANS = {"d": "days", "h": "hours", "m": "minutes"}


def alias_of(name: str) -> str:
    """How the story calls somebody: `Özlem Karadağ` is ozlem, `Pieter-Jan Hoekstra` is pieter-jan."""
    return "-".join(ascii_words(name.split()[0]))


def shifted(programme: Programme, days: int) -> Programme:
    """The same programme, so many days later: phases, prompts and events move as a whole."""
    by = timedelta(days=days)
    return replace(
        programme,
        phases=tuple(
            replace(phase, starts=phase.starts + by, ends=phase.ends + by if phase.ends else None)
            for phase in programme.phases
        ),
        prompts=tuple(
            replace(prompt, opens=prompt.opens + by, closes=prompt.closes + by) for prompt in programme.prompts
        ),
        milestones=tuple(replace(one, due=one.due + by) for one in programme.milestones),
        events=tuple(replace(event, starts=event.starts + by, ends=event.ends + by) for event in programme.events),
    )


@dataclass(frozen=True)
class Calendar:
    """The story's today, and every moment that counts from it. Nothing happens later than a minute before now."""

    now: datetime
    zone: ZoneInfo

    @cached_property
    def today(self) -> datetime:
        """Midnight of the story's today, on the wall clock."""
        return self.now.astimezone(self.zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)

    def at(self, text: str) -> datetime:
        """ "-18 10:32" or "now -16m" as an aware moment. Raises ValueError for anything else."""
        if text.startswith("now"):
            return self._past(self.now + _span(text.removeprefix("now").strip()))
        day, _, clock = text.partition(" ")
        hours, minutes = (int(part) for part in clock.split(":"))
        wall = self.today + timedelta(days=int(day), hours=hours, minutes=minutes)
        return self._past(wall.replace(tzinfo=self.zone))

    def after(self, moment: datetime, text: str) -> datetime:
        """The moment "+40m" or "+1d2h" later, or one that is said in full, as `at` reads it. Never before `moment`, so
        that the order holds also where the demo is made shortly after midnight."""
        later = self._past(moment + _span(text)) if text.startswith("+") else self.at(text)
        return max(later, moment)

    def _past(self, moment: datetime) -> datetime:
        return min(moment, self.now - timedelta(minutes=1))

    def told(self, text: str) -> str:
        """A text with its days named. `{@…}` is left for who knows the handles."""

        def day(match: re.Match[str]) -> str:
            when = (self.today + timedelta(days=int(match[2]))).date()
            words = {"day": ("EEEE", "en"), "dag": ("EEEE", "nl"), "date": ("d MMMM", "en"), "datum": ("d MMMM", "nl")}
            pattern, language = words[match[1]]
            return format_date(when, pattern, locale=language)

        return re.sub(r"\{(day|dag|date|datum)([+-]\d+)\}", day, text).strip("\n")


def _span(text: str) -> timedelta:
    """ "-16m", "+1d2h". Raises ValueError."""
    if not re.fullmatch(r"[+-](?:\d+[dhm])+", text):
        raise ValueError(f"no span of time: {text!r}")
    length = timedelta(**{_SPANS[unit]: int(number) for number, unit in re.findall(r"(\d+)([dhm])", text)})
    return -length if text.startswith("-") else length


@dataclass(frozen=True)
class Beat:
    """One thing that happens. `on` names what it happens to (a post, a page …), `makes` what it brings into being."""

    at: datetime
    does: str  # post, react, vote, comment, resolve, accept, page, revise, care, upload, share, write, ask, letter, hand-in …
    by: str
    space: str = ""
    makes: str = ""
    on: str = ""
    words: dict[str, Any] = field(default_factory=dict)


def people() -> dict[str, Any]:
    """`story/people.toml`."""
    return tomllib.loads((STORY / "people.toml").read_text("utf-8"))


def beats(calendar: Calendar) -> list[Beat]:
    """All that happens, in the order in which it happened."""
    found: list[Beat] = []
    for path in sorted(STORY.glob("*.toml")):
        told = tomllib.loads(path.read_text("utf-8"))
        space = told.get("space", "")
        for number, one in enumerate(told.get("post", ())):
            found += _post(calendar, space, f"{path.stem} post {number}", one)
        for one in told.get("page", ()):
            found += _page(calendar, space, f"{path.stem} page {one['path']}", one)
        for one in told.get("folder", ()):
            words = {"path": one["path"], "description": one.get("description", "")}
            makes = f"{path.stem} folder {one['path']}"
            found.append(Beat(calendar.at(one["at"]), "folder", one["by"], space, makes=makes, words=words))
        for one in told.get("drop", ()):
            found += _drop(calendar, space, f"{path.stem} folder {one['name']}", one)
        for one in told.get("file", ()):
            found += _file(calendar, space, f"{path.stem} file {one['name']}", one)
        for one in told.get("share", ()):
            words = {key: one[key] for key in ("rights", "password", "days", "note") if key in one}
            thing = f"{path.stem} {one['of']}"
            found.append(Beat(calendar.at(one["at"]), "share", one["by"], space, on=thing, words=words))
        for number, one in enumerate(told.get("submission", ())):
            found += _submission(calendar, space, f"{path.stem} submission {number}", one)
        for number, one in enumerate(told.get("entry", ())):
            found += _entry(calendar, f"{path.stem} entry {number}", one)
        for number, one in enumerate(told.get("ask", ())):
            found += _ask(calendar, space, f"{path.stem} ask {number}", one)
        for number, one in enumerate(told.get("letter", ())):
            found += _letter(calendar, f"{path.stem} letter {number}", one)
    return sorted(found, key=lambda beat: beat.at)


def _talk(calendar: Calendar, thing: str, space: str, since: datetime, one: dict[str, Any]) -> Iterator[Beat]:
    """A line is when, who and what, and perhaps facts: `about` (words of the thing), `area` (of its picture), `purpose`,
    `audience`, `put` (words to put in their place), `below` (the number of the line that it answers), `resolved` (by
    whom, ten minutes later).
    """
    for number, (when, by, text, *more) in enumerate(one.get("talk", ()), 1):
        facts = dict(more[0]) if more else {}
        at, words = calendar.after(since, when), {"body": calendar.told(text)}
        said = f"{thing} comment {number}"
        resolved = facts.pop("resolved", None)
        if "below" in facts:
            facts["below"] = f"{thing} comment {facts['below']}"
        yield Beat(at, "comment", by, space, makes=said, on=thing, words=words | facts)
        if resolved:
            yield Beat(calendar.after(at, "+10m"), "resolve", resolved, space, on=said)
        if number == one.get("accepts"):  # which of the comments answers the question
            later = calendar.after(at, "+10m")
            yield Beat(later, "accept", one["by"], space, on=thing, words={"comment": said})


def _post(calendar: Calendar, space: str, thing: str, one: dict[str, Any]) -> Iterator[Beat]:
    at = calendar.at(one["at"])
    words = {"body": calendar.told(one["text"]), "kind": one.get("kind", "discussion"), "audience": one.get("audience")}
    words |= {key: one[key] for key in ("options", "open", "praised") if key in one}
    yield Beat(at, "post", one["by"], space, makes=thing, words=words)
    for number, (by, option) in enumerate(one.get("votes", ()), 1):  # who chooses which option of a poll
        yield Beat(calendar.after(at, f"+{7 * number}m"), "vote", by, space, on=thing, words={"option": option})
    reactions = [(name, by) for name in REACTIONS for by in one.get(name, ())]
    for number, (name, by) in enumerate(reactions):
        later = calendar.after(at, f"+{3 + 11 * number}m")
        yield Beat(later, "react", by, space, on=thing, words={"name": name})
    yield from _talk(calendar, thing, space, at, one)


def _page(calendar: Calendar, space: str, thing: str, one: dict[str, Any]) -> Iterator[Beat]:
    body, at, since = "", calendar.now, calendar.now
    for number, revision in enumerate(one["revision"]):
        at = calendar.at(revision["at"]) if number == 0 else calendar.after(at, revision["at"])
        body = _revised(body, revision)
        words = {"body": calendar.told(body), "summary": revision.get("summary", "")}
        if number == 0:
            since = at
            words |= {"title": one["title"], "path": one["path"], "tags": one.get("tags", ())}
            words |= {"template": one["template"]} if "template" in one else {}
            yield Beat(at, "page", revision["by"], space, makes=thing, words=words)
        else:
            words["along"] = revision.get("along", [])  # who wrote in it too
            yield Beat(at, "revise", revision["by"], space, on=thing, words=words)
    for when, by, step, *more in one.get("care", ()):
        at = calendar.after(at, when)
        yield Beat(at, "care", by, space, on=thing, words={"step": step, **(more[0] if more else {})})
    yield from _talk(calendar, thing, space, since, one)


def _revised(body: str, revision: dict[str, Any]) -> str:
    """The page after a revision: said whole, with words replaced, or with words added. Raises ValueError when words that
    are to be replaced are not there."""
    if "text" in revision:
        return str(revision["text"]).strip("\n")
    for old, new in revision.get("replace", ()):
        if old not in body:
            raise ValueError(f"nothing to replace: {old!r}")
        body = body.replace(old, new)
    added = revision.get("add", "").rstrip("\n")
    return f"{body}\n{added}" if added else body


def _file(calendar: Calendar, space: str, thing: str, one: dict[str, Any]) -> Iterator[Beat]:
    """A file is what is in `source`, or leads to `href`. `version` says when, by whom, from what and what is new in it; `binned`
    when and by whom it was thrown away."""
    at = since = calendar.at(one["at"])
    place = {"name": one["name"], "folder": one.get("folder", "")}
    words = {**place, "description": one.get("description", ""), "tags": one.get("tags", ())}
    words |= {"href": one["href"]} if "href" in one else {"source": STORY / "files" / one["source"]}
    yield Beat(at, "upload", one["by"], space, makes=thing, words=words)
    for when, by, source, note in one.get("version", ()):
        since = calendar.after(since, when)
        yield Beat(
            since, "upload", by, space, on=thing, words={**place, "source": STORY / "files" / source, "note": note}
        )
    yield from _talk(calendar, thing, space, since, one)
    if "binned" in one:
        when, by = one["binned"]
        yield Beat(calendar.after(since, when), "bin", by, space, on=thing)


def _drop(calendar: Calendar, space: str, thing: str, one: dict[str, Any]) -> Iterator[Beat]:
    """A folder that collects until `closes` (days from the story's today, hour); `sent` says when, who, what and from what."""
    at, (days, hour) = calendar.at(one["at"]), one["closes"]
    closes = (calendar.today + timedelta(days=days, hours=hour)).replace(tzinfo=calendar.zone)
    words = {
        "name": one["name"],
        "description": calendar.told(one["description"]),
        "wanted": one["wanted"],
        "closes_at": closes,
    }
    yield Beat(at, "drop", one["by"], space, makes=thing, words=words)
    for when, by, name, source in one.get("sent", ()):
        at = calendar.after(at, when)
        yield Beat(
            at, "upload", by, space, words={"name": name, "folder": one["name"], "source": STORY / "files" / source}
        )


def _submission(calendar: Calendar, space: str, thing: str, one: dict[str, Any]) -> Iterator[Beat]:
    at = calendar.at(one["at"])
    words = {
        "milestone": one["milestone"],
        "pages": one.get("pages", ()),
        "files": one.get("files", ()),
        "note": calendar.told(one.get("note", "")),
    }
    yield Beat(at, "hand-in", one["by"], space, makes=thing, words=words)
    if "result" in one:
        when, by, result, text = one["result"]
        said = {"result": result, "comment": calendar.told(text)}
        yield Beat(calendar.after(at, when), "result", by, space, on=thing, words=said)
    yield from _talk(calendar, thing, space, at, one)


def _entry(calendar: Calendar, thing: str, one: dict[str, Any]) -> Iterator[Beat]:
    at, space = calendar.at(one["at"]), one.get("space", "")
    words = {
        "title": one["title"],
        "body": calendar.told(one["text"]),
        "audience": one.get("audience", "only_me"),
        "prompt": one.get("prompt", ""),
    }
    yield Beat(at, "write", one["by"], space, makes=thing, words=words)
    yield from _talk(calendar, thing, space, at, one)


def _ask(calendar: Calendar, space: str, thing: str, one: dict[str, Any]) -> Iterator[Beat]:
    at = calendar.at(one["at"])
    words: dict[str, Any] = {"body": calendar.told(one["text"])}
    if "wanted" in one:  # in so many days from the story's today
        words["wanted_by"] = (calendar.today + timedelta(days=one["wanted"])).date()
    yield Beat(at, "ask", one["by"], space, makes=thing, on=one.get("about", ""), words=words)
    yield from _talk(calendar, thing, space, at, one)


def _letter(calendar: Calendar, thing: str, one: dict[str, Any]) -> Iterator[Beat]:
    at = calendar.at(one["at"])
    words = {"to": one["to"], "title": one.get("title", ""), "body": calendar.told(one["text"])}
    yield Beat(at, "letter", one["by"], makes=thing, words=words)
    for when, by, text in one.get("talk", ()):
        yield Beat(calendar.after(at, when), "answer", by, on=thing, words={"body": calendar.told(text)})


def mentioned(text: str, handle: Callable[[str], str]) -> str:
    """A text in which `{@anna}` is the handle of Anna."""
    return re.sub(r"\{@([a-z-]+)\}", lambda match: f"@{handle(match[1])}", text)

"""The filters of a stream as they stand in an address, and the bar that shows them: `?kind=question&author=noor&from=2026-06-08`.

kind, reaction, state     one of a few words; state=archived or hidden (`?archived` says the same)
topic, author             a topic's name, a person's handle
from, to                  days, both included, in the reader's time zone
involved, unanswered      there, or not
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _

from blueprints.language import day, zone
from community.errors import NotFound
from community.markdown import topic_key
from community.microblog.filters import STATES, Asked
from community.microblog.models import POST_KINDS, REACTIONS
from community.people.queries import person_for
from community.permissions import Actor

NAMES = ("kind", "topic", "author", "from", "to", "involved", "unanswered", "reaction", "state")
LONGEST = 120


@dataclass(frozen=True)
class FilterBar:
    """What the bar draws. `chips` are the filters that hold, each with the address without it; `query` is all of them."""

    url: str
    now: Mapping[str, str]
    chips: list[tuple[str, str]]
    quick: list[tuple[str, str, str, None]]
    errors: Mapping[str, str]
    query: str
    choices: Mapping[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def quick_key(self) -> str:
        """Which of the quick filters is what holds, if it is one of them."""
        return "&".join(f"{name}={value}" for name, value in self.now.items())

    def address(self, **more: object) -> str:
        """The stream with these filters, and something more."""
        asked = urlencode({**self.now, **{name: str(value) for name, value in more.items() if value is not None}})
        return f"{self.url}?{asked}" if asked else self.url


def kind_words(kind: str) -> str:
    """A kind of post, of many."""
    return {
        "discussion": _("Discussions"),
        "question": _("Questions"),
        "poll": _("Polls"),
        "praise": _("Praise"),
        "announcement": _("Announcements"),
    }.get(kind, kind)


def reaction_words(name: str) -> str:
    """A reaction, as its button says it."""
    return {
        "insight": _("Insight"),
        "thanks": _("Thanks"),
        "celebrate": _("Celebrate"),
        "me-too": _("Me too"),
    }.get(name, name)


def state_words(state: str) -> str:
    return {"archived": _("Archived"), "hidden": _("Hidden from the stream")}[state]


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1900 < found.year < 9000 else None


def _morning(of: date) -> datetime:
    return datetime.combine(of, time(), zone())


def asked_here(who: Actor, url: str) -> tuple[Asked, FilterBar]:
    """What this request asks of a stream that stands at `url`, and the bar. A day that is none is said at its field; whoever is
    unknown or hidden wrote nothing.
    """
    args = request.args
    errors: dict[str, str] = {}
    values = {name: args[name].strip()[:LONGEST] for name in NAMES if args.get(name, "").strip()}
    if "archived" in args:
        values.setdefault("state", "archived")
    for name, words in (("kind", POST_KINDS), ("reaction", REACTIONS), ("state", STATES)):
        if values.get(name) not in words:
            values.pop(name, None)
    for name in ("involved", "unanswered"):
        if name in values:
            values[name] = "1"
    if "topic" in values:
        values["topic"] = values["topic"].lstrip("#")
    days = {name: _day(values[name]) for name in ("from", "to") if name in values}
    for name, found in days.items():
        if found is None:
            errors[name] = _("Write the date as 2026-06-08.")
    since, until = days.get("from"), days.get("to")
    author_id, author_name = _author(who, values.get("author", "").lstrip("@"))
    asked = Asked(
        kind=values.get("kind"),
        topic=topic_key(values["topic"]) if values.get("topic") else None,
        author_id=author_id,
        since=_morning(since) if since else None,
        until=_morning(until + timedelta(days=1)) if until else None,
        involved="involved" in values,
        unanswered="unanswered" in values,
        reaction=values.get("reaction"),
        state=values.get("state", ""),
    )
    said = {
        "kind": lambda held: kind_words(held),
        "topic": lambda held: f"#{held}",
        "author": lambda _held: _("By %(name)s", name=author_name),
        "from": lambda _held: _("From %(day)s", day=day(since)) if since else "",
        "to": lambda _held: _("Until %(day)s", day=day(until)) if until else "",
        "involved": lambda _held: _("I am involved"),
        "unanswered": lambda _held: _("Unanswered"),
        "reaction": lambda held: _("With “%(name)s”", name=reaction_words(held)),
        "state": lambda held: state_words(held),
    }
    chips = [(said[name](held), _without(url, values, name)) for name, held in values.items() if name not in errors]
    return asked, FilterBar(url, values, chips, _quick(url), errors, urlencode(values), _choices())


def _author(who: Actor, handle: str) -> tuple[int | None, str]:
    if not handle:
        return None, ""
    try:
        found = person_for(who, handle)
    except NotFound:
        return 0, f"@{handle}"
    return found.id, found.name


def _without(url: str, values: Mapping[str, str], name: str) -> str:
    left = urlencode({key: value for key, value in values.items() if key != name})
    return f"{url}?{left}" if left else url


def _quick(url: str) -> list[tuple[str, str, str, None]]:
    return [
        ("", _("All"), url, None),
        ("kind=question", _("Questions"), f"{url}?kind=question", None),
        ("unanswered=1", _("Unanswered"), f"{url}?unanswered=1", None),
        ("kind=announcement", _("Announcements"), f"{url}?kind=announcement", None),
        ("involved=1", _("I am involved"), f"{url}?involved=1", None),
    ]


def _choices() -> dict[str, list[tuple[str, str]]]:
    return {
        "kind": [("", _("Every kind")), *((kind, kind_words(kind)) for kind in POST_KINDS)],
        "reaction": [("", _("Any or none")), *((name, reaction_words(name)) for name in REACTIONS)],
        "state": [("", _("In the stream")), *((state, state_words(state)) for state in STATES)],
    }

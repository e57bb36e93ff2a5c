"""What a person chose for their notices, and what they inherit. Pure: no database, no clock.

Everything that can be chosen has a name and a value, both texts: `talk.mail` is `on` or `off`, `wait` is a number of minutes.
Only what somebody chose is kept. What is not kept is inherited, when it is asked and not when it was saved:

    the house (below)  ->  the site  ->  the role  ->  the person  ->  the space  ->  the thing

So a default that an administrator changes reaches everybody who never chose, at once. A person has one role for this:
the first of ROLE_ORDER that they have anywhere. For a space and a thing one chooses a level (`reasons.LEVELS`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from community.errors import Invalid, _l
from community.notifications.reasons import CHANNELS, LEVEL_NAMES, MUST_BE_SEEN, TOPICS, level_named, reason_named

ROLE_ORDER = ("coach", "facilitator", "member", "owner", "alumnus", "guest")
RHYTHMS = ("never", "daily", "weekly", "monthly")
COACHING = ("never", "daily", "weekly")
WAITS = (2, 5, 15, 60, 240, 1440)  # minutes
DEFAULT_LEVELS = ("watch", "track", "normal")

_ON: dict[str, tuple[str, ...]] = {
    "talk": ("in_app", "mail", "digest", "push"),
    "coach": ("in_app", "mail", "digest", "push"),
    "submissions": ("in_app", "mail", "digest", "push"),
    "announcements": ("in_app", "mail", "digest", "push"),
    "teams": ("in_app", "digest"),
    "follows": ("in_app", "digest"),
    "membership": ("in_app", "mail", "digest"),
    "praise": ("in_app", "digest"),
    "topics": ("in_app", "digest"),
    "reminders": ("in_app", "mail", "push"),
    "messages": ("in_app", "mail", "push"),
}

HOUSE: dict[str, str] = {
    **{f"{topic}.{channel}": "on" if channel in _ON[topic] else "off" for topic in TOPICS for channel in CHANNELS},
    "wait": "5",  # minutes that a mail waits for more of the same thread
    "cap": "20",  # mails a day; the rest goes into the digest
    "digest": "weekly",
    "coaching": "weekly",  # the letter to a coach: what waits, and who is silent
    "hour": "8",  # of the digest, where the person is
    "content": "on",  # whether mails hold what was written
    "team": "watch",  # the level of a team that one is a member or coach of
    "quiet": "",  # "22-7": no mails between these hours
    "holiday": "",  # no mails until this day
}
"""Every name there is, with what holds when nobody chose."""

PERSONAL = frozenset({"quiet", "holiday"})
"""Names that only a person has: no site and no role decides them."""


def matrix_name(topic: str, channel: str) -> str:
    """The name of a cell of the matrix."""
    return f"{topic}.{channel}"


@dataclass(frozen=True)
class Choices:
    """What was chosen at each step, by name. Absent is inherited."""

    site: Mapping[str, str] = field(default_factory=dict)
    role: Mapping[str, str] = field(default_factory=dict)
    mine: Mapping[str, str] = field(default_factory=dict)

    def inherited(self, name: str) -> str:
        """What holds for who never chose."""
        for step in (self.role, self.site, HOUSE):
            if name in step:
                return step[name]
        raise KeyError(name)

    def value(self, name: str) -> str:
        """What holds."""
        return self.mine[name] if name in self.mine else self.inherited(name)

    def on(self, topic: str, channel: str) -> bool:
        """Whether notices of this topic go this way."""
        return self.value(matrix_name(topic, channel)) == "on"

    @property
    def wait(self) -> int:
        return int(self.value("wait"))

    @property
    def cap(self) -> int:
        return int(self.value("cap"))

    @property
    def rhythm(self) -> str:
        return self.value("digest")

    @property
    def coaching(self) -> str:
        return self.value("coaching")

    @property
    def hour(self) -> int:
        return int(self.value("hour"))

    @property
    def content(self) -> bool:
        """Whether mails may hold what was written. Where the site says no, nobody may say yes."""
        return self.site.get("content", "on") == "on" and self.value("content") == "on"

    @property
    def quiet(self) -> tuple[int, int] | None:
        """The hours between which no mail goes, or None."""
        begin, _, end = self.value("quiet").partition("-")
        return (int(begin), int(end)) if end else None

    @property
    def holiday(self) -> date | None:
        """The day on which mails go again, or None."""
        until = self.value("holiday")
        return date.fromisoformat(until) if until else None

    def level(self, space_kind: str | None, role: str | None) -> str:
        """The level of a space for which this person chose none."""
        return self.value("team") if space_kind == "team" and role in ("member", "coach") else "normal"


def role_of(roles: Collection[str]) -> str:
    """The role whose defaults a person with these roles has; "" for who has none."""
    return next((role for role in ROLE_ORDER if role in roles), "")


def channels_for(choices: Choices, reason: str, *, space: str = "normal", item: str | None = None) -> frozenset[str]:
    """The ways by which somebody with these choices is told for this reason: of a thing in a space that has the level
    `space` for them; `item` is the level of the thing itself, when they chose one. The one rule, for every notice.
    """
    why, level = reason_named(reason), level_named(item or space)
    allowed = level.new if why.ambient else level.mine
    if why.topic in MUST_BE_SEEN:
        allowed |= level.always
    return frozenset(channel for channel in allowed if choices.on(why.topic, channel))


# ---- what may be chosen


def checked(name: str, value: str) -> str:
    """A value that this name can have. Raises Invalid with the name as its field."""
    if name not in HOUSE:
        raise Invalid(name[:60], _l("There is no such choice."))
    if "." in name or name == "content":
        return _one_of(name, value, ("on", "off"))
    if name == "digest":
        return _one_of(name, value, RHYTHMS)
    if name == "coaching":
        return _one_of(name, value, COACHING)
    if name == "team":
        return _one_of(name, value, DEFAULT_LEVELS)
    if name == "quiet":
        return _hours(value)
    if name == "holiday":
        return _day(value)
    low, high = {"wait": (2, 1440), "cap": (1, 100), "hour": (0, 23)}[name]
    if not value.isascii() or not value.isdigit() or len(value) > 4 or not low <= int(value) <= high:
        raise Invalid(name, _l("Write a number from %(low)d to %(high)d."), low=low, high=high)
    return str(int(value))


def checked_level(level: str) -> str:
    """A level. Raises Invalid("level")."""
    return _one_of("level", level, LEVEL_NAMES)


def _one_of(name: str, value: str, allowed: Collection[str]) -> str:
    if value not in allowed:
        raise Invalid(name, _l("Choose one of these."))
    return value


def _hours(value: str) -> str:
    begin, _, end = value.partition("-")
    if not value:
        return value
    if not all(part.isascii() and part.isdigit() and len(part) <= 2 and int(part) <= 23 for part in (begin, end)):
        raise Invalid("quiet", _l("Choose the hours between which it is quiet."))
    if int(begin) == int(end):
        raise Invalid("quiet", _l("Let the quiet end at another hour than it begins."))
    return f"{int(begin)}-{int(end)}"


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat() if value else ""
    except ValueError:
        raise Invalid("holiday", _l("Write the date as 2026-06-08.")) from None

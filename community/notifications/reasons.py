"""The words of notices: what one can be about, why somebody is told, by which way, and what each level means.

A noun that has something new to tell adds a `Reason` to REASONS, and its words to `blueprints/notice_words.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

CHANNELS = ("in_app", "mail", "digest", "push")
"""The list behind the bell, a mail within minutes, the mail of the day or week, and a message to a phone."""

TOPICS = (
    "talk",  # mentions of me, answers to me, and what is said about what I made
    "coach",
    "submissions",  # what teams hand in, what is said to it, and what is due
    "announcements",
    "teams",  # what is new in spaces that I watch
    "follows",  # pages, files and posts that I made or follow
    "membership",  # who comes and goes, and phases
    "praise",
    "topics",
    "reminders",
    "messages",
)
"""What a notice can be about: what a person chooses for. Closed: a row of the matrix each."""


@dataclass(frozen=True)
class Reason:
    """Why somebody is told. `ambient`: because they watch a place or follow a thing, not because it is for them.
    `wordless`: outside the site it is said that there is something, never what.
    """

    name: str
    topic: str
    icon: str
    ambient: bool = False
    wordless: bool = False


# The stronger reason stands first: it wins when somebody would be told twice of one line.
REASONS = (
    Reason("mention", "talk", "message-circle"),
    Reason("praise", "praise", "award"),
    Reason("accepted", "talk", "circle-check"),
    Reason("coach", "coach", "message-square-quote"),
    Reason("asked", "coach", "circle-question-mark"),
    Reason("taken", "coach", "message-square-quote"),
    Reason("handover", "coach", "users"),
    Reason("answered", "talk", "reply"),
    Reason("applied", "talk", "circle-check"),
    Reason("resolved", "talk", "circle-check"),
    Reason("reopened", "talk", "circle-alert"),
    Reason("result", "submissions", "circle-check"),
    Reason("received", "follows", "link"),
    Reason("collects", "submissions", "inbox"),
    Reason("collected", "submissions", "inbox"),
    Reason("drop-due", "reminders", "alarm-clock"),
    Reason("submitted", "submissions", "inbox"),
    Reason("assigned", "submissions", "flag"),
    Reason("nudge", "submissions", "alarm-clock"),
    Reason("reply", "talk", "reply"),
    Reason("announcement", "announcements", "megaphone"),
    Reason("shared", "talk", "notebook-pen"),
    Reason("message", "messages", "mail", wordless=True),
    Reason("comment", "talk", "message-circle"),
    Reason("thread", "talk", "message-circle"),
    Reason("page", "follows", "book-open"),
    Reason("must-read", "reminders", "book-open"),
    Reason("review", "coach", "circle-check"),
    Reason("reviewed", "talk", "circle-check"),
    Reason("owned", "follows", "book-open"),
    Reason("look-over", "reminders", "alarm-clock"),
    Reason("request", "membership", "users"),
    Reason("added", "membership", "users"),
    Reason("entered", "membership", "shield"),
    Reason("phase", "membership", "calendar"),
    Reason("full", "reminders", "circle-alert"),
    Reason("filling", "reminders", "circle-alert"),
    Reason("reminder", "reminders", "alarm-clock"),
    Reason("topic", "topics", "hash"),
    Reason("followed", "follows", "bookmark", ambient=True),
    Reason("files", "follows", "folder", ambient=True),
    Reason("posted", "teams", "rss", ambient=True),
)

_BY_NAME = {reason.name: reason for reason in REASONS}
_STRENGTH = {reason.name: place for place, reason in enumerate(REASONS)}


def reason_named(name: str) -> Reason:
    """The reason of that name. Raises KeyError."""
    return _BY_NAME[name]


def stronger(one: str | None, other: str) -> str:
    """The stronger of two reasons; None is weaker than any."""
    return other if one is None or _STRENGTH[other] < _STRENGTH[one] else one


def reasons_of(topic: str) -> tuple[str, ...]:
    """The reasons that belong to a topic of notice."""
    return tuple(reason.name for reason in REASONS if reason.topic == topic)


def topics_told() -> tuple[str, ...]:
    """The topics that something tells of: a row of the matrix each."""
    told = {reason.topic for reason in REASONS}
    return tuple(topic for topic in TOPICS if topic in told)


AMBIENT = tuple(reason.name for reason in REASONS if reason.ambient)

# Lines that are for one person, whom they name in their facts as `person`: the verb, and the reason.
FOR_ONE = {"bookmark.due": "reminder", "folder.due": "drop-due"}

# What follows a thing that somebody watches: a line with one of these verbs tells them.
FOLLOWED = frozenset({"comment.created", "page.created", "page.edited", "file.uploaded", "file.replaced"})


@dataclass(frozen=True)
class Level:
    """How near somebody wants to be to a space or a thing. `mine`: channels of what is for them (mentions, answers, the
    coach, announcements). `new`: channels of what is merely new there. Both within what they chose for its topic.
    `always`: what is told all the same, of topics whose notices wait for an answer.
    """

    name: str
    mine: frozenset[str]
    new: frozenset[str]
    always: frozenset[str] = frozenset()


EVERY = frozenset(CHANNELS)

LEVELS = (
    Level("watch", mine=EVERY, new=EVERY),
    Level("track", mine=EVERY, new=frozenset({"digest"})),
    Level("normal", mine=EVERY, new=frozenset()),
    Level("muted", mine=frozenset(), new=frozenset(), always=frozenset({"in_app"})),
)
LEVEL_NAMES = tuple(level.name for level in LEVELS)
MUST_BE_SEEN = frozenset({"membership"})
"""Topics whose notices may wait for an answer: a muted space still shows them in the list."""

_LEVELS = {level.name: level for level in LEVELS}


def level_named(name: str) -> Level:
    """The level of that name. Raises KeyError."""
    return _LEVELS[name]


# A channel is offered once something carries its notices: push says so where it is made.
_offered = ["in_app", "mail", "digest"]


def offer(channel: str) -> None:
    """Say that somebody carries this channel. Its column appears in the matrix."""
    if channel not in CHANNELS:
        raise ValueError(f"{channel!r} is no channel")
    if channel not in _offered:
        _offered.append(channel)


def channels_offered() -> tuple[str, ...]:
    """The channels that have a carrier, in order."""
    return tuple(channel for channel in CHANNELS if channel in _offered)

"""The words of notices: why somebody is told, what one can be told of and how, and what each level means.

For the list behind the bell, the settings and the letters.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from babel.dates import format_datetime
from flask_babel import gettext as _
from flask_babel import ngettext


def words_of(reason: str, who: str = "", space: str = "", many: int = 1, place: str = "") -> str:
    """What happened, as a sentence. `many` things, in a `place`, of a notice that stands for several."""
    who = who or _("Somebody")
    said: dict[str, Callable[[], str]] = {  # each when it is wanted: a list has many notices
        "mention": lambda: _("%(who)s mentions you", who=who),
        "praise": lambda: _("%(who)s thanks you", who=who),
        "accepted": lambda: _("%(who)s accepts your answer", who=who),
        "coach": lambda: _("%(who)s, your coach, responds", who=who),
        "asked": lambda: _("%(who)s asks the coaches of %(space)s", who=who, space=space),
        "taken": lambda: _("%(who)s is on what you asked", who=who),
        "handover": lambda: _("%(who)s handed the coaching of %(space)s over", who=who, space=space),
        "answered": lambda: _("%(who)s answers what you asked", who=who),
        "applied": lambda: _("%(who)s puts in the words that you suggested", who=who),
        "resolved": lambda: _("%(who)s resolves what you began", who=who),
        "reopened": lambda: _("%(who)s opens again what you began", who=who),
        "result": lambda: _("%(who)s gives your team a result", who=who),
        "submitted": lambda: _("%(who)s hands in for %(space)s", who=who, space=space),
        "assigned": lambda: _("%(who)s asks you to look at what %(space)s handed in", who=who, space=space),
        "nudge": lambda: _("%(who)s reminds you of what is due", who=who),
        "reply": lambda: _("%(who)s answers you", who=who),
        "comment": lambda: _("%(who)s responds to what you made", who=who),
        "thread": lambda: _("%(who)s goes on where you responded", who=who),
        "announcement": lambda: _("%(who)s announces", who=who),
        "shared": lambda: _("%(who)s shares a journal entry with you", who=who),
        "message": lambda: _("%(who)s writes to you", who=who),
        "page": lambda: _("%(who)s edits a page that you made", who=who),
        "must-read": lambda: _("Please read this page, and say that you have"),
        "review": lambda: _("%(who)s asks to approve a page", who=who),
        "reviewed": lambda: _("%(who)s answers about a page that you offered", who=who),
        "owned": lambda: _("%(who)s asks you to look after a page", who=who),
        "look-over": lambda: _("It is time to look over a page that you own"),
        "request": lambda: _("%(who)s asks to join %(space)s", who=who, space=space),
        "entered": lambda: _("%(who)s, an administrator, took a role in %(space)s", who=who, space=space),
        "phase": lambda: _("A new phase begins in %(space)s", space=space),
        "filling": lambda: _("Most of the room for files in %(space)s is used", space=space),
        "full": lambda: _("The room for files in %(space)s is almost used up", space=space),
        "added": lambda: _("%(who)s brings you into %(space)s", who=who, space=space),
        "posted": lambda: _("%(who)s writes in %(space)s", who=who, space=space),
        "followed": lambda: _("%(who)s goes on with what you follow", who=who),
        "topic": lambda: _("%(who)s writes about a topic that you follow", who=who),
        "received": lambda: ngettext(
            "%(num)d file came in by a link that you made", "%(num)d files came in by a link that you made", many
        ),
        "collects": lambda: _("%(who)s collects files in %(space)s", who=who, space=space),
        "collected": lambda: _("A folder of %(space)s has closed", space=space),
        "drop-due": lambda: _("A folder closes soon, and waits for what you send"),
        "files": lambda: ngettext(
            "%(who)s adds %(num)d file to %(place)s",
            "%(who)s adds %(num)d files to %(place)s",
            many,
            who=who,
            place=place or space,
        ),
        "reminder": lambda: _("You wanted to be reminded of this"),
        # lines of the digest only
        "gem": lambda: _("%(who)s wrote what others thank for, in %(space)s", who=who, space=space),
        "event": lambda: _("In %(space)s", space=space),
        "prompt": lambda: _("A question for your journal"),
    }
    return said[reason]()


def topic_words(topic: str) -> str:
    """What one can be told of: the head of a row of the matrix."""
    return {
        "talk": _("Mentions and replies"),
        "coach": _("Your coach"),
        "submissions": _("Handing in, and results"),
        "announcements": _("Announcements"),
        "teams": _("New posts where you watch"),
        "follows": _("Pages and files you follow"),
        "membership": _("Members and phases"),
        "praise": _("Praise"),
        "topics": _("Topics you follow"),
        "reminders": _("Reminders"),
        "messages": _("Messages"),
    }[topic]


def channel_words(channel: str) -> str:
    """How one is told: the head of a column of the matrix."""
    return {
        "in_app": _("In the list"),
        "mail": _("Mail now"),
        "digest": _("Digest"),
        "push": _("On my device"),
    }[channel]


def level_words(level: str) -> str:
    """The name of a level."""
    return {"watch": _("Watch"), "track": _("Track"), "normal": _("Normal"), "muted": _("Mute")}[level]


def level_means(level: str) -> str:
    """What a level does."""
    return {
        "watch": _("You hear of everything new."),
        "track": _("What is new waits for your digest; what is for you reaches you at once."),
        "normal": _("You hear only what is for you: mentions, answers, your coach, announcements."),
        "muted": _("You hear nothing. Only what asks for your answer stands in the list."),
    }[level]


def rhythm_words(rhythm: str) -> str:
    """How often a digest comes."""
    return {
        "never": _("Never"),
        "daily": _("Every day"),
        "weekly": _("Every week, on Monday"),
        "monthly": _("Every month, on the first"),
    }[rhythm]


def wait_words(minutes: int) -> str:
    """How long a mail waits for more of the same."""
    return {
        2: _("2 minutes"),
        5: _("5 minutes"),
        15: _("A quarter of an hour"),
        60: _("An hour"),
        240: _("Four hours"),
        1440: _("A day"),
    }.get(minutes) or _("%(num)d minutes", num=minutes)


def moment(at: datetime, code: str) -> str:
    """A moment in a letter: "Thursday 11 June, 09:15", in the zone that it is given in."""
    return format_datetime(at, "EEEE d MMMM, HH:mm", locale=code)

"""The words of notices: why somebody is told, what one can be told of and how, and what each level means.

For the list behind the bell, the settings and the letters.
"""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_datetime
from flask_babel import gettext as _
from flask_babel import ngettext


def words_of(reason: str, who: str = "", space: str = "", many: int = 1, place: str = "") -> str:
    """What happened, as a sentence. `many` things, in a `place`, of a notice that stands for several."""
    who = who or _("Somebody")
    said = {
        "mention": _("%(who)s mentions you", who=who),
        "praise": _("%(who)s thanks you", who=who),
        "accepted": _("%(who)s accepts your answer", who=who),
        "coach": _("%(who)s, your coach, responds", who=who),
        "asked": _("%(who)s asks the coaches of %(space)s", who=who, space=space),
        "taken": _("%(who)s is on what you asked", who=who),
        "handover": _("%(who)s handed the coaching of %(space)s over", who=who, space=space),
        "answered": _("%(who)s answers what you asked", who=who),
        "applied": _("%(who)s puts in the words that you suggested", who=who),
        "resolved": _("%(who)s resolves what you began", who=who),
        "reopened": _("%(who)s opens again what you began", who=who),
        "result": _("%(who)s gives your team a result", who=who),
        "submitted": _("%(who)s hands in for %(space)s", who=who, space=space),
        "assigned": _("%(who)s asks you to look at what %(space)s handed in", who=who, space=space),
        "nudge": _("%(who)s reminds you of what is due", who=who),
        "reply": _("%(who)s answers you", who=who),
        "comment": _("%(who)s responds to what you made", who=who),
        "thread": _("%(who)s goes on where you responded", who=who),
        "announcement": _("%(who)s announces", who=who),
        "shared": _("%(who)s shares a journal entry with you", who=who),
        "message": _("%(who)s writes to you", who=who),
        "page": _("%(who)s edits a page that you made", who=who),
        "must-read": _("Please read this page, and say that you have"),
        "review": _("%(who)s asks to approve a page", who=who),
        "reviewed": _("%(who)s answers about a page that you offered", who=who),
        "owned": _("%(who)s asks you to look after a page", who=who),
        "look-over": _("It is time to look over a page that you own"),
        "request": _("%(who)s asks to join %(space)s", who=who, space=space),
        "entered": _("%(who)s, an administrator, took a role in %(space)s", who=who, space=space),
        "phase": _("A new phase begins in %(space)s", space=space),
        "filling": _("Most of the room for files in %(space)s is used", space=space),
        "full": _("The room for files in %(space)s is almost used up", space=space),
        "added": _("%(who)s brings you into %(space)s", who=who, space=space),
        "posted": _("%(who)s writes in %(space)s", who=who, space=space),
        "followed": _("%(who)s goes on with what you follow", who=who),
        "topic": _("%(who)s writes about a topic that you follow", who=who),
        "received": ngettext(
            "%(num)d file came in by a link that you made", "%(num)d files came in by a link that you made", many
        ),
        "collects": _("%(who)s collects files in %(space)s", who=who, space=space),
        "collected": _("A folder of %(space)s has closed", space=space),
        "drop-due": _("A folder closes soon, and waits for what you send"),
        "files": ngettext(
            "%(who)s adds %(num)d file to %(place)s",
            "%(who)s adds %(num)d files to %(place)s",
            many,
            who=who,
            place=place or space,
        ),
        "reminder": _("You wanted to be reminded of this"),
        # lines of the digest only
        "gem": _("%(who)s wrote what others thank for, in %(space)s", who=who, space=space),
        "event": _("In %(space)s", space=space),
        "prompt": _("A question for your journal"),
    }
    return said[reason]


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

"""The words of coaching: what waits, how long, how soon was answered. For the inbox, the team's side, the letters and the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from blueprints.cards import title_of
from blueprints.language import day
from community.clock import now
from community.coaching.queries import Waiting

Said = tuple[str, str]
"""Words, and the tone or icon that goes with them."""

HOUR, DAY = 3600, 86400


def sort_words(name: str) -> str:
    """A sort of thing that waits, as a filter and under a row."""
    return {
        "request": _("Request"),
        "reply": _("Reply to you"),
        "must": _("Must answer, answered"),
        "submission": _("Submission"),
        "shared": _("Shared with you"),
        "later": _("Back from snooze"),
    }.get(name, "")


def sorts_words(name: str) -> str:
    """The same for many."""
    return {
        "request": _("Requests"),
        "reply": _("Replies to me"),
        "must": _("Must answers"),
        "submission": _("Submissions"),
        "shared": _("Shared with me"),
        "later": _("Back from snooze"),
    }.get(name, "")


SORT_ICONS = {
    "request": "circle-question-mark",
    "reply": "reply",
    "must": "flag",
    "submission": "file-text",
    "shared": "lock",
    "later": "alarm-clock",
}
KIND_ICONS = {"post": "message-circle", "page": "book-open", "file": "file", "entry": "notebook-pen"}


def what_words(verb: str) -> str:
    """What is new, in a word or two."""
    return {
        "post.created": _("Post"),
        "page.created": _("New page"),
        "page.edited": _("Page changed"),
        "file.uploaded": _("File"),
        "file.replaced": _("New version"),
        "entry.written": _("Journal entry"),
        "entry.edited": _("Journal entry changed"),
        "entry.shared": _("Journal entry"),
        "comment.created": _("Comment"),
    }.get(verb, "")


def kind_words(kind: str) -> str:
    """A kind of thing, as a filter of what is new."""
    return {"post": _("Posts"), "page": _("Pages"), "file": _("Files"), "entry": _("Journal entries")}.get(kind, "")


def name_of(thing: Any) -> str:
    """What to call a thing in one line."""
    return title_of(thing)


def purpose_words(purpose: str) -> str:
    """What a comment is for."""
    return {
        "": _("Comment"),
        "question": _("Question"),
        "suggestion": _("Suggestion"),
        "praise": _("Praise"),
        "must_answer": _("Must answer"),
    }[purpose]


def age_words(item: Waiting) -> Said:
    """How long something may still wait, or does already: words and tone. Without an agreement the time alone, and no alarm."""
    if item.left is None:
        return span_words(int((now() - item.since).total_seconds())), ""
    if item.left < 0:
        return ngettext("%(num)d day over", "%(num)d days over", -item.left), "bad"
    if item.left == 0:
        return _("due today"), "warn"
    return ngettext("%(num)d day left", "%(num)d days left", item.left), ""


def span_words(seconds: int) -> str:
    """A length of time, roughly: "5 hours", "2 days"."""
    if seconds < HOUR:
        return _("under an hour")
    if seconds < DAY:
        return ngettext("%(num)d hour", "%(num)d hours", seconds // HOUR)
    return ngettext("%(num)d day", "%(num)d days", round(seconds / DAY))


def agreed_words(days: int | None) -> str:
    """What was agreed, as a sentence to a team; "" where nothing was."""
    if days is None:
        return ""
    return ngettext("Coaches answer within %(num)d working day.", "Coaches answer within %(num)d working days.", days)


def median_words(seconds: int | None) -> str:
    """How soon a team was answered, as a sentence with its definition."""
    if seconds is None:
        return _("Nothing was answered in the last 30 days.")
    return _(
        "In the last 30 days half of the answers came within %(span)s (weekends and holidays left out).",
        span=span_words(seconds),
    )


def head_words(waiting: int, over: int, days: set[int | None], median: int | None) -> str:
    """What stands below the title of the inbox: how much waits, what was agreed, how it went."""
    if not waiting:
        said = [_("Nothing waits for you.")]
    else:
        said = [ngettext("%(num)d thing waits for you.", "%(num)d things wait for you.", waiting)]
    if over:
        said.append(ngettext("%(num)d is over its time.", "%(num)d are over their time.", over))
    agreed = next(iter(days)) if len(days) == 1 else None
    if agreed is not None:
        said.append(
            ngettext(
                "You agreed to answer within %(num)d working day",
                "You agreed to answer within %(num)d working days",
                agreed,
            )
            + (
                _("; over the last 30 days your median was %(span)s.", span=span_words(median))
                if median is not None
                else "."
            )
        )
    elif median is not None:
        said.append(_("Over the last 30 days your median answer took %(span)s.", span=span_words(median)))
    return " ".join(said)


def state_words(ask: Any) -> Said:
    """How far an ask is, to the team: words and tone."""
    holder = ask.taken_by.name if ask.taken_by is not None else ""
    return {
        "closed": (_("Closed"), "ok"),
        "answered": (_("%(name)s answered", name=holder) if holder else _("Answered"), "ok"),
        "taken": (_("%(name)s is on it", name=holder), "act"),
        "waiting": (_("Waits for a coach"), ""),
    }[ask.state]


def about_words(item: Waiting) -> str:
    """Where something waits: "Request on “Our reading”, Getij"."""
    if item.name == "new":
        said = what_words(item.what)
    else:
        said = sort_words(item.name)
    on = name_of(item.about) if item.about is not None else name_of(item.thing) if item.comment is not None else ""
    if on:
        said = _("%(what)s on “%(title)s”", what=said, title=on[:60] + ("…" if len(on) > 60 else ""))
    return f"{said}, {item.space.name}"


def when_words(moment: datetime, zone: Any) -> str:
    """The day on which something comes back."""
    return day(moment.astimezone(zone).date())

"""Out of a mail: no more of this. Works signed out, by a link that we signed; a mail program may do it with one POST (RFC 8058).

A GET changes nothing, for mail programs and scanners follow links. Whoever holds the link learns nothing of who exists: what
is not ours, too old to mean anybody, or known, all get a calm page.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from blueprints.letters import leave_token, read_leave_token
from blueprints.notice_words import topic_words
from community.errors import NotFound
from community.notifications.keeping import back, stop
from community.notifications.reasons import TOPICS

bp = Blueprint("unsubscribe", __name__)


def _what(what: str) -> str:
    """What is stopped, in words that tell nobody anything."""
    sort, _rest, topic = what.partition(":")
    if sort == "topic" and topic in TOPICS:
        return _("Mails about: %(topic)s", topic=topic_words(topic))
    if sort == "coaching":
        return _("The letter to coaches")
    return _("All notifications of one space") if sort == "space" else _("The digest")


@bp.get("/unsubscribe/<token>")
def ask(token: str) -> str:
    """Ask, with one button."""
    held = read_leave_token(token)
    words = _what(str(held[1])) if held is not None and len(held) == 2 else _("This mail")
    return render_template("notifications/unsubscribe.html", words=words, token=token, done="", undo="")


@bp.post("/unsubscribe/<token>")
def leave(token: str) -> str:
    """Stop it, or take that back when the link is that of the button that was then shown."""
    held = read_leave_token(token)
    words, undo, done = _("This mail"), "", "stopped"
    if held is not None:
        person_id, what, *before = held
        words = _what(str(what))
        try:
            if before:
                back(int(person_id), str(what), before[0])
                done = "back"
            else:
                known = stop(int(person_id), str(what))
                undo = leave_token(int(person_id), str(what), known)
        except NotFound:
            pass  # somebody who is gone gets no mails: the same page
    once = request.form.get("List-Unsubscribe") == "One-Click"
    return render_template(
        "notifications/unsubscribe.html", words=words, token=token, done=done, undo="" if once else undo
    )

"""The mail of the house, for who looks after it: what waits, what failed and why; and "my address works again" for everybody.

Nothing of what letters say is shown: of letters about what people wrote not even the subject.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import picture_url
from blueprints.doors import actor, me
from blueprints.face import safe_path
from blueprints.mishaps import said
from community.errors import Conflict
from community.mailroom import addresses, queue
from community.mailroom.models import STATES, Mail
from community.people.queries import person_for

bp = Blueprint("mailroom", __name__)

_TONES = {"waiting": "warn", "sent": "ok", "refused": "bad", "given-up": "bad"}


def state_words(state: str) -> str:
    """How far a letter is."""
    return {"waiting": _("Waiting"), "sent": _("Sent"), "refused": _("Refused"), "given-up": _("Given up")}[state]


def kind_words(kind: str) -> str:
    """What a letter is for."""
    return {
        "join": _("Invitation"),
        "reset": _("New password"),
        "register": _("Way in"),
        "test": _("Test mail"),
        "unused": _("Mail that could not be posted"),
        "digest": _("Digest"),
        "coaching": _("Letter to a coach"),
    }.get(kind, _("Notification"))


def may_be_tried(mail: Mail) -> bool:
    """Whether there is still something to send."""
    return mail.state != "sent" and (mail.recipe is not None or mail.content is not None)


@bp.get("/admin/mail")
def index() -> str:
    """The newest letters; `?state=` for how far they are."""
    state = request.args.get("state")
    state = state if state in STATES else None
    found = queue.letters_of(actor(), state=state, before=request.args.get("before", type=int))
    letters, more = found[:50], len(found) > 50
    chips = [("", _("All"), url_for("mailroom.index"), None)]
    chips += [(s, state_words(s), url_for("mailroom.index", state=s), None) for s in STATES]
    return render_template(
        "admin/mail.html",
        letters=letters,
        state=state or "",
        chips=chips,
        older=url_for("mailroom.index", state=state, before=letters[-1].id) if more else None,
        paused=addresses.paused_people(actor()),
        my_address=me().email,
        tones=_TONES,
        state_words=state_words,
        kind_words=kind_words,
        may_be_tried=may_be_tried,
        picture_url=picture_url,
    )


@bp.post("/admin/mail/<int:number>/again")
def again(number: int) -> Response:
    """Try a letter now."""
    try:
        queue.try_again(actor(), number)
    except Conflict as fault:
        flash(said(fault), "warn")
    else:
        flash(_("It is tried now."), "ok")
    return redirect(url_for("mailroom.index"), 303)


@bp.post("/admin/mail/test")
def test() -> Response:
    """Send a test mail to who asks for it."""
    email = queue.post_test_to_me(actor())
    flash(_("A letter to %(email)s is on its way.", email=email), "ok")
    return redirect(url_for("mailroom.index"), 303)


@bp.post("/admin/mail/people/<handle>/resume")
def resume(handle: str) -> Response:
    """Mail to somebody goes out again."""
    person = person_for(actor(), handle)
    addresses.works_again(actor(), person)
    flash(_("Mail to %(name)s goes out again.", name=person.name), "ok")
    return redirect(url_for("mailroom.index"), 303)


@bp.post("/settings/mail/works")
def works_again() -> Response:
    """Mail to me goes out again: I say that my address works."""
    addresses.works_again(actor(), me())
    flash(_("You get mail again."), "ok")
    return redirect(safe_path(request.form.get("next")), 303)

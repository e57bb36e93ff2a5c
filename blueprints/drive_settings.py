"""Passwords for one's files as a drive, and how to mount it: Windows, macOS, Linux, a telephone, a script."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.accounts import form_page
from blueprints.doors import actor, me
from community.errors import Invalid
from community.people import actions
from community.people.queries import drive_passwords_for
from community.people.tokens import NEVER

bp = Blueprint("drive_settings", __name__, url_prefix="/settings/drive")

DAYS = (30, 90, 365)


@bp.route("", methods=["GET", "POST"])
def drive() -> Response:
    """The address of the drive, and the passwords that open it. A new one is shown once, on the page that answers the form."""
    person, fault, made = me(), None, None
    if request.method == "POST":
        form = request.form
        try:
            days = form.get("days", default=0, type=int)
            _token, made = actions.create_token(
                actor(), person, name=form.get("name", ""), scope="drive", days=days or None
            )
        except Invalid as refused:
            fault = refused
    address = url_for("dav.drive", _external=True)
    parts = urlsplit(address)
    return form_page(
        "settings/drive.html",
        fault,
        passwords=drive_passwords_for(actor(), person),
        made=made,
        days=DAYS,
        never=NEVER,
        address=address,
        gnome_address=f"{'davs' if parts.scheme == 'https' else 'dav'}://{parts.netloc}{parts.path}",
        email=person.email,
    )


@bp.post("/<int:token_id>/revoke")
def revoke(token_id: int) -> Response:
    """Let a password open nothing any more."""
    actions.revoke_token(actor(), me(), token_id=token_id)
    flash(_("That drive is closed."), "ok")
    return redirect(url_for("drive_settings.drive"), 303)

"""The gate of the drive: HTTP Basic (RFC 7617) with a password that was made for a drive, in every request.

Unknown, wrong, ended and closed are one answer. Wrong tries are counted in the database, for the account and for the address; who
comes with the right password is never counted, so that nobody can lock somebody out.
"""

from __future__ import annotations

from flask import Response, current_app, g, request
from flask_babel import gettext as _

from blueprints.accounts import address
from blueprints.doors import SignedIn
from community.people import throttle
from community.people.handles import canonical_email
from community.people.tokens import living_drive_password
from community.spaces.queries import actor_for

TRIES_PER_ADDRESS = 60
"""Wrong passwords from one address in a quarter of an hour: an office with a few stale drives behind one line."""


def plain(status: int, words: str, **headers: str) -> Response:
    """A short answer for programs."""
    made: Response = current_app.response_class(words, status=status, content_type="text/plain; charset=utf-8")
    made.headers.update(headers)
    return made


def admit() -> Response | None:
    """Let the caller in or refuse: 401 for whatever is wrong with the password. Raises TooMany (429)."""
    if current_app.config["SETTINGS"].https and not request.is_secure:
        return plain(403, _("Use https: a password must not travel in the open."))
    sent = request.authorization
    if sent is None or sent.type != "basic" or not sent.username or not sent.password:
        return _challenge()
    token = living_drive_password(sent.username, sent.password)
    if token is None:
        throttle.take(
            [
                throttle.account_door("drive", canonical_email(sent.username[:254])),
                throttle.address_door("drive", address(), TRIES_PER_ADDRESS),
            ]
        )
        return _challenge()
    g.drive_password = token
    g.actor = actor_for(token.person)
    g._login_user = SignedIn(token.person, "")  # the language of an answer is that of the person who is here
    return None


def _challenge() -> Response:
    return plain(
        401,
        _("Send your e-mail and a password made under Settings, “Files as a drive”."),
        **{"WWW-Authenticate": 'Basic realm="Cohortium", charset="UTF-8"'},
    )

"""The gate of the API: who calls, and whether they may call like this. Nothing passes without a name (default deny).

A program comes with `Authorization: Bearer …` (RFC 6750), and then only the token counts. A page of ours comes with the
browser's session; since a browser sends that cookie along with whatever another site makes it send, what changes something
needs the CSRF token in `X-CSRFToken` besides, and must come from here (`Origin`, `Sec-Fetch-Site`).
"""

from __future__ import annotations

import logging
import time
from urllib.parse import urlsplit

from flask import current_app, g, request
from flask_limiter import RequestLimit
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response
from wtforms import ValidationError

from blueprints.access import ACCESS
from blueprints.api.refusals import Refused
from blueprints.doors import SignedIn, actor
from blueprints.limits import limiter
from community.errors import NotFound, _l
from community.people import tokens
from community.people.models import Token
from community.spaces.queries import actor_for

log = logging.getLogger(__name__)

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REALM = 'Bearer realm="Cohortium"'


def admit() -> None:
    """Let the caller in or refuse: 401 without a name, 403 for a token or a page that may not do this."""
    if "\x00" in request.path:
        raise NotFound()  # no name holds it, and a database may refuse to look
    if ACCESS.get(request.endpoint or "") == "open":
        return
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        _with_token(secret.strip())
    elif current_user.is_authenticated and actor().is_signed_in:
        _with_cookie()
    else:
        raise Refused(401, _l("Sign in, or send a token."), headers={"WWW-Authenticate": REALM})


def _with_token(secret: str) -> None:
    token = tokens.living_token(secret)
    if token is None:
        challenge = f'{REALM}, error="invalid_token"'
        raise Refused(401, _l("This token opens nothing (any more)."), headers={"WWW-Authenticate": challenge})
    if request.method not in SAFE and token.scope != "write":
        challenge = f'{REALM}, error="insufficient_scope", scope="write"'
        raise Refused(403, _l("This token may only read."), headers={"WWW-Authenticate": challenge})
    g.api_token = token
    g.actor = actor_for(token.person)
    # The language and the time zone of an answer are those of the person who is here.
    g._login_user = SignedIn(token.person, "")


def _with_cookie() -> None:
    if request.method in SAFE:
        return
    if not _from_here():
        raise Refused(403, _l("This request came from another site."))
    try:
        validate_csrf(request.headers.get("X-CSRFToken"))
    except ValidationError:
        raise Refused(403, _l("Send the token of this page in X-CSRFToken.")) from None


def _from_here() -> bool:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    base = current_app.config["SETTINGS"].BASE_URL
    return urlsplit(origin).netloc.lower() in {request.host.lower(), urlsplit(base).netloc.lower()} - {""}


def note_use(answer: Response) -> Response:
    """After the answer is made: note that the token was used, at most once an hour, and say what is left of the limits."""
    token: Token | None = g.get("api_token")
    if token is not None:
        try:
            tokens.touch(token)
        except SQLAlchemyError:
            log.warning("the use of token %s was not noted", token.id, exc_info=True)
    held: list[RequestLimit] = limiter.current_limits
    if held and "RateLimit-Limit" not in answer.headers:
        least = min(held, key=lambda limit: limit.remaining)
        answer.headers["RateLimit-Limit"] = str(least.limit.amount)
        answer.headers["RateLimit-Remaining"] = str(max(0, least.remaining))
        answer.headers["RateLimit-Reset"] = str(max(0, int(least.reset_at - time.time())))
    return answer

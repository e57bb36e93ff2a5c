"""What the domain refuses, said to people as pages and to programs as problem+json (RFC 9457)."""

from __future__ import annotations

import errno
import logging
import uuid
from typing import Any

from flask import Flask, current_app, g, jsonify, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response

from community.errors import CommunityError, Conflict, Denied, Invalid, NotFound, TooMany
from community.extensions import db
from community.files.storage import Away, NoRoom

log = logging.getLogger(__name__)

STATUS: dict[type[CommunityError], int] = {
    NoRoom: 507,
    Away: 503,
    NotFound: 404,
    Denied: 403,
    Invalid: 422,
    Conflict: 409,
    TooMany: 429,
}
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}  # as RFC 9110 calls them now
_SHOWN = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503, 507})


def said(fault: CommunityError) -> str:
    """The sentence of a refusal in the reader's language. A form that shows it answers 422; where no field is to blame, but the
    place for bytes, the answer gets the status of that (`init_app`).
    """
    if isinstance(fault, NoRoom | Away):
        g.no_place = status_of(fault)
    return gettext(fault.sentence, **fault.facts)


def status_of(fault: CommunityError) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in STATUS.items() if isinstance(fault, kind)), 400)


def wants_json() -> bool:
    """Whether the caller is a program."""
    return request.path.startswith("/api/")


def problem(status: int, detail: str, **extra: Any) -> Response:
    """A problem document (RFC 9457 section 3). Of no type of its own, its title is the phrase of the status (section 4.2.1)."""
    title = _PHRASES.get(status) or HTTP_STATUS_CODES.get(status, "Error")
    answer = jsonify({"type": "about:blank", "status": status, "title": title, "detail": detail, **extra})
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer


def page(status: int, sentence: str | None = None, **extra: object) -> Response:
    """The error page of a status; `sentence` replaces its general words."""
    shown = status if status in _SHOWN else (500 if status >= 500 else 400)
    html = render_template(f"errors/{shown}.html", sentence=sentence, **extra)
    return current_app.make_response((html, status))


def init_app(app: Flask) -> None:
    """Register the handlers."""

    @app.after_request
    def blame_no_field(answer: Response) -> Response:
        if answer.status_code == 422 and "no_place" in g:
            answer.status_code = g.no_place
        return answer

    @app.errorhandler(CommunityError)
    def refused(fault: CommunityError) -> Response:
        db.session.rollback()
        status = status_of(fault)
        extra: dict[str, Any] = {}
        if isinstance(fault, Invalid):
            extra["field"] = fault.field
        if wants_json():
            answer = problem(status, said(fault), **extra)
        else:
            answer = page(status, None if isinstance(fault, NotFound) else said(fault))
        if isinstance(fault, TooMany):
            answer.headers["Retry-After"] = str(fault.retry_after)
        if isinstance(fault, Away):
            answer.headers["Retry-After"] = "60"
        return answer

    @app.errorhandler(HTTPException)
    def http(fault: HTTPException) -> Response:
        status = fault.code or 500
        if 300 <= status < 400:
            return fault.get_response()  # type: ignore[return-value]
        if wants_json():
            # No such address and no such thing are the same to who asks.
            answer = problem(status, said(NotFound()) if status == 404 else fault.description or fault.name)
        else:
            answer = page(status)
        for name, value in fault.get_headers():
            if name.lower() in ("allow", "retry-after", "www-authenticate"):
                answer.headers[name] = value
        return answer

    @app.errorhandler(Exception)
    def broken(fault: Exception) -> Response:
        if isinstance(fault, OSError) and fault.errno in FULL:  # where a form's files wait to be read, for one
            log.error("no room: %s", fault)
            return refused(NoRoom())
        g.broken = True  # the page that tells it asks nobody who is signed in: the database may be what failed
        db.session.rollback()
        number = uuid.uuid4().hex[:12]
        log.exception("request failed, number %s", number)
        if app.testing and not app.config.get("SHOW_500"):
            raise fault
        if wants_json():
            return problem(500, "Something broke on our side.", number=number)
        return page(500, number=number)

"""My spaces as a drive, `/dav/` (RFC 4918, classes 1 and 2): what programs and file managers see of the files.

Read in this order:

* `gate`       who comes: a password made for a drive, in each request, and nothing else
* `paths`      what an address names: the top, a space, a folder, a file, or what a program put down for a moment
* `resources`  those as WsgiDAV wants to see them, with their properties
* `locking`    locks: WsgiDAV's rules over the rows of community/locks
* `listing`    PROPFIND, written row by row
* `server`     what each method does; every change is an action of the domain
* `bodies`     the XML that comes in, bounded before anything reads it

Whoever comes through here is held by the same permissions, limits, quotas and scans as on the pages; there are no cookies.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from wsgidav.dav_error import DAVError, get_http_status_string

from blueprints.dav.gate import admit, plain
from blueprints.dav.server import METHODS, answer
from blueprints.mishaps import said, status_of
from community.errors import CommunityError, Conflict, TooMany
from community.extensions import db
from community.files import room, storage
from community.files.storage import TooLarge
from community.locks.queries import Locked
from community.people import tokens

log = logging.getLogger(__name__)

bp = Blueprint("dav", __name__)
bp.before_request(admit)

_DOOR = {"methods": METHODS, "provide_automatic_options": False, "strict_slashes": False}


@bp.route("/dav/", defaults={"path": ""}, **_DOOR)
@bp.route("/dav/<path:path>", **_DOOR)
def drive(path: str) -> Response:
    """Whatever a program asks of the drive."""
    return answer(request.path.removeprefix("/dav"))


@bp.errorhandler(CommunityError)
def refused(fault: CommunityError) -> Response:
    """A refusal of the domain, as programs understand it."""
    db.session.rollback()
    status = status_of(fault)
    if isinstance(fault, TooLarge):
        status = 413
    elif isinstance(fault, room.NoRoom | storage.NoRoom):
        status = 507  # RFC 4918, section 11.5
    elif isinstance(fault, storage.Away):
        status = 503
    elif isinstance(fault, Conflict):
        status = 423 if isinstance(fault, Locked) else 409
    made = plain(status, said(fault))
    if isinstance(fault, TooMany):
        made.headers["Retry-After"] = str(fault.retry_after)
    return made


@bp.errorhandler(DAVError)
def dav_refused(fault: DAVError) -> Response:
    """A refusal of the protocol; where RFC 4918 names the condition that failed, the body says it (section 16)."""
    db.session.rollback()
    if fault.value == 304:
        return Response(status=304)
    if fault.err_condition is not None:
        fault.err_condition.hrefs = [f"/dav{way}" for way in fault.err_condition.hrefs]
        kind, body = fault.get_response_page()
        return current_app.response_class(body, status=get_http_status_string(fault), content_type=kind)
    return plain(fault.value, "")


@bp.errorhandler(HTTPException)
def http_refused(fault: HTTPException) -> Response:
    """What Werkzeug refuses: a body that is too long, a line that broke."""
    db.session.rollback()
    return plain(fault.code or 400, "")


@bp.after_request
def note_use(made: Response) -> Response:
    """Note that the password was used, at most once an hour."""
    token = g.get("drive_password")
    if token is not None:
        try:
            tokens.touch(token)
        except SQLAlchemyError:
            log.warning("the use of a drive's password was not noted", exc_info=True)
    return made

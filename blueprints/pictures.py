"""Faces: taken in as an upload, kept in the storage as a small square, given out to whoever sees the person."""

from __future__ import annotations

import io

from flask import Response, current_app, request
from werkzeug.datastructures import FileStorage

from blueprints.doors import actor
from community.errors import Invalid, NotFound, _l
from community.people import actions
from community.people.models import Person
from community.people.queries import person_for

MOST_BYTES = 12 * 1024 * 1024
A_YEAR = 365 * 86400


def picture_url(person: Person) -> str:
    """Where the face of somebody is, "" when they gave none. Changes with the picture, so that browsers may keep it."""
    return f"/people/{person.handle}/picture?v={person.picture_key[:8]}" if person.picture_key else ""


def read_picture(upload: FileStorage | None) -> bytes | None:
    """The picture that came with a form as a small square, or None when none came.
    Raises Invalid("picture") for what is no picture, or too large."""
    from community.people.avatars import avatar_of

    if upload is None or not upload.filename:
        return None
    data = upload.stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Invalid("picture", _l("Choose a picture of less than %(limit)d MB."), limit=MOST_BYTES // 1024 // 1024)
    return avatar_of(data)


def keep_picture(person: Person, picture: bytes | None) -> None:
    """Give somebody this face; None leaves the one they have."""
    if picture is not None:
        stored = current_app.config["STORAGE"].put(io.BytesIO(picture), limit_bytes=MOST_BYTES)
        _swap(person, stored.key)


def drop_picture(person: Person) -> None:
    """Back to initials."""
    _swap(person, None)


def _swap(person: Person, key: str | None) -> None:
    before = actions.set_picture(actor(), person, key=key)
    if before is not None and before != key:
        current_app.config["STORAGE"].delete(before)


def picture(handle: str) -> Response:
    """The face of a person whom the reader may see. 404 for everybody else, and for who has none."""
    person = person_for(actor(), handle)
    if person.picture_key is None:
        raise NotFound()
    if request.if_none_match.contains(person.picture_key):
        answer = Response(status=304)
    else:
        with current_app.config["STORAGE"].open(person.picture_key) as file:
            answer = Response(file.read(), mimetype="image/webp")
    answer.set_etag(person.picture_key)
    fresh = request.args.get("v") == person.picture_key[:8]
    answer.headers["Cache-Control"] = f"private, max-age={A_YEAR if fresh else 0}, immutable"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer

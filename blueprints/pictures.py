"""Faces: taken in as an upload, kept in the storage as a small square, given out to whoever sees the person."""

from __future__ import annotations

import io

from flask import Response, current_app, request
from werkzeug.datastructures import FileStorage

from blueprints.doors import actor
from community.errors import NotFound
from community.people import actions
from community.people.avatars import avatar_from_upload
from community.people.models import Person
from community.people.queries import person_for

MOST_BYTES = 1_000_000
"""Of a small square; an upload may be larger (community/people/avatars.py)."""
A_YEAR = 365 * 86400


def read_picture(upload: FileStorage | None) -> bytes | None:
    """The picture that came with a form, as a small square, or None when none came. Raises Invalid("picture")."""
    return avatar_from_upload(upload.stream) if upload is not None and upload.filename else None


def keep_picture(person: Person, picture: bytes | None) -> None:
    """Give somebody this face; None leaves the one they have."""
    if picture is not None:
        stored = current_app.config["STORAGE"].put(io.BytesIO(picture), limit_bytes=MOST_BYTES)
        actions.set_picture(actor(), person, key=stored.key)


def drop_picture(person: Person) -> None:
    """Back to initials."""
    actions.set_picture(actor(), person, key=None)


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
    fresh = request.args.get("v") == person.picture_key[-8:]
    answer.headers["Cache-Control"] = f"private, max-age={A_YEAR if fresh else 0}, immutable"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer

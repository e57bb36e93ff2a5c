"""Draws previews, in a lane of its own: what takes long to draw holds up no other work. What it draws of, others sent: it is drawn
by programs with few rights, and whatever becomes of them is told in a word.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from community.clock import now
from community.errors import NotFound
from community.extensions import db, write_unit
from community.files.drawn import (
    Kept,
    content_of,
    drawn_before,
    drop_previews,
    files_to_draw,
    keep_preview,
    order_preview,
    still_good,
)
from community.files.models import File
from community.files.previews import DRAWN, Impossible, Preview, can_draw, may_be_drawn, preview_of
from community.files.storage import Missing, Storage
from community.jobs.work import handles
from community.ports import ports

AT_ONCE = 500
"""Files of which the drawing is ordered in one go, and previews that are forgotten in one."""
MOST_BYTES = 40_000_000
"""Of one picture."""


@handles("files.look-drawn", every=timedelta(days=1))
def _look(_payload: dict[str, Any]) -> None:
    """Order what is missing, from before previews were kept or whose order was lost, and forget what nobody holds any more."""
    here = [kind for kind in DRAWN if can_draw(kind)]
    today = now().date().isoformat()
    for file in files_to_draw(AT_ONCE, retry=here):
        with write_unit():
            order_preview(file, file.version, today)
    with write_unit():
        drop_previews(AT_ONCE)


@handles("files.draw", lane="drawings")
def _draw(payload: dict[str, Any]) -> None:
    """Drawing it twice changes nothing. What was replaced meanwhile is drawn too, for who looks back at it."""
    file = db.session.get(File, payload["file"])
    if file is None or file.deleted_at is not None:
        return
    try:
        content = content_of(file, payload["version"])
    except NotFound:
        return  # it is not kept any more
    sha256, key, media_type = content.sha256, content.storage_key, content.media_type
    if not may_be_drawn(media_type):
        return
    known = drawn_before(sha256, media_type)
    if known is not None and (known.reason != "converter" or not can_draw(media_type)):
        with write_unit():
            still_good(known)
        return
    db.session.rollback()  # no transaction waits for who draws
    try:
        reason, made, kept = _drawing(ports.storage(), key, media_type)
    except Missing:
        return  # the doctor tells of bytes that are not there
    try:
        with write_unit():
            keep_preview(sha256, media_type, reason, made, kept)
    except IntegrityError:
        return  # somebody drew the same at the same moment; bytes that nobody names the sweep takes


def draw_at_once(file: File) -> None:
    """Draw the version that stands before one goes on, for the demo: in a write unit that nobody waits for. Raises Missing."""
    if may_be_drawn(file.media_type) and drawn_before(file.sha256, file.media_type) is None:
        keep_preview(file.sha256, file.media_type, *_drawing(ports.storage(), file.storage_key, file.media_type))


def _drawing(storage: Storage, key: str, media_type: str) -> tuple[str, Preview | None, list[Kept]]:
    """What could be drawn of these bytes, its pictures kept, and in a word why something could not. Raises Missing."""
    kept: list[Kept] = []
    made: Preview | None = None
    try:
        with storage.open(key) as content, preview_of(content, media_type) as made:
            for one in made.parts:
                with one.path.open("rb") as drawn:
                    stored = storage.put(drawn, limit_bytes=MOST_BYTES)
                kept.append(Kept(one.what, one.page, stored.key, one.width, one.height, stored.size))
    except Impossible as fault:
        return str(fault), made, kept
    return "", made, kept

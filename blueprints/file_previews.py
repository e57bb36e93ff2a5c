"""What can be seen of a file: its small picture in lists, the pages on its page, and the areas that people talk about.

Every picture goes through the door of the file, each time; what was drawn of the same content for another gives nobody a right.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, current_app, request
from flask_babel import gettext as _
from PIL import Image
from werkzeug.http import quote_etag

from blueprints.addresses import space_url, url_of
from blueprints.doors import actor
from blueprints.margin import refused
from blueprints.mishaps import said
from blueprints.threads import choices_for, where_words
from community.comments.kind import parent_of
from community.comments.models import Anchor, Comment
from community.comments.queries import anchors_of, comment_for, threads_of
from community.comments.regions import Region, region_of
from community.errors import NotFound
from community.extensions import db
from community.files.drawn import Content, captions_beside, content_of, part_of, preview_of_content, thumbs_of
from community.files.models import File, FilePreview
from community.files.previews import SOUNDS, VIDEOS, may_be_drawn
from community.files.queries import file_numbered
from community.files.tables import Table, table_of
from community.permissions import may

bp = Blueprint("file_previews", __name__)

SANDBOX = "default-src 'none'; sandbox"
CUT_SIDE = 360
"""Pixels: of the picture of an area beside what is said about it."""


def thumb_urls_of(files: Sequence[File]) -> dict[int, str]:
    """Where the small pictures of those of these files are that have one, by the id of the file. One query for all of them."""
    return {number: f"/files/{number}/preview/thumb?v={thumb.sign}" for number, thumb in thumbs_of(files).items()}


# ---- the bytes ------------------------------------------------------------------------------------------------------


@bp.get("/files/<int:number>/preview/<any(thumb, sheet, poster, wave):what>")
@bp.get("/files/<int:number>/preview/sheet/<int:page>", defaults={"what": "sheet"})
def part(number: int, what: str, page: int = 0) -> Response:
    """One picture of a file that the reader may see, of the version that stands or of `?version=`."""
    held = content_of(file_numbered(actor(), number), request.args.get("version", type=int))
    found = part_of(held, what, page)
    tag = found.storage_key[:16]
    if request.if_none_match.contains(tag):
        return _sent(b"", tag, 304)
    with current_app.config["STORAGE"].open(found.storage_key) as drawn:
        return _sent(drawn.read(), tag)


def _sent(drawn: bytes, tag: str, status: int = 200) -> Response:
    answer = Response(drawn, status=status, mimetype="image/webp")
    answer.headers["ETag"] = quote_etag(tag)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@bp.get("/comments/<int:comment_id>/area")
def area(comment_id: int) -> Response:
    """The area that a comment is about, cut out of the version on which it was made."""
    comment = comment_for(actor(), comment_id)
    anchor = anchors_of(actor(), [comment]).get(comment.id)
    region = region_of(anchor) if anchor is not None else None
    thing = parent_of(comment)
    if anchor is None or region is None or not isinstance(thing, File):
        raise NotFound()
    held = content_of(thing, anchor.made_on)
    found = part_of(held, "sheet", region.page)
    tag = f"{found.storage_key[:16]}-{anchor.region}"
    if request.if_none_match.contains(tag):
        return _sent(b"", tag, 304)
    with current_app.config["STORAGE"].open(found.storage_key) as drawn:
        return _sent(_cut(drawn.read(), region), tag)


def _cut(drawn: bytes, region: Region) -> bytes:
    """An area of a picture that was drawn here, with a little of what is around it."""
    with Image.open(io.BytesIO(drawn), formats=("WEBP",)) as image:
        width, height = image.size
        left, upper = (region.x - 1) / 100 * width, (region.y - 1) / 100 * height
        right, lower = (region.x + region.width + 1) / 100 * width, (region.y + region.height + 1) / 100 * height
        part = image.crop((int(max(0, left)), int(max(0, upper)), int(min(width, right)), int(min(height, lower))))
        part.thumbnail((CUT_SIDE, CUT_SIDE))
        out = io.BytesIO()
        part.save(out, "WEBP", quality=78, method=2)
        return out.getvalue()


# ---- what its page shows --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Spot:
    """An area on a page: its number there, where it leads, what is said of it, and its measures in the pixels of the page."""

    number: int
    comment_id: int
    url: str
    words: str
    x: float
    y: float
    width: float
    height: float
    state: str


@dataclass(slots=True)
class Sheet:
    """A page, or a picture: from 1, its address, width and height in pixels, and the areas on it."""

    page: int
    url: str
    width: int
    height: int
    spots: list[Spot] = field(default_factory=list)


@dataclass(slots=True)
class Viewer:
    """What `files/_viewer.html` draws. `kind` is "picture", "pages", "video", "sound", "table", "waits", "not" (with the `reason`)
    or "" where there is nothing to see; `version` is set when it is not the one that stands.
    """

    kind: str = ""
    sheets: list[Sheet] = field(default_factory=list)
    pages: int = 0
    reason: str = ""
    url: str = ""
    poster: str = ""
    length: str = ""
    captions: list[tuple[str, str]] = field(default_factory=list)
    table: Table | None = None
    version: int = 0
    area_form: dict[str, Any] | None = None
    spots: dict[int, int] = field(default_factory=dict)  # the number of an area by the id of its comment


def viewer_of(file: File, *, said_here: Sequence[int] = ()) -> Viewer:
    """What can be seen of a file that the reader came to, of its `?version=`. `said_here`: the comments that stand on this page."""
    held = content_of(file, request.args.get("version", type=int))
    old = held.number if held.number != file.version else 0
    if held.media_type in ("text/csv", "text/tab-separated-values") and not old:
        return Viewer("table", table=table_of(file))
    if not may_be_drawn(held.media_type):
        return Viewer(version=old)
    made = preview_of_content(held)
    if made is None or made.reason:
        kind = "waits" if made is None else "not"
        view = Viewer(kind, reason=reason_words(made.reason if made is not None else ""), version=old)
        return _played(view, file, None) if held.media_type in {**VIDEOS, **SOUNDS} and not old else view
    if held.media_type in VIDEOS or held.media_type in SOUNDS:
        return _played(Viewer(version=old), file, made)
    return _pages(file, held, made, old, said_here)


def reason_words(reason: str) -> str:
    """Why there is nothing to see, in a sentence."""
    return {
        "": _("A preview is being made. Look again in a minute."),
        "damaged": _("No preview: the file may be damaged or cut short. It can be downloaded as it was sent."),
        "locked": _("No preview: the file is locked with a password. It can be downloaded as it was sent."),
        "pixels": _("No preview: this picture has too many pixels to be drawn here."),
        "packed": _("No preview: it unpacks to more than can be drawn here."),
        "much": _("No preview: drawing it took too long, or too much memory."),
        "converter": _("No preview: nothing here can draw files of this kind."),
    }[reason]


def _played(view: Viewer, file: File, made: FilePreview | None) -> Viewer:
    """A video or a sound: what the browser cannot play it says itself."""
    parts = {part.what for part in made.parts} if made is not None else set()
    sound = file.media_type in SOUNDS or "wave" in parts
    view.kind = "sound" if sound else "video"
    view.url = _bytes_at(file)
    what = "wave" if sound else "poster"
    if what in parts:
        view.poster = f"/files/{file.id}/preview/{what}?v={file.sha256[:16]}"
    seconds = made.seconds if made is not None else None
    view.length = f"{seconds // 60}:{seconds % 60:02d}" if seconds is not None else ""
    view.captions = [(_bytes_at(one), label) for one, label in captions_beside(actor(), file)]
    return view


def _bytes_at(file: File) -> str:
    return space_url(file.space.slug, "files", file.path)


def _pages(file: File, held: Content, made: FilePreview, old: int, said_here: Sequence[int]) -> Viewer:
    view = Viewer("pages" if made.pages > 1 or file.media_type.startswith("application/") else "picture", version=old)
    query = f"?v={held.sha256[:16]}" + (f"&version={old}" if old else "")
    for one in made.parts:
        if one.what == "sheet":
            behind = f"/{one.page}" if one.page else ""
            url = f"/files/{file.id}/preview/sheet{behind}{query}"
            view.sheets.append(Sheet(one.page, url, one.width, one.height))
    view.pages = made.pages
    _put_spots(view, file, held.number, said_here)
    if not old:
        view.area_form = _area_form(file, view)
    return view


def _put_spots(view: Viewer, file: File, version: int, said_here: Sequence[int]) -> None:
    """The areas of the threads on this version, numbered from the top."""
    if not file.talk_version:
        return
    at = {sheet.page: sheet for sheet in view.sheets}
    found = []
    for thread in threads_of(actor(), file).items:
        anchor = thread.anchor
        if anchor is None or anchor.made_on != version or thread.deleted_at is not None:
            continue
        region = region_of(anchor)
        if region is not None and region.page in at:
            found.append((region, thread))
    found.sort(key=lambda one: (one[0].page, one[0].y, one[0].x, one[1].id))
    for number, (region, thread) in enumerate(found, 1):
        sheet = at[region.page]
        x, y = region.x / 100 * sheet.width, region.y / 100 * sheet.height
        wide, high = region.width / 100 * sheet.width, region.height / 100 * sheet.height
        url = f"#comment-{thread.id}" if thread.id in said_here else url_of(thread)
        words = f"{_('comment %(number)d', number=number)}: {where_words(region)}"
        sheet.spots.append(Spot(number, thread.id, url, words, x, y, wide, high, thread.state))
        view.spots[thread.id] = number


def _area_form(file: File, view: Viewer) -> dict[str, Any] | None:
    """The form for a comment on an area, or by which one of an earlier version (`?place=`) gets its area on this one. None for who
    may do neither.
    """
    who = actor()
    moved = _to_place(file)
    if moved is None and not may(who, "comment", file):
        return None
    form = request.form if "area" in request.form else {}
    fault = refused()
    return {
        "open": bool(form) or moved is not None,
        "moved": moved,
        "errors": {fault.field: said(fault)} if fault is not None and form else {},
        "pages": max(sheet.page for sheet in view.sheets),
        "page": form.get("page", "1"),
        "xywh": form.get("xywh", ""),
        **{name: form.get(name, "") for name in ("body", "purpose", "audience")},
        **choices_for(who, file),
    }


def _to_place(file: File) -> Comment | None:
    """The comment that is to be placed again, if it is one on an area of this file and the reader may."""
    number = request.args.get("place", type=int)
    if not number:
        return None
    try:
        found = comment_for(actor(), number)
    except NotFound:
        return None
    tied = db.session.get(Anchor, found.id)
    here = (found.parent_kind, found.parent_id) == ("file", file.id) and tied is not None and bool(tied.region)
    return found if here and may(actor(), "place", found) else None


def dress_areas(cards: Sequence[Any], view: Viewer) -> None:
    """Give the comments below a file the number of their area on it."""
    for card in cards:
        number = view.spots.get(card.id)
        if number is not None and card.area is not None:
            card.area.number = str(number)

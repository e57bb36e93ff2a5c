"""An area of a picture or of a page, as a thread is about it: a FragmentSelector (W3C Web Annotation Data Model, 4.2.1) whose value
is a media fragment, `xywh=percent:10,20,30,40` (Media Fragments URI 1.0, 4.2.2), behind `page=3` in a document (RFC 8118, 3).

An area stays with the version on which it was made, and is never moved to what took its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from community.comments.models import Anchor, Comment
from community.errors import Invalid, _l
from community.extensions import db
from community.kinds import card_of

CONFORMS = "http://www.w3.org/TR/media-frags/"
_PAGE = re.compile(r"page=(\d{1,6})")
_MEASURES = re.compile(r"xywh=percent:" + ",".join([r"(\d{1,3}(?:\.\d{1,6})?)"] * 4))
LEAST = 0.5
"""Percent: what is narrower or lower can hardly be seen."""


@dataclass(frozen=True)
class Region:
    """An area: `page` from 1, 0 in what has no pages; the others in percent of its width and height, from the top left."""

    page: int = 0
    x: float = 0.0
    y: float = 0.0
    width: float = 100.0
    height: float = 100.0

    @property
    def value(self) -> str:
        """As a media fragment. The whole of a page has no measures."""
        of_page = f"page={self.page}" if self.page else ""
        if self.is_whole and of_page:
            return of_page
        numbers = ",".join(
            f"{number:.2f}".rstrip("0").rstrip(".") for number in (self.x, self.y, self.width, self.height)
        )
        return "&".join(part for part in (of_page, f"xywh=percent:{numbers}") if part)

    @property
    def is_whole(self) -> bool:
        return self.width >= 99.9 and self.height >= 99.9


@dataclass(frozen=True)
class Sheets:
    """What can be pointed at of a thing: how many pages there are to see (0: a picture), and of which version they are."""

    pages: int
    revision: int


_makers: dict[str, Callable[[Any], Sheets | None]] = {}


def sheets_are(kind: str, make: Callable[[Any], Sheets | None]) -> None:
    """Say how it is found what can be pointed at of things of a kind."""
    _makers[kind] = make


def sheets_of(thing: Any) -> Sheets | None:
    """What can be pointed at of a thing, None where there is nothing to see."""
    make = _makers.get(card_of(thing).name)
    return make(thing) if make is not None else None


def region_from(value: str) -> Region:
    """The area that a media fragment names, cut at the borders. Raises ValueError."""
    page = measures = None
    for part in value.split("&"):
        if page is None and measures is None and (found := _PAGE.fullmatch(part)):
            page = int(found[1])
        elif measures is None and (found := _MEASURES.fullmatch(part)):
            measures = [min(float(number), 100.0) for number in found.groups()]
        else:
            raise ValueError("no area")
    x, y, width, height = measures or (0.0, 0.0, 100.0, 100.0)
    return Region(page or 0, x, y, min(width, 100.0 - x), min(height, 100.0 - y))


def tie_region(comment: Comment, thing: Any, region: Region) -> None:
    """Put a thread on an area of what is to be seen of a thing now. Part of an action. Raises Invalid("region")."""
    sheets = sheets_of(thing)
    if sheets is None:
        raise Invalid("region", _l("There is no picture of this to point at."))
    if sheets.pages == 0:
        region = Region(0, region.x, region.y, region.width, region.height)
    elif not 1 <= region.page <= sheets.pages:
        raise Invalid("region", _l("Choose a page from 1 to %(count)d."), count=sheets.pages)
    if region.width < LEAST or region.height < LEAST:
        raise Invalid("region", _l("Draw a larger area."))
    tied = db.session.get(Anchor, comment.id)
    if tied is None:
        tied = Anchor(comment_id=comment.id, parent_kind=comment.parent_kind, parent_id=comment.parent_id)
        db.session.add(tied)
    tied.region, tied.made_on, tied.revision, tied.orphaned_at = region.value, sheets.revision, sheets.revision, None
    tied.exact = tied.words = tied.prefix = tied.suffix = ""
    tied.begins = tied.ends = tied.marks = tied.print = tied.before = tied.after = 0


def region_of(anchor: Anchor) -> Region | None:
    """The area of a thread, None for one on words."""
    return region_from(anchor.region) if anchor.region else None

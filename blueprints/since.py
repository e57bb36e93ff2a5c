"""The line between what is new and what was seen. `?since=` in an address says where it stands; else the last visit does."""

from __future__ import annotations

import logging

from flask import after_this_request, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from community.microblog.queries import FeedPage
from community.permissions import Actor
from community.visits.noting import note_visit
from community.visits.queries import seen_in

log = logging.getLogger(__name__)


def line_in(who: Actor, place: int, page: FeedPage, before: int | None, *, noted: bool) -> int | None:
    """The number of the last post that was seen in a stream before; None when nothing is known. `noted`: whoever looks at the
    first page of the stream as it is has then been there, which is written once the answer is made.
    """
    given = request.args.get("since", type=int)
    if not noted or (before is not None and given is None):
        return None
    if before is not None:
        return given
    seen = seen_in(who, place)
    if seen.stale and request.method == "GET":
        newest = max((item.post.id for item in (*page.items, *page.pinned)), default=0)

        @after_this_request
        def note(answer: Response) -> Response:
            try:
                note_visit(who, place, newest=newest)
            except SQLAlchemyError:
                log.warning("a visit was not noted", exc_info=True)
            return answer

    return given if given is not None else seen.line


def fresh_above(who: Actor, page: FeedPage, line: int | None, before: int | None) -> int | None:
    """How many posts of a page stand above the line; None when the line is not on this page."""
    if line is None or not page.items:
        return None
    above = [item.post for item in page.items if item.post.id > line]
    if not above:
        return 0 if before is not None and page.items[0].post.id <= line < before else None
    if len(above) == len(page.items) or all(post.author_id == who.id for post in above):
        return None
    return len(above)

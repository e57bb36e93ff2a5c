"""Search: everything that the caller may see, and nothing else's."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import Any, Literal

from flask import current_app
from pydantic import Field
from sqlalchemy import select

from blueprints.addresses import hold_places
from blueprints.api import schemas
from blueprints.api.calls import call
from blueprints.api.making import maybe, page_of
from blueprints.api.reading import Stretch, midnight, number_cursor
from blueprints.api.refusals import Refused
from blueprints.doors import actor
from community.errors import Invalid, _l
from community.extensions import db
from community.permissions import visible
from community.search.queries import Answer, Found, search
from community.search.query import MAX_CHARACTERS
from community.spaces.models import Space
from community.spaces.queries import phase_keys

DEEPEST = 1000
"""Hits that can be paged through; who looks further asks more narrowly."""
Kind = Literal[
    "post", "comment", "page", "file", "folder", "entry", "person", "space", "event", "prompt", "message", "conversation", "ask",
    "submission",
]  # fmt: skip


class SearchAsked(Stretch):
    q: str = Field(max_length=MAX_CHARACTERS, description='Words, "words in a row", -without, kind:page author:noor …')
    kind: list[Kind] = Field([], max_length=14)
    space: str | None = Field(None, max_length=60)
    author: str | None = Field(None, max_length=60)
    since: date | None = Field(None, alias="from", description="The first day.")
    until: date | None = Field(None, alias="to", description="The last day.")
    sort: Literal["relevance", "newest"] = "relevance"


@call("GET", "/search", "Find", query=SearchAsked, answer=schemas.SearchAnswer, also=(503,))
def search_all(asked: SearchAsked) -> schemas.SearchAnswer:
    """Counts and facets tell only of what you may see. `next` goes on up to 1000 hits."""
    offset = number_cursor(asked) or 0
    if offset > DEEPEST:
        raise Invalid("cursor", _l("This cursor leads nowhere. Begin again without one."))
    many = min(asked.many, 100)
    answer = search(
        actor(),
        current_app.config["SETTINGS"].search_folder,
        asked.q,
        kinds=asked.kind,
        space_ids=_places(asked.space),
        author=asked.author,
        since=midnight(asked.since),
        until=midnight(asked.until, later=1),
        sort=asked.sort,
        offset=offset,
        limit=many,
    )
    if answer.unavailable:
        raise Refused(503, _l("Search is not there right now. Try again in a while."), headers={"Retry-After": "60"})
    held = hold_places(found.obj for found in answer.found)
    slugs = {thing.id: thing.slug for thing in held if isinstance(thing, Space)}
    more = offset + many < min(answer.total, DEEPEST)
    return schemas.SearchAnswer(
        items=[_hit(found, slugs) for found in answer.found],
        next=str(offset + many) if more else None,
        total=answer.total,
        facets=_facets(answer),
        suggestion=answer.suggestion,
        relaxed=answer.relaxed,
    )


def _places(slug: str | None) -> list[int]:
    if not slug:
        return []
    found = db.session.scalar(select(Space.id).where(Space.slug == slug, visible(actor(), Space)))
    return [found or 0]  # no thing is in space 0: an unknown one and a hidden one hold the same


def marked(excerpt: Any) -> str:
    """An excerpt as HTML: what was looked for within `<mark>`."""
    return "".join(f"<mark>{escape(text)}</mark>" if hit else escape(text) for text, hit in excerpt)


def _hit(found: Found, slugs: dict[int, str]) -> schemas.Hit:
    obj = found.obj
    slug = obj.slug if isinstance(obj, Space) else slugs.get(getattr(obj, "space_id", None) or 0)
    return schemas.Hit(
        kind=found.kind,
        id=obj.id,
        title=found.title,
        excerpt=marked(found.excerpt),
        where=schemas.Where(kind=at.kind, number=at.number, title=at.title) if (at := found.where) else None,
        url=page_of(obj, slug),
        space=slug,
        author=maybe(getattr(obj, "author", None)),
        updated=getattr(obj, "updated_at", None),
        score=round(found.score, 4),
    )


def _facets(answer: Answer) -> schemas.Facets:
    """Counts by name. Two queries: which of the spaces the caller sees, and what the phases are called."""
    spaces = {int(key): count for key, count in answer.facets.get("space", {}).items() if key.isdigit()}
    phases = {int(key): count for key, count in answer.facets.get("phase", {}).items() if key.isdigit()}
    places = db.session.execute(select(Space.id, Space.slug).where(Space.id.in_(spaces), visible(actor(), Space)))
    named: dict[str, int] = {}
    keys = phase_keys(phases)
    for number, count in phases.items():
        if number in keys:
            named[keys[number]] = named.get(keys[number], 0) + count
    return schemas.Facets(
        kind=answer.facets.get("kind", {}),
        space={row.slug: spaces[row.id] for row in places},
        phase=named,
        language=answer.facets.get("language", {}),
    )

"""Words that were made ready by an older renderer are made ready anew, a few at a time, so that every repair and every new sign
reaches old rows too (QUALITY 35). Nobody is told, nothing is dated anew: the words did not change.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from community.errors import Invalid
from community.extensions import db, write_unit
from community.items.writing import rendered
from community.jobs.work import enqueue, handles
from community.kinds import all_kinds, card_of
from community.markup import RENDER_VERSION
from community.people.models import Person
from community.spaces.models import Space
from community.spaces.queries import actor_for

BATCH = 50


def _models() -> list[Any]:
    """The kinds whose words are kept as HTML."""
    return [card.model for card in all_kinds() if hasattr(card.model, "body_html")]


@handles("words.look", every=timedelta(days=1))
def look(payload: dict[str, Any]) -> None:
    """Begin where something old is left: one job for each kind and version."""
    for model in _models():
        if db.session.scalar(select(model.id).where(model.render_version < RENDER_VERSION).limit(1)) is not None:
            with write_unit():
                _go_on(card_of(model).name, 0)


def _go_on(kind: str, after: int) -> None:
    enqueue("words.render", {"kind": kind, "after": after}, unique_key=f"words.render:{RENDER_VERSION}:{kind}:{after}")


@handles("words.render")
def render_again(payload: dict[str, Any]) -> None:
    """The next `BATCH` rows of a kind behind an id, and the job for those that follow, in one transaction."""
    kind, after = payload["kind"], payload["after"]
    model = next(model for model in _models() if card_of(model).name == kind)
    stmt = select(model.id).where(model.id > after, model.render_version < RENDER_VERSION)
    ids = list(db.session.scalars(stmt.order_by(model.id).limit(BATCH)))
    for number in ids:
        with write_unit():
            thing = db.session.get(model, number, with_for_update=True, populate_existing=True)
            if thing is not None and thing.render_version < RENDER_VERSION:
                _render(thing)
    if len(ids) == BATCH:
        with write_unit():
            _go_on(kind, ids[-1])


def _render(thing: Any) -> None:
    thing.render_version = RENDER_VERSION
    if not thing.body.strip():
        return
    space_id = getattr(thing, "space_id", None)
    space = db.session.get(Space, space_id) if space_id is not None else None
    try:
        made = rendered(thing.body, space, actor_for(db.session.get_one(Person, thing.author_id)))
    except Invalid:
        return  # what was too long yesterday stays as it stands
    thing.body_html = str(made.html)
    if hasattr(thing, "excerpt"):
        thing.excerpt = made.excerpt

"""One branch of the tree of a wiki, as an answer."""

from __future__ import annotations

from pydantic import Field

from blueprints.api import schemas
from blueprints.api.making import page_line, phases_of
from blueprints.api.reading import Stretch
from blueprints.api.schemas import Next, Out
from blueprints.doors import actor
from community.errors import Invalid, _l
from community.spaces.models import Space
from community.wiki.branches import children_of
from community.wiki.models import Page


class BranchLine(schemas.PageLine):
    """A page in the tree."""

    opens: bool = Field(description="Whether you see pages below it.")


class Branch(Out):
    """The pages below one, or on top, in the order in which people put them."""

    items: list[BranchLine]
    next: Next


def branch_of(space: Space, under: Page | None, asked: Stretch) -> Branch:
    """A page whose parent the caller does not see stands below the nearest page above that they do. Raises Invalid("cursor")."""
    found = children_of(actor(), space, under, after=_place(asked.cursor), limit=asked.many)
    phases = phases_of(found.items)
    lines = [
        BranchLine(**page_line(page, space.slug, phases).model_dump(), opens=page.id in found.opens)
        for page in found.items
    ]
    return Branch(items=lines, next=f"{found.next[0]}.{found.next[1]}" if found.next else None)


def _place(cursor: str | None) -> tuple[int, int] | None:
    """`1024.7`: the position and number of the last page that was given."""
    if cursor is None:
        return None
    position, _dot, number = cursor.partition(".")
    parts = (position.removeprefix("-"), number)
    if not all(part.isascii() and part.isdecimal() and len(part) < 18 for part in parts):
        raise Invalid("cursor", _l("This cursor leads nowhere. Begin again without one."))
    return int(position), int(number)

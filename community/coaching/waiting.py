"""The register of what can wait for a coach. A noun whose things wait says so once, in its own package:

    from community.coaching.waiting import Source, wait_row, waits_are_told_by

    def _waiting(actor: Actor, places: list[int]) -> Select[Any]:
        return wait_row(
            "submission", "submission", Submission.id, Submission.space_id,
            since=Submission.handed_in_at, by_id=Submission.author_id,
        ).where(Submission.space_id.in_(places), Submission.state == "waiting", visible(actor, Submission))

    waits_are_told_by(Source("submission", "submission", _waiting))

`name` is what the inbox filters by and shows; `kind` the card of the thing that opens. One row for each thing that waits, and
none for what does not: keep on the thing itself since when it waits, with an index that begins with `space_id`, so that
the inbox costs what waits and not what ever was. `places` are the ids of the spaces where the actor is coach; a source looks
nowhere else, and through `visible`. When the coach answers, the thing no longer waits: that is the noun's own business, in the
action that answers. Snoozed, done, handed over, aged, counted and sorted it is here, without the noun knowing.

The face of a new kind of row (words, icon, pane) is told to `blueprints/inbox_words.py` and `blueprints/inbox_panes.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Select, String, cast, literal, null, select

from community.permissions import Actor

Waits = Callable[[Actor, list[int]], Select[Any]]
Answers = Callable[[list[int], datetime], Select[Any]]


@dataclass(frozen=True)
class Source:
    """One sort of thing that waits: its key in the register, the kind of its card, and the rows (`wait_row`).

    `answers`, where it is answered by something else than a comment: space, coach, since when it waited and when it was answered,
    in some spaces after a moment. They count in how soon coaches answer.
    """

    name: str
    kind: str
    rows: Waits
    answers: Answers | None = None


_sources: dict[str, Source] = {}


def waits_are_told_by(source: Source) -> Source:
    """Put a source in the register; the same name again replaces it."""
    _sources[source.name] = source
    return source


def all_sources() -> tuple[Source, ...]:
    """Every source, by name."""
    return tuple(_sources[name] for name in sorted(_sources))


def wait_row(
    name: Any,
    kind: str,
    thing_id: Any,
    space_id: Any,
    *,
    since: Any,
    by_id: Any,
    latest: Any = None,
    for_id: Any = None,
    wanted_by: Any = None,
) -> Select[Any]:
    """The columns of a row of the inbox, in the order in which all sources give them.

    `since`: from when the coach's time runs. `latest`: the newest word (default `since`): what came after it brings a thing back
    that was snoozed or done. `by_id`: whose word that is. `for_id`: the coach for whom it waits, None for any coach of the space.
    `wanted_by`: a day by which an answer is wanted.
    """
    return select(
        cast(literal(name) if isinstance(name, str) else name, String(24)).label("name"),
        literal(kind).label("kind"),
        thing_id.label("thing_id"),
        space_id.label("space_id"),
        since.label("since"),
        (since if latest is None else latest).label("latest"),
        by_id.label("by_id"),
        (cast(null(), BigInteger) if for_id is None else for_id).label("for_id"),
        (cast(null(), Date) if wanted_by is None else wanted_by).label("wanted_by"),
    )

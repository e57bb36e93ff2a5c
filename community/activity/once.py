"""A thing is made once, however often its request arrives: a double click, a retry after a lost answer.

The caller names the request with a key (a form's hidden field, the API's Idempotency-Key). The key is kept in the same
transaction as what it made, so that two requests at the same moment make one thing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from community.activity.log import action, nothing_changed
from community.clock import now
from community.errors import Conflict, _l
from community.extensions import BigId, UTCTime, db, write_unit
from community.jobs.work import handles
from community.kinds import kind_named, ref_of, split_ref
from community.permissions import Actor

KEPT_FOR = timedelta(days=2)


class KeyReused(Conflict):
    """The key came before, for another request."""


class Once(db.Model):  # type: ignore[misc,name-defined]
    """A request that was done. `print` is a hash of what it asked: the same key for something else is refused."""

    __tablename__ = "once"
    __table_args__ = (UniqueConstraint("person_id", "key"), Index("ix_once_created_at", "created_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId)
    key: Mapped[str] = mapped_column(String(64))
    print: Mapped[str] = mapped_column(String(64), default="")
    ref: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def once(actor: Actor, key: str, do: Callable[[], Any], *, asked: str = "") -> Any:
    """What `do()` made, or what it made when the same key came before. Without a key `do()` simply runs.

    `asked` describes the request. Raises KeyReused when the key came before for something else.
    """
    if not key or actor.id is None:
        return do()
    try:
        return _once(actor, _hash(key), do, _hash(asked))
    except IntegrityError:
        db.session.rollback()
        return _once(actor, _hash(key), do, _hash(asked))


@action
def _once(actor: Actor, key: str, do: Callable[[], Any], asked: str) -> Any:
    known = db.session.scalars(select(Once).where(Once.person_id == actor.id, Once.key == key)).one_or_none()
    if known is not None:
        nothing_changed()
        if known.print != asked:
            raise KeyReused(_l("This key was used for another request. Take a new one."))
        name, object_id = split_ref(known.ref)
        return db.session.get(kind_named(name).model, object_id)
    row = Once(person_id=actor.id, key=key, print=asked)
    db.session.add(row)
    db.session.flush()
    made = do()
    db.session.flush()
    row.ref = ref_of(made)
    return made


def was_done(actor: Actor, key: str) -> bool:
    """Whether the request with this key has made its thing."""
    known = select(Once.id).where(Once.person_id == actor.id, Once.key == _hash(key))
    return bool(key) and db.session.scalar(known) is not None


@handles("once.sweep", every=timedelta(hours=6))
def _sweep(_payload: dict[str, Any]) -> None:
    with write_unit():
        db.session.query(Once).filter(Once.created_at < now() - KEPT_FOR).delete()

"""The columns every item has, and the table of people whom an author named."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db

AUDIENCES = ("only_me", "people", "coach", "space", "organisation")  # narrowest first


class Item:
    """Mixin. `audience` is never wider than the space; `phase_id` is the phase it was made in."""

    @declared_attr
    def space_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("space.id", ondelete="RESTRICT"))

    @declared_attr
    def author_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), index=True)

    @declared_attr
    def phase_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("phase.id", ondelete="SET NULL"), index=True)

    audience: Mapped[str] = mapped_column(String(12), default="space")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCTime)


class Grant(db.Model):  # type: ignore[misc,name-defined]
    """One person named by the author of an item whose audience is `people`."""

    __tablename__ = "item_grant"
    __table_args__ = (
        Index("ix_item_grant_object", "object_kind", "object_id", "person_id", unique=True),
        Index("ix_item_grant_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))


class Mention(db.Model):  # type: ignore[misc,name-defined]
    """Somebody whom a post, page, file, entry or comment names. `on` is the thing itself, or what a comment hangs on."""

    __tablename__ = "mention"
    __table_args__ = (
        UniqueConstraint("object_kind", "object_id", "person_id"),
        Index("ix_mention_person_id_on", "person_id", "on_kind", "on_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[int] = mapped_column(BigId)
    on_kind: Mapped[str] = mapped_column(String(24))
    on_id: Mapped[int] = mapped_column(BigId)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))

"""The table of visits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from community.extensions import BigId, UTCTime, db

EVERYWHERE = 0
"""The place of the feed of all my spaces, beside the ids of spaces."""


class Visit(db.Model):  # type: ignore[misc,name-defined]
    """The last time that somebody read a stream: `seen_id` is the newest post there was, `line_id` the newest there had been
    the time before, so that the line stays where it is while one looks around.
    """

    __tablename__ = "visit"
    __table_args__ = (UniqueConstraint("person_id", "place"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    place: Mapped[int] = mapped_column(BigId)
    line_id: Mapped[int] = mapped_column(BigId)
    seen_id: Mapped[int] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(UTCTime)

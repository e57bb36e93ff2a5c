"""The table of journal entries."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.extensions import BigId, db
from community.items.models import Item
from community.people.models import Person
from community.spaces.models import Space


class Entry(Item, db.Model):  # type: ignore[misc,name-defined]
    """One journal entry. It stays its author's wherever they go; `space_id` only says whose people may read it."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("ix_entry_author_id_id", "author_id", "id"),
        Index("ix_entry_space_id_id", "space_id", "id"),
        Index("ix_entry_prompt_id", "prompt_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)  # counts edits, for ETag and stale forms
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompt.id", ondelete="SET NULL"))
    comment_count: Mapped[int] = mapped_column(default=0)
    talk_version: Mapped[int] = mapped_column(default=0)  # grows with each change besides plain talk that all read
    open_musts: Mapped[int] = mapped_column(default=0)  # threads that must be answered and are not

    author: Mapped[Person] = relationship(foreign_keys="Entry.author_id", lazy="raise")
    space: Mapped[Space | None] = relationship(foreign_keys="Entry.space_id", lazy="raise")

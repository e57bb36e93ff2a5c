"""The table of files. The bytes lie in the storage under a key that says nothing; the name is data."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.extensions import BigId, db
from community.items.models import Item
from community.people.models import Person
from community.spaces.models import Space


class File(Item, db.Model):  # type: ignore[misc,name-defined]
    """One file of a space. `path_key` is the name folded, so that names differing by case only do not live together."""

    __tablename__ = "file"
    __table_args__ = (
        UniqueConstraint("space_id", "path_key"),
        Index("ix_file_space_id_updated_at", "space_id", "updated_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    path_key: Mapped[str] = mapped_column(String(400))
    description: Mapped[str] = mapped_column(Text, default="")
    media_type: Mapped[str] = mapped_column(String(100), default="application/octet-stream")
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)
    comment_count: Mapped[int] = mapped_column(default=0)
    talk_version: Mapped[int] = mapped_column(default=0)  # grows with each change besides plain talk that all read
    open_musts: Mapped[int] = mapped_column(default=0)  # threads that must be answered and are not

    author: Mapped[Person] = relationship(foreign_keys="File.author_id", lazy="raise")
    space: Mapped[Space] = relationship(foreign_keys="File.space_id", lazy="raise")


class FileText(db.Model):  # type: ignore[misc,name-defined]
    """The words of the version of a file with this checksum. `state`: `whole`, `cut` (it is long, and ends early here), `pictures`
    (there are no words in it), `unreadable` (damaged), `locked` or `large` (too much to look into). `part_kind`: page, slide,
    sheet or "", and for each part in `parts` where it begins in `body` and its title (None: it was read before that was told).
    """

    __tablename__ = "file_text"

    file_id: Mapped[int] = mapped_column(
        ForeignKey("file.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12))
    page_count: Mapped[int] = mapped_column(default=0)
    part_kind: Mapped[str] = mapped_column(String(8), default="", server_default="")
    parts: Mapped[list[list[Any]] | None] = mapped_column(JSON(none_as_null=True))
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")

"""The table of what leads to files: derived data, kept by a reader of the log (uses.py)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from community.extensions import BigId, db


class FileUse(db.Model):  # type: ignore[misc,name-defined]
    """A page or post (`object_kind`) whose words lead to an address of a file, or show what stands there. The address is a space
    with the `folder_key` of a way from its top, or no space with `#7` for the file of that number. `file_id`: the file that stands
    there or stood there when it was written, none where nothing did.
    """

    __tablename__ = "file_use"
    __table_args__ = (
        UniqueConstraint("object_kind", "object_id", "space_id", "address"),
        Index("ix_file_use_file_id_object_kind", "file_id", "object_kind"),
        Index("ix_file_use_space_id_address", "space_id", "address"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[int] = mapped_column(BigId)
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(64))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="SET NULL"))

"""The tables of folders, files and their versions. The bytes lie in the storage under their checksum; the name is data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.items.models import Item
from community.people.models import Person
from community.spaces.models import Space

SHOWN = ("", "shown")
"""Files that nobody keeps from others."""
_STANDS = text("deleted_at IS NULL")


class Folder(Item, db.Model):  # type: ignore[misc,name-defined]
    """A folder of a space, in another or at the top (`parent_id` None). `path` is its way from the top as people read it, with
    slashes; `path_key` the SHA-256 of that way folded, so that names differing by case only do not live together, or `/<id>` once
    it is deleted.
    """

    __tablename__ = "folder"
    __table_args__ = (UniqueConstraint("space_id", "path_key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("folder.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    path: Mapped[str] = mapped_column(Text)
    path_key: Mapped[str] = mapped_column(String(64))
    depth: Mapped[int] = mapped_column(default=1)
    description: Mapped[str] = mapped_column(Text, default="")
    removal_id: Mapped[int | None] = mapped_column(BigId, index=True)  # with what it was thrown away

    author: Mapped[Person] = relationship(foreign_keys="Folder.author_id", lazy="raise")
    space: Mapped[Space] = relationship(foreign_keys="Folder.space_id", lazy="raise")


class File(Item, db.Model):  # type: ignore[misc,name-defined]
    """One file of a space. `path_key` is the name folded, behind the id of its folder and a slash where it is in one: names
    differing by case only do not live together. What is deleted has `/<id>`.
    """

    __tablename__ = "file"
    __table_args__ = (
        UniqueConstraint("space_id", "path_key"),
        Index("ix_file_space_id_updated_at", "space_id", "updated_at"),
        Index("ix_file_folder_id_path_key", "folder_id", "path_key"),
        # What stands in a folder, or at the top, in each order that a list has; what lies in the bin is not in these.
        *(
            Index(
                f"ix_file_in_{name}", "space_id", "folder_id", *columns, sqlite_where=_STANDS, postgresql_where=_STANDS
            )
            for name, columns in (
                ("name", ("path_key",)),
                ("changed", ("updated_at", "id")),
                ("size", ("size", "id")),
                ("kind", ("media_type",)),
            )
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    folder_id: Mapped[int | None] = mapped_column(ForeignKey("folder.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(255))
    path_key: Mapped[str] = mapped_column(String(400))
    description: Mapped[str] = mapped_column(Text, default="")
    media_type: Mapped[str] = mapped_column(String(100), default="application/octet-stream")
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(120), index=True)
    version: Mapped[int] = mapped_column(default=1)
    href: Mapped[str] = mapped_column(Text, default="", server_default="")  # of a link: where the document is
    gathered: Mapped[str] = mapped_column(
        String(8), default="", server_default=""
    )  # in a folder that collects: "open", then "shown" or "apart"; "" for all others
    late: Mapped[bool] = mapped_column(default=False, server_default=false())  # sent after its folder had closed
    comment_count: Mapped[int] = mapped_column(default=0)
    talk_version: Mapped[int] = mapped_column(default=0)  # grows with each change besides plain talk that all read
    open_musts: Mapped[int] = mapped_column(default=0)  # threads that must be answered and are not
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    removal_id: Mapped[int | None] = mapped_column(BigId, index=True)  # with what it was thrown away

    author: Mapped[Person] = relationship(foreign_keys="File.author_id", lazy="raise")
    space: Mapped[Space] = relationship(foreign_keys="File.space_id", lazy="raise")
    folder: Mapped[Folder | None] = relationship(foreign_keys="File.folder_id")

    @property
    def path(self) -> str:
        """Its way from the top of the files of its space: `Evidence/Interviews/Planner.docx`."""
        return f"{self.folder.path}/{self.name}" if self.folder is not None else self.name


class Drop(db.Model):  # type: ignore[misc,name-defined]
    """What makes a folder one that collects: each member sends theirs and sees theirs alone, until it closes. `wanted` is how many
    files are asked of each, 0 for as many as they like; `stays_apart`: they are not shown to the others when it closes either.
    """

    __tablename__ = "file_drop"
    __table_args__ = (Index("ix_file_drop_closed_at_closes_at", "closed_at", "closes_at"),)

    folder_id: Mapped[int] = mapped_column(
        ForeignKey("folder.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    closes_at: Mapped[datetime] = mapped_column(UTCTime)
    wanted: Mapped[int] = mapped_column(default=0)
    takes_late: Mapped[bool] = mapped_column(default=False, server_default=false())
    stays_apart: Mapped[bool] = mapped_column(default=False, server_default=false())
    closed_at: Mapped[datetime | None] = mapped_column(UTCTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UTCTime)

    folder: Mapped[Folder] = relationship(lazy="raise")


class FileVersion(db.Model):  # type: ignore[misc,name-defined]
    """One version of a file that is kept, the one that stands included. `sha256` is "" where nobody counted it yet. What somebody
    gave a `name` is never thinned out. `cleaned`: what a camera had noted in it was left out.
    """

    __tablename__ = "file_version"
    __table_args__ = (UniqueConstraint("file_id", "number"), Index("ix_file_version_storage_key", "storage_key"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.id", ondelete="CASCADE"))
    number: Mapped[int]
    storage_key: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(100))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    note: Mapped[str] = mapped_column(String(300), default="")
    name: Mapped[str] = mapped_column(String(80), default="")
    cleaned: Mapped[bool] = mapped_column(default=False, server_default=false())

    author: Mapped[Person] = relationship(lazy="raise")


class FileRemoval(db.Model):  # type: ignore[misc,name-defined]
    """What somebody threw away at once: a file, or a folder with what is in it (`removal_id` of each). Gone when it is restored or
    destroyed. `kind` is `file` or `folder`, `path` where it stood; `files` says how many went, `size` their bytes. `author_id` is
    who made all of it, None when several did.
    """

    __tablename__ = "file_removal"
    __table_args__ = (Index("ix_file_removal_space_id_id", "space_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="CASCADE"), index=True)
    folder_id: Mapped[int | None] = mapped_column(ForeignKey("folder.id", ondelete="CASCADE"), index=True)
    path: Mapped[str] = mapped_column(Text)
    files: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    remover_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now, index=True)

    remover: Mapped[Person] = relationship(foreign_keys="FileRemoval.remover_id", lazy="raise")
    file: Mapped[File | None] = relationship(lazy="raise")
    folder: Mapped[Folder | None] = relationship(lazy="raise")

    @property
    def name(self) -> str:
        """What it was called."""
        return self.path.rpartition("/")[2]


class FileAlias(db.Model):  # type: ignore[misc,name-defined]
    """An address that a file or a folder had, as `folder_key` of its way from the top. It leads there, unless another stands there
    now: of several that stood there, the last.
    """

    __tablename__ = "file_alias"
    __table_args__ = (UniqueConstraint("space_id", "path_key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    path_key: Mapped[str] = mapped_column(String(64))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="CASCADE"), index=True)
    folder_id: Mapped[int | None] = mapped_column(ForeignKey("folder.id", ondelete="CASCADE"), index=True)


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


class FilePreview(db.Model):  # type: ignore[misc,name-defined]
    """What was drawn of some content, once for all files that hold it as the same kind. It gives nobody a right: whoever asks for a
    picture of it comes through the door of a file.

    `reason` is "" when it was drawn, else why not (`previews.REASONS`); `pages` of the document, however many were drawn; `seconds`
    of a video or a sound, None where that cannot be known.
    """

    __tablename__ = "file_preview"
    __table_args__ = (UniqueConstraint("sha256", "media_type"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(12), default="")
    pages: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[int | None]
    made_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    parts: Mapped[list[FilePreviewPart]] = relationship(
        order_by="FilePreviewPart.page", lazy="raise", passive_deletes=True, cascade="all, delete-orphan"
    )


class FilePreviewPart(db.Model):  # type: ignore[misc,name-defined]
    """One picture of a preview, a WebP: the `thumb` for lists, a `sheet` (of a document each of its pages, from 1; of a picture 0),
    the `poster` of a video, the `wave` of a sound. Width and height in pixels, size in bytes.
    """

    __tablename__ = "file_preview_part"

    preview_id: Mapped[int] = mapped_column(
        ForeignKey("file_preview.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    what: Mapped[str] = mapped_column(String(8), primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    storage_key: Mapped[str] = mapped_column(String(120), index=True)
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]

"""The tables of comments, of what they said before, and of the words that they are about. One level of replies: a reply to a reply
hangs on the same first comment.

A *thread* is a first comment that has a state: one about some words of the thing, or with a purpose. Plain talk has none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    case,
    cast,
    null,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.comments.anchors import Mark, Selector
from community.extensions import BigId, UTCTime, db
from community.people.models import Person

COMMENTABLE = ("post", "page", "file", "entry", "ask", "submission")

PURPOSES = ("", "question", "suggestion", "praise", "must_answer")
"""What a comment is for (`motivation` of the W3C Web Annotation Data Model, 3.3.5, in our words); "" says nothing of it."""
AUDIENCES = ("", "author", "coaches")
"""Who reads a comment, always within who sees the thing: "" all of them, "author" the author of the thing and who began the
thread, "coaches" the coaches of the space and who began the thread. A reply has that of its thread."""
STATES = ("", "reply", "open", "answered", "resolved", "reopened")
"""Of a comment: plain talk has none, "reply" stands below a thread, the others are those of a thread."""
OPEN = ("open", "reopened")
"""States of a thread that waits for somebody."""
UNRESOLVED = ("open", "answered", "reopened")


def _where(words: str) -> dict[str, Any]:
    return {"sqlite_where": text(words), "postgresql_where": text(words)}


class Comment(db.Model):  # type: ignore[misc,name-defined]
    """One comment. Its audience is never wider than its parent's. While `held_at` is set it is a draft that its author alone
    knows.
    """

    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_parent", "parent_kind", "parent_id", "id"),
        Index("ix_comment_space_id_id", "space_id", "id"),
        Index("ix_comment_author_id_id", "author_id", "id"),
        Index("ix_comment_reply_to_id", "reply_to_id"),
        Index("ix_comment_phase_id", "phase_id"),
        Index("ix_comment_state_by_id", "state_by_id"),
        Index("ix_comment_unresolved", "space_id", "id", **_where("state IN ('open', 'answered', 'reopened')")),
        Index("ix_comment_held", "author_id", "held_at", **_where("held_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    parent_kind: Mapped[str] = mapped_column(String(24))
    parent_id: Mapped[int] = mapped_column(BigId)
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="SET NULL"))
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id", ondelete="RESTRICT"))  # of the parent
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    phase_id: Mapped[int | None] = mapped_column(ForeignKey("phase.id", ondelete="SET NULL"))
    as_role: Mapped[str] = mapped_column(String(12), default="")  # the author's role then: "coach" shows a badge
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    edited_at: Mapped[datetime | None] = mapped_column(UTCTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCTime)
    purpose: Mapped[str] = mapped_column(String(12), default="")
    audience: Mapped[str] = mapped_column(String(8), default="")
    held_at: Mapped[datetime | None] = mapped_column(UTCTime)
    state: Mapped[str] = mapped_column(String(8), default="")  # one of STATES
    state_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    state_at: Mapped[datetime | None] = mapped_column(UTCTime)

    author: Mapped[Person] = relationship(foreign_keys=[author_id], lazy="raise")
    state_by: Mapped[Person | None] = relationship(foreign_keys=[state_by_id], lazy="raise")
    anchor: Mapped[Anchor | None] = relationship(back_populates="comment", uselist=False, lazy="raise")

    @property
    def is_thread(self) -> bool:
        return self.state not in ("", "reply")

    @property
    def is_public(self) -> bool:
        """Whether whoever sees the thing sees this comment: what counts in numbers that are shown to all."""
        return self.audience == "" and self.held_at is None


def place_of_comments(space_id: int | None) -> ColumnElement[int | None]:
    """The space of comments on what moved: where it stands now. What was for the coaches of where it stood is not told to the
    coaches of another place: it is in none, for who began the thread alone.
    """
    nowhere = cast(null(), BigInteger)  # PostgreSQL takes a bare NULL for text
    return case((Comment.audience == "coaches", nowhere), else_=nowhere if space_id is None else space_id)


class CommentRevision(db.Model):  # type: ignore[misc,name-defined]
    """Words that a comment had before: they stood from `created_at` on. As visible as the comment, always."""

    __tablename__ = "comment_revision"
    __table_args__ = (UniqueConstraint("comment_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    number: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCTime)


class Anchor(db.Model):  # type: ignore[misc,name-defined]
    """The words that a thread is about: TextQuoteSelector and TextPositionSelector (W3C Web Annotation Data Model, 4.2.4, 4.2.5).

    Positions count Unicode code points of the text of the thing: `textContent` of its kept HTML. `exact` never changes;
    `words` are those that stand there now when they were changed a little ("" while they are `exact`), and the rest says where
    they were found last. `orphaned_at`: they are not in the text any more; then the rest says where they were before.
    """

    __tablename__ = "anchor"
    __table_args__ = (Index("ix_anchor_parent", "parent_kind", "parent_id"),)

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True)
    parent_kind: Mapped[str] = mapped_column(String(24))
    parent_id: Mapped[int] = mapped_column(BigId)
    exact: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text, default="")
    prefix: Mapped[str] = mapped_column(String(32))
    suffix: Mapped[str] = mapped_column(String(32))
    begins: Mapped[int]
    ends: Mapped[int]
    marks: Mapped[int]  # by which of them the words could be told from all others (`anchors.Mark`)
    print: Mapped[int] = mapped_column(BigId)  # CRC-32 of the text in which they were found last
    before: Mapped[int] = mapped_column(BigId)  # and of the 320 characters before, and after, them there
    after: Mapped[int] = mapped_column(BigId)
    made_on: Mapped[int]  # the revision of the thing on which the words were chosen
    revision: Mapped[
        int
    ]  # the revision up to which they were looked for; of a frozen copy, the leaf on which they stand
    orphaned_at: Mapped[datetime | None] = mapped_column(UTCTime)
    replacement: Mapped[str | None] = mapped_column(
        Text
    )  # of a suggestion: the words for their place, "" to take them out
    region: Mapped[str] = mapped_column(String(80), default="", server_default="")  # of an area: `regions.Region.value`

    comment: Mapped[Comment] = relationship(back_populates="anchor", lazy="raise")

    @property
    def selector(self) -> Selector:
        """By what the words are found again."""
        return Selector(
            exact=self.words or self.exact,
            prefix=self.prefix,
            suffix=self.suffix,
            start=self.begins,
            end=self.ends,
            marks=Mark(self.marks),
            print=self.print,
            left=self.before,
            right=self.after,
        )

    def put_down(self, found: Selector, revision: int) -> None:
        """Write down where the words stand, on a revision of the thing."""
        self.words = "" if found.exact == self.exact else found.exact
        self.prefix, self.suffix, self.begins, self.ends = found.prefix, found.suffix, found.start, found.end
        self.marks, self.print, self.before, self.after = int(found.marks), found.print or 0, found.left, found.right
        self.revision, self.orphaned_at = revision, None

"""Milestones, sponsors, submissions with what they hold, and results; the text of files.

Revision ID: 0011
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


def _to(table: str, column: str, other: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], op.f(f"fk_{table}_{column}_{other}"), ondelete=ondelete)


def _words() -> list[sa.Column]:
    return [
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.String(240), nullable=False),
        sa.Column("render_version", sa.Integer(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "milestone",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("to_sponsor", sa.Boolean(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("cancelled_at", TIME),
        _to("milestone", "space_id", "space", "CASCADE"),
        sa.UniqueConstraint("space_id", "key", name=op.f("uq_milestone_space_id_key")),
    )
    op.create_index("ix_milestone_space_id_due_at", "milestone", ["space_id", "due_at"])
    op.create_table(
        "sponsorship",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        _to("sponsorship", "space_id", "space", "CASCADE"),
        _to("sponsorship", "person_id", "person", "CASCADE"),
        sa.UniqueConstraint("space_id", "person_id", name=op.f("uq_sponsorship_space_id_person_id")),
    )
    op.create_index("ix_sponsorship_person_id", "sponsorship", ["person_id"])
    op.create_table(
        "submission",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("milestone_id", ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("assessor_id", ID),
        sa.Column("phase_id", ID),
        sa.Column("title", sa.String(120), nullable=False),
        *_words(),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("file_count", sa.Integer(), nullable=False),
        sa.Column("comment_count", sa.Integer(), nullable=False),
        sa.Column("talk_version", sa.Integer(), nullable=False),
        sa.Column("open_musts", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("closed_at", TIME),
        _to("submission", "space_id", "space", "RESTRICT"),
        _to("submission", "milestone_id", "milestone", "RESTRICT"),
        _to("submission", "author_id", "person", "RESTRICT"),
        _to("submission", "assessor_id", "person", "SET NULL"),
        _to("submission", "phase_id", "phase", "SET NULL"),
        sa.UniqueConstraint(
            "space_id", "milestone_id", "attempt", name=op.f("uq_submission_space_id_milestone_id_attempt")
        ),
    )
    for columns in (["space_id", "id"], ["space_id", "state"], ["milestone_id", "id"], ["author_id", "id"], ["assessor_id", "id"], ["phase_id"]):
        op.create_index(f"ix_submission_{'_'.join(columns)}", "submission", columns)
    op.create_table(
        "submission_item",
        sa.Column("id", ID, primary_key=True),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("audience", sa.String(12), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("path", sa.String(520), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("storage_key", sa.String(120), nullable=False),
        _to("submission_item", "submission_id", "submission", "CASCADE"),
        sa.UniqueConstraint("submission_id", "position", name=op.f("uq_submission_item_submission_id_position")),
    )
    op.create_index("ix_submission_item_storage_key", "submission_item", ["storage_key"])
    op.create_table(
        "submission_result",
        sa.Column("id", ID, primary_key=True),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("result", sa.String(12), nullable=False),
        *_words(),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("released_at", TIME),
        _to("submission_result", "submission_id", "submission", "CASCADE"),
        _to("submission_result", "space_id", "space", "RESTRICT"),
        _to("submission_result", "author_id", "person", "RESTRICT"),
        sa.UniqueConstraint("submission_id", name=op.f("uq_submission_result_submission_id")),
    )
    op.create_index("ix_submission_result_space_id", "submission_result", ["space_id"])
    op.create_index("ix_submission_result_author_id", "submission_result", ["author_id"])
    op.create_table(
        "file_text",
        sa.Column("file_id", ID, primary_key=True, autoincrement=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        _to("file_text", "file_id", "file", "CASCADE"),
    )


def downgrade() -> None:
    for table in ("file_text", "submission_result", "submission_item", "submission", "sponsorship", "milestone"):
        op.drop_table(table)

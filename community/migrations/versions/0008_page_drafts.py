"""Drafts of pages, and who wrote along in a revision.

Revision ID: 0008
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


def upgrade() -> None:
    op.add_column("page", sa.Column("drafted_at", TIME))
    op.create_table(
        "page_draft",
        sa.Column("id", ID, primary_key=True),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("page_id", ID),
        sa.Column("place", sa.String(540), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("summary", sa.String(200), nullable=False),
        sa.Column("path", sa.String(520), nullable=False),
        sa.Column("audience", sa.String(12), nullable=False),
        sa.Column("tags", sa.String(1000), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("together", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], op.f("fk_page_draft_author_id_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], op.f("fk_page_draft_space_id_space"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], op.f("fk_page_draft_page_id_page"), ondelete="SET NULL"),
        sa.UniqueConstraint("author_id", "place", name=op.f("uq_page_draft_author_id_place")),
    )
    op.create_index("ix_page_draft_page_id_updated_at", "page_draft", ["page_id", "updated_at"])
    op.create_index("ix_page_draft_space_id", "page_draft", ["space_id"])
    op.create_table(
        "revision_writer",
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], op.f("fk_revision_writer_revision_id_revision"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], op.f("fk_revision_writer_person_id_person"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("revision_id", "person_id", name=op.f("pk_revision_writer")),
    )
    op.create_index("ix_revision_writer_person_id", "revision_writer", ["person_id"])


def downgrade() -> None:
    op.drop_table("revision_writer")
    op.drop_table("page_draft")
    op.drop_column("page", "drafted_at")

"""What was drawn of the content of files; comments on an area of a picture or a page.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "file_preview",
        sa.Column("id", ID, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(12), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("made_at", community.extensions.UTCTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_preview")),
        sa.UniqueConstraint("sha256", "media_type", name=op.f("uq_file_preview_sha256_media_type")),
    )
    op.create_table(
        "file_preview_part",
        sa.Column("preview_id", ID, nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("storage_key", sa.String(120), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["preview_id"], ["file_preview.id"], op.f("fk_file_preview_part_preview_id_file_preview"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("preview_id", "what", "page", name=op.f("pk_file_preview_part")),
    )
    with op.batch_alter_table("anchor") as batch_op:
        batch_op.add_column(sa.Column("region", sa.String(80), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("anchor") as batch_op:
        batch_op.drop_column("region")
    op.drop_table("file_preview_part")
    op.drop_table("file_preview")

"""Where in the text of a file its pages, slides and sheets begin; of which version what a camera had noted was left
out; what a scanner found.

Texts that were read before say nothing of it, and are read again by the job of the day.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("file_text") as batch_op:
        batch_op.add_column(sa.Column("part_kind", sa.String(length=8), server_default="", nullable=False))
        batch_op.add_column(sa.Column("parts", sa.JSON(), nullable=True))
    for table in ("file_version", "upload"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("cleaned", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "upload_find",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("at", community.extensions.UTCTime(), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
    )
    op.create_index("ix_upload_find_at", "upload_find", ["at"])


def downgrade() -> None:
    op.drop_table("upload_find")
    op.execute("update file_text set state = 'unreadable' where state in ('locked', 'large')")
    for table in ("upload", "file_version"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("cleaned")
    with op.batch_alter_table("file_text") as batch_op:
        batch_op.drop_column("parts")
        batch_op.drop_column("part_kind")

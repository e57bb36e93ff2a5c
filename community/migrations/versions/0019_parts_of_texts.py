"""Where in the text of a file its pages, slides and sheets begin.

Texts that were read before say nothing of it, and are read again by the job of the day.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("file_text") as batch_op:
        batch_op.add_column(sa.Column("part_kind", sa.String(length=8), server_default="", nullable=False))
        batch_op.add_column(sa.Column("parts", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.execute("update file_text set state = 'unreadable' where state in ('locked', 'large')")
    with op.batch_alter_table("file_text") as batch_op:
        batch_op.drop_column("parts")
        batch_op.drop_column("part_kind")

"""What leads to files: pages and posts. Filled by a reader that begins at the start of the log.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "file_use",
        sa.Column("id", ID, primary_key=True),
        sa.Column("object_kind", sa.String(24), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("space_id", ID),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("file_id", ID),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], op.f("fk_file_use_space_id_space"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], op.f("fk_file_use_file_id_file"), ondelete="SET NULL"),
        sa.UniqueConstraint(
            "object_kind", "object_id", "space_id", "address", name=op.f("uq_file_use_object_kind_object_id_space_id_address")
        ),
    )
    op.create_index("ix_file_use_file_id_object_kind", "file_use", ["file_id", "object_kind"])
    op.create_index("ix_file_use_space_id_address", "file_use", ["space_id", "address"])


def downgrade() -> None:
    op.drop_table("file_use")

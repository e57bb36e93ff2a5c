"""Links to the outside, and folders that collect.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


def upgrade() -> None:
    with op.batch_alter_table("space") as batch_op:
        batch_op.add_column(sa.Column("shares_outside", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("file") as batch_op:
        batch_op.add_column(sa.Column("gathered", sa.String(8), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("notification") as batch_op:
        batch_op.add_column(sa.Column("last_id", ID))
    op.create_table(
        "file_drop",
        sa.Column("folder_id", ID, primary_key=True, autoincrement=False),
        sa.Column("closes_at", TIME, nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("takes_late", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("stays_apart", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("closed_at", TIME),
        sa.Column("reminded_at", TIME),
        sa.ForeignKeyConstraint(["folder_id"], ["folder.id"], op.f("fk_file_drop_folder_id_folder"), ondelete="CASCADE"),
    )
    op.create_index("ix_file_drop_closed_at_closes_at", "file_drop", ["closed_at", "closes_at"])
    op.create_table(
        "share",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("object_kind", sa.String(24), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("rights", sa.String(8), nullable=False),
        sa.Column("password_hash", sa.String(120)),
        sa.Column("hides_download", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("revoked_at", TIME),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("used_at", TIME),
        sa.Column("told_at", TIME),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("received_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], op.f("fk_share_space_id_space"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], op.f("fk_share_author_id_person"), ondelete="CASCADE"),
        sa.UniqueConstraint("token_hash", name=op.f("uq_share_token_hash")),
    )
    op.create_index(op.f("ix_share_author_id"), "share", ["author_id"])
    op.create_index("ix_share_object", "share", ["object_kind", "object_id"])
    op.create_index("ix_share_space_id", "share", ["space_id"])
    op.create_index("ix_share_expires_at", "share", ["expires_at"])


def downgrade() -> None:
    op.drop_table("share")
    op.drop_table("file_drop")
    with op.batch_alter_table("notification") as batch_op:
        batch_op.drop_column("last_id")
    with op.batch_alter_table("file") as batch_op:
        batch_op.drop_column("late")
        batch_op.drop_column("gathered")
    with op.batch_alter_table("space") as batch_op:
        batch_op.drop_column("shares_outside")

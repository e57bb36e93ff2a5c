"""Files as a drive: locks, what programs put down while they save, and links to documents elsewhere.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], op.f(f"fk_{table}_{column}_{other}"), ondelete="CASCADE")


def upgrade() -> None:
    with op.batch_alter_table("file") as batch_op:
        batch_op.add_column(sa.Column("href", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "file_lock",
        sa.Column("id", ID, primary_key=True),
        sa.Column("file_id", ID),
        sa.Column("folder_id", ID),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("token", sa.String(80), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("is_exclusive", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("is_deep", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        _of("file_lock", "file_id", "file"),
        _of("file_lock", "folder_id", "folder"),
        _of("file_lock", "person_id", "person"),
        sa.UniqueConstraint("token", name=op.f("uq_file_lock_token")),
        sa.CheckConstraint("(file_id IS NULL) <> (folder_id IS NULL)", name=op.f("ck_file_lock_one_thing")),
    )
    for column in ("file_id", "folder_id", "person_id", "expires_at"):
        op.create_index(op.f(f"ix_file_lock_{column}"), "file_lock", [column])
    op.create_table(
        "drive_scratch",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("name_key", sa.String(400), nullable=False),
        sa.Column("storage_key", sa.String(120)),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("stands_for", ID),
        sa.Column("created_at", TIME, nullable=False),
        _of("drive_scratch", "person_id", "person"),
        _of("drive_scratch", "stands_for", "file"),
        sa.UniqueConstraint("person_id", "place", "name_key", name=op.f("uq_drive_scratch_person_id_place_name_key")),
    )
    op.create_index("ix_drive_scratch_storage_key", "drive_scratch", ["storage_key"])
    op.create_index("ix_drive_scratch_created_at", "drive_scratch", ["created_at"])
    op.create_index(op.f("ix_drive_scratch_stands_for"), "drive_scratch", ["stands_for"])
    op.create_table(
        "drive_property",
        sa.Column("id", ID, primary_key=True),
        sa.Column("file_id", ID),
        sa.Column("folder_id", ID),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("xml", sa.Text(), nullable=False),
        _of("drive_property", "file_id", "file"),
        _of("drive_property", "folder_id", "folder"),
        sa.UniqueConstraint("file_id", "name", name=op.f("uq_drive_property_file_id_name")),
        sa.UniqueConstraint("folder_id", "name", name=op.f("uq_drive_property_folder_id_name")),
        sa.CheckConstraint("(file_id IS NULL) <> (folder_id IS NULL)", name=op.f("ck_drive_property_one_thing")),
    )


def downgrade() -> None:
    op.drop_table("drive_property")
    op.drop_table("drive_scratch")
    op.drop_table("file_lock")
    with op.batch_alter_table("file") as batch_op:
        batch_op.drop_column("href")

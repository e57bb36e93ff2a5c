"""Uploads that come in pieces, and how much room spaces and people have.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


def _to(table: str, column: str, other: str, rule: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], op.f(f"fk_{table}_{column}_{other}"), ondelete=rule)


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", ID, primary_key=True),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("folder_id", ID),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("audience", sa.String(12)),
        sa.Column("base", sa.String(64)),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("lease", sa.String(32)),
        sa.Column("leased_until", TIME),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("joined", sa.BigInteger(), nullable=False),
        sa.Column("storage_key", sa.String(120), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("file_id", ID),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("failure", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.UniqueConstraint("token", name=op.f("uq_upload_token")),
        _to("upload", "person_id", "person"),
        _to("upload", "space_id", "space"),
        _to("upload", "file_id", "file", "SET NULL"),
    )
    op.create_index("ix_upload_person_id_id", "upload", ["person_id", "id"])
    op.create_index("ix_upload_space_id_state", "upload", ["space_id", "state"])
    op.create_index("ix_upload_expires_at", "upload", ["expires_at"])
    op.create_index("ix_upload_file_id", "upload", ["file_id"])
    op.create_index("ix_upload_storage_key", "upload", ["storage_key"])
    op.create_table(
        "upload_part",
        sa.Column("upload_id", ID, primary_key=True, autoincrement=False),
        sa.Column("start", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("storage_key", sa.String(120), nullable=False),
        _to("upload_part", "upload_id", "upload"),
    )
    op.create_index("ix_upload_part_storage_key", "upload_part", ["storage_key"])
    op.create_table(
        "space_room",
        sa.Column("space_id", ID, primary_key=True, autoincrement=False),
        sa.Column("quota", sa.BigInteger()),
        sa.Column("current", sa.BigInteger(), nullable=False),
        sa.Column("versions", sa.BigInteger(), nullable=False),
        sa.Column("trash", sa.BigInteger(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        _to("space_room", "space_id", "space"),
    )
    op.create_table(
        "person_room",
        sa.Column("person_id", ID, primary_key=True, autoincrement=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        _to("person_room", "person_id", "person"),
    )
    # What is here already counts from the start.
    here, stands = "file.deleted_at IS NULL", "file_version.number = file.version"
    sums = ", ".join(
        f"SUM(CASE WHEN {which} THEN file_version.size ELSE 0 END)"
        for which in (f"{here} AND {stands}", f"{here} AND NOT {stands}", f"NOT {here}")
    )
    op.execute(
        f'INSERT INTO space_room (space_id, "current", versions, trash, warned) SELECT file.space_id, {sums}, 0 '
        "FROM file JOIN file_version ON file_version.file_id = file.id WHERE file.space_id IS NOT NULL GROUP BY file.space_id"
    )
    op.execute(
        "INSERT INTO person_room (person_id, used) SELECT author_id, SUM(size) FROM file_version GROUP BY author_id"
    )


def downgrade() -> None:
    for table in ("person_room", "space_room", "upload_part", "upload"):
        op.drop_table(table)

"""The bin of files and folders, the addresses that they had, names of versions, and tags of files.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

import community.extensions
from community.clock import now

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


def upgrade() -> None:
    op.create_table(
        "file_removal",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("file_id", ID),
        sa.Column("folder_id", ID),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("author_id", ID),
        sa.Column("remover_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["space_id"], ["space.id"], op.f("fk_file_removal_space_id_space"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], op.f("fk_file_removal_file_id_file"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folder.id"], op.f("fk_file_removal_folder_id_folder"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], op.f("fk_file_removal_author_id_person"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["remover_id"], ["person.id"], op.f("fk_file_removal_remover_id_person"), ondelete="RESTRICT"
        ),
    )
    op.create_index("ix_file_removal_space_id_id", "file_removal", ["space_id", "id"])
    op.create_index(op.f("ix_file_removal_created_at"), "file_removal", ["created_at"])
    for name in ("file_id", "folder_id", "author_id", "remover_id"):
        op.create_index(op.f(f"ix_file_removal_{name}"), "file_removal", [name])
    op.create_table(
        "file_alias",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("path_key", sa.String(64), nullable=False),
        sa.Column("file_id", ID),
        sa.Column("folder_id", ID),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], op.f("fk_file_alias_space_id_space"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], op.f("fk_file_alias_file_id_file"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folder.id"], op.f("fk_file_alias_folder_id_folder"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("space_id", "path_key", name=op.f("uq_file_alias_space_id_path_key")),
    )
    op.create_index(op.f("ix_file_alias_file_id"), "file_alias", ["file_id"])
    op.create_index(op.f("ix_file_alias_folder_id"), "file_alias", ["folder_id"])
    op.create_table(
        "file_task",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("storage_key", sa.String(120), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], op.f("fk_file_task_person_id_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], op.f("fk_file_task_space_id_space"), ondelete="CASCADE"),
    )
    op.create_index("ix_file_task_person_id_id", "file_task", ["person_id", "id"])
    op.create_index(op.f("ix_file_task_space_id"), "file_task", ["space_id"])
    op.create_index(op.f("ix_file_task_expires_at"), "file_task", ["expires_at"])
    with op.batch_alter_table("file_version") as batch_op:
        batch_op.add_column(sa.Column("name", sa.String(80), nullable=False, server_default=""))
    with op.batch_alter_table("file_version") as batch_op:
        batch_op.alter_column("name", server_default=None)
    for table in ("file", "folder"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("removal_id", ID))
            batch_op.create_index(op.f(f"ix_{table}_removal_id"), ["removal_id"])
    with op.batch_alter_table("file") as batch_op:
        batch_op.add_column(sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("file") as batch_op:
        batch_op.alter_column("tags", server_default=None)
    _what_was_deleted()


def _what_was_deleted() -> None:
    """What was deleted before there was a bin lies in it from now on, for as long as all else."""
    names = ("id", "space_id", "name", "size", "author_id")
    file = sa.table("file", *(sa.column(name) for name in names), sa.column("deleted_at", TIME))
    columns = ("space_id", "kind", "file_id", "path", "files", "size", "author_id", "remover_id", "created_at")
    removal = sa.table("file_removal", *(sa.column(name) for name in columns))
    gone = sa.select(
        file.c.space_id,
        sa.literal("file", sa.String(8)),
        file.c.id,
        file.c.name,
        sa.literal(1, sa.Integer()),
        file.c.size,
        file.c.author_id,
        file.c.author_id,
        sa.literal(now(), TIME),
    ).where(file.c.deleted_at.is_not(None), file.c.space_id.is_not(None))
    op.execute(sa.insert(removal).from_select(columns, gone))
    op.execute(
        "UPDATE file SET removal_id = (SELECT file_removal.id FROM file_removal WHERE file_removal.file_id = file.id) "
        "WHERE deleted_at IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("file") as batch_op:
        batch_op.drop_column("tags")
    for table in ("folder", "file"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_index(op.f(f"ix_{table}_removal_id"))
            batch_op.drop_column("removal_id")
    with op.batch_alter_table("file_version") as batch_op:
        batch_op.drop_column("name")
    op.drop_table("file_task")
    op.drop_table("file_alias")
    op.drop_table("file_removal")

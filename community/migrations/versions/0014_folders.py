"""Folders of any depth, and a row for each version of a file that is kept.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


def upgrade() -> None:
    op.create_table(
        "folder",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("phase_id", ID),
        sa.Column("audience", sa.String(12), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME),
        sa.Column("parent_id", ID),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("path_key", sa.String(64), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], op.f("fk_folder_space_id_space"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], op.f("fk_folder_author_id_person"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["phase_id"], ["phase.id"], op.f("fk_folder_phase_id_phase"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["parent_id"], ["folder.id"], op.f("fk_folder_parent_id_folder"), ondelete="RESTRICT"),
        sa.UniqueConstraint("space_id", "path_key", name=op.f("uq_folder_space_id_path_key")),
    )
    op.create_index(op.f("ix_folder_author_id"), "folder", ["author_id"])
    op.create_index(op.f("ix_folder_phase_id"), "folder", ["phase_id"])
    op.create_index(op.f("ix_folder_parent_id"), "folder", ["parent_id"])
    with op.batch_alter_table("file") as batch_op:
        batch_op.add_column(sa.Column("folder_id", ID))
        batch_op.create_foreign_key(
            op.f("fk_file_folder_id_folder"), "folder", ["folder_id"], ["id"], ondelete="RESTRICT"
        )
        batch_op.create_index("ix_file_folder_id_path_key", ["folder_id", "path_key"])
    op.create_table(
        "file_version",
        sa.Column("id", ID, primary_key=True),
        sa.Column("file_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("storage_key", sa.String(120), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], op.f("fk_file_version_file_id_file"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], op.f("fk_file_version_author_id_person"), ondelete="RESTRICT"
        ),
        sa.UniqueConstraint("file_id", "number", name=op.f("uq_file_version_file_id_number")),
    )
    op.create_index(op.f("ix_file_version_author_id"), "file_version", ["author_id"])
    op.create_index("ix_file_version_storage_key", "file_version", ["storage_key"])
    # What is deleted gives its name free under a mark that no name and no folder has.
    op.execute("UPDATE file SET path_key = '/' || id WHERE deleted_at IS NOT NULL")
    _versions_from_the_log()


def _versions_from_the_log() -> None:
    """The log knows who sent each version, and where the bytes of the earlier ones lie; not their checksum, which a job fills in."""
    connection = op.get_bind()
    activity = sa.table(
        "activity",
        sa.column("id", ID),
        sa.column("verb", sa.String),
        sa.column("actor_id", ID),
        sa.column("object_kind", sa.String),
        sa.column("object_id", ID),
        sa.column("data", sa.JSON),
        sa.column("created_at", TIME),
    )
    file = sa.table("file", *(sa.column(name) for name in ("id", "storage_key", "sha256", "size", "media_type", "version", "author_id")), sa.column("updated_at", TIME))
    version = sa.table(
        "file_version",
        *(sa.column(name) for name in ("file_id", "number", "storage_key", "sha256", "size", "media_type", "author_id", "note")),
        sa.column("created_at", TIME),
    )
    lines: dict[int, list[sa.Row]] = {}
    sent = ("file.uploaded", "file.replaced")
    for line in connection.execute(
        sa.select(activity).where(activity.c.object_kind == "file", activity.c.verb.in_(sent)).order_by(activity.c.id)
    ):
        lines.setdefault(line.object_id, []).append(line)
    for row in connection.execute(sa.select(file)).all():
        known = {int(line.data.get("version", 1)): line for line in lines.get(row.id, [])}
        kept = {number - 1: line.data["kept"] for number, line in known.items() if line.data.get("kept")}
        made = []
        for number, key in {**kept, row.version: row.storage_key}.items():
            line, stands = known.get(number), number == row.version
            if not stands and line is None:
                continue
            made.append(
                {
                    "file_id": row.id,
                    "number": number,
                    "storage_key": key,
                    "sha256": row.sha256 if stands else "",
                    "size": row.size if stands else int(line.data.get("size", 0)),
                    "media_type": row.media_type,
                    "author_id": line.actor_id if line is not None and line.actor_id is not None else row.author_id,
                    "note": "",
                    "created_at": line.created_at if line is not None else row.updated_at,
                }
            )
        connection.execute(sa.insert(version), made)


def downgrade() -> None:
    op.drop_table("file_version")
    with op.batch_alter_table("file") as batch_op:
        batch_op.drop_index("ix_file_folder_id_path_key")
        batch_op.drop_constraint(op.f("fk_file_folder_id_folder"), type_="foreignkey")
        batch_op.drop_column("folder_id")
    op.drop_table("folder")

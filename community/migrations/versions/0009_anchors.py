"""Comments with a purpose, a state and readers of their own; the words that they are about; who may comment in a space.

Revision ID: 0009
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()
UNRESOLVED = sa.text("state IN ('open', 'answered', 'reopened')")
HELD = sa.text("held_at IS NOT NULL")
THINGS = ("post", "page", "file", "entry")


def upgrade() -> None:
    with op.batch_alter_table("comment") as batch_op:
        batch_op.add_column(sa.Column("purpose", sa.String(12), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("audience", sa.String(8), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("held_at", TIME))
        batch_op.add_column(sa.Column("state", sa.String(8), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("state_by_id", ID))
        batch_op.add_column(sa.Column("state_at", TIME))
        batch_op.create_foreign_key(
            batch_op.f("fk_comment_state_by_id_person"), "person", ["state_by_id"], ["id"], ondelete="RESTRICT"
        )
        batch_op.create_index("ix_comment_state_by_id", ["state_by_id"])
        batch_op.create_index(
            "ix_comment_unresolved", ["space_id", "id"], sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED
        )
        batch_op.create_index("ix_comment_held", ["author_id", "held_at"], sqlite_where=HELD, postgresql_where=HELD)
    op.create_table(
        "anchor",
        sa.Column("comment_id", ID, primary_key=True, autoincrement=False),
        sa.Column("parent_kind", sa.String(24), nullable=False),
        sa.Column("parent_id", ID, nullable=False),
        sa.Column("exact", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("prefix", sa.String(32), nullable=False),
        sa.Column("suffix", sa.String(32), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.Column("print", ID, nullable=False),
        sa.Column("before", ID, nullable=False),
        sa.Column("after", ID, nullable=False),
        sa.Column("made_on", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("orphaned_at", TIME),
        sa.Column("replacement", sa.Text()),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], op.f("fk_anchor_comment_id_comment"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_anchor_parent", "anchor", ["parent_kind", "parent_id"])
    for thing in THINGS:
        with op.batch_alter_table(thing) as batch_op:
            batch_op.add_column(sa.Column("talk_version", sa.Integer(), nullable=False, server_default="0"))
            batch_op.add_column(sa.Column("open_musts", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("space") as batch_op:
        batch_op.add_column(sa.Column("commenters", sa.String(8), nullable=False, server_default="readers"))


def downgrade() -> None:
    with op.batch_alter_table("space") as batch_op:
        batch_op.drop_column("commenters")
    for thing in reversed(THINGS):
        with op.batch_alter_table(thing) as batch_op:
            batch_op.drop_column("open_musts")
            batch_op.drop_column("talk_version")
    op.drop_table("anchor")
    # What only some could read, or nobody yet, is not shown to everybody by a house that knows no such thing.
    op.execute(
        "UPDATE comment SET deleted_at = created_at WHERE deleted_at IS NULL AND (audience != '' OR held_at IS NOT NULL)"
    )
    with op.batch_alter_table("comment") as batch_op:
        batch_op.drop_index("ix_comment_held", sqlite_where=HELD, postgresql_where=HELD)
        batch_op.drop_index("ix_comment_unresolved", sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED)
        batch_op.drop_index("ix_comment_state_by_id")
        batch_op.drop_constraint(batch_op.f("fk_comment_state_by_id_person"), type_="foreignkey")
        for name in ("state_at", "state_by_id", "state", "held_at", "audience", "purpose"):
            batch_op.drop_column(name)

"""Messages, blocks, and who wishes to be shown as being here.

Revision ID: 0006
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


def upgrade() -> None:
    with op.batch_alter_table("person") as batch_op:
        batch_op.add_column(sa.Column("show_presence", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("open_to_strangers", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "conversation",
        sa.Column("id", ID, primary_key=True),
        sa.Column("pair", sa.String(40)),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("started_by_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["started_by_id"], ["person.id"], op.f("fk_conversation_started_by_id_person"), ondelete="RESTRICT"),
        sa.UniqueConstraint("pair", name=op.f("uq_conversation_pair")),
    )
    op.create_index("ix_conversation_started_by_id", "conversation", ["started_by_id"])
    op.create_table(
        "conversation_member",
        sa.Column("id", ID, primary_key=True),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("last_id", ID, nullable=False),
        sa.Column("read_id", ID, nullable=False),
        sa.Column("joined_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], op.f("fk_conversation_member_conversation_id_conversation"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], op.f("fk_conversation_member_person_id_person"), ondelete="RESTRICT"),
        sa.UniqueConstraint("conversation_id", "person_id", name=op.f("uq_conversation_member_conversation_id_person_id")),
    )
    op.create_index("ix_conversation_member_person_id_last_id", "conversation_member", ["person_id", "last_id"])
    op.create_table(
        "message",
        sa.Column("id", ID, primary_key=True),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.String(240), nullable=False),
        sa.Column("render_version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("edited_at", TIME),
        sa.Column("deleted_at", TIME),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], op.f("fk_message_conversation_id_conversation"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], op.f("fk_message_author_id_person"), ondelete="RESTRICT"),
    )
    op.create_index("ix_message_conversation_id_id", "message", ["conversation_id", "id"])
    op.create_index("ix_message_author_id_id", "message", ["author_id", "id"])
    op.create_table(
        "message_withheld",
        sa.Column("message_id", ID, primary_key=True, autoincrement=False),
        sa.Column("person_id", ID, primary_key=True, autoincrement=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], op.f("fk_message_withheld_message_id_message"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], op.f("fk_message_withheld_person_id_person"), ondelete="CASCADE"),
    )
    op.create_index("ix_message_withheld_person_id", "message_withheld", ["person_id"])
    op.create_table(
        "block",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("blocked_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], op.f("fk_block_person_id_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["blocked_id"], ["person.id"], op.f("fk_block_blocked_id_person"), ondelete="CASCADE"),
        sa.UniqueConstraint("person_id", "blocked_id", name=op.f("uq_block_person_id_blocked_id")),
    )
    op.create_index("ix_block_blocked_id", "block", ["blocked_id"])


def downgrade() -> None:
    for table in ("block", "message_withheld", "message", "conversation_member", "conversation"):
        op.drop_table(table)
    with op.batch_alter_table("person") as batch_op:
        batch_op.drop_column("open_to_strangers")
        batch_op.drop_column("show_presence")

"""Tags and templates of pages; what is taken out of a wiki and brought into it.

Revision ID: 0012
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


def upgrade() -> None:
    with op.batch_alter_table("page") as batch_op:
        batch_op.add_column(sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("template", sa.String(10), nullable=False, server_default=""))
    op.create_index("ix_page_space_id_template", "page", ["space_id", "template"])
    op.create_table(
        "exchange",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("storage_key", sa.String(120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], op.f("fk_exchange_person_id_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], op.f("fk_exchange_space_id_space"), ondelete="CASCADE"),
    )
    op.create_index("ix_exchange_person_id_id", "exchange", ["person_id", "id"])
    op.create_index("ix_exchange_space_id", "exchange", ["space_id"])
    op.create_index("ix_exchange_expires_at", "exchange", ["expires_at"])


def downgrade() -> None:
    op.drop_table("exchange")
    op.drop_index("ix_page_space_id_template", "page")
    with op.batch_alter_table("page") as batch_op:
        batch_op.drop_column("template")
        batch_op.drop_column("tags")

"""Which rows name which bytes is asked for a key, by the sweep: of tasks and previews too.

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NAMED = ("file_preview_part", "file_task")


def upgrade() -> None:
    for table in NAMED:
        op.create_index(op.f(f"ix_{table}_storage_key"), table, ["storage_key"])


def downgrade() -> None:
    for table in NAMED:
        op.drop_index(op.f(f"ix_{table}_storage_key"), table)

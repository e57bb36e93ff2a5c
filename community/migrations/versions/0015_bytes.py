"""Which rows name which bytes is asked for a key, by the sweep.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NAMED = (("file", "storage_key"), ("attachment", "storage_key"), ("exchange", "storage_key"), ("person", "picture_key"))


def upgrade() -> None:
    for table, column in NAMED:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table, column in NAMED:
        op.drop_index(op.f(f"ix_{table}_{column}"), table)

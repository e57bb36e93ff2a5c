"""What stands in a folder is listed by an index in each order, and counted by kind, at the top too.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ORDERS = {
    "name": ["path_key"],
    "changed": ["updated_at", "id"],
    "size": ["size", "id"],
    "kind": ["media_type"],
}


def upgrade() -> None:
    stands = sa.text("deleted_at IS NULL")
    for name, columns in ORDERS.items():
        place = ["space_id", "folder_id", *columns]
        op.create_index(f"ix_file_in_{name}", "file", place, sqlite_where=stands, postgresql_where=stands)


def downgrade() -> None:
    for name in ORDERS:
        op.drop_index(f"ix_file_in_{name}", "file")

"""How pages are looked after: review, owner and review-by date, who must read them and has, what is seen and kept at the top.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


def _of_page(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["page_id"], ["page.id"], op.f(f"fk_{table}_page_id_page"), ondelete="CASCADE")


def _of_person(table: str, column: str = "person_id", rule: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["person.id"], op.f(f"fk_{table}_{column}_person"), ondelete=rule)


def upgrade() -> None:
    with op.batch_alter_table("space") as batch_op:
        batch_op.add_column(sa.Column("shows_approved", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("page") as batch_op:
        batch_op.add_column(sa.Column("review_state", sa.String(10), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("approved_revision", sa.Integer()))
        batch_op.add_column(sa.Column("owner_id", ID))
        batch_op.add_column(sa.Column("review_by", sa.Date()))
        batch_op.add_column(sa.Column("must_read_since", sa.Integer()))
        batch_op.create_foreign_key(op.f("fk_page_owner_id_person"), "person", ["owner_id"], ["id"], ondelete="SET NULL")
        batch_op.create_index("ix_page_owner_id", ["owner_id"])
        batch_op.create_index("ix_page_review_by", ["review_by"])
    op.create_table(
        "page_review",
        sa.Column("id", ID, primary_key=True),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        _of_page("page_review"),
        _of_person("page_review", rule="RESTRICT"),
    )
    op.create_index("ix_page_review_page_id_id", "page_review", ["page_id", "id"])
    op.create_index("ix_page_review_person_id", "page_review", ["person_id"])
    op.create_table(
        "page_approved",
        sa.Column("page_id", ID, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.String(240), nullable=False),
        sa.Column("render_version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        _of_page("page_approved"),
    )
    op.create_table(
        "must_read",
        sa.Column("page_id", ID, primary_key=True, autoincrement=False),
        sa.Column("asked_by_id", ID, nullable=False),
        sa.Column("everybody", sa.Boolean(), nullable=False),
        sa.Column("since_revision", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("nag", sa.String(8), nullable=False),
        sa.Column("nag_on", sa.Date()),
        sa.Column("created_at", TIME, nullable=False),
        _of_page("must_read"),
        _of_person("must_read", "asked_by_id", "RESTRICT"),
    )
    op.create_index("ix_must_read_nag_on", "must_read", ["nag_on"])
    op.create_index("ix_must_read_asked_by_id", "must_read", ["asked_by_id"])
    op.create_table(
        "must_reader",
        sa.Column("page_id", ID, primary_key=True, autoincrement=False),
        sa.Column("person_id", ID, primary_key=True, autoincrement=False),
        sa.ForeignKeyConstraint(["page_id"], ["must_read.page_id"], op.f("fk_must_reader_page_id_must_read"), ondelete="CASCADE"),
        _of_person("must_reader"),
    )
    op.create_index("ix_must_reader_person_id", "must_reader", ["person_id"])
    op.create_table(
        "page_read",
        sa.Column("page_id", ID, primary_key=True, autoincrement=False),
        sa.Column("person_id", ID, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        _of_page("page_read"),
        _of_person("page_read"),
    )
    op.create_index("ix_page_read_person_id", "page_read", ["person_id"])
    op.create_table(
        "page_seen",
        sa.Column("person_id", ID, primary_key=True, autoincrement=False),
        sa.Column("page_id", ID, primary_key=True, autoincrement=False),
        sa.Column("at", TIME, nullable=False),
        _of_person("page_seen"),
        _of_page("page_seen"),
    )
    op.create_index("ix_page_seen_person_id_at", "page_seen", ["person_id", "at"])
    op.create_index("ix_page_seen_page_id_at", "page_seen", ["page_id", "at"])
    op.create_table(
        "page_favourite",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        _of_person("page_favourite"),
        _of_page("page_favourite"),
        sa.UniqueConstraint("person_id", "page_id", name=op.f("uq_page_favourite_person_id_page_id")),
    )
    op.create_index("ix_page_favourite_page_id", "page_favourite", ["page_id"])


def downgrade() -> None:
    for table in ("page_favourite", "page_seen", "page_read", "must_reader", "must_read", "page_approved", "page_review"):
        op.drop_table(table)
    with op.batch_alter_table("page") as batch_op:
        batch_op.drop_index("ix_page_review_by")
        batch_op.drop_index("ix_page_owner_id")
        batch_op.drop_constraint(op.f("fk_page_owner_id_person"), type_="foreignkey")
        for column in ("must_read_since", "review_by", "owner_id", "approved_revision", "review_state"):
            batch_op.drop_column(column)
    with op.batch_alter_table("space") as batch_op:
        batch_op.drop_column("shows_approved")

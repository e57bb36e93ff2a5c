"""The coach's inbox: what a team asks, marks, handovers, what was agreed, how soon was answered.

Revision ID: 0010
Revises: 0009
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()


_WAITED = """
INSERT INTO coach_thread (comment_id, space_id, since, latest, by_id, for_id)
WITH said AS (
    SELECT id, COALESCE(reply_to_id, id) AS root, as_role FROM comment WHERE deleted_at IS NULL AND held_at IS NULL
), spoke AS (
    SELECT root, MAX(id) AS id FROM said WHERE as_role = 'coach' GROUP BY root
), later AS (
    SELECT said.root AS root, MAX(spoke.id) AS spoke, MIN(said.id) AS earliest, MAX(said.id) AS newest
    FROM said JOIN spoke ON spoke.root = said.root AND said.id > spoke.id GROUP BY said.root
)
SELECT one.id, one.space_id, a.created_at, z.created_at, z.author_id, coach.author_id
FROM later
JOIN comment one ON one.id = later.root
JOIN comment coach ON coach.id = later.spoke
JOIN comment a ON a.id = later.earliest
JOIN comment z ON z.id = later.newest
WHERE one.deleted_at IS NULL AND one.space_id IS NOT NULL AND z.created_at > :lately
"""
"""Threads of the last month in which others spoke after the coach did: they wait as if they were said today."""


def _fk(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], op.f(f"fk_{table}_{column}_{to}"), ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "ask",
        sa.Column("id", ID, primary_key=True),
        sa.Column("on_kind", sa.String(24)),
        sa.Column("on_id", ID),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.String(240), nullable=False),
        sa.Column("render_version", sa.Integer(), nullable=False),
        sa.Column("wanted_by", sa.Date()),
        sa.Column("comment_count", sa.Integer(), nullable=False),
        sa.Column("talk_version", sa.Integer(), nullable=False),
        sa.Column("open_musts", sa.Integer(), nullable=False),
        sa.Column("waits_since", TIME),
        sa.Column("spoke_id", ID),
        sa.Column("spoke_at", TIME, nullable=False),
        sa.Column("taken_by_id", ID),
        sa.Column("taken_at", TIME),
        sa.Column("taken_by_word", sa.Boolean(), nullable=False),
        sa.Column("answered_at", TIME),
        sa.Column("closed_at", TIME),
        sa.Column("space_id", ID),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("phase_id", ID),
        sa.Column("audience", sa.String(12), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME),
        _fk("ask", "taken_by_id", "person", "SET NULL"),
        _fk("ask", "space_id", "space", "RESTRICT"),
        _fk("ask", "author_id", "person", "RESTRICT"),
        _fk("ask", "phase_id", "phase", "SET NULL"),
    )
    waits = sa.text("waits_since IS NOT NULL")
    op.create_index("ix_ask_waiting", "ask", ["space_id", "waits_since"], sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_ask_space_id_id", "ask", ["space_id", "id"])
    op.create_index("ix_ask_on", "ask", ["on_kind", "on_id"])
    op.create_index("ix_ask_taken_by_id", "ask", ["taken_by_id"])
    op.create_index(op.f("ix_ask_author_id"), "ask", ["author_id"])
    op.create_index(op.f("ix_ask_phase_id"), "ask", ["phase_id"])
    op.create_table(
        "coach_thread",
        sa.Column("comment_id", ID, primary_key=True, autoincrement=False),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("latest", TIME, nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("for_id", ID, nullable=False),
        _fk("coach_thread", "comment_id", "comment", "CASCADE"),
        _fk("coach_thread", "space_id", "space", "CASCADE"),
        _fk("coach_thread", "by_id", "person", "CASCADE"),
        _fk("coach_thread", "for_id", "person", "CASCADE"),
    )
    op.create_index("ix_coach_thread_space_id_since", "coach_thread", ["space_id", "since"])
    op.create_index("ix_coach_thread_by_id", "coach_thread", ["by_id"])
    op.create_index("ix_coach_thread_for_id", "coach_thread", ["for_id"])
    op.create_table(
        "coach_mark",
        sa.Column("person_id", ID, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(24), primary_key=True),
        sa.Column("thing_id", ID, primary_key=True, autoincrement=False),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("upto", TIME, nullable=False),
        sa.Column("snoozed_until", TIME),
        sa.Column("done_at", TIME),
        _fk("coach_mark", "person_id", "person", "CASCADE"),
        _fk("coach_mark", "space_id", "space", "CASCADE"),
    )
    op.create_index("ix_coach_mark_person_id_done_at", "coach_mark", ["person_id", "done_at"])
    op.create_index("ix_coach_mark_person_id_snoozed_until", "coach_mark", ["person_id", "snoozed_until"])
    op.create_index("ix_coach_mark_space_id", "coach_mark", ["space_id"])
    op.create_table(
        "handover",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("from_id", ID, nullable=False),
        sa.Column("to_id", ID, nullable=False),
        sa.Column("by_id", ID),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("ends_at", TIME),
        sa.Column("ended_early", sa.Boolean(), nullable=False),
        _fk("handover", "space_id", "space", "CASCADE"),
        _fk("handover", "from_id", "person", "CASCADE"),
        _fk("handover", "to_id", "person", "CASCADE"),
        _fk("handover", "by_id", "person", "SET NULL"),
    )
    op.create_index("ix_handover_space_id_id", "handover", ["space_id", "id"])
    op.create_index("ix_handover_from_id", "handover", ["from_id"])
    op.create_index("ix_handover_to_id", "handover", ["to_id"])
    op.create_index("ix_handover_by_id", "handover", ["by_id"])
    op.create_table(
        "coach_terms",
        sa.Column("space_id", ID, primary_key=True, autoincrement=False),
        sa.Column("response_days", sa.Integer()),
        sa.Column("holidays", sa.JSON(), nullable=False),
        sa.Column("guide", sa.Text(), nullable=False),
        sa.Column("guide_html", sa.Text(), nullable=False),
        sa.Column("render_version", sa.Integer(), nullable=False),
        _fk("coach_terms", "space_id", "space", "CASCADE"),
    )
    op.create_table(
        "coach_answer",
        sa.Column("comment_id", ID, primary_key=True, autoincrement=False),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("coach_id", ID, nullable=False),
        sa.Column("answered_at", TIME, nullable=False),
        sa.Column("worked", sa.Integer(), nullable=False),
        _fk("coach_answer", "comment_id", "comment", "CASCADE"),
        _fk("coach_answer", "space_id", "space", "CASCADE"),
        _fk("coach_answer", "coach_id", "person", "CASCADE"),
    )
    op.create_index("ix_coach_answer_space_id_answered_at", "coach_answer", ["space_id", "answered_at"])
    op.create_index("ix_coach_answer_coach_id_answered_at", "coach_answer", ["coach_id", "answered_at"])
    lately = sa.text(_WAITED).bindparams(sa.bindparam("lately", datetime.now(UTC) - timedelta(days=30), TIME))
    op.get_bind().execute(lately)


def downgrade() -> None:
    op.execute("DELETE FROM comment WHERE parent_kind = 'ask'")
    for table in ("coach_answer", "coach_terms", "handover", "coach_mark", "coach_thread", "ask"):
        op.drop_table(table)

"""Pages stand below each other, keep the addresses they had and the links between them, and go to a bin.

Revision ID: 0007
Revises: 0006
"""

import re
from collections import defaultdict

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = community.extensions.UTCTime()
PATH = sa.String(520).with_variant(sa.String(520, collation="C"), "postgresql")
STANDS = sa.text("deleted_at IS NULL")
GAP = 1024
HREF = re.compile(r'<a [^<>]*?href="/spaces/([a-z0-9-]+)/wiki/([a-z0-9/-]+)[?#"]')


def upgrade() -> None:
    with op.batch_alter_table("page") as batch_op:
        batch_op.alter_column("path", existing_type=sa.String(200), type_=PATH, existing_nullable=False)
        batch_op.add_column(sa.Column("parent_id", ID))
        batch_op.add_column(sa.Column("position", ID, nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("bin_id", ID))
        batch_op.create_foreign_key(op.f("fk_page_parent_id_page"), "page", ["parent_id"], ["id"], ondelete="SET NULL")
    with op.batch_alter_table("revision") as batch_op:
        batch_op.add_column(sa.Column("removed_at", TIME))
        batch_op.add_column(sa.Column("removed_by_id", ID))
        batch_op.create_foreign_key(op.f("fk_revision_removed_by_id_person"), "person", ["removed_by_id"], ["id"], ondelete="RESTRICT")
    op.create_index("ix_revision_removed_by_id", "revision", ["removed_by_id"])
    op.create_table(
        "page_alias",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], op.f("fk_page_alias_space_id_space"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], op.f("fk_page_alias_page_id_page"), ondelete="CASCADE"),
        sa.UniqueConstraint("space_id", "path", name=op.f("uq_page_alias_space_id_path")),
    )
    op.create_index("ix_page_alias_page_id", "page_alias", ["page_id"])
    op.create_table(
        "page_link",
        sa.Column("id", ID, primary_key=True),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("target_id", ID),
        sa.ForeignKeyConstraint(["source_id"], ["page.id"], op.f("fk_page_link_source_id_page"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], op.f("fk_page_link_space_id_space"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["target_id"], ["page.id"], op.f("fk_page_link_target_id_page"), ondelete="SET NULL"),
    )
    op.create_index("ix_page_link_source_id", "page_link", ["source_id"])
    op.create_index("ix_page_link_target_id_source_id", "page_link", ["target_id", "source_id"])
    op.create_index("ix_page_link_space_id_path", "page_link", ["space_id", "path"])
    op.create_table(
        "page_removal",
        sa.Column("id", ID, primary_key=True),
        sa.Column("space_id", ID, nullable=False),
        sa.Column("page_id", ID, nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("remover_id", ID, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], op.f("fk_page_removal_space_id_space"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], op.f("fk_page_removal_page_id_page"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["remover_id"], ["person.id"], op.f("fk_page_removal_remover_id_person"), ondelete="RESTRICT"),
    )
    op.create_index("ix_page_removal_space_id_id", "page_removal", ["space_id", "id"])
    op.create_index("ix_page_removal_page_id", "page_removal", ["page_id"])
    op.create_index("ix_page_removal_remover_id", "page_removal", ["remover_id"])
    _place_pages()
    _find_links()
    _fill_bins()
    op.create_index("ix_page_tree", "page", ["space_id", "parent_id", "position", "id"], sqlite_where=STANDS, postgresql_where=STANDS)
    op.create_index("ix_page_space_id_audience", "page", ["space_id", "audience"])
    op.create_index("ix_page_parent_id", "page", ["parent_id"])
    op.create_index("ix_page_bin_id", "page", ["bin_id"])


def _place_pages() -> None:
    """The parent of a page is the one with the longest path above its own; neighbours stand by title, the start page first."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, space_id, path, title FROM page WHERE deleted_at IS NULL")).all()
    at = {(row.space_id, row.path): row.id for row in rows}
    families = defaultdict(list)
    for row in rows:
        parts = row.path.split("/")
        above = ["/".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
        parent = next((at[row.space_id, path] for path in above if (row.space_id, path) in at), None)
        families[row.space_id, parent].append(row)
    placed = []
    for (_, parent), children in families.items():
        children.sort(key=lambda row: (row.path != "start", row.title.casefold(), row.id))
        placed += [{"id": row.id, "parent": parent, "position": GAP * number} for number, row in enumerate(children, 1)]
    if placed:
        connection.execute(sa.text("UPDATE page SET parent_id = :parent, position = :position WHERE id = :id"), placed)


def _find_links() -> None:
    """What the kept words lead to, so that nothing has to be read again."""
    connection = op.get_bind()
    spaces = {row.slug: row.id for row in connection.execute(sa.text("SELECT slug, id FROM space"))}
    at = {(row.space_id, row.path): row.id for row in connection.execute(sa.text("SELECT space_id, path, id FROM page"))}
    last, some = 0, sa.text("SELECT id, body_html FROM page WHERE id > :last AND deleted_at IS NULL ORDER BY id LIMIT 500")
    while rows := connection.execute(some, {"last": last}).all():
        last = rows[-1].id
        found = []
        for row in rows:
            for slug, path in dict.fromkeys(HREF.findall(row.body_html)):
                if slug in spaces and len(path) <= 480:
                    place = spaces[slug], path
                    found.append({"source": row.id, "space": place[0], "path": path, "target": at.get(place)})
        if found:
            link = "INSERT INTO page_link (source_id, space_id, path, target_id) VALUES (:source, :space, :path, :target)"
            connection.execute(sa.text(link), found)


def _fill_bins() -> None:
    """Pages that were deleted before there was a bin lie in it, each by itself, and begin their 30 days
    there today. Who deleted them stands in the log, where it still does."""
    connection = op.get_bind()
    gone = "SELECT id, space_id, path, author_id FROM page WHERE deleted_at IS NOT NULL AND space_id IS NOT NULL"
    rows = connection.execute(sa.text(gone)).all()
    who = "SELECT object_id, actor_id FROM activity WHERE verb = 'page.deleted' AND actor_id IS NOT NULL"
    removers = {row.object_id: row.actor_id for row in connection.execute(sa.text(who))} if rows else {}
    people = set(connection.execute(sa.text("SELECT id FROM person")).scalars()) if rows else set()
    for row in rows:
        remover = removers.get(row.id)
        values = {
            "space": row.space_id,
            "page": row.id,
            "path": row.path.rpartition("~")[0] or row.path,
            "remover": remover if remover in people else row.author_id,
        }
        connection.execute(
            sa.text(
                "INSERT INTO page_removal (space_id, page_id, path, pages, remover_id, created_at) "
                "VALUES (:space, :page, :path, 1, :remover, CURRENT_TIMESTAMP)"
            ),
            values,
        )
    connection.execute(
        sa.text("UPDATE page SET bin_id = (SELECT max(r.id) FROM page_removal r WHERE r.page_id = page.id) WHERE deleted_at IS NOT NULL")
    )


def downgrade() -> None:
    for name in ("ix_page_tree", "ix_page_space_id_audience", "ix_page_parent_id", "ix_page_bin_id"):
        op.drop_index(name, table_name="page")
    for table in ("page_removal", "page_link", "page_alias"):
        op.drop_table(table)
    op.drop_index("ix_revision_removed_by_id", table_name="revision")
    with op.batch_alter_table("revision") as batch_op:
        batch_op.drop_constraint(op.f("fk_revision_removed_by_id_person"), type_="foreignkey")
        batch_op.drop_column("removed_by_id")
        batch_op.drop_column("removed_at")
    # An address that is too long for the column of before keeps its beginning, and the number of its page, which no other has.
    op.execute(sa.text("UPDATE page SET path = substr(path, 1, 170) || '-' || id WHERE length(path) > 200"))
    with op.batch_alter_table("page") as batch_op:
        batch_op.drop_constraint(op.f("fk_page_parent_id_page"), type_="foreignkey")
        batch_op.drop_column("bin_id")
        batch_op.drop_column("position")
        batch_op.drop_column("parent_id")
        batch_op.alter_column("path", existing_type=PATH, type_=sa.String(200), existing_nullable=False)

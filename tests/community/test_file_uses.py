"""Where a file is used: pages and posts that lead to it, as far as somebody sees them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from community.errors import NotFound
from community.extensions import db
from community.files.actions import create_folder, delete_file
from community.files.changing import rename_file
from community.files.models import File
from community.files.moving import move_file
from community.files.queries import file_numbered
from community.files.uses import places_in, read, uses_of
from community.microblog.actions import create_post, delete_post
from community.microblog.models import Post
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page
from tests.community.test_folders import _send
from tests.conftest import count_queries
from tests.world import World

AT = "/spaces/noorderlicht/files"


def _used(world: World, name: str, file: int) -> list[str]:
    actor = world.actor(name)
    found = uses_of(actor, file_numbered(actor, file))
    return [one.title if isinstance(one, Page) else one.excerpt for one in [*found.pages, *found.posts]]


def _page(world: World, title: str, body: str, **more: str) -> Page:
    return create_page(world.actor("noor"), world.space("noorderlicht"), title=title, body=body, **more)


def test_pages_and_posts_that_lead_to_it_or_show_it(world: World, catch_up: Callable[[], int]) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    folder = create_folder(noor, team, name="Site visits")
    file = _send(noor, team, "Board & door.png", folder).id
    other = _send(noor, team, "other.txt", words=b"2").id
    _page(world, "Shows", f"![the board]({AT}/Site%20visits/Board%20%26%20door.png)")
    _page(world, "Leads", f"[about it]({AT}/site%20visits/board%20&%20door.png?about) and [again](/files/{file})")
    _page(world, "Neither", f"[other]({AT}/other.txt), [none]({AT}/nothing.txt)")
    create_post(world.actor("samir"), world.space("noorderlicht"), body=f"Look at [this](/files/{file}).")
    catch_up()
    assert _used(world, "noor", file) == ["Leads", "Shows", "Look at this."]
    assert _used(world, "samir", other) == ["Neither"]
    moved = rename_file(world.actor("noor"), file_numbered(world.actor("noor"), file), name="board.png")
    move_file(world.actor("noor"), moved, world.space("noorderlicht"))
    assert _used(world, "noor", file) == ["Leads", "Shows", "Look at this."]


def test_only_what_the_reader_sees_counts(world: World, catch_up: Callable[[], int]) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    file = _send(noor, team, "plan.txt").id
    _page(world, "Held", f"[plan]({AT}/plan.txt)", audience="coach")
    post = create_post(noor, world.space("noorderlicht"), body=f"[plan]({AT}/plan.txt)", audience="coach").id
    catch_up()
    assert _used(world, "samir", file) == []
    assert _used(world, "noor", file) == ["Held", "plan"]
    delete_post(world.actor("noor"), db.session.get_one(Post, post))
    assert _used(world, "noor", file) == ["Held"]
    with pytest.raises(NotFound):
        uses_of(world.actor("joost"), db.session.get_one(File, file))


def test_words_that_change_and_files_that_come_later(world: World, catch_up: Callable[[], int]) -> None:
    page = _page(world, "Plan", f"[plan]({AT}/plan.txt)").id
    file = _send(world.actor("noor"), world.space("noorderlicht"), "plan.txt").id
    catch_up()
    assert _used(world, "noor", file) == ["Plan"], "the words were there first"
    delete_file(world.actor("noor"), file_numbered(world.actor("noor"), file))
    again = _send(world.actor("noor"), world.space("noorderlicht"), "plan.txt", words=b"another").id
    catch_up()
    assert _used(world, "noor", again) == ["Plan"]
    noor = world.actor("noor")
    edit_page(noor, db.session.get_one(Page, page), body="Without.", base=1)
    catch_up()
    assert _used(world, "noor", again) == []


def test_reading_again_changes_nothing_and_many_cost_as_few(world: World, catch_up: Callable[[], int]) -> None:
    from sqlalchemy import select

    from community.activity.models import Activity
    from community.extensions import write_unit
    from community.files.use_tables import FileUse

    noor = world.actor("noor")
    file = _send(noor, world.space("noorderlicht"), "plan.txt").id
    _page(world, "Plan 0", f"[plan]({AT}/plan.txt)")
    catch_up()
    reader = world.actor("samir")
    found = file_numbered(reader, file)
    with count_queries() as few:
        uses_of(reader, found)
    for number in range(1, 9):
        _page(world, f"Plan {number}", f"[plan]({AT}/plan.txt)")
    catch_up()
    before = db.session.execute(select(FileUse.id, FileUse.file_id)).all()
    with write_unit():
        read(list(db.session.scalars(select(Activity).order_by(Activity.id))))
    assert db.session.execute(select(FileUse.id, FileUse.file_id)).all() == before
    reader = world.actor("samir")
    found = file_numbered(reader, file)
    with count_queries() as many:
        assert len(uses_of(reader, found).pages) == 9
    assert len(many) == len(few)


def test_addresses_are_read_as_browsers_do() -> None:
    html = (
        '<a href="/spaces/a/files/x%20y/z.pdf?about">1</a> <img src="/spaces/a/files/x%20y/z.pdf">'
        '<a href="/spaces/b/files/R&amp;D.txt">2</a> <a href="/files/12">3</a> <a href="/files/12/versions/1">4</a>'
        '<a href="https://elsewhere.example/spaces/a/files/q.txt">5</a> <a href="/spaces/a/files/%00">6</a>'
    )
    assert places_in(html) == [("a", "x y/z.pdf"), ("b", "R&D.txt"), ("", "12")]

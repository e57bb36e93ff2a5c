"""The files of Noorderlicht: bytes first, then the row; versions under one name; nothing for outsiders."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import func, select

from community.activity.models import Activity
from community.errors import Denied, Invalid, NotFound
from community.extensions import db
from community.files.actions import delete_file, describe_file, upload_file
from community.files.incoming import receive
from community.files.models import File
from community.files.queries import file_for, files_of
from community.files.storage import TooLarge
from tests.conftest import count_queries
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def send(app: Flask, world: World):
    """`send("noor", "guide.txt", b"words")` uploads as the pages do."""

    def do(who: str, name: str, content: bytes, space: str = "noorderlicht", **more) -> File:
        came = receive(app.config["STORAGE"], io.BytesIO(content), name, limit_bytes=1000)
        return upload_file(
            world.actor(who), world.space(space), name=came.name, stored=came.stored, media_type=came.media_type, **more
        )

    return do


def _content(app: Flask, file: File) -> bytes:
    with app.config["STORAGE"].open(file.storage_key) as stream:
        return stream.read()


def test_ragnhilds_interview_arrives_whole_and_says_what_it_is(app: Flask, world: World, send) -> None:
    send("noor", "Whiteboard.PNG", PNG, description="Eleven hand-overs")
    file = file_for(world.actor("samir"), world.space("noorderlicht"), "whiteboard.png")
    assert (file.name, file.media_type, file.size, file.version) == ("Whiteboard.PNG", "image/png", len(PNG), 1)
    assert (file.audience, file.description, file.author.name) == ("space", "Eleven hand-overs", "Noor van der Velden")
    assert _content(app, file) == PNG


def test_a_page_that_calls_itself_a_picture_is_refused(send) -> None:
    with pytest.raises(Invalid, match="it is no such file"):
        send("noor", "me.png", b"<html><script>alert(1)</script>")


def test_the_same_name_is_the_next_version_whatever_its_case(app: Flask, world: World, send) -> None:
    first = send("noor", "Guide.txt", b"one")
    kept = first.storage_key
    second = send("samir", "GUIDE.TXT", b"two")
    assert (second.id, second.version, second.name) == (first.id, 2, "Guide.txt")
    assert _content(app, second) == b"two"
    assert app.config["STORAGE"].exists(kept)
    verbs = db.session.scalars(select(Activity.verb).where(Activity.object_kind == "file").order_by(Activity.id))
    assert list(verbs) == ["file.uploaded", "file.replaced"]


def test_the_same_bytes_again_are_no_version(send) -> None:
    send("noor", "Guide.txt", b"one")
    assert send("noor", "Guide.txt", b"one").version == 1


def test_a_file_may_be_empty_but_not_too_large(app: Flask, send) -> None:
    assert send("noor", "empty.txt", b"").size == 0
    with pytest.raises(TooLarge) as fault:
        send("noor", "large.txt", b"x" * 1001)
    assert fault.value.field == "file"
    assert db.session.scalar(select(func.count()).select_from(File)) == 1
    assert len(list(app.config["STORAGE"].keys())) == 1


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "x\x00y", "con.txt"])
def test_a_name_that_no_system_takes_is_refused_before_anything_is_read(send, name: str) -> None:
    with pytest.raises(Invalid) as fault:
        send("noor", name, b"x")
    assert fault.value.field == "name"


def test_a_name_that_folds_to_very_many_letters_has_its_place(world: World, send) -> None:
    name = "\ufdfa" * 60 + ".txt"
    send("noor", name, b"x")
    assert file_for(world.actor("noor"), world.space("noorderlicht"), name).name == name


def test_describing_a_file_says_what_it_is(world: World, send) -> None:
    file = send("noor", "guide.txt", b"x")
    describe_file(world.actor("samir"), file, description="  The interview guide, as we used it. ")
    assert file.description == "The interview guide, as we used it."
    with pytest.raises(Invalid):
        describe_file(world.actor("samir"), file, description="x" * 2001)


def test_a_deleted_file_frees_its_name(world: World, send) -> None:
    file = send("noor", "guide.txt", b"x")
    with pytest.raises(Denied):
        delete_file(world.actor("samir"), file)
    delete_file(world.actor("noor"), file)
    with pytest.raises(NotFound):
        file_for(world.actor("noor"), world.space("noorderlicht"), "guide.txt")
    assert send("samir", "guide.txt", b"y").version == 1


def test_a_file_for_the_coach_is_not_replaced_by_who_may_not_know_of_it(app: Flask, world: World, send) -> None:
    file = send("noor", "draft.txt", b"for Anna", audience="coach")
    with pytest.raises(NotFound):
        file_for(world.actor("samir"), world.space("noorderlicht"), "draft.txt")
    with pytest.raises(Invalid) as fault:
        send("samir", "draft.txt", b"mine")
    assert fault.value.field == "name"
    assert _content(app, file_for(world.actor("anna"), world.space("noorderlicht"), "draft.txt")) == b"for Anna"
    assert file.version == 1


@pytest.mark.parametrize("outsider", ["dev", "joost", "gus", "rik"])
def test_who_is_not_in_the_team_learns_nothing_of_its_files(world: World, send, outsider: str) -> None:
    file, space = send("noor", "guide.txt", b"x"), world.space("noorderlicht")
    stranger = world.actor(outsider)
    for knock in (
        lambda: file_for(stranger, space, "guide.txt"),
        lambda: describe_file(stranger, file, description="mine"),
        lambda: delete_file(stranger, file),
    ):
        with pytest.raises(NotFound):
            knock()
    assert files_of(stranger, space).items == []
    with pytest.raises((NotFound, Denied)):
        send(outsider, "guide.txt", b"mine")


def test_a_guest_reads_but_does_not_upload(world: World, send) -> None:
    send("noor", "guide.txt", b"x")
    assert file_for(world.actor("ingrid"), world.space("noorderlicht"), "guide.txt")
    with pytest.raises(Denied):
        send("ingrid", "mine.txt", b"x")


def test_a_long_list_goes_on_where_it_stopped_at_the_same_cost(world: World, send) -> None:
    for number in range(7):
        send("noor", f"{number}.txt", b"x")
    samir, space = world.actor("samir"), world.space("noorderlicht")
    samir.roles  # noqa: B018 - read once a request
    with count_queries() as few:
        first = files_of(samir, space, limit=2)
    names, after = [file.name for file in first.items], first.next
    while after:
        with count_queries() as more:
            page = files_of(samir, space, after=after, limit=2)
        assert len(more) == len(few)
        names, after = names + [file.name for file in page.items], page.next
    assert names == [f"{number}.txt" for number in range(7)]

"""Links to the outside: what they open, and that they die with the rights of who made them."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from community.activity.models import Activity
from community.clock import frozen, now
from community.errors import Conflict, Denied, Invalid, NotFound
from community.extensions import db
from community.files.actions import create_folder, delete_file, upload_file
from community.files.incoming import Received, receive
from community.files.models import FileVersion
from community.files.queries import file_for
from community.jobs import work
from community.notifications.models import Notification
from community.people.actions import disable_person
from community.permissions import SYSTEM, sees
from community.ports import ports
from community.sharing import rules
from community.sharing.actions import (
    add_through,
    create_share,
    rename_through,
    replace_through,
    revoke_share,
    use_share,
)
from community.sharing.jobs import _sweep
from community.sharing.models import Share
from community.sharing.queries import (
    asleep,
    file_in,
    files_in,
    folder_in,
    folders_in,
    opened,
    share_numbered,
    shares_in,
    shares_of,
    token_of,
)
from community.spaces.actions import add_member, archive_space, remove_member, update_space
from tests.world import World


def _send(who, space, name, folder=None, words=b"x", **more):
    stored = ports.storage().put(io.BytesIO(words), limit_bytes=1000)
    return upload_file(who, space, name=name, stored=stored, folder=folder, **more)


def _came(name: str, words: bytes = b"from outside") -> Received:
    return receive(ports.storage(), io.BytesIO(words), name, limit_bytes=1000)


def _made(world: World, thing=None, who="noor", **more) -> tuple[Share, str]:
    actor = world.actor(who)
    thing = thing or _send(actor, world.space("noorderlicht"), "plan.txt")
    share = create_share(actor, thing, **more)
    token = token_of(actor, share)
    assert token is not None
    return share, token


def test_the_table_alone_opens_nothing_and_its_maker_can_copy_the_link_again(world: World, monkeypatch) -> None:
    share, token = _made(world)
    row = db.session.execute(db.select(Share.__table__).where(Share.id == share.id)).one()
    assert len(token) == 43
    assert token not in map(str, row)
    assert opened(token).thing.name == "plan.txt"
    assert token_of(world.actor("noor"), share) == token
    assert token_of(world.actor("samir"), share) is None
    monkeypatch.setattr(ports, "sign", lambda salt, data: b"\0" * 32)  # another key
    assert token_of(world.actor("noor"), share) is None
    assert opened(token).thing.name == "plan.txt"


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "\x00" * 43, "é" * 43, "x" * 5000])
def test_what_is_no_token_opens_nothing(world: World, token: str) -> None:
    with pytest.raises(NotFound):
        opened(token)


def test_a_link_dies_with_what_its_maker_may_do(world: World) -> None:
    noor, team, boss = world.actor("noor"), world.space("noorderlicht"), world.actor("pieter_jan")
    file = _send(noor, team, "plan.txt")
    _share, token = _made(world, file)

    def dead() -> bool:
        db.session.rollback()
        try:
            opened(token)
        except NotFound:
            return True
        return False

    assert not dead()
    add_member(boss, team, world.person("noor"), role="alumnus")
    assert dead()
    add_member(boss, team, world.person("noor"), role="member")
    assert not dead()
    remove_member(boss, team, world.person("noor"))
    assert dead()
    add_member(boss, team, world.person("noor"), role="member")
    update_space(boss, team, shares_outside=False)
    assert dead()
    update_space(boss, team, shares_outside=True)
    update_space(boss, team, tools=["stream", "wiki"])
    assert dead()
    update_space(boss, team, tools=["stream", "wiki", "files"])
    archive_space(boss, team)
    assert dead()


@pytest.mark.parametrize("end", ["revoked", "late", "deleted", "disabled", "house"])
def test_what_has_ended_is_not_there(world: World, end: str) -> None:
    file = _send(world.actor("noor"), world.space("noorderlicht"), "plan.txt")
    share, token = _made(world, file, days=2)
    assert opened(token).thing == file
    if end == "revoked":
        revoke_share(world.actor("noor"), share)
    elif end == "deleted":
        delete_file(world.actor("noor"), file)
    elif end == "disabled":
        disable_person(world.actor("rik"), world.person("noor"))
    elif end == "house":
        rules.switch(False, 365)
    try:
        with frozen(now() + timedelta(days=3 if end == "late" else 1)), pytest.raises(NotFound):
            opened(token)
    finally:
        rules.switch(True, 365)


def test_a_folder_shows_what_is_for_as_many_as_the_folder_is_and_what_its_maker_sees(world: World) -> None:
    noor, anna, team = world.actor("noor"), world.actor("anna"), world.space("noorderlicht")
    top = create_folder(noor, team, name="Evidence")
    inner = create_folder(noor, team, name="Interviews", parent=top)
    held = create_folder(noor, team, name="For our coach", parent=top, audience="coach")
    other = create_folder(noor, team, name="EVIDENCE too")
    open_file = _send(noor, team, "open.txt", inner)
    secret = _send(noor, team, "secret.txt", held)
    aside = _send(noor, team, "aside.txt", top, audience="coach")
    elsewhere = _send(noor, team, "elsewhere.txt", other)
    root = _send(noor, team, "root.txt")
    _share, token = _made(world, top, who="anna")
    found = opened(token)
    assert all(sees(anna, one) for one in (secret, aside, held))
    assert [one.name for one in folders_in(found, top)] == ["Interviews"]
    assert files_in(found, top).items == []
    assert [one.name for one in files_in(found, inner).items] == ["open.txt"]
    assert file_in(found, open_file.id) == open_file
    for hidden in (secret, aside, elsewhere, root):
        with pytest.raises(NotFound):
            file_in(found, hidden.id)
    for hidden in (held, other):
        with pytest.raises(NotFound):
            folder_in(found, hidden.id)
    _share, coach = _made(world, held, who="anna")
    assert [one.name for one in files_in(opened(coach), held).items] == ["secret.txt"]


def test_who_makes_links_sees_them_and_ends_them(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    file = _send(noor, team, "plan.txt")
    held = _send(noor, team, "for anna.txt", audience="coach")
    share, _token = _made(world, file)
    _made(world, held)
    for name in ("ingrid", "dev", "gus", "joost"):
        with pytest.raises((Denied, NotFound)):
            create_share(world.actor(name), file)
        assert shares_in(world.actor(name), team) == []
    assert len(shares_in(noor, team)) == len(shares_in(world.actor("anna"), team)) == 2
    assert [one.id for one in shares_in(world.actor("samir"), team)] == [share.id]
    assert [one.id for one in shares_of(world.actor("samir"), file)] == [share.id]
    with pytest.raises(Denied):
        revoke_share(world.actor("samir"), share)
    with pytest.raises(NotFound):
        revoke_share(world.actor("joost"), share)
    revoke_share(world.actor("pieter_jan"), share)
    assert shares_of(noor, file) == []
    assert share_numbered(noor, share.id).revoked_at is not None
    remove_member(world.actor("pieter_jan"), team, world.person("noor"))
    left = shares_in(world.actor("anna"), team)
    assert asleep(left, {("file", held.id): held}) == {left[0].id}


def test_what_is_asked_for_is_bounded(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    file = _send(noor, team, "plan.txt")
    for field, wrong in (
        ("rights", {"rights": "upload"}),
        ("rights", {"rights": "own"}),
        ("days", {"days": 0}),
        ("days", {"days": 366}),
        ("note", {"note": "x" * 1001}),
        ("password", {"password": "12345678"}),
        ("password", {"password": "short"}),
    ):
        with pytest.raises(Invalid) as caught:
            create_share(noor, file, **wrong)  # type: ignore[arg-type]
        assert caught.value.field == field
    with frozen(now()):
        assert create_share(noor, file).expires_at == now() + timedelta(days=30)
    update_space(world.actor("pieter_jan"), team, shares_outside=False)
    with pytest.raises(Denied):
        create_share(world.actor("noor"), file)


def test_what_comes_in_belongs_to_the_space_says_whom_it_is_from_and_replaces_nothing(world: World, catch_up) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    folder = create_folder(noor, team, name="Evidence")
    mine = _send(noor, team, "plan.txt", folder, words=b"mine")
    share, token = _made(world, folder, rights="upload")
    found = opened(token)
    file = add_through(found.actor, found.share, folder=folder, came=_came("PLAN.txt"), sender="  Ragnhild \n Berg ")
    assert (file.path, file.space_id, file.author_id) == ("Evidence/PLAN (2).txt", team.id, noor.id)
    version = db.session.scalars(db.select(FileVersion).where(FileVersion.file_id == file.id)).one()
    assert version.note == "Via een link, van Ragnhild Berg"
    with pytest.raises(Denied):
        replace_through(found.actor, found.share, file=mine, came=_came("x"), sender="R", base=mine.sha256)
    with pytest.raises(Invalid) as caught:
        add_through(found.actor, found.share, folder=folder, came=_came("x.txt"), sender=" ")
    assert caught.value.field == "sender"
    number = share.id
    catch_up()
    mine = db.select(Notification).where(Notification.person_id == noor.id, Notification.reason != "added")
    told = db.session.scalars(mine).all()
    assert [(row.reason, row.object_kind, row.object_id) for row in told] == [("received", "share", number)]


def test_edit_replaces_what_was_seen_and_nothing_newer(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    folder = create_folder(noor, team, name="Evidence")
    file = _send(noor, team, "plan.txt", folder, words=b"one")
    seen = file.sha256
    _share, token = _made(world, folder, rights="edit")
    found = opened(token)
    replace_through(found.actor, found.share, file=file, came=_came("any name", b"two"), sender="R", base=seen)
    again = file_for(world.actor("samir"), team, "Evidence/plan.txt")
    assert (again.version, again.size) == (2, 3)
    with pytest.raises(Conflict):
        replace_through(found.actor, found.share, file=again, came=_came("x", b"three"), sender="R", base=seen)


def test_edit_renames_and_keeps_what_kind_of_file_it_is(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    folder = create_folder(noor, team, name="Evidence")
    file, other = _send(noor, team, "plan.txt", folder, words=b"one"), _send(noor, team, "list.txt", words=b"elsewhere")
    _share, token = _made(world, folder, rights="edit")
    found = opened(token)
    for wrong in ("plan.url", "plan", " "):
        with pytest.raises(Invalid) as caught:
            rename_through(found.actor, found.share, file=file, name=wrong)
        assert caught.value.field == "name"
    rename_through(found.actor, found.share, file=file, name="Plan of May.txt")
    assert file_for(world.actor("samir"), team, "Evidence/Plan of May.txt").id == file.id
    with pytest.raises(NotFound):
        rename_through(found.actor, found.share, file=other, name="mine.txt")
    _share, shows = _made(world, folder, rights="upload")
    with pytest.raises(Denied):
        rename_through(opened(shows).actor, opened(shows).share, file=file, name="no.txt")


def test_a_link_takes_in_no_more_than_it_can(world: World, monkeypatch) -> None:
    folder = create_folder(world.actor("noor"), world.space("noorderlicht"), name="Evidence")
    _share, token = _made(world, folder, rights="upload")
    monkeypatch.setattr(rules, "MOST_BYTES", 20)
    found = opened(token)
    add_through(found.actor, found.share, folder=folder, came=_came("a.txt", b"x" * 20), sender="R")
    with pytest.raises(Invalid, match="as much as it can"):
        add_through(found.actor, found.share, folder=folder, came=_came("b.txt", b"x"), sender="R")
    assert opened(token).share.received == 1


def test_use_is_counted_and_told_once_an_hour(world: World) -> None:
    share, token = _made(world)
    at = now()
    with frozen(at):
        for _ in range(3):
            use_share(SYSTEM, opened(token).share)
    with frozen(at + timedelta(hours=2)):
        use_share(SYSTEM, opened(token).share)
    db.session.rollback()
    again = db.session.get_one(Share, share.id)
    assert (again.used, again.used_at) == (4, at + timedelta(hours=2))
    assert len(db.session.scalars(db.select(Activity).where(Activity.verb == "share.used")).all()) == 2
    with pytest.raises(Denied):
        use_share(world.actor("noor"), again)


def test_what_ended_long_ago_is_swept(world: World) -> None:
    share, _token = _made(world, days=1)
    file = _send(world.actor("noor"), world.space("noorderlicht"), "other.txt")
    kept, _token = _made(world, file, days=300)
    _sweep({})
    numbers = db.select(Share.id).order_by(Share.id)
    both = [share.id, kept.id]
    assert list(db.session.scalars(numbers)) == both
    with frozen(now() + timedelta(days=92)):
        _sweep({})
    assert list(db.session.scalars(numbers)) == both[1:]
    assert "sharing.sweep" in work._handlers

"""What somebody tries with the files of a team who means no good: each test is one attempt, told by who makes it.

Who is who stands in tests/test_attacks.py; Ingrid reads in Noorderlicht as a guest, Anna coaches it.
"""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import fromstring

import pytest
from flask import Flask
from sqlalchemy import select, update

from community.clock import now
from community.errors import Denied, NotFound
from community.extensions import db
from community.files import versions
from community.files.actions import create_folder, delete_file, upload_file
from community.files.bin import delete_folder, removal_for, restore
from community.files.changing import rename_file, rename_folder, share_file, share_folder
from community.files.drawn import preview_of_file, thumbs_of
from community.files.drop_actions import create_drop
from community.files.models import File, FileRemoval, FileVersion, Folder
from community.files.moving import move_file, move_folder
from community.files.queries import file_numbered
from community.files.recount import recount
from community.files.room import room_of
from community.locks.actions import lock_thing
from community.locks.models import FileLock
from community.permissions import SYSTEM, may
from community.ports import ports
from community.sharing.actions import create_share
from community.sharing.queries import asleep, opened, token_of
from community.spaces.actions import remove_member
from tests.blueprints.api_callers import program_of
from tests.blueprints.dav_client import BRIDGE, Drive
from tests.community.test_accounts_at_once import all_at_once
from tests.community.test_file_previews import picture
from tests.community.test_file_texts import send
from tests.world import World

CANARY = "zeldzaamkanariewoord"


def _send(world: World, who: str, name: str, folder: Folder | None = None, words: bytes = b"x", **more: Any) -> File:
    stored = ports.storage().put(io.BytesIO(words), limit_bytes=10**6)
    return upload_file(world.actor(who), world.space("noorderlicht"), name=name, stored=stored, folder=folder, **more)


def _folder(world: World, who: str, name: str, parent: Folder | None = None, **more: Any) -> Folder:
    made = create_folder(world.actor(who), world.space("noorderlicht"), name=name, parent=parent, **more)
    db.session.flush()
    return made


# ---- who may not read learns nothing


def test_the_same_picture_elsewhere_is_not_told_by_a_preview_that_is_there_at_once(
    app: Flask, world: World, as_person, draw
) -> None:
    """Samir sends what Anna keeps for coaches alone, to learn whether she has it."""
    send(app, world, picture(), "hers.png", audience="coach")
    draw()
    number = send(app, world, picture(), "guess.png")
    file = db.session.get_one(File, number)
    samir = as_person("samir")
    assert preview_of_file(file) is None and thumbs_of([file]) == {}
    assert samir.get(f"/files/{number}/preview/thumb").status_code == 404
    assert samir.get(f"/files/{number}/preview/sheet").status_code == 404
    assert "A preview is being made." in samir.get("/spaces/noorderlicht/files/guess.png?about").text
    draw()
    file = db.session.get_one(File, number)
    assert preview_of_file(file) is not None and set(thumbs_of([file])) == {number}
    assert samir.get(f"/files/{number}/preview/thumb").status_code == 200


def test_a_preview_whose_order_was_lost_comes_although_the_same_was_drawn_before(
    app: Flask, world: World, draw
) -> None:
    from community.jobs import work

    send(app, world, picture(), "first.png")
    draw()
    number = send(app, world, picture(), "second.png")
    work._handlers["files.look-drawn"]({})
    while work.run_one():
        pass
    assert preview_of_file(db.session.get_one(File, number)) is not None


def test_a_lock_on_what_one_does_not_see_is_not_named_by_a_refusal(app: Flask, world: World) -> None:
    """Noor locks, and deletes, her folder; somebody works on a file in it that she may not see."""
    folder = _folder(world, "noor", "Evidence")
    held = _send(world, "anna", f"{CANARY}.docx", folder, audience="coach")
    lock_thing(world.actor("anna"), held, lasts=timedelta(minutes=30))
    noor = Drive(app, world, "noor")
    body = (
        '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
        "<D:locktype><D:write/></D:locktype></D:lockinfo>"
    )
    for answer in (
        noor("LOCK", f"{BRIDGE}/Evidence", body=body, Depth="infinity"),
        noor("DELETE", f"{BRIDGE}/Evidence"),
        noor("MOVE", f"{BRIDGE}/Evidence", Destination=f"{BRIDGE}/Other"),
        noor("PROPFIND", f"{BRIDGE}/Evidence", Depth="1"),
    ):
        assert CANARY not in answer.text, answer.status_code
    shown = Drive(app, world, "anna")("PROPFIND", f"{BRIDGE}/Evidence", Depth="1")
    assert "urn:uuid:" in shown.text, "who sees the file sees its lock"


def test_how_full_a_space_is_says_nothing_to_who_only_reads(app: Flask, world: World, as_person) -> None:
    """Ingrid watches the numbers while somebody sends something for coaches alone."""
    _send(world, "noor", "open.txt")
    ask = '<D:propfind xmlns:D="DAV:"><D:prop><D:quota-used-bytes/><D:quota-available-bytes/></D:prop></D:propfind>'

    def told(who: str) -> tuple[str, str, int]:
        page = as_person(who).get("/spaces/noorderlicht/files").text
        drive = Drive(app, world, who)("PROPFIND", BRIDGE, body=ask, Depth="0")
        program = program_of(world, app.test_client, who).get("/spaces/noorderlicht/room")
        number = fromstring(drive.data).findtext(".//{DAV:}quota-used-bytes") or ""
        return number, "Room in this space" if "Room in this space" in page else "", program.status_code

    assert told("ingrid") == ("", "", 403)
    assert told("samir") == ("1", "Room in this space", 200)


def test_the_bin_tells_no_size_of_a_folder_in_which_not_all_is_seen(app: Flask, world: World, as_person) -> None:
    folder = _folder(world, "noor", "Evidence")
    _send(world, "anna", "hers.txt", folder, words=b"x" * 123_000, audience="coach")
    delete_folder(world.actor("pieter_jan"), folder)
    page = as_person("samir").get("/spaces/noorderlicht/files-trash").text
    assert "Evidence" in page and "0 files" in page and "123" not in page


def test_an_upload_does_not_tell_where_its_folder_went(app: Flask, world: World) -> None:
    """Samir began to send, and asks on after the folder and the file are no longer his to see."""
    folder = _folder(world, "anna", "Evidence")
    samir = program_of(world, app.test_client, "samir")
    words = {"filename": "x.txt", "space": "noorderlicht", "folder": "Evidence"}
    named = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in words.items())
    sent = {"Tus-Resumable": "1.0.0", "Upload-Length": "3", "Upload-Metadata": named}
    begun = samir("POST", "/uploads", headers=sent).json["id"]
    done = samir("POST", "/uploads", headers={**sent, "Content-Type": "application/offset+octet-stream"}, data=b"abc")
    assert done.json["state"] == "done" and done.json["file"]["url"]
    folder = db.session.get_one(Folder, folder.id)
    rename_folder(world.actor("anna"), folder, name=CANARY)
    share_folder(world.actor("anna"), folder, audience="coach")
    for address in (f"/uploads/{begun}", "/uploads"):
        answer = samir.get(address)
        assert answer.status_code == 200 and CANARY not in answer.text, address
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    assert samir.get(f"/uploads/{done.json['id']}").json["file"] is None


# ---- who may not write does not


def test_nobody_hides_the_work_of_another_by_moving_it(app: Flask, world: World) -> None:
    """Samir puts what Noor made into a folder that only he and the coaches see: for the others it would be gone."""
    hers, his = _send(world, "noor", "hers.txt"), _send(world, "samir", "his.txt")
    drawer = _folder(world, "samir", "Drawer", audience="coach")
    shelf = _folder(world, "noor", "Shelf")
    inner = _folder(world, "samir", "Inner", shelf)
    team, samir = world.space("noorderlicht"), world.actor("samir")
    with pytest.raises(Denied, match="Fewer people"):
        move_file(samir, hers, team, folder=drawer)
    for closed in (shelf, inner):
        _send(world, "noor", "deep.txt", closed)
        with pytest.raises(Denied, match="Fewer people"):
            move_folder(samir, closed, team, parent=drawer)
    drive = Drive(app, world, "samir")
    assert drive("MOVE", f"{BRIDGE}/hers.txt", Destination=f"{BRIDGE}/Drawer/hers.txt").status_code == 403
    assert file_numbered(world.actor("kwame"), hers.id).audience == "space"
    move_file(world.actor("samir"), db.session.get_one(File, his.id), team, folder=drawer)
    assert db.session.get_one(File, his.id).audience == "coach", "one's own one may"


def test_a_facilitator_opens_nothing_that_they_do_not_see(world: World) -> None:
    """Pieter-Jan made the folder of the coaches; what they wrote there is not his to read, nor to open to all."""
    folder = _folder(world, "pieter_jan", "Coaches", audience="coach")
    own = _send(world, "pieter_jan", "own.txt", folder)
    hers = _send(world, "anna", "hers.txt", folder)
    with pytest.raises(NotFound):
        file_numbered(world.actor("pieter_jan"), hers.id)
    assert share_folder(world.actor("pieter_jan"), folder, audience="space", inside=True) == 1
    assert file_numbered(world.actor("samir"), own.id)
    for who in ("samir", "pieter_jan"):
        with pytest.raises(NotFound):
            file_numbered(world.actor(who), hers.id)


def test_a_link_follows_no_folder_to_where_fewer_look(world: World, client) -> None:
    """A coach shared a folder of the team; later it is for coaches alone, and holds what was never meant for the link."""
    folder = _folder(world, "anna", "Evidence")
    secret = _send(world, "anna", f"{CANARY}.txt", folder, audience="coach")
    file = _send(world, "anna", "plan.txt")
    tokens = []
    for thing in (folder, file):
        share = create_share(world.actor("anna"), thing)
        tokens.append((share, thing, token_of(world.actor("anna"), share)))
    for _share, thing, token in tokens:
        assert opened(token or "").thing == thing
        assert CANARY not in client.get(f"/s/{token}").text
    share_folder(world.actor("anna"), folder, audience="coach")
    share_file(world.actor("anna"), file, audience="coach")
    for share, thing, token in tokens:
        assert may(world.actor("anna"), "link", thing)
        with pytest.raises(NotFound):
            opened(token or "")
        for end in ("", f"/files/{secret.id}", f"/files/{secret.id}/content", f"/folders/{folder.id}/zip"):
            assert client.get(f"/s/{token}{end}").status_code == 404, end
        assert asleep([share], {(share.object_kind, share.object_id): thing}) == {share.id}
    share_folder(world.actor("anna"), folder, audience="space")
    assert opened(tokens[0][2] or "").thing == folder, "as wide again as when it was shared"
    new = create_share(world.actor("anna"), file)
    assert opened(token_of(world.actor("anna"), new) or "").thing == file, "who shares it as it is means it"


@pytest.mark.parametrize("who", ["ingrid", "samir"])
def test_nobody_holds_the_lock_of_another(app: Flask, world: World, who: str) -> None:
    """Its token is shown to whoever reads the file; asking again with it would keep the file closed for ever."""
    _send(world, "noor", "plan.txt")
    token = Drive(app, world, "noor").lock(f"{BRIDGE}/plan.txt", seconds=60).headers["Lock-Token"]
    before = db.session.query(FileLock).one().expires_at
    other = Drive(app, world, who)
    found = other("LOCK", f"{BRIDGE}/plan.txt", If=f"({token})", Timeout="Second-3600")
    db.session.expire_all()
    assert found.status_code == 412 and db.session.query(FileLock).one().expires_at == before
    assert other("UNLOCK", f"{BRIDGE}/plan.txt", Lock_Token=token).status_code == 403
    noor = Drive(app, world, "noor")
    assert noor("LOCK", f"{BRIDGE}/plan.txt", If=f"({token})", Timeout="Second-3600").status_code == 200


# ---- what breaks


def test_a_program_that_locks_before_it_sends_breaks_nothing_in_a_folder_that_collects(
    app: Flask, world: World
) -> None:
    """There the file gets another name than the program asked for."""
    create_drop(
        world.actor("anna"), world.space("noorderlicht"), name="Drop", closes_at=now() + timedelta(days=2), wanted=1
    )
    app.config["PROPAGATE_EXCEPTIONS"] = False
    noor = Drive(app, world, "noor")
    assert noor.lock(f"{BRIDGE}/Drop/mine.docx").status_code < 500
    assert noor("PUT", f"{BRIDGE}/Drop/mine.docx", body=b"words").status_code < 500
    assert "Drop/" in noor.listed(BRIDGE)


def test_words_beside_an_upload_that_no_column_holds_are_refused_or_kept(app: Flask, world: World) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    noor = program_of(world, app.test_client, "noor")
    long = "x" * 4_000
    for words in (
        {"note": long}, {"note": "a" + " " * 4_000 + "b"}, {"base": long}, {"audience": long}, {"description": long},
        {"folder": "/".join(["a"] * 1_000)}, {"folder": "\x00"}, {"space": long}, {"space": "\x00"}, {"note": "\x01\u202e"},
    ):  # fmt: skip
        facts = {"filename": f"{len(str(words))}.txt", "space": "noorderlicht", **words}
        named = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in facts.items())
        headers = {
            "Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": named,
            "Content-Type": "application/offset+octet-stream",
        }  # fmt: skip
        answer = noor("POST", "/uploads", headers=headers, data=b"x")
        assert answer.status_code < 500, words
    assert all(len(one.note) <= 300 for one in db.session.query(FileVersion))


def test_the_words_of_a_lock_break_no_answer_for_the_others(app: Flask, world: World) -> None:
    """Who says of themselves more than is kept: half of it would be no XML, and nobody's drive would open the folder."""
    _send(world, "noor", "plan.txt")
    for said in ("x" * 5_000, "<D:href>" + "y" * 990 + "</D:href>", "é" * 600):
        body = (
            '<?xml version="1.0" encoding="utf-8"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
            f"<D:locktype><D:write/></D:locktype><D:owner>{said}</D:owner></D:lockinfo>"
        )
        noor = Drive(app, world, "noor")
        made = noor("LOCK", f"{BRIDGE}/plan.txt", body=body.encode(), Depth="0", Timeout="Second-600")
        assert made.status_code == 200 and fromstring(made.data) is not None
        found = Drive(app, world, "samir")("PROPFIND", BRIDGE, Depth="1")
        assert "Noor van der Velden" in "".join(fromstring(found.data).itertext()) or said[:300] in found.text
        assert noor("UNLOCK", f"{BRIDGE}/plan.txt", Lock_Token=made.headers["Lock-Token"]).status_code == 204


EVIL = '"><img src=x onerror=alert(1)>{{7*7}}'


def test_names_and_words_act_on_nobody(app: Flask, world: World, as_person, catch_up) -> None:
    folder = _folder(world, "noor", EVIL, description=EVIL)
    file = _send(world, "noor", f"{EVIL}.txt", folder, words=EVIL.encode(), description=EVIL, note=EVIL)
    lock_thing(world.actor("noor"), file, lasts=timedelta(days=1), by_hand=True, note=EVIL)
    share = create_share(world.actor("noor"), folder, note=EVIL, rights="edit")
    token, number, home, link = token_of(world.actor("noor"), share), folder.id, file.id, share.id
    thrown = _send(world, "noor", f"{EVIL}.md", folder, words=b"gone")
    delete_file(world.actor("noor"), thrown)
    catch_up()
    noor = as_person("noor")
    way = quote(EVIL)
    for path in (
        "/spaces/noorderlicht/files", f"/spaces/noorderlicht/files/{way}", f"/spaces/noorderlicht/files/{way}?view=grid",
        f"/spaces/noorderlicht/files/{way}/{way}.txt?about", f"/files/{home}/beside", f"/files/{home}/rename",
        f"/files/{home}/delete", f"/folders/{number}/rename", f"/folders/{number}/shares", f"/shares/{link}",
        "/spaces/noorderlicht/shares", "/spaces/noorderlicht/files-trash", "/spaces/noorderlicht/from-stream",
        f"/spaces/noorderlicht/files-picked?do=move&pick=folder:{number}&pick=file:{home}", "/search?q=onerror",
        f"/spaces/noorderlicht/files-folder?in={number}", f"/spaces/noorderlicht/files/{way}/{way}", "/feed",
        f"/s/{token}", f"/s/{token}/files/{home}",
    ):  # fmt: skip
        answer = noor.get(path)
        assert answer.status_code in (200, 404), path
        assert "<img src=x" not in answer.text and "49" not in answer.text.split("<h1", 1)[-1].split("</h1>")[0], path
    bytes_of = noor.get(f"/spaces/noorderlicht/files/{way}/{way}.txt")
    assert "\n" not in bytes_of.headers["Content-Disposition"] and "sandbox" in str(bytes_of.headers)


def test_another_site_sends_nothing_with_the_cookies_of_somebody(app: Flask, world: World, as_person) -> None:
    folder = _folder(world, "noor", "Open")
    share = create_share(world.actor("noor"), folder, rights="upload", password="een lange zin voor gasten 12")
    token, number = token_of(world.actor("noor"), share), folder.id
    noor = as_person("noor")
    named = f"filename {b64encode(b'x.txt').decode()},space {b64encode(b'noorderlicht').decode()}"
    sent = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": named}
    for where in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        for path, headers in (
            ("/api/v1/uploads", sent),
            ("/api/v1/uploads/x", {**sent, "X-HTTP-Method-Override": "DELETE"}),
            (f"/s/{token}", {}),
            (f"/s/{token}/folders/{number}/files", {}),
            (f"/folders/{number}/rename", {}),
        ):
            assert noor.post(path, headers={**headers, **where}).status_code in (400, 403), (path, where)
    page = app.test_client().get(f"/s/{token}")
    assert page.status_code == 401 and page.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
    assert "no-store" in page.headers["Cache-Control"]


def test_a_version_that_gets_its_name_while_room_is_made_stays(world: World, monkeypatch) -> None:
    file = _send(world, "noor", "plan.txt", words=b"one")
    _send(world, "noor", "plan.txt", words=b"two")
    _send(world, "noor", "plan.txt", words=b"three")
    choose = versions.to_make_room

    def meanwhile(kept: Any, room: int) -> Any:
        going = choose(kept, room)
        db.session.execute(update(FileVersion).where(FileVersion.number == 1).values(name="as it was sent"))
        return going

    monkeypatch.setattr(versions, "to_make_room", meanwhile)
    versions.thin_space(SYSTEM, world.space("noorderlicht").id, room=0)
    left = db.session.scalars(select(FileVersion.number).where(FileVersion.file_id == file.id)).all()
    assert sorted(left) == [1, 3]


# ---- several at once


def _sum(words: bytes) -> str:
    return hashlib.sha256(words).hexdigest()


def _all_are_there(world: World) -> None:
    """Every file has the version that stands, its bytes, and a place of its own; the counters say what there is."""
    for file in db.session.scalars(select(File)):
        kept = db.session.scalars(select(FileVersion).where(FileVersion.file_id == file.id)).all()
        stands = [one for one in kept if one.number == file.version]
        assert [one.storage_key for one in stands] == [file.storage_key]
        assert all(ports.storage().size(one.storage_key) == one.size for one in kept)
    room = room_of(world.space("noorderlicht"))
    held = (room.current, room.versions, room.trash)
    recount()
    room = room_of(world.space("noorderlicht"))
    assert held == (room.current, room.versions, room.trash)


def test_ten_of_one_name_at_once_are_one_file_and_every_version(app: Flask, world: World) -> None:
    stored = [ports.storage().put(io.BytesIO(b"words %d" % n), limit_bytes=100) for n in range(10)]
    db.session.rollback()

    def send_one(n: int) -> Any:
        who = ("noor", "samir", "fatma", "kwame")[n % 4]
        return lambda: upload_file(
            world.actor(who), world.space("noorderlicht"), name=("Plan.txt", "PLAN.TXT")[n % 2], stored=stored[n]
        )

    assert all_at_once(app, [send_one(n) for n in range(10)]) == {"done": 10}
    file = db.session.scalars(select(File)).one()
    kept = db.session.scalars(select(FileVersion.sha256).where(FileVersion.file_id == file.id)).all()
    assert file.version == 10 and set(kept) == {one.sha256 for one in stored}
    _all_are_there(world)


def test_replaced_moved_renamed_and_deleted_at_once_nothing_is_lost(app: Flask, world: World) -> None:
    file = _send(world, "noor", "plan.txt", words=b"first")
    folder = _folder(world, "noor", "Evidence")
    db.session.commit()
    number, into = file.id, folder.id
    stored = [ports.storage().put(io.BytesIO(b"later %d" % n), limit_bytes=100) for n in range(3)]
    db.session.rollback()

    def mine() -> File:
        return db.session.get_one(File, number)

    deeds = [
        *(
            lambda one=one: upload_file(world.actor("samir"), world.space("noorderlicht"), name="plan.txt", stored=one)
            for one in stored
        ),
        lambda: move_file(
            world.actor("noor"), mine(), world.space("noorderlicht"), folder=db.session.get_one(Folder, into)
        ),
        lambda: rename_file(world.actor("kwame"), mine(), name="other.txt"),
        lambda: delete_file(world.actor("noor"), mine()),
    ]
    came = all_at_once(app, deeds)
    assert came["done"] >= 4 and sum(came.values()) == len(deeds), came
    known = set(db.session.scalars(select(FileVersion.sha256)))
    assert known == {_sum(b"first"), *(one.sha256 for one in stored)}
    _all_are_there(world)


def test_restored_twice_at_once_and_onto_a_taken_name_both_are_there(app: Flask, world: World) -> None:
    file = _send(world, "noor", "plan.txt", words=b"old")
    delete_file(world.actor("noor"), file)
    number = db.session.scalars(select(FileRemoval.id)).one()
    stored = ports.storage().put(io.BytesIO(b"new"), limit_bytes=100)
    db.session.rollback()

    def back() -> Any:
        return restore(world.actor("samir"), removal_for(world.actor("samir"), world.space("noorderlicht"), number))

    def again() -> Any:
        return upload_file(world.actor("kwame"), world.space("noorderlicht"), name="plan.txt", stored=stored)

    came = all_at_once(app, [back, again, back])
    assert came["done"] >= 2 and set(came) <= {"done", "NotFound"}, came
    # Kwame's is a file of its own, or the next version of what came back before it.
    assert set(db.session.scalars(select(FileVersion.sha256))) == {_sum(b"old"), _sum(b"new")}
    assert not db.session.scalars(select(FileRemoval)).all()
    _all_are_there(world)

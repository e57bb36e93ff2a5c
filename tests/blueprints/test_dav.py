"""Files as a drive: what file managers and office programs send, word for word, and what strangers try."""

from __future__ import annotations

import base64
import io
import unicodedata
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from community.activity.models import Activity
from community.extensions import db
from community.files.actions import upload_file
from community.files.bin import bin_of
from community.files.models import File
from community.files.queries import file_for
from community.files.room import BOUNDS
from community.files.storage import Stored
from community.files.versions import versions_of
from community.people import throttle
from community.people.actions import disable_person, end_sessions, revoke_token
from community.permissions import SYSTEM
from tests.blueprints.dav_client import BRIDGE, Drive
from tests.conftest import count_queries
from tests.world import World

PROPS = '<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/><D:getcontentlength/><D:resourcetype/></D:prop></D:propfind>'


@pytest.fixture
def noor(app: Flask, world: World) -> Drive:
    return Drive(app, world, "noor")


@pytest.fixture
def samir(app: Flask, world: World) -> Drive:
    return Drive(app, world, "samir")


def _file(world: World, path: str) -> File:
    return file_for(world.actor("noor"), world.space("noorderlicht"), path)


def _numbers(world: World, path: str) -> list[int]:
    return [version.number for version in versions_of(world.actor("noor"), _file(world, path)).items]


# ---- who comes in


def test_the_top_lists_the_spaces_that_one_may_enter(noor: Drive, app: Flask, world: World) -> None:
    assert "Noorderlicht/" in noor.listed("/dav/") and "Getij/" not in noor.listed("/dav/")
    assert "Noorderlicht/" not in Drive(app, world, "joost").listed("/dav/")
    assert "Noorderlicht/" not in Drive(app, world, "rik").listed("/dav/"), "administering is not reading"


def test_unknown_wrong_and_somebody_elses_are_one_answer(app: Flask, world: World, noor: Drive, samir: Drive) -> None:
    good = noor.password
    answers = []
    for email, password in (
        (noor.email, "aaaa-aaaa-aaaa-aaaa-aaaa"),
        ("nobody@waterland.example", "aaaa-aaaa-aaaa-aaaa-aaaa"),
        (noor.email, samir.password),
        (noor.email, "een lange zin over water 14"),
    ):
        noor.email, noor.password = email, password
        answer = noor("PROPFIND", "/dav/", Depth="0")
        answers.append((answer.status_code, answer.data, answer.headers["WWW-Authenticate"]))
    assert len(set(answers)) == 1 and answers[0][0] == 401 and "Basic" in answers[0][2]
    noor.email, noor.password = f"@{world.person('noor').handle}", good.upper().replace("-", " ")
    assert noor("PROPFIND", "/dav/", Depth="0").status_code == 207, "a handle, and however it is typed"
    assert app.test_client().open("/dav/", method="PROPFIND").status_code == 401


def test_guessing_is_counted_and_who_knows_it_is_not_locked_out(noor: Drive) -> None:
    good, seen = noor.password, []
    for number in range(throttle.PER_ACCOUNT + 1):
        noor.password = f"wrong-{number}"
        seen.append(noor("GET", "/dav/").status_code)
    assert seen == [401] * throttle.PER_ACCOUNT + [429]
    assert int(noor("GET", "/dav/").headers["Retry-After"]) > 0
    noor.password = good
    assert noor("GET", "/dav/").status_code == 200


def test_a_password_of_a_drive_opens_nothing_else(app: Flask, noor: Drive) -> None:
    client = app.test_client()
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {noor.password}"}).status_code == 401
    basic = base64.b64encode(f"{noor.email}:{noor.password}".encode()).decode()
    assert client.get("/feed", headers={"Authorization": f"Basic {basic}"}).status_code == 302


@pytest.mark.parametrize("how", ["revoked", "signed out everywhere", "closed"])
def test_a_drive_ends_at_once(world: World, noor: Drive, how: str) -> None:
    assert noor("GET", "/dav/").status_code == 200
    if how == "revoked":
        revoke_token(world.actor("noor"), world.person("noor"), token_id=noor.token_id)
    elif how == "closed":
        disable_person(SYSTEM, world.person("noor"))
    else:
        end_sessions(world.actor("noor"), world.person("noor"))
    assert noor("GET", "/dav/").status_code == 401


def test_who_only_reads_changes_nothing(app: Flask, world: World, noor: Drive) -> None:
    noor("PUT", f"{BRIDGE}/map.txt", body=b"one")
    ingrid = Drive(app, world, "ingrid")
    assert ingrid("GET", f"{BRIDGE}/map.txt").data == b"one"
    for method, more in (
        ("PUT", {"body": b"two"}),
        ("DELETE", {}),
        ("MOVE", {"Destination": f"{BRIDGE}/x.txt"}),
        (
            "PROPPATCH",
            {
                "body": '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="u:"/></D:prop></D:set></D:propertyupdate>'
            },
        ),
    ):
        assert ingrid(method, f"{BRIDGE}/map.txt", **more).status_code in (403, 207), method
    assert ingrid("MKCOL", f"{BRIDGE}/Mine").status_code == 403
    assert ingrid.lock(f"{BRIDGE}/map.txt").status_code == 403
    assert noor("GET", f"{BRIDGE}/map.txt").data == b"one" and noor.listed(BRIDGE) == ["map.txt"]


def test_what_one_may_not_see_is_not_there(app: Flask, world: World, noor: Drive) -> None:
    noor("PUT", f"{BRIDGE}/map.txt", body=b"one")
    joost = Drive(app, world, "joost")
    for method in ("GET", "PROPFIND", "DELETE"):
        hidden = joost(method, f"{BRIDGE}/map.txt", Depth="0")
        absent = joost(method, "/dav/Nowhere/map.txt", Depth="0")
        assert (hidden.status_code, hidden.data) == (absent.status_code, absent.data) and hidden.status_code == 404
    assert joost("PUT", f"{BRIDGE}/map.txt", body=b"x").status_code == 409


# ---- bytes


def test_etags_ranges_and_conditions(noor: Drive) -> None:
    made = noor("PUT", f"{BRIDGE}/ten.txt", body=b"0123456789", If_None_Match="*")
    etag = made.headers["ETag"]
    assert made.status_code == 201
    assert noor("PUT", f"{BRIDGE}/ten.txt", body=b"x", If_None_Match="*").status_code == 412
    assert noor("PUT", f"{BRIDGE}/ten.txt", body=b"x", If_Match='"other"').status_code == 412
    assert noor("PUT", f"{BRIDGE}/none.txt", body=b"x", If_Match='"other"').status_code == 412
    part = noor("GET", f"{BRIDGE}/ten.txt", Range="bytes=2-4")
    assert (part.status_code, part.data, part.headers["ETag"]) == (206, b"234", etag)
    assert noor("GET", f"{BRIDGE}/ten.txt", If_None_Match=etag).status_code == 304
    assert noor("HEAD", f"{BRIDGE}/ten.txt").headers["Content-Length"] == "10"
    assert noor("PUT", f"{BRIDGE}/ten.txt", body=b"eleven", If_Match=etag).status_code == 204
    assert noor("PUT", f"{BRIDGE}/ten.txt", body=b"x", Content_Range="bytes 0-0/9").status_code == 400
    assert (
        etag in noor("PROPFIND", f"{BRIDGE}/ten.txt", Depth="0", body=PROPS).text
        or noor("GET", f"{BRIDGE}/ten.txt").data == b"eleven"
    )


def test_nothing_on_the_drive_acts_in_a_browser(noor: Drive) -> None:
    noor("PUT", f"{BRIDGE}/x.html", body=b"<script>alert(1)</script>")
    answer = noor("GET", f"{BRIDGE}/x.html")
    assert (
        answer.headers["Content-Disposition"].startswith("attachment")
        and "sandbox" in answer.headers["Content-Security-Policy"]
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in answer.headers


def test_what_does_not_fit_is_refused_before_it_is_sent(noor: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BOUNDS, "space", 100)
    assert noor("PUT", f"{BRIDGE}/a.txt", body=b"x" * 60).status_code == 201
    body = '<D:propfind xmlns:D="DAV:"><D:prop><D:quota-available-bytes/><D:quota-used-bytes/></D:prop></D:propfind>'
    told = noor("PROPFIND", BRIDGE, Depth="0", body=body).text
    assert "<D:quota-available-bytes>40<" in told and "<D:quota-used-bytes>60<" in told
    assert noor("PUT", f"{BRIDGE}/b.txt", body=b"x" * 60).status_code == 507
    monkeypatch.setattr(BOUNDS, "file", 50)
    assert noor("PUT", f"{BRIDGE}/c.txt", body=b"x" * 51).status_code == 413
    assert noor.listed(BRIDGE) == ["a.txt"]


def test_a_body_that_breaks_off_is_no_file(noor: Drive) -> None:
    sent = {"Authorization": _basic(noor)}
    short = noor.client.open(
        f"{BRIDGE}/a.txt", method="PUT", data=b"half", headers=sent, environ_overrides={"CONTENT_LENGTH": "8"}
    )
    in_pieces = noor.client.open(
        f"{BRIDGE}/b.txt",
        method="PUT",
        data=b"half",
        headers={**sent, "X-Expected-Entity-Length": "8"},
        environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    )
    assert (short.status_code, in_pieces.status_code) == (400, 400) and noor.listed(BRIDGE) == []


def _basic(drive: Drive) -> str:
    return "Basic " + base64.b64encode(f"{drive.email}:{drive.password}".encode()).decode()


# ---- names


def test_names_of_the_mac_of_windows_and_of_every_script_are_one_file(noor: Drive, world: World) -> None:
    composed = "Überblick é.txt"
    apart = unicodedata.normalize("NFD", composed)
    assert noor("PUT", f"{BRIDGE}/{apart}", body=b"one").status_code == 201
    assert noor.listed(BRIDGE) == [composed]
    assert noor("PUT", f"{BRIDGE}/{composed.upper()}", body=b"two").status_code == 204
    assert noor("GET", f"{BRIDGE}/{apart.lower()}").data == b"two" and _numbers(world, composed) == [2, 1]
    assert noor("MOVE", f"{BRIDGE}/{apart}", Destination=f"{BRIDGE}/ÜBERBLICK é.txt").status_code == 204
    assert noor.listed(BRIDGE) == ["ÜBERBLICK é.txt"]


@pytest.mark.parametrize("name", ["x" * 255, "日" * 85, "100% & <b>+;=#?.txt", "בדיקה.txt", " blank  inside.txt"])
def test_every_name_that_can_be_kept_comes_back(noor: Drive, name: str) -> None:
    assert noor("PUT", f"{BRIDGE}/{name}", body=b"one").status_code == 201
    assert [listed] == [" ".join(name.split())] if (listed := noor.listed(BRIDGE)[0]) else False
    assert noor("GET", f"{BRIDGE}/{listed}").data == b"one"
    assert noor("COPY", f"{BRIDGE}/{listed}", Destination=f"{BRIDGE}/copy.txt").status_code == 201
    assert noor("DELETE", f"{BRIDGE}/{listed}").status_code == 204 and noor.listed(BRIDGE) == ["copy.txt"]


@pytest.mark.parametrize("name", ["nul.txt", "a\x01b", "...", "con", "x\\y"])
def test_a_name_that_no_system_bears_is_refused_clearly(noor: Drive, name: str) -> None:
    assert noor("PUT", f"{BRIDGE}/{name}", body=b"x").status_code in (400, 404, 409, 422)
    assert noor.listed(BRIDGE) == []


# ---- attacks


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><D:propfind xmlns:D="DAV:"><D:prop><x>&c;</x></D:prop></D:propfind>'
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<D:propfind xmlns:D="DAV:"><D:prop><x>&x;</x></D:prop></D:propfind>'
)
DEEP = '<D:propfind xmlns:D="DAV:"><D:prop>' + "<a>" * 5000 + "</a>" * 5000 + "</D:prop></D:propfind>"
WIDE = '<D:propfind xmlns:D="DAV:"><D:prop>' + "<a/>" * 5000 + "</D:prop></D:propfind>"


@pytest.mark.parametrize("body", [BOMB, OUTSIDE, DEEP, WIDE, "<not closed", "\x00\x01", "<a/>"])
@pytest.mark.parametrize("method", ["PROPFIND", "PROPPATCH", "LOCK"])
def test_harmful_xml_is_refused_before_anything_reads_it(noor: Drive, method: str, body: str) -> None:
    noor("PUT", f"{BRIDGE}/map.txt", body=b"one")
    answer = noor(method, f"{BRIDGE}/map.txt", body=body, Depth="0")
    assert answer.status_code == 400 and b"root:" not in answer.data
    assert noor(method, f"{BRIDGE}/map.txt", body="<" + "x" * 70_000, Depth="0").status_code == 413


def test_nobody_asks_for_everything_at_once(noor: Drive) -> None:
    for headers in ({"Depth": "infinity"}, {}):
        answer = noor("PROPFIND", BRIDGE, **headers)
        assert answer.status_code == 403 and "propfind-finite-depth" in answer.text
    assert noor("PROPFIND", BRIDGE, Depth="7").status_code == 400


@pytest.mark.parametrize("goal", ["http://elsewhere.example/dav/Noorderlicht/x", "/spaces/noorderlicht", "/dav/../x"])
def test_nothing_goes_where_the_drive_is_not(noor: Drive, goal: str) -> None:
    noor("PUT", f"{BRIDGE}/map.txt", body=b"one")
    sent = {"Authorization": _basic(noor), "Destination": goal}
    assert noor.client.open(f"{BRIDGE}/map.txt", method="MOVE", headers=sent).status_code in (400, 403, 409, 502)
    assert noor.listed(BRIDGE) == ["map.txt"]


def test_spaces_are_not_made_moved_or_deleted_here(noor: Drive) -> None:
    assert noor("DELETE", BRIDGE).status_code == 403
    assert noor("MKCOL", "/dav/New").status_code == 403
    assert noor("PUT", "/dav/new.txt", body=b"x").status_code == 403
    assert noor("MOVE", BRIDGE, Destination="/dav/Other").status_code == 403
    assert noor.lock(BRIDGE).status_code == 403


# ---- what it costs


def test_a_large_folder_costs_what_a_small_one_does(app: Flask, world: World, noor: Drive) -> None:
    stored = app.config["STORAGE"].put(io.BytesIO(b"one"), limit_bytes=10)
    noor.listed(BRIDGE)  # notes that the password is used, once an hour
    costs = []
    for count in (3, 60):
        for number in range(count):
            upload_file(
                world.actor("noor"), world.space("noorderlicht"), name=f"{count} {number}.txt", stored=Stored(*stored)
            )
        with count_queries() as seen:
            assert len(noor.listed(BRIDGE)) >= count
        costs.append(len(seen))
    assert costs[0] == costs[1], costs
    with count_queries() as seen:
        noor("PROPFIND", BRIDGE, Depth="1", body=PROPS)
    assert len(seen) <= 12, seen


# ---- programs, as they are


def test_what_is_put_down_comes_in_under_its_right_name_alone(noor: Drive) -> None:
    """Nobody gets past the door by putting a thing down first."""
    noor("PUT", f"{BRIDGE}/~WRD0001.tmp", body=b"no picture")
    refused = noor("MOVE", f"{BRIDGE}/~WRD0001.tmp", Destination=f"{BRIDGE}/me.png")
    assert refused.status_code == 422 and noor.listed(BRIDGE) == ["~WRD0001.tmp"]
    assert noor("PUT", f"{BRIDGE}/~WRD0002.tmp", body=b"MZ" + b"\x00" * 99).status_code == 422


def test_word_saves_in_its_roundabout_way_and_history_and_comments_stay(
    noor: Drive, samir: Drive, world: World
) -> None:
    noor("PUT", f"{BRIDGE}/Plan.rtf", body=b"{\\rtf1 one}")
    number = _file(world, "Plan.rtf").id
    assert samir("PUT", f"{BRIDGE}/~$Plan.rtf", body=b"Samir").status_code == 201
    assert samir("PUT", f"{BRIDGE}/~WRD0001.tmp", body=b"{\\rtf1 two}").status_code == 201
    assert samir("MOVE", f"{BRIDGE}/Plan.rtf", Destination=f"{BRIDGE}/~WRL0002.tmp").status_code == 201
    assert (
        samir("GET", f"{BRIDGE}/Plan.rtf").status_code == 404
        and noor("GET", f"{BRIDGE}/Plan.rtf").data == b"{\\rtf1 one}"
    )
    assert samir("MOVE", f"{BRIDGE}/~WRD0001.tmp", Destination=f"{BRIDGE}/Plan.rtf").status_code == 201
    assert samir("DELETE", f"{BRIDGE}/~WRL0002.tmp").status_code == 204
    assert samir("DELETE", f"{BRIDGE}/~$Plan.rtf").status_code == 204
    assert noor("GET", f"{BRIDGE}/Plan.rtf").data == b"{\\rtf1 two}"
    assert _file(world, "Plan.rtf").id == number and _numbers(world, "Plan.rtf") == [2, 1]
    assert noor.listed(BRIDGE) == samir.listed(BRIDGE) == ["Plan.rtf"]


@pytest.mark.parametrize("first", ["delete", "over", "put again"])
def test_other_programs_save_in_other_ways(noor: Drive, world: World, first: str) -> None:
    noor("PUT", f"{BRIDGE}/Plan.rtf", body=b"{\\rtf1 one}")
    number = _file(world, "Plan.rtf").id
    if first != "over":
        assert noor("DELETE", f"{BRIDGE}/Plan.rtf").status_code == 204
    if first == "put again":
        assert noor("PUT", f"{BRIDGE}/Plan.rtf", body=b"{\\rtf1 two}").status_code == 201
    else:
        noor("PUT", f"{BRIDGE}/Plan new.rtf", body=b"{\\rtf1 two}")
        assert noor("MOVE", f"{BRIDGE}/Plan new.rtf", Destination=f"{BRIDGE}/Plan.rtf").status_code in (201, 204)
    assert _file(world, "Plan.rtf").id == number and _numbers(world, "Plan.rtf") == [2, 1]
    assert noor("GET", f"{BRIDGE}/Plan.rtf").data == b"{\\rtf1 two}"


def test_what_is_deleted_lies_in_the_bin_and_an_old_file_over_another_is_no_version(noor: Drive, world: World) -> None:
    noor("MKCOL", f"{BRIDGE}/Evidence")
    noor("PUT", f"{BRIDGE}/Evidence/a.txt", body=b"one")
    assert noor("DELETE", f"{BRIDGE}/Evidence").status_code == 204
    gone = bin_of(world.actor("noor"), world.space("noorderlicht")).items
    assert [one.path for one in gone] == ["Evidence"]


@pytest.mark.parametrize(
    "name", [".DS_Store", "._Plan.docx", "Thumbs.db", "desktop.ini", "~$Plan.docx", ".~lock.Plan.odt#"]
)
def test_litter_is_kept_for_its_program_and_nobody_else_sees_it(
    noor: Drive, samir: Drive, world: World, name: str
) -> None:
    assert noor("PUT", f"{BRIDGE}/{name}", body=b"litter").status_code == 201
    lock = noor.lock(f"{BRIDGE}/{name}")
    assert lock.status_code == 200
    assert noor("PUT", f"{BRIDGE}/{name}", body=b"litter 2", If=f"({lock.headers['Lock-Token']})").status_code == 204
    assert noor("UNLOCK", f"{BRIDGE}/{name}", Lock_Token=lock.headers["Lock-Token"]).status_code == 204
    assert noor("GET", f"{BRIDGE}/{name}").data == b"litter 2"
    assert samir("GET", f"{BRIDGE}/{name}").status_code == 404 and samir.listed(BRIDGE) == []
    assert noor("PUT", f"/dav/{name}", body=b"at the top").status_code == 201
    assert db.session.scalars(select(File)).all() == []
    assert noor("DELETE", f"{BRIDGE}/{name}").status_code == 204 and noor.listed(BRIDGE) == []


WINDOWS = "Microsoft-WebDAV-MiniRedir/10.0.22631"


def test_windows_explorer_puts_a_file_there(noor: Drive, world: World) -> None:
    agent = {"User_Agent": WINDOWS, "translate": "f"}
    allowed = noor("OPTIONS", "/dav/", **agent)
    assert allowed.status_code == 200 and "2" in allowed.headers["DAV"] and allowed.headers["MS-Author-Via"] == "DAV"
    assert noor("PROPFIND", BRIDGE, Depth="0", **agent).status_code == 207
    assert noor("PROPFIND", f"{BRIDGE}/Plan.rtf", Depth="0", **agent).status_code == 404
    assert noor("PUT", f"{BRIDGE}/Plan.rtf", body=b"", **agent).status_code == 201
    lock = noor.lock(f"{BRIDGE}/Plan.rtf", seconds=3600, **agent)
    token = lock.headers["Lock-Token"]
    times = (
        '<?xml version="1.0" encoding="utf-8" ?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:">'
        "<D:set><D:prop><Z:Win32CreationTime>Thu, 26 Nov 2026 14:00:00 GMT</Z:Win32CreationTime>"
        "<Z:Win32LastModifiedTime>Thu, 26 Nov 2026 14:00:00 GMT</Z:Win32LastModifiedTime>"
        "<Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set></D:propertyupdate>"
    )
    assert noor("HEAD", f"{BRIDGE}/Plan.rtf", **agent).status_code == 200
    assert noor("PUT", f"{BRIDGE}/Plan.rtf", body=b"{\\rtf1 words}", If=f"({token})", **agent).status_code == 204
    told = noor("PROPPATCH", f"{BRIDGE}/Plan.rtf", body=times, If=f"({token})", **agent)
    assert told.status_code == 207 and "200 OK" in told.text and "403" not in told.text
    assert noor("UNLOCK", f"{BRIDGE}/Plan.rtf", Lock_Token=token, **agent).status_code == 204
    assert noor("GET", f"{BRIDGE}/Plan.rtf").data == b"{\\rtf1 words}"
    assert _numbers(world, "Plan.rtf") == [1], "the empty beginning is no version"


def test_the_finder_puts_a_file_there(noor: Drive, world: World) -> None:
    agent = {"User_Agent": "WebDAVFS/3.0.0 (03008000) Darwin/23.5.0 (arm64)"}
    assert noor("OPTIONS", f"{BRIDGE}/", **agent).status_code == 200
    for name in ("Plan.key", "._Plan.key"):
        assert noor("PROPFIND", f"{BRIDGE}/{name}", Depth="0", **agent).status_code == 404
        assert noor("PUT", f"{BRIDGE}/{name}", body=b"", **agent).status_code == 201
        token = noor.lock(f"{BRIDGE}/{name}", **agent).headers["Lock-Token"]
        sent = noor("PUT", f"{BRIDGE}/{name}", body=b"words", If=f"({token})", X_Expected_Entity_Length="5", **agent)
        assert sent.status_code == 204
        assert noor("LOCK", f"{BRIDGE}/{name}", If=f"({token})", Timeout="Second-600", **agent).status_code == 200
        assert noor("UNLOCK", f"{BRIDGE}/{name}", Lock_Token=token, **agent).status_code == 204
    assert _numbers(world, "Plan.key") == [1] and [file.name for file in db.session.scalars(select(File))] == [
        "Plan.key"
    ]


def test_locks_end_with_what_they_are_on_and_the_log_says_who(noor: Drive, samir: Drive, world: World) -> None:
    noor("PUT", f"{BRIDGE}/map.txt", body=b"one")
    token = noor.lock(f"{BRIDGE}/map.txt").headers["Lock-Token"]
    refused = samir("PUT", f"{BRIDGE}/map.txt", body=b"two")
    assert refused.status_code == 423 and "/dav/Noorderlicht/map.txt" in refused.text
    assert samir.lock(f"{BRIDGE}/map.txt").status_code == 423
    assert samir("UNLOCK", f"{BRIDGE}/map.txt", Lock_Token=token).status_code == 403
    assert noor("DELETE", f"{BRIDGE}/map.txt").status_code == 423, "her other program does not know the token"
    assert noor("DELETE", f"{BRIDGE}/map.txt", If=f"({token})").status_code == 204
    verbs = [line.verb for line in db.session.scalars(select(Activity).where(Activity.object_kind == "file"))]
    assert verbs == ["file.uploaded", "file.locked", "file.deleted"]


def test_a_link_opens_on_the_drive_and_one_that_is_put_there_is_a_link(noor: Drive, world: World) -> None:
    words = b"[InternetShortcut]\r\nURL=https://docs.example.org/d/1?x=y\r\n"
    assert noor("PUT", f"{BRIDGE}/Budget 2026.url", body=words).status_code == 201
    made: Any = _file(world, "Budget 2026.url")
    assert made.href == "https://docs.example.org/d/1?x=y" and made.media_type == "application/internet-shortcut"
    assert noor("GET", f"{BRIDGE}/Budget 2026.url").data == words
    noor("PUT", f"{BRIDGE}/bad.url", body=b"[InternetShortcut]\r\nURL=javascript:alert(1)\r\n")
    assert _file(world, "bad.url").href == ""

"""Links to the outside in a browser without scripts: made, opened signed out, unlocked, and dead to the byte."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from community.files.actions import create_folder, upload_file
from community.files.queries import file_for, folder_for
from community.ports import ports
from tests.conftest import post_form
from tests.world import World

SECRET = "een lang wachtwoord over vis"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def evidence(world: World):
    """A folder of Noorderlicht with a text and a picture in it, as numbers."""
    noor, team = world.actor("noor"), world.space("noorderlicht")
    folder = create_folder(noor, team, name="Evidence")
    made = {"folder": folder.id}
    for name, words, kind in (("plan.txt", b"0123456789", "text/plain"), ("board.png", PNG, "image/png")):
        stored = ports.storage().put(io.BytesIO(words), limit_bytes=1000)
        made[name] = upload_file(noor, team, name=name, stored=stored, media_type=kind, folder=folder).id
    return made


def _make(browser, what: str, **fields) -> tuple[str, str]:
    """The path of a new link, and the page that shows it."""
    answer = post_form(browser, f"{what}/shares", rights="view", days="30", **fields)
    assert answer.status_code == 303, answer.text
    page = browser.get(answer.location).text
    found = re.search(r'value="http://localhost(/s/[\w-]{43})"', page)
    assert found is not None
    return found[1], answer.location


def _send(client, to: str, name: str = "from outside.txt", words: bytes = b"hello", **fields):
    data = {"files": [(io.BytesIO(words), name)], **fields}
    return client.post(to, data=data, content_type="multipart/form-data")


def test_a_folder_is_opened_signed_out_and_nothing_of_it_is_kept_or_told(as_person, client, evidence) -> None:
    url, _page = _make(as_person("noor"), f"/folders/{evidence['folder']}", note="For the board.")
    page = client.get(url)
    assert page.status_code == 200
    assert all(words in page.text for words in ("Evidence", "Noor van der Velden", "For the board.", "plan.txt"))
    assert "Noorderlicht" not in page.text
    for answer in (
        page,
        client.get(f"{url}/files/{evidence['plan.txt']}"),
        client.get(f"{url}/files/{evidence['plan.txt']}/content"),
    ):
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in answer.headers
    part = client.get(f"{url}/files/{evidence['plan.txt']}/content", headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.data) == (206, b"234")
    assert "sandbox" in part.headers["Content-Security-Policy"]
    assert _send(client, f"{url}/folders/{evidence['folder']}/files", sender="R").status_code == 404


def test_a_password_opens_it_and_tries_are_counted(as_person, client, evidence, app) -> None:
    url, _page = _make(as_person("noor"), f"/files/{evidence['plan.txt']}", password=SECRET)
    locked = client.get(url)
    assert locked.status_code == 401
    assert "plan.txt" not in locked.text and "Noor" not in locked.text
    assert client.get(f"{url}/files/{evidence['plan.txt']}/content").status_code == 401
    wrong = client.post(url, data={"password": "wrong"})
    assert wrong.status_code == 401
    assert "not the password of this link" in wrong.text
    right = client.post(url, data={"password": SECRET})
    assert (right.status_code, right.location) == (303, url)
    cookie = right.headers["Set-Cookie"]
    assert f"Path={url}" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert client.get(f"{url}/files/{evidence['plan.txt']}/content").data == b"0123456789"
    other = app.test_client()
    kept = cookie.split(";")[0].split("=", 1)[1]
    forged = "9" * 10 + "." + kept.split(".")[1]
    other.set_cookie("cohortium-link", forged, path=url)
    assert other.get(url).status_code == 401
    tried = [other.post(url, data={"password": f"wrong {number}"}).status_code for number in range(11)]
    assert tried == [401] * 10 + [429]
    assert other.post(url, data={"password": SECRET}).status_code == 429


def test_wrong_revoked_and_hidden_are_the_same_to_the_byte(as_person, client, evidence) -> None:
    noor = as_person("noor")
    url, page = _make(noor, f"/folders/{evidence['folder']}")
    never = client.get("/s/" + "x" * 43)
    assert never.status_code == 404
    assert client.get(f"{url}/files/987654").data == never.data
    assert client.get(f"{url}/folders/987654").data == never.data
    assert client.get(f"{url}/files/{evidence['plan.txt']}/content").status_code == 200
    assert post_form(noor, f"{page}/revoke").status_code == 303
    for path in (
        "",
        f"/files/{evidence['plan.txt']}",
        f"/files/{evidence['plan.txt']}/content",
        f"/folders/{evidence['folder']}",
    ):
        answer = client.get(url + path)
        assert (answer.status_code, answer.data) == (404, never.data), path
    assert client.post(url, data={"password": "x"}).status_code == 404


def test_hiding_the_download_shows_pictures_and_gives_no_other_bytes(as_person, client, evidence) -> None:
    url, _page = _make(as_person("noor"), f"/folders/{evidence['folder']}", hides_download="1")
    assert client.get(f"{url}/files/{evidence['plan.txt']}/content").status_code == 404
    page = client.get(f"{url}/files/{evidence['board.png']}").text
    assert "Download" not in page and f"{url}/files/{evidence['board.png']}/content" in page
    assert client.get(f"{url}/files/{evidence['board.png']}/content").data == PNG


def test_a_video_and_a_sound_are_played_with_the_captions_that_are_shared_too(
    as_person, client, evidence, world
) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    folder, made = folder_for(noor, team, "Evidence"), {}
    for name, kind, more in (
        ("talk.mp4", "video/mp4", {}),
        ("talk.nl.vtt", "text/vtt", {}),
        ("talk.vtt", "text/vtt", {"audience": "coach"}),
        ("walk.mp3", "audio/mpeg", {}),
    ):
        stored = ports.storage().put(io.BytesIO(name.encode()), limit_bytes=1000)
        made[name] = upload_file(noor, team, name=name, stored=stored, media_type=kind, folder=folder, **more).id
    url, _page = _make(as_person("noor"), f"/folders/{evidence['folder']}")
    page = client.get(f"{url}/files/{made['talk.mp4']}").text
    assert f'<video controls preload="metadata" src="{url}/files/{made["talk.mp4"]}/content"' in page
    assert f'src="{url}/files/{made["talk.nl.vtt"]}/content"' in page and 'srclang="nl"' in page
    assert page.count("<track") == 1
    assert f'<audio controls preload="metadata" src="{url}/files/{made["walk.mp3"]}/content"' in (
        client.get(f"{url}/files/{made['walk.mp3']}").text
    )
    assert client.get(f"{url}/files/{made['talk.mp4']}/content", headers={"Range": "bytes=0-3"}).data == b"talk"
    alone, _page = _make(as_person("noor"), f"/files/{made['talk.mp4']}")
    page = client.get(alone).text
    assert "<video" in page and "<track" not in page
    hidden, _page = _make(as_person("noor"), f"/files/{made['talk.mp4']}", hides_download="1")
    assert "<video" not in client.get(hidden).text


def test_somebody_outside_adds_and_replaces(as_person, client, evidence, world) -> None:
    noor = as_person("noor")
    answer = post_form(noor, f"/folders/{evidence['folder']}/shares", rights="edit", days="3")
    url = re.search(r'value="http://localhost(/s/[\w-]{43})"', noor.get(answer.location).text)[1]  # type: ignore[index]
    to = f"{url}/folders/{evidence['folder']}/files"
    nameless = _send(client, to, sender="")
    assert nameless.status_code == 422 and "Say who you are" in nameless.text
    assert _send(client, to, sender="Ragnhild").location == f"{url}?sent=1"
    assert "1 file has arrived" in client.get(f"{url}?sent=1").text
    team = world.space("noorderlicht")
    assert file_for(world.actor("samir"), team, "Evidence/from outside.txt").size == 5
    file = file_for(world.actor("samir"), team, "Evidence/plan.txt")
    one, seen_sha = f"{url}/files/{file.id}/content", file.sha256
    assert _send(client, one, words=b"two", sender="Ragnhild", base=seen_sha).status_code == 303
    stale = _send(client, one, words=b"three", sender="Ragnhild", base=seen_sha)
    assert stale.status_code == 409 and "Ragnhild" in stale.text
    assert client.get(one).data == b"two"
    seen = noor.get(f"/folders/{evidence['folder']}/shares").text
    assert "2 bestanden kwamen binnen" in seen
    rename, page = f"{url}/files/{file.id}/rename", f"{url}/files/{file.id}"
    refused = client.post(rename, data={"name": "plan.exe"})
    assert (
        refused.status_code == 422 and "Leave “.txt” at its end" in refused.text and 'value="plan.exe"' in refused.text
    )
    assert client.post(rename, data={"name": "Plan of May.txt"}).location == page
    assert '<h1 class="wrap">Plan of May.txt</h1>' in client.get(page).text


def test_the_space_lists_its_links_for_those_who_write_there(as_person, evidence) -> None:
    noor = as_person("noor")
    _url, page = _make(noor, f"/files/{evidence['plan.txt']}")
    assert "plan.txt" in as_person("samir").get("/spaces/noorderlicht/shares").text
    assert "plan.txt" not in as_person("ingrid").get("/spaces/noorderlicht/shares").text
    assert as_person("ingrid").get(page).status_code == 404
    assert as_person("joost").get("/spaces/noorderlicht/shares").status_code == 404
    assert 'id="f-link"' not in as_person("samir").get(page).text
    assert as_person("samir").get(f"{page}/revoke").status_code == 403


def test_the_api_lists_makes_and_revokes(app, world, evidence, client) -> None:
    from tests.blueprints.api_callers import program_of

    noor = program_of(world, app.test_client, "noor", "write")
    made = noor.post("/spaces/noorderlicht/shares", {"path": "Evidence", "rights": "upload", "days": 5, "note": "Hi"})
    assert made.status_code == 201
    link = made.json["link"].removeprefix("http://localhost")
    assert client.get(link).status_code == 200
    listed = noor.get("/spaces/noorderlicht/shares").json["items"]
    assert [(one["to"], one["rights"], one["link"] is not None) for one in listed] == [("Evidence", "upload", True)]
    samir = program_of(world, app.test_client, "samir", "write")
    assert samir.get("/spaces/noorderlicht/shares").json["items"][0]["link"] is None
    assert samir.delete(f"/spaces/noorderlicht/shares/{made.json['id']}").status_code == 403
    assert noor.delete(f"/spaces/noorderlicht/shares/{made.json['id']}").status_code == 204
    assert client.get(link).status_code == 404
    refused = noor.post("/spaces/noorderlicht/shares", {"path": "Evidence", "days": 9999})
    assert (refused.status_code, refused.json["field"]) == (422, "days")


def test_all_of_it_in_one_archive_and_nothing_that_is_for_fewer(as_person, client, evidence, world) -> None:
    anna, team = world.actor("anna"), world.space("noorderlicht")
    for name, audience in (("for all.txt", "space"), ("for the coach.txt", "coach")):
        stored = ports.storage().put(io.BytesIO(name.encode()), limit_bytes=1000)
        top = folder_for(world.actor("anna"), team, "Evidence")
        upload_file(anna, team, name=name, stored=stored, folder=top, audience=audience)
    create_folder(anna, team, name="Quiet", parent=folder_for(anna, team, "Evidence"), audience="coach")
    url, _page = _make(as_person("anna"), f"/folders/{evidence['folder']}")
    answer = client.get(f"{url}/folders/{evidence['folder']}/zip")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert sorted(archive.namelist()) == [
            "Evidence/",
            "Evidence/board.png",
            "Evidence/for all.txt",
            "Evidence/plan.txt",
        ]
    shown, _page = _make(as_person("anna"), f"/folders/{evidence['folder']}", hides_download="1")
    assert client.get(f"{shown}/folders/{evidence['folder']}/zip").status_code == 404


def test_a_file_and_a_folder_say_how_many_links_lead_there(as_person, world, evidence) -> None:
    kwame, ingrid = as_person("kwame"), as_person("ingrid")
    file, folder = f"/files/{evidence['plan.txt']}", "/spaces/noorderlicht/files/Evidence"
    page = kwame.get(kwame.get(file).location).text
    assert "no links yet" in page and f'href="{file}/shares"' in page
    _make(kwame, file)
    _make(kwame, file)
    assert "2 links" in kwame.get(kwame.get(file).location).text
    _make(kwame, f"/folders/{evidence['folder']}")
    assert "1 link<" in kwame.get(folder).text
    assert "Shared by link" not in ingrid.get(folder).text, "a guest makes none"

"""Files in a browser without scripts: several at once, ranges, and nothing that acts."""

from __future__ import annotations

import hashlib
import io
import re

import pytest

from tests.conftest import count_queries, token_of
from tests.world import World

FILES = "/spaces/noorderlicht/files"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def _send(browser, *files: tuple[bytes, str], to: str = FILES, page: str = FILES, **more):
    data = {"csrf_token": token_of(browser.get(page).text), "files": [(io.BytesIO(b), n) for b, n in files], **more}
    return browser.post(to, data=data, content_type="multipart/form-data", headers=more.pop("headers", {}))


def _deeds(browser, name: str) -> str:
    """The address below which one does something to a file, as its page tells."""
    found = re.search(r'action="(/files/\d+)/comments"', browser.get(f"{FILES}/{name}?about").text)
    assert found is not None
    return found[1]


def test_several_files_at_once_and_each_comes_back_whole(as_person) -> None:
    kwame = as_person("kwame")
    assert "No files yet." in kwame.get(FILES).text
    answer = _send(kwame, (b"one", "one.txt"), (PNG, "Fotó van het bord.png"))
    assert (answer.status_code, answer.location) == (303, FILES)
    html = as_person("samir").get(FILES).text
    assert "one.txt" in html
    assert "Fotó van het bord.png" in html
    assert as_person("samir").get(f"{FILES}/one.txt").data == b"one"


def test_a_download_cannot_act_and_is_asked_for_again_each_time(as_person) -> None:
    kwame = as_person("kwame")
    _send(kwame, (b"<svg onload=alert(1)>", "x.svg"), (PNG, "x.png"), (b"<script>alert(1)</script>", "x.html"))
    for name, kind, how in (
        ("x.svg", "application/octet-stream", "attachment"),
        ("x.html", "application/octet-stream", "attachment"),
        ("x.png", "image/png", "inline"),
    ):
        answer = kwame.get(f"{FILES}/{name}")
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Disposition"].startswith(how)
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "script" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-cache"


def test_ranges_etags_and_heads(as_person) -> None:
    kwame = as_person("kwame")
    _send(kwame, (b"0123456789", "ten.txt"))
    url, etag = f"{FILES}/ten.txt", f'"{hashlib.sha256(b"0123456789").hexdigest()}"'
    whole = kwame.get(url)
    assert (whole.headers["ETag"], whole.headers["Accept-Ranges"], whole.content_length) == (etag, "bytes", 10)

    def ask(value: str, **more: str):
        return kwame.get(url, headers={"Range": value, **more})

    for asked, got, told in (
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ):
        answer = ask(asked)
        assert (answer.status_code, answer.data, answer.headers["Content-Range"]) == (206, got, told)
    beyond = ask("bytes=10-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */10")
    for asked in ("bytes=0-1,4-5", "lines=1-2", "bytes=x"):
        assert (ask(asked).status_code, ask(asked).data) == (200, b"0123456789")
    assert ask("bytes=0-1", **{"If-Range": etag}).status_code == 206
    assert ask("bytes=0-1", **{"If-Range": '"other"'}).status_code == 200
    assert kwame.get(url, headers={"If-None-Match": etag}).status_code == 304
    head = kwame.head(url)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", "10")


def test_an_empty_file_comes_back_empty(as_person) -> None:
    kwame = as_person("kwame")
    _send(kwame, (b"", "empty.txt"))
    assert (kwame.get(f"{FILES}/empty.txt").status_code, kwame.get(f"{FILES}/empty.txt").data) == (200, b"")


def test_what_is_refused_is_told_file_by_file_and_the_rest_is_kept(as_person) -> None:
    kwame = as_person("kwame")
    answer = _send(kwame, (b"x", "con.txt"), (b"y", "good.txt"))
    assert answer.status_code == 422
    assert "con.txt: " in answer.text
    assert kwame.get(f"{FILES}/good.txt").data == b"y"
    assert "Choose at least one file." in _send(kwame).text


def test_the_page_about_a_file_describes_replaces_and_deletes(as_person) -> None:
    kwame, samir = as_person("kwame"), as_person("samir")
    _send(kwame, (b"one", "guide.txt"))
    about = f"{FILES}/guide.txt?about"
    assert "Who can see it" in samir.get(about).text
    token, deeds = token_of(samir.get(about).text), _deeds(samir, "guide.txt")
    assert samir.post(deeds, data={"csrf_token": token, "description": "Our guide"}).location == about
    assert "Our guide" in samir.get(FILES).text
    long = samir.post(deeds, data={"csrf_token": token, "description": "x" * 2001})
    assert long.status_code == 422
    assert "x" * 2001 in long.text
    again = _send(samir, (b"two", "other name.txt"), to=f"{deeds}/replace", page=about)
    assert again.location == about
    assert samir.get(f"{FILES}/guide.txt").data == b"two"
    assert "version 2" in samir.get(about).text
    assert "Samir El Idrissi" in kwame.get(FILES).text.split("<table")[1]
    assert samir.get(f"{deeds}/delete").status_code == 403
    assert "Delete file" in kwame.get(f"{deeds}/delete").text
    assert kwame.get(deeds).location == about
    assert kwame.post(f"{deeds}/delete", data={"csrf_token": token_of(kwame.get(about).text)}).status_code == 303
    assert kwame.get(deeds).status_code == 404
    assert kwame.get(about).status_code == 404


def test_comments_and_replies_below_a_file(as_person) -> None:
    kwame, anna = as_person("kwame"), as_person("anna")
    _send(kwame, (b"one", "guide.txt"))
    token = token_of(anna.get(f"{FILES}/guide.txt?about").text)
    made = anna.post(
        _deeds(anna, "guide.txt") + "/comments", data={"csrf_token": token, "body": "Which branch is this?"}
    )
    assert made.location.startswith(f"{FILES}/guide.txt?about#comment-")
    number = made.location.rsplit("-", 1)[1]
    page = kwame.get(f"{FILES}/guide.txt?reply={number}").text
    assert "You answer Anna de Wit-Okonkwo." in page


def test_a_module_that_watches_the_upload_is_told_where_to_go(as_person) -> None:
    kwame = as_person("kwame")
    data = {"csrf_token": token_of(kwame.get(FILES).text), "files": [(io.BytesIO(b"x"), "x.txt")]}
    answer = kwame.post(FILES, data=data, content_type="multipart/form-data", headers={"X-Fragment": "1"})
    assert (answer.status_code, answer.headers["X-Next"]) == (204, FILES)


@pytest.mark.parametrize("outsider", ["dev", "joost", "rik", "gus"])
def test_an_outsider_gets_the_same_nothing_for_every_address(as_person, outsider: str) -> None:
    _send(as_person("kwame"), (b"secret", "guide.txt"))
    deeds = _deeds(as_person("kwame"), "guide.txt")
    stranger = as_person(outsider)
    nothing = stranger.get("/spaces/no-such-space/files/no-such-file")
    for address in (
        FILES,
        f"{FILES}/guide.txt",
        f"{FILES}/guide.txt?about",
        deeds,
        f"{deeds}/delete",
        f"{FILES}/no",
    ):
        for asked in ({}, {"Range": "bytes=0-1"}, {"If-None-Match": f'"{hashlib.sha256(b"secret").hexdigest()}"'}):
            answer = stranger.get(address, headers=asked)
            assert (answer.status_code, answer.data) == (404, nothing.data), address
        assert stranger.head(address).status_code == 404


def test_who_leaves_loses_the_file_with_the_next_request(as_person, world: World) -> None:
    from community.spaces.actions import remove_member

    samir = as_person("samir")
    _send(as_person("kwame"), (b"x", "guide.txt"))
    assert samir.get(f"{FILES}/guide.txt").status_code == 200
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    assert samir.get(f"{FILES}/guide.txt").status_code == 404


def test_the_list_costs_the_same_with_two_files_or_thirty(as_person) -> None:
    kwame = as_person("kwame")

    def cost() -> int:
        kwame.get(FILES)
        with count_queries() as seen:
            kwame.get(FILES)
        return len(seen)

    _send(kwame, *[(b"x", f"{n}.txt") for n in range(2)])
    few = cost()
    _send(kwame, *[(b"x", f"{n}.txt") for n in range(30)])
    assert cost() == few

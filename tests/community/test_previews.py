"""Previews of links: fetched after the post, from public addresses alone; whatever the target does, the post stands."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from community import egress
from community.extensions import db
from community.jobs.models import Job
from community.jobs.work import HOUSE, run_one
from community.microblog import previews
from community.microblog.actions import create_post, edit_post, remove_preview
from community.microblog.models import LinkPreview
from community.microblog.queries import dress, post_for

HTML = frozenset({"text/html"})
PAGE = b"""<!doctype html><title>The  queue &amp; the desk</title>
<meta property="og:description" content="Eleven <b>hand-overs</b>.">
<meta name="description" content="Another"><meta property="og:image" content="http://127.0.0.1/picture.png"><p>Words"""


class Target(BaseHTTPRequestHandler):
    """A page somewhere else, in all its moods. What was asked of it stands in `asked`."""

    asked: list[tuple[str, dict[str, str]]] = []
    going = threading.Event()

    def do_GET(self) -> None:
        Target.asked.append((self.path, dict(self.headers)))
        kind, _, rest = self.path.strip("/").partition("/")
        if kind == "to":
            self.send_response(302)
            self.send_header("Location", rest if "://" in rest else f"/{rest}")
            self.end_headers()
            return
        self.send_response(404 if kind == "gone" else 200)
        self.send_header("Content-Type", "image/png" if kind == "picture" else "text/html; charset=utf-8")
        self.end_headers()
        try:
            if kind == "hangs":
                Target.going.wait(20)
            elif kind == "drips":
                while not Target.going.wait(0.02):
                    self.wfile.write(b" ")
                    self.wfile.flush()
            elif kind == "endless":
                while not Target.going.is_set():
                    self.wfile.write(b"<p>and on it goes</p>" * 5000)
            else:
                self.wfile.write(PAGE)
        except OSError:  # the reader has left
            return

    def log_message(self, *_words: object) -> None:
        return


@pytest.fixture
def target() -> Iterator[str]:
    """The address of a server on this machine."""
    Target.asked, Target.going = [], threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Target.going.set()
    server.shutdown()
    server.server_close()


def fetch(url: str, **more: object) -> egress.Answer:
    port = int(url.split("/")[2].rsplit(":", 1)[1])
    settings = {"types": HTML, "allowed": lambda address: True, "ports": frozenset({port}), "seconds": 2.0, **more}
    return egress.get(url, **settings)  # type: ignore[arg-type]


@pytest.fixture
def previews_on(monkeypatch, target):
    """Links are looked up, and this machine counts as the world."""
    real = egress.get
    port = int(target.rsplit(":", 1)[1])

    def get(url: str, **more: object) -> egress.Answer:
        return real(
            url,
            **{**more, "allowed": lambda address: address.is_loopback, "ports": frozenset({port}), "seconds": 0.4},
        )

    monkeypatch.setattr(egress, "get", get)
    previews.switch(True)
    yield
    previews.switch(False)


def do_the_work() -> None:
    while run_one():
        pass


def said(world, body):
    return create_post(world.actor("noor"), world.space("noorderlicht"), body=body)


def shown(world, post, by="samir"):
    who = world.actor(by)
    return dress(who, [post_for(who, post.id)])[0].preview


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::7f00:1",
        "::127.0.0.1", "::ffff:0:7f00:1", "2002:7f00:1::", "2001:db8::1", "::ffff:100.64.0.1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_out_in_the_world_are_refused(address):
    assert not egress.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "145.100.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_addresses_out_in_the_world_are_allowed(address):
    assert egress.is_public(ipaddress.ip_address(address))


def test_this_machine_is_not_asked_however_it_is_called(target):
    port = target.rsplit(":", 1)[1]
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "127.1"):
        with pytest.raises(egress.Refused):
            egress.get(f"http://{host}:{port}/", types=HTML, ports=frozenset({int(port)}))
    assert Target.asked == []


def test_only_the_web_is_asked(target):
    for url in (
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://me:secret@127.0.0.1/",
        "http:///x",
        "http://[",
        target,
    ):
        with pytest.raises(egress.Refused):
            egress.get(url, types=HTML, allowed=lambda address: True)  # the port of the target is none of the web's
    assert Target.asked == []


def test_one_private_address_of_a_name_is_enough_to_refuse_it(monkeypatch):
    found = [(2, 1, 6, "", ("1.1.1.1", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(egress.socket, "getaddrinfo", lambda *a, **k: found)
    with pytest.raises(egress.Refused, match="public"):
        egress.get("http://two.example/", types=HTML)


def test_the_connection_goes_to_the_address_that_was_looked_at(target, monkeypatch):
    port = int(target.rsplit(":", 1)[1])
    answers = iter([[(2, 1, 6, "", ("127.0.0.1", port))]])  # asked a second time, there is no answer
    monkeypatch.setattr(egress.socket, "getaddrinfo", lambda *a, **k: next(answers))
    assert fetch(f"http://name.example:{port}/page").body == PAGE
    assert Target.asked[0][1]["Host"] == f"name.example:{port}"
    assert not {"Cookie", "Authorization", "Referer"} & set(Target.asked[0][1])


def test_a_redirect_is_looked_at_anew(target):
    assert fetch(f"{target}/to/to/to/page").url == f"{target}/page"
    with pytest.raises(egress.Refused, match="redirects"):
        fetch(f"{target}/to/to/to/to/page")
    port = target.rsplit(":", 1)[1]
    only = ipaddress.ip_address("127.0.0.1")
    with pytest.raises(egress.Refused, match="public"):
        fetch(f"{target}/to/http://127.0.0.2:{port}/page", allowed=lambda address: address == only)


@pytest.mark.parametrize("path", ["hangs", "drips", "picture", "gone"])
def test_what_takes_too_long_or_is_no_page_is_refused(target, path):
    with pytest.raises(egress.Refused):
        fetch(f"{target}/{path}", seconds=0.4)


def test_no_more_is_read_than_a_megabyte(target):
    assert len(fetch(f"{target}/endless").body) == egress.LARGEST


def test_a_preview_comes_after_the_post_and_its_author_can_remove_it(world, target, previews_on):
    post = said(world, f"Look at [this]({target}/page).")
    assert Target.asked == [] and shown(world, post) is None  # nothing waits for it
    do_the_work()
    preview = shown(world, post)
    assert (preview.title, preview.description, preview.site) == (
        "The queue & the desk",
        "Eleven <b>hand-overs</b>.",
        "127.0.0.1",
    )
    assert [path for path, _ in Target.asked] == ["/page"]  # and no picture
    remove_preview(world.actor("noor"), post_for(world.actor("noor"), post.id))
    do_the_work()
    assert shown(world, post) is None


@pytest.mark.parametrize("path", ["hangs", "drips", "gone", "picture", "to/http://127.0.0.1:1/page"])
def test_whatever_the_target_does_the_post_stands(world, target, previews_on, path):
    post = said(world, f"Look: {target}/{path}")
    do_the_work()
    assert shown(world, post) is None and post_for(world.actor("samir"), post.id).body.startswith("Look")
    (job,) = db.session.scalars(select(Job).where(Job.name == "previews.fetch"))
    assert job.done_at is not None and job.attempts == 1


def test_another_link_gets_another_preview_and_none_gets_none(world, target, previews_on):
    post = said(world, f"{target}/page")
    do_the_work()
    noor = world.actor("noor")
    edit_post(noor, post_for(noor, post.id), body=f"{target}/gone")
    assert shown(world, post) is None
    do_the_work()
    assert shown(world, post) is None
    edit_post(noor, post_for(noor, post.id), body="No link")
    do_the_work()
    assert db.session.scalars(select(LinkPreview)).all() == []


def test_links_are_left_alone_unless_previews_are_switched_on(world, target):
    said(world, f"{target}/page")
    do_the_work()
    assert Target.asked == [] and db.session.scalars(select(Job).where(Job.name == "previews.fetch")).all() == []


def test_other_work_does_not_wait_for_a_preview(world, target, previews_on):
    said(world, f"{target}/hangs")
    while run_one(HOUSE):
        pass
    assert Target.asked == []
    assert run_one("previews") == 1


@pytest.mark.parametrize("charset", ["punycode", "idna", "undefined", "unicode_escape", "zip", "klingon", "utf-7"])
def test_a_page_cannot_name_a_charset_that_keeps_us_busy(charset):
    began = time.process_time()
    body = b"<title>Water +2AA-</title>-" + b"a" * 600_000
    said = previews.told_by(egress.Answer("http://water.example/", "text/html", charset, body))
    assert said.title.encode().startswith(b"Water")
    assert time.process_time() - began < 3

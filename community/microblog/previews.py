"""A preview of the first link in a post: title, description and site, as the page says them. Fetched by a job after the post is
there, once, through the one way out (`community.egress`); what cannot be fetched is simply not shown. No picture of others.
"""

from __future__ import annotations

import logging
import re
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urlsplit

from community import egress
from community.extensions import db, write_unit
from community.jobs.work import enqueue
from community.markup import clean_text, text_from
from community.microblog.models import LinkPreview, Post

log = logging.getLogger(__name__)

TYPES = frozenset({"text/html", "application/xhtml+xml"})
_LINK = re.compile(r'<a href="(https?://[^"]+)"')
_settings = {"on": False, "host": ""}


def switch(on: bool, base_url: str = "") -> None:
    """Whether links are looked up at all, and which address is our own."""
    _settings.update(on=on, host=urlsplit(base_url).netloc)


def first_link(html: str) -> str:
    """The first link of a rendered text that leads out of the house, or ""."""
    for found in _LINK.finditer(html):
        url = unescape(found[1])
        if urlsplit(url).netloc != _settings["host"] and len(url) <= 2000:
            return url
    return ""


def look_up_link(post: Post, before: str = "") -> None:
    """Ask for the preview of the first link, when it is another one than in the HTML `before`. Part of an action."""
    link = first_link(post.body_html)
    if link == first_link(before):
        return
    forget_preview(post)
    if link and _settings["on"]:
        db.session.flush()
        enqueue("previews.fetch", {"post": post.id, "url": link})


def forget_preview(post: Post) -> bool:
    """Take the preview of a post away. Gives whether there was one. Part of an action."""
    if not post.has_preview:
        return False
    held = db.session.get(LinkPreview, post.id)
    if held is not None:
        db.session.delete(held)
    post.has_preview = False
    return True


def fetch_preview(post_id: int, url: str) -> None:
    """Fetch and keep a preview, if the post still has this link. Failing is no fault of ours and is not tried again."""
    post = db.session.get(Post, post_id)
    if post is None or post.deleted_at is not None or first_link(post.body_html) != url:
        return
    db.session.rollback()  # no transaction stays open while others take their time
    try:
        said = told_by(egress.get(url, types=TYPES))
    except egress.Refused as fault:
        log.info("no preview for post %s: %s", post_id, fault)
        return
    if not said.title:
        return
    with write_unit():
        post = db.session.get(Post, post_id, with_for_update=True)
        if post is None or post.deleted_at is not None or first_link(post.body_html) != url:
            return
        db.session.merge(
            LinkPreview(post_id=post_id, url=url, title=said.title, description=said.description, site=said.site)
        )
        post.has_preview = True


def previews_of(post_ids: list[int]) -> dict[int, LinkPreview]:
    """The previews of some posts. One query, none for no posts."""
    if not post_ids:
        return {}
    stmt = db.select(LinkPreview).where(LinkPreview.post_id.in_(post_ids))
    return {preview.post_id: preview for preview in db.session.scalars(stmt)}


class Told(NamedTuple):
    """What a page says of itself."""

    title: str
    description: str
    site: str


def told_by(answer: egress.Answer) -> Told:
    """Title, description and site of a page: what it says for previews (Open Graph), else what it says of itself."""
    head = _Head()
    try:
        head.feed(text_from(answer.body, answer.charset))
    except AssertionError:  # html.parser's way to say that it cannot go on
        log.info("the page at %s cannot be read", answer.url)
    facts = head.facts
    host = (urlsplit(answer.url).hostname or "").removeprefix("www.")
    return Told(
        _line(facts.get("og:title") or head.title, 200),
        _line(facts.get("og:description") or facts.get("description", ""), 300),
        _line(facts.get("og:site_name") or host, 100),
    )


def _line(text: str, limit: int) -> str:
    line = " ".join(clean_text(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


class _Head(HTMLParser):
    """Reads the title and the notes in the head of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self.facts = "", dict[str, str]()
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = (held.get("property") or held.get("name") or "").lower()
            if name in ("og:title", "og:description", "og:site_name", "description"):
                self.facts.setdefault(name, held.get("content", ""))
        self._in_title = tag == "title" and not self.title

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

"""Feeds for reader programs (RFC 4287): of a space for who is signed in, and of a person at a secret address. The same query
as the pages, with the same filters in the address.
"""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from flask import Blueprint, abort
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import site_url, space_url
from blueprints.doors import actor
from blueprints.filters import asked_here
from community.clock import now
from community.markup import topics_of
from community.microblog.models import Post
from community.microblog.queries import FeedPage, feed
from community.people.tokens import living_feed_key, touch_feed_key
from community.spaces.queries import actor_for, space_to_enter

bp = Blueprint("atom", __name__)

ATOM = "http://www.w3.org/2005/Atom"
MANY = 30
ET.register_namespace("", ATOM)


@bp.get("/spaces/<slug>/feed.atom")
def of_space(slug: str) -> Response:
    """The stream of a space."""
    space = space_to_enter(actor(), slug)
    asked, bar = asked_here(actor(), space_url(slug))
    if bar.errors or "stream" not in space.tools:
        abort(404)
    page = feed(actor(), space=space, asked=asked, limit=MANY, with_comments=False)
    return _document(space.name, space_url(slug), space_url(slug, "feed.atom"), page)


@bp.get("/feeds/<secret>.atom")
def of_person(secret: str) -> Response:
    """The feed of whoever made this address: exactly what they may see now."""
    key = living_feed_key(secret)
    if key is None:
        abort(404)
    who = actor_for(key.person)
    asked, bar = asked_here(who, "/feed")
    if bar.errors:
        abort(404)
    page = feed(who, asked=asked, only_mine=True, limit=MANY, with_comments=False)
    # The document says nothing of its own address: it would be the secret.
    answer = _document(_("From my spaces"), "/feed", "", page)
    touch_feed_key(key)
    return answer


def _document(title: str, page_url: str, own_url: str, page: FeedPage) -> Response:
    base = site_url()
    root = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}base": f"{base}/"})
    posts = [item.post for item in page.items]
    _say(root, "id", f"{base}{own_url or page_url}")
    _say(root, "title", title)
    _say(root, "updated", _moment(max((post.edited_at or post.created_at for post in posts), default=now())))
    _say(root, "generator", "Cohortium")
    _link(root, "alternate", f"{base}{page_url}", "text/html")
    if own_url:
        _link(root, "self", f"{base}{own_url}", "application/atom+xml")
    for post in posts:
        _entry(root, post, base)
    text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    answer = Response(text, content_type="application/atom+xml; charset=utf-8")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.add_etag()
    return answer


def _entry(root: ET.Element, post: Post, base: str) -> None:
    url = f"{base}{space_url(post.space.slug, 'posts', post.id)}"
    entry = ET.SubElement(root, f"{{{ATOM}}}entry")
    _say(entry, "id", f"{base}/posts/{post.id}")  # where it is may change, its name does not
    _say(entry, "title", post.excerpt or _("Post by %(name)s", name=post.author.name))
    _say(entry, "updated", _moment(post.edited_at or post.created_at))
    _say(entry, "published", _moment(post.created_at))
    author = ET.SubElement(entry, f"{{{ATOM}}}author")
    _say(author, "name", post.author.name)
    _link(entry, "alternate", url, "text/html")
    ET.SubElement(entry, f"{{{ATOM}}}category", {"term": post.space.slug, "label": post.space.name})
    for topic in topics_of(post.body):
        ET.SubElement(entry, f"{{{ATOM}}}category", {"term": topic})
    _say(entry, "content", post.body_html).set("type", "html")


def _say(parent: ET.Element, name: str, words: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{ATOM}}}{name}")
    made.text = words
    return made


def _link(parent: ET.Element, rel: str, href: str, kind: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}link", {"rel": rel, "href": href, "type": kind})


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

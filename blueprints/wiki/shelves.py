"""The rest of the tree: one branch by itself, what links to a page, where a page has gone, and the bin."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.doors import actor
from blueprints.face import wants_fragment
from blueprints.search import tag_word
from blueprints.wiki.frame import bp, enter, frame
from community.errors import NotFound
from community.permissions import WRITERS, may
from community.spaces.models import Space
from community.topics.models import Topic
from community.topics.queries import topics_in_wiki
from community.wiki.backlinks import backlinks_of, links_to_binned
from community.wiki.bin import bin_of, destroy_page, kept_until, removal_for, restore_page
from community.wiki.branches import Branch, Node, children_of
from community.wiki.links import moved_to
from community.wiki.models import Page
from community.wiki.queries import page_for

PAGES = 50


def branch(space: Space) -> str:
    """The pages below one (`under`), or on top: a page of its own, and what opens in the tree at the side."""
    path = request.args.get("under", "")
    under = page_for(actor(), space, path) if path else None
    found = children_of(actor(), space, under, after=_place(request.args.get("after", "")), limit=PAGES)
    nodes = [Node(page.id, page.path, page.title, page.position, page.id in found.opens) for page in found.items]
    shown: dict[str, Any] = {"under": under, "branch": Branch(nodes, later=found.next is not None), "next": found.next}
    if wants_fragment():
        return render_template("wiki/_branch.html", wiki_url=space_url(space.slug, "wiki"), **shown)
    return render_template("wiki/below.html", **shown, **frame(space))


def _place(text: str) -> tuple[int, int] | None:
    """`1024.7`: the position and number of the last page that was shown."""
    position, _dot, number = text.partition(".")
    try:
        place = int(position), int(number)
    except ValueError:
        return None
    return place if all(-(2**62) < part < 2**62 for part in place) else None


def links_of(space: Space, found: Page) -> str:
    """What links to a page: a page of its own, and what the page itself opens below its words."""
    after = request.args.get("after", 0, type=int)
    links = backlinks_of(actor(), found, after=min(max(after, 0), 2**62))
    shown = {
        "page": found,
        "url": url_of(found),
        "links": [(page.title, url_of(page), page) for page in links.items],
        "more": links.next,
    }
    if wants_fragment():
        return render_template("wiki/_links.html", space=space, beside=True, **shown)
    return render_template("wiki/links.html", beside=False, **shown, **frame(space, open_=found))


def tags_of(space: Space) -> list[tuple[Topic, str, int]]:
    """The topics and tags of a wiki: each with the search for its pages, which can be narrowed further, and how many there are."""
    return [
        (
            one.topic,
            "/search?" + urlencode({"q": tag_word(one.topic.key), "kind": "page", "space": space.slug}),
            one.uses,
        )
        for one in topics_in_wiki(actor(), space)
    ]


def where_it_went(space: Space, path: str) -> Response | None:
    """The way on, when a page stood at an address and stands elsewhere now. Not for ever: somebody may write one there."""
    moved = moved_to(actor(), space, path)
    if moved is None:
        return None
    query = request.query_string.decode("ascii", "replace")
    return redirect(url_of(moved) + (f"?{query}" if query else ""), 302)


def standing_now(space: Space, path: str) -> Page | None:
    """The page that a form was opened for: it may have moved within its wiki since."""
    try:
        return page_for(actor(), space, path)
    except NotFound:
        moved = moved_to(actor(), space, path)
        return page_for(actor(), space, moved.path) if moved is not None and moved.space_id == space.id else None


def bin_page(space: Space) -> str:
    """What lies in the bin."""
    if actor().roles.get(space.id) not in WRITERS:
        abort(403)
    before = request.args.get("before", type=int)
    lies = bin_of(actor(), space, before=before if before and before < 2**62 else None)
    return render_template(
        "wiki/bin.html",
        lies=[(one, kept_until(one)) for one in lies.items],
        more=lies.next,
        may_restore=bool(lies.items) and may(actor(), "restore", lies.items[0]),
        may_destroy=bool(lies.items) and may(actor(), "destroy", lies.items[0]),
        **frame(space),
    )


@bp.post("/spaces/<slug>/wiki-bin/<int:number>/restore")
def bin_restore(slug: str, number: int) -> Response:
    """Bring back what was thrown away."""
    space = enter(slug)
    back = restore_page(actor(), removal_for(actor(), space, number))
    if back.moved:
        flash(_("It is back, at another address: its old one is in use."), "warn")
    else:
        flash(ngettext("%(num)d page is back.", "%(num)d pages are back.", back.pages), "message")
    try:
        return redirect(url_of(page_for(actor(), enter(slug), back.page.path)), 303)
    except NotFound:
        return redirect(space_url(slug, "wiki"), 303)


@bp.get("/spaces/<slug>/wiki-bin/<int:number>/delete")
def bin_destroy_form(slug: str, number: int) -> str:
    """Ask before words go for good, and say who links to them."""
    removal = removal_for(actor(), enter(slug), number)
    if not may(actor(), "destroy", removal):
        abort(403)
    words = [_("Its words, history and comments are gone then. Nothing brings them back.")]
    linking = links_to_binned(actor(), removal)
    if linking:
        titles = ", ".join(f"“{title}”" for title, _path in linking)
        words.append(_("These pages link to it, and their links stay red: %(titles)s.", titles=titles))
    return render_template(
        "parts/confirm.html",
        title=_("Delete “%(title)s” for good?", title=removal.page.title),
        words=" ".join(words),
        yes=_("Delete for good"),
        back=space_url(slug, "wiki") + "?action=bin",
        risk=True,
    )


@bp.post("/spaces/<slug>/wiki-bin/<int:number>/delete")
def bin_destroy(slug: str, number: int) -> Response:
    """Take what lies in the bin away for good."""
    destroy_page(actor(), removal_for(actor(), enter(slug), number))
    flash(_("Gone for good."), "message")
    return redirect(space_url(slug, "wiki") + "?action=bin", 303)

"""Reading a wiki, and writing new pages."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.comments import comment_on, comments_alone, talk_of
from blueprints.doors import actor
from blueprints.face import wants_fragment
from blueprints.margin import margin_of, words_form
from blueprints.once import guarded
from blueprints.wiki import whole
from blueprints.wiki.care import care_of_wiki, note_when_sent
from blueprints.wiki.editing import begin_page, edit_form, new_form
from blueprints.wiki.frame import bp, enter, frame, words_of
from blueprints.wiki.head import head_of
from blueprints.wiki.history import diff_of, history_of, old
from blueprints.wiki.shelves import bin_page, branch, links_of, tags_of, where_it_went
from community.errors import Invalid, NotFound
from community.items.tags import tags_in
from community.notifications.reading import mark_read_about
from community.permissions import may
from community.spaces.models import Space
from community.wiki.actions import create_page
from community.wiki.drafts import drop_draft, new_place
from community.wiki.models import Page
from community.wiki.paths import START, is_path
from community.wiki.queries import is_written, page_at, page_for, pages_of
from community.wiki.seen import favourites_in

# The wiki as a whole


@bp.get("/spaces/<slug>/wiki")
def index(slug: str) -> Response | str:
    """The start page where there is one, else the list of pages; `?action=new` the form, `?action=index` the list."""
    space = enter(slug)
    action = request.args.get("action")
    if action == "new":
        if not may(actor(), "write", space):
            abort(403)
        return begin_page(space, title=request.args.get("title", ""), path=request.args.get("path", ""))
    if action == "below":
        return branch(space)
    if action == "bin":
        return bin_page(space)
    if action == "care":
        return care_of_wiki(space)
    if action != "index" and is_written(actor(), space, START):
        return redirect(space_url(slug, "wiki", START))
    pages = pages_of(actor(), space, after=request.args.get("after"))
    return render_template(
        "wiki/index.html",
        pages=pages.items,
        more=pages.next,
        favourites=favourites_in(actor(), space),
        tags=tags_of(space),
        **frame(space),
    )


@bp.post("/spaces/<slug>/wiki")
def create(slug: str) -> Response | tuple[str, int]:
    """Write a new page."""
    space, form = enter(slug), request.form
    try:
        page = guarded(
            lambda: create_page(
                actor(),
                space,
                title=form.get("title", ""),
                body=form.get("body", ""),
                path=form.get("path", "").strip() or None,
                audience=form.get("audience") or None,
                tags=tags_in(form.get("tags", "")),
            )
        )
    except Invalid as fault:
        held = {name: form.get(name, "") for name in ("title", "path", "body", "audience", "tags", "template")}
        return new_form(enter(slug), held, error=fault, at=form.get("at", "")), 422
    drop_draft(actor(), new_place(page.space_id, form.get("at", "")))
    flash(_("The page is there."), "message")
    return redirect(url_of(page), 303)


# One page


@bp.get("/spaces/<slug>/wiki/<path:path>")
def page(slug: str, path: str) -> Response | str | tuple[str, int]:
    """A page; `?action=edit|history`, `?rev=7` as it was, `?diff=5&rev=7` what changed between the two."""
    kept = whole.sent(slug, path)
    if kept is not None:
        return kept
    try:
        found = page_at(actor(), slug, path)
    except NotFound:
        space = enter(slug)
        return where_it_went(space, path.strip("/")) or _absent(space, path.strip("/"))
    space = found.space
    if "wiki" not in space.tools:
        raise NotFound()
    action = request.args.get("action")
    if action == "edit":
        if not may(actor(), "edit", found):
            abort(403)
        return edit_form(space, found)
    if action == "history":
        return history_of(space, found)
    if action == "links":
        return links_of(space, found)
    if "diff" in request.args:
        return diff_of(space, found)
    if "rev" in request.args:
        return old(space, found)
    note_when_sent(found.id)
    return whole.drawn(found, lambda: _page(found))


def _absent(space: Space, path: str) -> str | tuple[str, int]:
    """No page here yet. Who may write one is shown the way; a red link brings the title along and opens the form."""
    if not may(actor(), "write", space) or not is_path(path):
        raise NotFound()
    title = request.args.get("title", "")
    if title:
        return begin_page(space, title=title, path=path)
    words = path.rsplit("/", 1)[-1].replace("-", " ").capitalize()
    return render_template("wiki/absent.html", path=path, words=words, **frame(space)), 404


def _page(found: Page, *, draft: str = "", error: str = "") -> str:
    who = actor()
    beside = wants_fragment() and request.args.get("part") == "margin"
    alone = None if beside else comments_alone(found, beside=True)
    if alone is not None:
        return alone
    words, contents = words_of(who, found)
    margin = margin_of(found, words)
    if beside:
        return render_template("wiki/_margin.html", margin=margin, url=url_of(found), page=found)
    mark_read_about(who, "page", found.id)
    return render_template(
        "wiki/page.html",
        margin=margin,
        words_form=words_form(found),
        words=margin.words,
        contents=contents,
        talk=talk_of(found, draft=draft, error=error, beside=True),
        **head_of(who, found),
        **frame(found.space, open_=found),
    )


@bp.post("/spaces/<slug>/wiki/<path:path>/comments")
def comment(slug: str, path: str) -> Response | tuple[str, int]:
    """Say something about a page."""
    return comment_on(lambda: page_for(actor(), enter(slug), path), _page)

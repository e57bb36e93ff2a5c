"""Reading a wiki, writing its pages, and what happens when two people save at once."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.cards import audience_choices
from blueprints.comments import comment_on, comments_alone, talk_of
from blueprints.doors import actor
from blueprints.once import guarded
from blueprints.wiki.care import care_of_wiki, note_when_sent
from blueprints.wiki.frame import bp, enter, fault_of, frame, words_of
from blueprints.wiki.head import head_of
from blueprints.wiki.history import diff_of, history_of, old
from community.errors import Conflict, Invalid, NotFound
from community.markup import clean_text
from community.notifications.reading import mark_read_about
from community.permissions import may
from community.spaces.models import Space
from community.wiki.actions import create_page, edit_page
from community.wiki.diff import compare, folded
from community.wiki.models import Page
from community.wiki.paths import START, is_path
from community.wiki.queries import page_at, page_for, pages_of, tree_of
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
        return _new(space, title=request.args.get("title", ""), path=request.args.get("path", ""))
    if action == "care":
        return care_of_wiki(space)
    tree = tree_of(actor(), space)
    if action != "index" and any(node.path == START and node.written for node in tree):
        return redirect(space_url(slug, "wiki", START))
    pages = pages_of(actor(), space, after=request.args.get("after"))
    return render_template(
        "wiki/index.html", pages=pages.items, more=pages.next, favourites=favourites_in(actor(), space), **frame(space)
    )


def _new(space: Space, *, error: Invalid | None = None, **held: str) -> str:
    return render_template(
        "wiki/new.html", held=held, choices=audience_choices(space), **fault_of(error), **frame(space)
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
            )
        )
    except Invalid as fault:
        held = {name: form.get(name, "") for name in ("title", "path", "body", "audience")}
        return _new(enter(slug), error=fault, **held), 422
    flash(_("The page is there."), "message")
    return redirect(url_of(page), 303)


# One page


@bp.get("/spaces/<slug>/wiki/<path:path>")
def page(slug: str, path: str) -> Response | str | tuple[str, int]:
    """A page; `?action=edit|history`, `?rev=7` as it was, `?diff=5&rev=7` what changed between the two."""
    try:
        found = page_at(actor(), slug, path)
    except NotFound:
        return _absent(enter(slug), path.strip("/"))
    space = found.space
    if "wiki" not in space.tools:
        raise NotFound()
    action = request.args.get("action")
    if action == "edit":
        if not may(actor(), "edit", found):
            abort(403)
        return _edit(space, found, title=found.title, body=found.body, base=found.revision)
    if action == "history":
        return history_of(space, found)
    if "diff" in request.args:
        return diff_of(space, found)
    if "rev" in request.args:
        return old(space, found)
    note_when_sent(found)
    return _page(found)


def _absent(space: Space, path: str) -> str | tuple[str, int]:
    """No page here yet. Who may write one is shown the way; a red link brings the title along and opens the form."""
    if not may(actor(), "write", space) or not is_path(path):
        raise NotFound()
    title = request.args.get("title", "")
    if title:
        return _new(space, title=title, path=path)
    words = path.rsplit("/", 1)[-1].replace("-", " ").capitalize()
    return render_template("wiki/absent.html", path=path, words=words, **frame(space)), 404


def _page(found: Page, *, draft: str = "", error: str = "") -> str:
    alone = comments_alone(found)
    if alone is not None:
        return alone
    who = actor()
    mark_read_about(who, "page", found.id)
    words, contents = words_of(who, found)
    return render_template(
        "wiki/page.html",
        words=words,
        contents=contents,
        talk=talk_of(found, draft=draft, error=error),
        **head_of(who, found),
        **frame(found.space, path=found.path),
    )


def _edit(
    space: Space,
    found: Page,
    *,
    title: str,
    body: str,
    base: int,
    summary: str = "",
    error: Invalid | Conflict | None = None,
) -> str:
    theirs = error.theirs if isinstance(error, Conflict) else None
    return render_template(
        "wiki/edit.html",
        page=found,
        url=url_of(found),
        title=title,
        body=body,
        base=base,
        summary=summary,
        theirs=theirs,
        lines=folded(compare(theirs, clean_text(body))) if theirs is not None else (),
        **fault_of(error),
        **frame(space, path=found.path),
    )


@bp.post("/spaces/<slug>/wiki/<path:path>")
def save(slug: str, path: str) -> Response | tuple[str, int]:
    """Save the page on the revision that the form started from; a stale form comes back with both texts."""
    space, form = enter(slug), request.form
    found = page_for(actor(), space, path)
    title, body, summary = form.get("title", ""), form.get("body", ""), form.get("summary", "")
    base = form.get("base", 0, type=int)
    try:
        edit_page(actor(), found, title=title, body=body, summary=summary, base=base)
    except (Invalid, Conflict) as fault:
        status = 422
        if isinstance(fault, Conflict):
            status, base = 409, fault.base or 0
        space = enter(slug)
        found = page_for(actor(), space, path)
        return _edit(space, found, title=title, body=body, summary=summary, base=base, error=fault), status
    flash(_("Saved."), "message")
    return redirect(url_of(found), 303)


@bp.post("/spaces/<slug>/wiki/<path:path>/comments")
def comment(slug: str, path: str) -> Response | tuple[str, int]:
    """Say something about a page."""
    return comment_on(lambda: page_for(actor(), enter(slug), path), _page)

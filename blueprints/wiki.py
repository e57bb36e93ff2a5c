"""The wiki of a space: its pages, their history, and what happens when two people save at once."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.cards import audience_choices, space_head
from blueprints.comments import comment_on, comments_alone, readers, talk_of
from blueprints.doors import actor
from blueprints.mishaps import said
from blueprints.once import guarded
from community.errors import Conflict, Invalid, NotFound
from community.items.writing import rendered
from community.markup import clean_text, stored
from community.notifications.reading import mark_read_about
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import space_to_enter
from community.wiki.actions import create_page, delete_page, edit_page, rename_page, restore_revision
from community.wiki.diff import compare, folded
from community.wiki.links import with_links
from community.wiki.models import Page
from community.wiki.paths import START, is_path
from community.wiki.queries import page_for, pages_of, revision_for, revisions_of, tree_of

bp = Blueprint("wiki", __name__)

_HEADING = re.compile(r'<h([2-6]) id="(h-[^"]+)">(.*?)</h\1>', re.DOTALL)


def _enter(slug: str) -> Space:
    """The space, if it keeps a wiki and the reader may enter it."""
    space = space_to_enter(actor(), slug)
    if "wiki" not in space.tools:
        raise NotFound()
    return space


def _frame(space: Space, **more: Any) -> dict[str, Any]:
    """What every page of a wiki shows around itself."""
    return {
        "space": space,
        "head": space_head(actor(), space, "wiki", slim=True),
        "tree": tree_of(actor(), space),
        "wiki_url": space_url(space.slug, "wiki"),
        "may_write": may(actor(), "write", space),
        "place": "team" if space.kind == "team" else "spaces",
        **more,
    }


def headings(html: str) -> list[tuple[int, str, str]]:
    """The contents of a page from its kept HTML: level, id and words of each heading."""
    return [(int(level), anchor, stored(words).striptags()) for level, anchor, words in _HEADING.findall(html)]


def _fault(fault: Invalid | Conflict | None) -> dict[str, str]:
    """Which field is wrong, and the sentence that says how to repair it."""
    if fault is None:
        return {"wrong": "", "sentence": ""}
    return {"wrong": fault.field if isinstance(fault, Invalid) else "", "sentence": said(fault)}


# ---- the wiki as a whole --------------------------------------------------------------------------------------------


@bp.get("/spaces/<slug>/wiki")
def index(slug: str) -> Response | str:
    """The start page where there is one, else the list of pages; `?action=new` the form, `?action=index` the list."""
    space = _enter(slug)
    action = request.args.get("action")
    if action == "new":
        if not may(actor(), "write", space):
            abort(403)
        return _new(space, title=request.args.get("title", ""), path=request.args.get("path", ""))
    tree = tree_of(actor(), space)
    if action != "index" and any(node.path == START and node.written for node in tree):
        return redirect(space_url(slug, "wiki", START))
    pages = pages_of(actor(), space, after=request.args.get("after"))
    return render_template("wiki/index.html", pages=pages.items, more=pages.next, **_frame(space, slim=False))


def _new(space: Space, *, error: Invalid | None = None, **held: str) -> str:
    return render_template(
        "wiki/new.html", held=held, choices=audience_choices(space), **_fault(error), **_frame(space)
    )


@bp.post("/spaces/<slug>/wiki")
def create(slug: str) -> Response | tuple[str, int]:
    """Write a new page."""
    space, form = _enter(slug), request.form
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
        return _new(_enter(slug), error=fault, **held), 422
    flash(_("The page is there."), "message")
    return redirect(url_of(page), 303)


# ---- one page -------------------------------------------------------------------------------------------------------


@bp.get("/spaces/<slug>/wiki/<path:path>")
def page(slug: str, path: str) -> Response | str | tuple[str, int]:
    """A page; `?action=edit|history`, `?rev=7` as it was, `?diff=5&rev=7` what changed between the two."""
    space = _enter(slug)
    try:
        found = page_for(actor(), space, path)
    except NotFound:
        return _absent(space, path.strip("/"))
    action = request.args.get("action")
    if action == "edit":
        if not may(actor(), "edit", found):
            abort(403)
        return _edit(space, found, title=found.title, body=found.body, base=found.revision)
    if action == "history":
        return _history(space, found)
    if "diff" in request.args:
        return _diff(space, found)
    if "rev" in request.args:
        return _old(space, found)
    return _page(found)


def _absent(space: Space, path: str) -> str | tuple[str, int]:
    """No page here yet. Who may write one is shown the way; a red link brings the title along and opens the form."""
    if not may(actor(), "write", space) or not is_path(path):
        raise NotFound()
    title = request.args.get("title", "")
    if title:
        return _new(space, title=title, path=path)
    words = path.rsplit("/", 1)[-1].replace("-", " ").capitalize()
    return render_template("wiki/absent.html", path=path, words=words, **_frame(space)), 404


def _page(found: Page, *, draft: str = "", error: str = "") -> str:
    alone = comments_alone(found)
    if alone is not None:
        return alone
    who, space = actor(), found.space
    mark_read_about(who, "page", found.id)
    return render_template(
        "wiki/page.html",
        page=found,
        words=with_links(who, space, found.body_html),
        contents=headings(found.body_html),
        readers=readers(found, space),
        talk=talk_of(found, draft=draft, error=error),
        menu=_menu(found),
        url=url_of(found),
        may_edit=may(who, "edit", found),
        **_frame(space),
    )


def _menu(found: Page) -> list[tuple[str, str | None, str, bool]]:
    url, who = url_of(found), actor()
    menu: list[tuple[str, str | None, str, bool]] = []
    if may(who, "rename", found):
        menu.append((_("Move or rename"), f"{url}/rename", "pencil", False))
    menu.append((_("What reaches you"), f"/notifications/level/page/{found.id}", "bell", False))
    if may(who, "delete", found):
        menu += [("", None, "", False), (_("Delete"), f"{url}/delete", "trash-2", True)]
    return menu


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
        **_fault(error),
        **_frame(space),
    )


@bp.post("/spaces/<slug>/wiki/<path:path>")
def save(slug: str, path: str) -> Response | tuple[str, int]:
    """Save the page on the revision that the form started from; a stale form comes back with both texts."""
    space, form = _enter(slug), request.form
    found = page_for(actor(), space, path)
    title, body, summary = form.get("title", ""), form.get("body", ""), form.get("summary", "")
    base = form.get("base", 0, type=int)
    try:
        edit_page(actor(), found, title=title, body=body, summary=summary, base=base)
    except (Invalid, Conflict) as fault:
        status = 422
        if isinstance(fault, Conflict):
            status, base = 409, fault.base or 0
        space = _enter(slug)
        found = page_for(actor(), space, path)
        return _edit(space, found, title=title, body=body, summary=summary, base=base, error=fault), status
    flash(_("Saved."), "message")
    return redirect(url_of(found), 303)


# ---- history --------------------------------------------------------------------------------------------------------


def _history(space: Space, found: Page) -> str:
    history = revisions_of(actor(), found, before=request.args.get("before", type=int))
    return render_template(
        "wiki/history.html",
        page=found,
        url=url_of(found),
        revisions=history.items,
        more=history.next,
        **_frame(space),
    )


def _old(space: Space, found: Page) -> str:
    """The page as it was; mentions and links are painted as they would be today."""
    revision = revision_for(actor(), found, request.args.get("rev", 0, type=int))
    return render_template(
        "wiki/old.html",
        page=found,
        url=url_of(found),
        revision=revision,
        words=with_links(actor(), space, str(rendered(revision.body, space).html)),
        may_edit=may(actor(), "edit", found),
        **_frame(space),
    )


def _diff(space: Space, found: Page) -> str:
    old = revision_for(actor(), found, request.args.get("diff", 0, type=int))
    new = revision_for(actor(), found, request.args.get("rev", found.revision, type=int))
    if old.number > new.number:
        old, new = new, old
    return render_template(
        "wiki/diff.html",
        page=found,
        url=url_of(found),
        old=old,
        new=new,
        lines=folded(compare(old.body, new.body)),
        may_edit=may(actor(), "edit", found),
        **_frame(space),
    )


@bp.post("/spaces/<slug>/wiki/<path:path>/restore")
def restore(slug: str, path: str) -> Response:
    """Make an earlier revision the newest one."""
    found = page_for(actor(), _enter(slug), path)
    number = request.form.get("rev", 0, type=int)
    try:
        restore_revision(
            actor(),
            found,
            number=number,
            base=request.form.get("base", 0, type=int),
            summary=_("Revision %(number)d again", number=number),
        )
    except Conflict:
        flash(_("Somebody changed this page meanwhile. Look at the newest words first."), "warn")
        return redirect(f"{url_of(found)}?action=history", 303)
    flash(_("Revision %(number)d stands again.", number=number), "message")
    return redirect(url_of(found), 303)


# ---- moving, deleting, talking --------------------------------------------------------------------------------------


@bp.get("/spaces/<slug>/wiki/<path:path>/rename")
def rename_form(slug: str, path: str) -> str:
    """Another title or address for a page."""
    space = _enter(slug)
    found = page_for(actor(), space, path)
    if not may(actor(), "rename", found):
        abort(403)
    return _rename(space, found, title=found.title, path=found.path)


def _rename(space: Space, found: Page, *, title: str, path: str, error: Invalid | None = None) -> str:
    held = {"title": title, "path": path}
    return render_template(
        "wiki/rename.html", page=found, url=url_of(found), held=held, **_fault(error), **_frame(space)
    )


@bp.post("/spaces/<slug>/wiki/<path:path>/rename")
def rename(slug: str, path: str) -> Response | tuple[str, int]:
    """Move a page to another address, or give it another title."""
    found = page_for(actor(), _enter(slug), path)
    title, wanted = request.form.get("title", ""), request.form.get("path", "")
    try:
        rename_page(actor(), found, title=title, path=wanted)
    except Invalid as fault:
        space = _enter(slug)
        return _rename(space, page_for(actor(), space, path), title=title, path=wanted, error=fault), 422
    flash(_("Moved."), "message")
    return redirect(url_of(found), 303)


@bp.get("/spaces/<slug>/wiki/<path:path>/delete")
def delete_form(slug: str, path: str) -> str:
    """Ask before a page goes."""
    found = page_for(actor(), _enter(slug), path)
    if not may(actor(), "delete", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Delete “%(title)s”?", title=found.title),
        words=_("Its history and its comments go with it. Links to it turn red."),
        yes=_("Delete page"),
        back=url_of(found),
        risk=True,
    )


@bp.post("/spaces/<slug>/wiki/<path:path>/delete")
def delete(slug: str, path: str) -> Response:
    """Take a page away."""
    delete_page(actor(), page_for(actor(), _enter(slug), path))
    flash(_("Deleted."), "message")
    return redirect(space_url(slug, "wiki"), 303)


@bp.post("/spaces/<slug>/wiki/<path:path>/comments")
def comment(slug: str, path: str) -> Response | tuple[str, int]:
    """Say something about a page."""
    return comment_on(lambda: page_for(actor(), _enter(slug), path), _page)

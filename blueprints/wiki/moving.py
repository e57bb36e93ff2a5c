"""Another address, another title, another place in the tree, another space; away."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.cards import space_title
from blueprints.doors import actor
from blueprints.mishaps import said
from blueprints.wiki.frame import bp, enter, fault_of, frame
from community.errors import CommunityError, Denied, Invalid, NotFound, _l
from community.permissions import door, may
from community.spaces.models import Space
from community.spaces.queries import space_for
from community.wiki.actions import rename_page
from community.wiki.bin import delete_page, remove_revision
from community.wiki.branches import neighbours_of
from community.wiki.models import Page
from community.wiki.moves import STAYS, move_page, place_page
from community.wiki.queries import page_for
from community.wiki.whereto import count_below, page_named, places_for_page


@bp.get("/spaces/<slug>/wiki/<path:path>/rename")
def rename_form(slug: str, path: str) -> str:
    """Another title, address or place for a page."""
    space = enter(slug)
    found = page_for(actor(), space, path)
    if not may(actor(), "rename", found):
        abort(403)
    return _moving(space, found)


def _moving(place: Space, found: Page, *, fault: CommunityError | None = None, how: str = "", **held: str) -> str:
    who = actor()
    previous, _before, following = neighbours_of(who, found)
    side = frame(place, open_=found if place.id == found.space_id else None)
    way = side["way"]
    return render_template(
        "wiki/rename.html",
        page=found,
        url=url_of(found),
        held={"title": found.title, "path": found.path, "under": "", "space": "", **held},
        how=how,
        previous=previous,
        following=following,
        above=way[-1] if way else None,
        places=[(one.slug, space_title(one)) for one in places_for_page(who, found)] if may(who, "move", found) else [],
        many=count_below(who, found),
        refusal=said(fault) if fault is not None and how else "",
        **fault_of(fault if isinstance(fault, Invalid) and not how else None),
        **side,
    )


@bp.post("/spaces/<slug>/wiki/<path:path>/rename")
def rename(slug: str, path: str) -> Response | str | tuple[str, int]:
    """Give a page another address or title; `how` says what else: up, down, in, out, under, drop, space."""
    space, form = enter(slug), request.form
    found = page_for(actor(), space, path)
    how = form.get("how", "")
    try:
        if how == "space":
            return _to_space(space, found)
        if how:
            _place(space, found, how)
        else:
            rename_page(actor(), found, title=form.get("title", ""), path=form.get("path", ""))
    except (Invalid, Denied) as fault:
        if isinstance(fault, Denied) and not how:
            raise
        space = enter(slug)
        held = {name: form[name] for name in ("title", "path", "under", "space") if name in form}
        status = 403 if isinstance(fault, Denied) else 422
        return _moving(space, page_for(actor(), space, path), fault=fault, how=how, **held), status
    flash(_("Moved."), "message")
    return redirect(url_of(found), 303)


def _place(space: Space, found: Page, how: str) -> None:
    """One step in the tree, or a place that somebody names: below a page, before or after one."""
    who, form = actor(), request.form
    previous, before_it, following = neighbours_of(who, found)
    above = _above(found)
    if how == "up" and previous is not None:
        place_page(who, found, under=_parent(previous), after=before_it)
    elif how == "down" and following is not None:
        place_page(who, found, under=_parent(following), after=following)
    elif how == "in" and previous is not None:
        place_page(who, found, under=previous)
    elif how == "out" and above is not None:
        place_page(who, found, under=_parent(above), after=above)
    elif how == "under":
        place_page(who, found, under=page_named(who, space, form.get("under", "")))
    elif how == "drop":
        _drop(space, found)
    elif how in ("up", "down", "in", "out"):
        raise Invalid("how", _l("It stands there already."))
    else:
        abort(400)


def _drop(space: Space, found: Page) -> None:
    """Where a page was let go: `before`, `after` or `in` the page at the path `at`."""
    who, form = actor(), request.form
    try:
        there = page_for(who, space, form.get("at", ""))
    except NotFound:
        raise Invalid("at", _l("That page is not there any more. Load this page again.")) from None
    where = form.get("where", "")
    if where == "in":
        place_page(who, found, under=there, after=STAYS)
        return
    after: Page | None = there
    if where == "before":
        previous, before_that, _after = neighbours_of(who, there)
        after = before_that if previous is not None and previous.id == found.id else previous
    place_page(who, found, under=_parent(there), after=after)


def _parent(page: Page) -> Page | None:
    """The page above one, for putting another beside it. Raises Invalid when the reader does not see it."""
    if page.parent_id is None:
        return None
    try:
        return door(actor(), Page, Page.id == page.parent_id)
    except NotFound:
        raise Invalid("under", _l("There is no place for it there. Choose another.")) from None


def _above(found: Page) -> Page | None:
    """The page below which one stands, as far as the reader sees it."""
    if found.parent_id is None:
        return None
    try:
        return door(actor(), Page, Page.id == found.parent_id)
    except NotFound:
        return None


def _to_space(space: Space, found: Page) -> Response | str:
    """Ask first, for other people read it there; then go."""
    who, form = actor(), request.form
    alone = bool(form.get("alone"))
    try:
        place = space_for(who, form.get("space", ""))
    except NotFound:
        raise Invalid("space", _l("Choose one of your spaces.")) from None
    if form.get("sure"):
        move_page(who, found, place, alone=alone)
        flash(_("Moved to %(space)s.", space=space_title(place)), "message")
        return redirect(url_of(found), 303)
    many = 0 if alone else count_below(who, found)
    words = [
        _("Whoever is not in %(space)s no longer reads it.", space=space_title(place)),
        _("Its history and comments go along. Links in it to pages that stay turn red."),
    ]
    if many:
        words.insert(0, ngettext("%(num)d page below it goes along.", "%(num)d pages below it go along.", many))
    fields: dict[str, Any] = {"how": "space", "space": place.slug, "sure": 1}
    return render_template(
        "parts/confirm.html",
        title=_("Move “%(title)s” to %(space)s?", title=found.title, space=space_title(place)),
        words=" ".join(words),
        yes=_("Move it there"),
        no=_("Leave it here"),
        back=url_of(found),
        fields={**fields, "alone": 1} if alone else fields,
    )


@bp.get("/spaces/<slug>/wiki/<path:path>/delete")
def delete_form(slug: str, path: str) -> str:
    """Ask before a page goes, and with `?rev=` before the words of an old revision go."""
    found = page_for(actor(), enter(slug), path)
    number = request.args.get("rev", 0, type=int)
    if not may(actor(), "redact" if number else "delete", found):
        abort(403)
    if number:
        return render_template(
            "parts/confirm.html",
            title=_("Take the words of revision %(number)d away?", number=number),
            words=_("Nobody can read or restore them after that. The history says that you did this."),
            yes=_("Take them away"),
            back=f"{url_of(found)}?action=history",
            risk=True,
            fields={"rev": number},
        )
    many = count_below(actor(), found)
    return render_template(
        "wiki/delete.html" if many else "parts/confirm.html",
        title=_("Delete “%(title)s”?", title=found.title),
        words=_("It goes to the bin of this wiki, with its history and its comments. Links to it turn red."),
        yes=_("Delete page"),
        back=url_of(found),
        risk=True,
        many=many,
    )


@bp.post("/spaces/<slug>/wiki/<path:path>/delete")
def delete(slug: str, path: str) -> Response:
    """Put a page into the bin (`below=along`: with those below it), or take the words of one revision away."""
    found = page_for(actor(), enter(slug), path)
    number = request.form.get("rev", 0, type=int)
    if number:
        try:
            remove_revision(actor(), found, number=number)
            flash(_("Those words are gone."), "message")
        except Invalid as fault:
            flash(said(fault), "warn")
        return redirect(f"{url_of(found)}?action=history", 303)
    try:
        delete_page(actor(), found, with_below=request.form.get("below") == "along")
    except Denied as fault:
        if may(actor(), "delete", found):  # only not all of it
            flash(said(fault), "warn")
            return redirect(url_of(found), 303)
        raise
    flash(_("Deleted. It lies in the bin."), "message")
    return redirect(space_url(slug, "wiki"), 303)

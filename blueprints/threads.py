"""Threads on a page: the marks in its words, the notes in its margin, and what one does with a thread."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.doors import actor
from blueprints.mishaps import said
from blueprints.shapes import AreaShown, CommentCard
from community.comments.actions import (
    apply_suggestion,
    hold_comment,
    place_again,
    release_comments,
    reopen_thread,
    resolve_thread,
)
from community.comments.anchors import Selector, find, print_of
from community.comments.kind import parent_of
from community.comments.marking import Spot, mark
from community.comments.models import PURPOSES, Anchor, Comment
from community.comments.queries import comment_for
from community.comments.regions import Region, region_from, region_of
from community.comments.texts import has_leaves, text_of
from community.errors import Invalid
from community.markup import stored
from community.permissions import Actor, may

bp = Blueprint("threads", __name__)


# ---- words ----------------------------------------------------------------------------------------------------------


def purpose_words(purpose: str) -> str:
    """What a comment is for, as its badge says it."""
    return {
        "": pgettext("what a comment is for", "Plain comment"),
        "question": _("Question"),
        "suggestion": _("Suggestion"),
        "praise": _("Praise"),
        "must_answer": _("Must be answered"),
    }[purpose]


def audience_words(audience: str, thing: Any) -> str:
    """Who reads a comment that is for a few."""
    if audience == "coaches":
        return _("Coaches only")
    return _("Only %(name)s", name=thing.author.name) if audience == "author" else _("Everyone who reads this")


def choices_for(who: Actor, thing: Any) -> dict[str, Any]:
    """What `parts/onwords.html` offers: purposes and audiences, as pairs of value and words."""
    audiences = [("", _("Everyone who reads this"))]
    if thing.author_id != who.id:
        audiences.append(("author", audience_words("author", thing)))
    if thing.space_id is not None:
        audiences.append(("coaches", audience_words("coaches", thing)))
    return {"purposes": [(purpose, purpose_words(purpose)) for purpose in PURPOSES], "audiences": audiences}


def badges_of(comment: Comment, thing: Any) -> list[tuple[str, str, str]]:
    """Tone, icon and words of each badge of a comment: for what, how it stands, who reads it."""
    badges = []
    if comment.purpose == "must_answer":
        badges.append(("warn", "circle-alert", purpose_words("must_answer")))
    elif comment.purpose:
        badges.append(("", "", purpose_words(comment.purpose)))
    if comment.state == "answered":
        badges.append(("ok", "reply", _("Answered")))
    elif comment.state == "resolved":
        badges.append(("ok", "circle-check", _("Resolved")))
    elif comment.state == "reopened":
        badges.append(("warn", "", _("Opened again")))
    if comment.audience:
        badges.append(("", "eye", audience_words(comment.audience, thing)))
    if comment.held_at is not None:
        badges.append(("warn", "lock", _("Held: only you see it")))
    return badges


def deeds_of(who: Actor, comment: Comment, anchor: Anchor | None) -> list[tuple[str, str, str]]:
    """What the reader may do with a comment at once: words, address, icon."""
    at, deeds = f"/comments/{comment.id}", []
    if comment.held_at is not None and may(who, "release", comment):
        deeds.append((_("Release"), f"{at}/release", "eye"))
    if not comment.is_thread or comment.held_at is not None:
        return deeds
    if anchor is not None and anchor.replacement is not None and not anchor.orphaned_at and may(who, "apply", comment):
        deeds.append((_("Put it in") if anchor.replacement else _("Take the words out"), f"{at}/apply", "check"))
    if comment.state != "resolved" and may(who, "resolve", comment):
        deeds.append((_("Resolve"), f"{at}/resolve", "circle-check"))
    if comment.state in ("resolved", "answered") and may(who, "reopen", comment):
        deeds.append((_("Open again"), f"{at}/reopen", ""))
    return deeds


def dress_thread(
    who: Actor, card: CommentCard, comment: Comment, anchor: Anchor | None, url: str, *, gone: bool | None = None
) -> None:
    """Put on a card what makes its comment a thread, or one that not everybody reads. `gone`: whether its words were looked for
    just now and not found.
    """
    card.state, card.purpose = comment.state, comment.purpose
    if not (comment.is_thread or comment.audience or comment.held_at):
        return
    thing = parent_of(comment)
    card.badges = badges_of(comment, thing)
    card.deeds = deeds_of(who, comment, anchor)
    if anchor is None:
        return
    region = region_of(anchor)
    if region is not None:
        card.area = area_of(comment, anchor, region, thing)
        if card.area.old and may(who, "place", comment):
            card.place_url = f"{url_of(thing)}&place={comment.id}#area"
        return
    card.quote, card.replacement = anchor.words or anchor.exact, anchor.replacement
    if gone is None:
        gone = anchor.orphaned_at is not None
    if not gone and anchor.exact:
        there = f"{url.split('?')[0]}?leaf={anchor.revision}" if has_leaves(comment.parent_kind) else ""
        card.quote_url, card.quote_words = f"{there}#a{comment.id}", _("Back to the words")
        return
    card.quote = anchor.exact
    if comment.parent_kind == "page" and anchor.exact:
        card.gone_url = f"{url}?rev={anchor.revision}"
        card.gone_words = _("revision %(number)d", number=anchor.revision)
    if may(who, "place", comment):
        card.place_url = f"{url}{'&' if '?' in url else '?'}place={comment.id}#words"


def area_of(comment: Comment, anchor: Anchor, region: Region, thing: Any) -> AreaShown:
    """What is shown of the area of a thread: it stays on the version on which it was made."""
    old = anchor.made_on != thing.version
    return AreaShown(
        where_words(region),
        f"{url_of(thing)}{f'&version={anchor.made_on}' if old else ''}#area-{comment.id}",
        f"/comments/{comment.id}/area",
        _("on version %(number)d", number=anchor.made_on) if old else "",
    )


def where_words(region: Region) -> str:
    """Where an area is, as one would say it: "page 3, top left"."""
    place = _("the whole page") if region.page else _("the whole picture")
    if not region.is_whole:
        down, along = region.y + region.height / 2, region.x + region.width / 2
        row = 0 if down < 100 / 3 else 1 if down < 200 / 3 else 2
        column = 0 if along < 100 / 3 else 1 if along < 200 / 3 else 2
        place = (
            (_("top left"), _("top"), _("top right")),
            (_("left"), _("in the middle"), _("right")),
            (_("bottom left"), _("bottom"), _("bottom right")),
        )[row][column]
    return _("page %(number)d, %(place)s", number=region.page, place=place) if region.page else place


# ---- marks ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _text(html: str) -> str:
    return text_of(html)


_mark = lru_cache(maxsize=128)(mark)


def marked(html: str, threads: Iterable[tuple[Comment, Anchor]]) -> tuple[Markup, list[int]]:
    """Kept HTML with marks where the words of these threads stand, and the numbers of those threads in the order of the text. What
    stands elsewhere than when the reader of the log looked last is looked for at once, and left out when that is not certain.
    """
    text = _text(html)
    known = print_of(text)
    places = []
    for comment, anchor in threads:
        place: tuple[int, int] | None = None
        if anchor.print == known and anchor.exact:  # also in an earlier text, whose words are gone by now
            place = (anchor.begins, anchor.ends)
        elif anchor.orphaned_at is None and anchor.exact:
            place = find(text, anchor.selector, like=anchor.exact)
        if place is not None:
            places.append((*place, comment))
    places.sort(key=lambda one: (one[0], one[1], one[2].id))
    spots = tuple(
        Spot(comment.id, begins, ends, _looks(comment), f"#comment-{comment.id}", _told(comment, number))
        for number, (begins, ends, comment) in enumerate(places, 1)
    )
    return stored(_mark(html, spots)), [spot.number for spot in spots]


def _looks(comment: Comment) -> str:
    if comment.state == "resolved":
        return "done"
    return "must" if comment.purpose == "must_answer" and comment.state != "answered" else ""


def _told(comment: Comment, number: int) -> str:
    """What is said of a mark to who does not see it."""
    parts = [_("comment %(number)d", number=number)]
    if comment.purpose == "must_answer":
        parts.append(pgettext("of a mark", "must be answered"))
    elif comment.purpose:
        parts.append(purpose_words(comment.purpose).lower())
    if comment.state in ("resolved", "answered"):
        parts.append(
            {"resolved": pgettext("of a mark", "resolved"), "answered": pgettext("of a mark", "answered")}[
                comment.state
            ]
        )
    return ", ".join(parts)


# ---- what one does with a thread ------------------------------------------------------------------------------------


def chosen() -> dict[str, Any]:
    """What a form says of a new comment besides its words: for `create_comment`."""
    form = request.form
    more: dict[str, Any] = {
        "purpose": form.get("purpose", ""),
        "audience": form.get("audience", ""),
        "held": bool(form.get("held")),
    }
    if "area" in form:
        more["anchor"] = _pointed()
    elif form.get("quote", "").strip():
        more["anchor"], more["leaf"] = _selected(), _leaf()
        replacement = replacement_sent()
        if replacement or more["purpose"] == "suggestion":
            more["replacement"] = replacement
    return more


def replacement_sent() -> str | None:
    """What a form suggests for the place of words: other words, "" to take them out, None for nothing. Raises Invalid."""
    words, takes_out = request.form.get("replacement", ""), bool(request.form.get("takes_out"))
    if words.strip() and takes_out:
        raise Invalid("replacement", _("Either put words in their place, or take them out."))
    return words if words.strip() else "" if takes_out else None


def _selected() -> Selector:
    form = request.form
    quote = form.get("quote", "").replace("\r\n", "\n")
    return Selector(quote, form.get("prefix", "")[-64:], form.get("suffix", "")[:64], form.get("start", -1, type=int))


def _pointed() -> Region:
    """The area that a form names: a page, and measures unless it is the whole. Raises Invalid("region")."""
    page, measures = request.form.get("page", "").strip(), request.form.get("xywh", "").strip() or "0,0,100,100"
    try:
        return region_from((f"page={int(page)}&" if page else "") + f"xywh=percent:{measures}")
    except ValueError:
        raise Invalid("region", _("Choose a page by its number.")) from None


def _leaf() -> int:
    return max(0, request.form.get("leaf", 0, type=int)) % 2**31


_DEEDS = {"resolve": resolve_thread, "reopen": reopen_thread, "apply": apply_suggestion}


def _back_to(comment: Comment) -> Response:
    return redirect(url_of(comment), 303)


@bp.post("/comments/<int:comment_id>/resolve", defaults={"deed": "resolve"})
@bp.post("/comments/<int:comment_id>/reopen", defaults={"deed": "reopen"})
@bp.post("/comments/<int:comment_id>/apply", defaults={"deed": "apply"})
def do(comment_id: int, deed: str) -> Response:
    """Resolve a thread, open it again, or put in what it suggests."""
    found = comment_for(actor(), comment_id)
    try:
        _DEEDS[deed](actor(), found)
    except Invalid as fault:
        flash(said(fault), "warn")
        return _back_to(comment_for(actor(), comment_id))
    return _back_to(found)


@bp.post("/comments/<int:comment_id>/place")
def place(comment_id: int) -> Response:
    """Put a thread on other words, or on another area (`area`)."""
    found = comment_for(actor(), comment_id)
    try:
        place_again(actor(), found, anchor=_pointed() if "area" in request.form else _selected(), leaf=_leaf())
    except Invalid as fault:
        flash(said(fault), "warn")
        return _back_to(comment_for(actor(), comment_id))
    return _back_to(found)


@bp.get("/comments/<int:comment_id>/hold")
def hold_form(comment_id: int) -> str:
    """Ask before a comment is taken back."""
    found = comment_for(actor(), comment_id)
    if not may(actor(), "hold", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Take this comment back?"),
        words=_("It becomes a draft that only you see, until you release it."),
        yes=_("Take it back"),
        back=url_of(found),
    )


@bp.post("/comments/<int:comment_id>/hold")
def hold(comment_id: int) -> Response:
    """Take a comment back: it becomes a draft of its author."""
    try:
        hold_comment(actor(), comment_for(actor(), comment_id))
    except Invalid as fault:
        flash(said(fault), "warn")
    return _back_to(comment_for(actor(), comment_id))


@bp.post("/comments/<int:comment_id>/release")
def release_one(comment_id: int) -> Response:
    """Let others read a held comment."""
    release_comments(actor(), [comment_id])
    return _back_to(comment_for(actor(), comment_id))


@bp.post("/comments/release")
def release() -> Response:
    """Let others read all of these held comments, at once."""
    try:
        released = release_comments(actor(), request.form.getlist("id", type=int))
    except Invalid as fault:
        flash(said(fault), "warn")
        return redirect("/", 303)
    count = len(released)
    flash(ngettext("%(num)d comment is released.", "%(num)d comments are released.", count), "message")
    first = parent_of(released[0]) if released else None
    return redirect(url_of(first) if first is not None else "/", 303)

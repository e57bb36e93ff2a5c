"""The margin of a text: the notes beside it, the marks in it, and the form for a comment on words.

What is drawn is kept for each reader for as long as nothing that it shows changes: the thing counts every change in the threads
on it (`talk_version`), so that a page with three hundred threads asks and draws no more than one with none.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from flask import g, render_template, request
from markupsafe import Markup

from blueprints.addresses import url_of
from blueprints.cards import comment_card
from blueprints.doors import actor
from blueprints.language import language, zone
from blueprints.mishaps import said
from blueprints.shapes import CommentCard
from blueprints.threads import choices_for, dress_thread, marked
from community.clock import now
from community.comments.models import Comment
from community.comments.queries import comment_for, threads_of
from community.comments.texts import can_select
from community.errors import Invalid, NotFound
from community.files.models import File
from community.kinds import card_of, ref_of
from community.permissions import may

SHOWN = 80
"""Threads that stand in the margin at first, those that are not resolved before the others."""
MOST = 1_000
_FRESH = 600  # seconds for which something drawn is kept at most: people change their names and pictures
_ROOM = 24_000_000  # characters of all that is kept


@dataclass(frozen=True)
class Margin:
    """What stands beside a text, and the text with its marks. `held`: the numbers of the reader's own drafts there."""

    words: Markup
    notes: Markup = Markup("")
    count: int = 0
    open: int = 0
    resolved: int = 0
    held: tuple[int, ...] = ()
    left: int = 0
    all_url: str = ""


_drawn: OrderedDict[tuple[Any, ...], Margin] = OrderedDict()
_taken = 0


def margin_of(item: Any, html: Markup) -> Margin:
    """The margin of an item that the reader came to, whose words they see as `html`. No query while nothing changed."""
    if not item.talk_version:
        return Margin(html)
    who = actor()
    everything = request.args.get("comments") == "all" or "at" in request.args
    key = (
        ref_of(item),
        item.created_at,
        item.talk_version,
        hash(html),
        everything,
        who.id,
        who.site_role,
        url_of(item),
        who.roles.get(item.space_id or 0),
        item.space_id in who.reach.archived,
        may(who, "comment", item),
        language(),
        zone().key,
        int(now().timestamp()) // _FRESH,
    )
    found = _drawn.get(key)
    if found is None:
        found = _keep(key, _draw(item, html, MOST if everything else SHOWN))
    else:
        _drawn.move_to_end(key)
    return _with_form(item, found)


def _keep(key: tuple[Any, ...], made: Margin) -> Margin:
    global _taken
    _drawn[key] = made
    _taken += _size(made)
    while _taken > _ROOM and len(_drawn) > 1:
        _taken -= _size(_drawn.popitem(last=False)[1])
    return made


def _size(margin: Margin) -> int:
    return len(margin.words) + len(margin.notes) + 500


def _draw(item: Any, html: Markup, limit: int) -> Margin:
    who, url = actor(), url_of(item)
    threads = threads_of(who, item, limit=limit)
    there = [one for one in threads.items if one.deleted_at is None]
    words, order = marked(html, [(one, one.anchor) for one in there if one.anchor is not None])
    place = {number: at for at, number in enumerate(order, 1)}
    cards = {one.id: _card(one, threads.below[one.id], url, gone=one.id not in place) for one in threads.items}
    whole = [one for one in threads.items if one.anchor is None or one.deleted_at is not None]
    gone = [one for one in there if one.anchor is not None and one.id not in place]
    placed = sorted((one for one in threads.items if one.id in place), key=lambda one: place[one.id])
    resolved = sum(one.state == "resolved" for one in there)
    notes = render_template(
        "parts/notes.html",
        cards=[cards[one.id] for one in sorted(whole, key=lambda one: one.id)] + [cards[one.id] for one in placed],
        gone=[cards[one.id] for one in sorted(gone, key=lambda one: one.id)],
        place=place,
        url=url,
        talks=may(who, "comment", item),
    )
    return Margin(
        words,
        Markup(notes),  # noqa: S704 drawn by a template of ours
        count=len(threads.items) + threads.left,
        open=len(there) - resolved,
        resolved=resolved,
        held=tuple(
            one.id
            for one in (*threads.items, *(reply for some in threads.below.values() for reply in some))
            if one.held_at is not None
        ),
        left=threads.left,
        all_url=f"{url}?comments=all#margin" if threads.left else "",
    )


def _card(comment: Comment, below: list[Comment], url: str, *, gone: bool) -> CommentCard:
    who = actor()
    card = comment_card(who, comment, url)
    if comment.deleted_at is None:
        dress_thread(who, card, comment, comment.anchor, url, gone=gone)
    for reply in below:
        said_below = comment_card(who, reply, url)
        dress_thread(who, said_below, reply, None, url)
        card.replies = [*card.replies, said_below]
    return card


def talk_url(item: Any) -> str:
    """Where what is said about an item is sent to: of a file by its number, which outlives a move."""
    return f"/files/{item.id}/comments" if isinstance(item, File) else f"{url_of(item).split('?')[0]}/comments"


# ---- forms ----------------------------------------------------------------------------------------------------------


def _with_form(item: Any, margin: Margin) -> Margin:
    """The margin with the form for an answer where somebody asked for it, or where one was refused."""
    answers = request.form.get("reply_to", type=int) or request.args.get("reply", type=int)
    gap = f'<div class="mreply" id="reply-{answers}"></div>'
    if not answers or gap not in margin.notes:
        return margin
    fault = refused()
    form = render_template(
        "parts/answer.html",
        action=talk_url(item),
        reply_to=answers,
        draft=request.form.get("body", ""),
        error=said(fault) if fault is not None else "",
    )
    filled = str(margin.notes).replace(gap, f'<div class="mreply" id="reply-{answers}">{form}</div>')
    notes = Markup(filled)  # noqa: S704 drawn by templates of ours
    return Margin(**{**margin.__dict__, "notes": notes})


def refuse(fault: Invalid) -> None:
    """Remember for the page that is drawn now what was refused."""
    g.refused = fault


def refused() -> Invalid | None:
    """What the form that this page answers was refused for."""
    fault: Invalid | None = g.get("refused")
    return fault


_TEXTS = {
    "post": "#post-%(id)d .prose",
    "entry": ".jpage > .prose",
    "file": ".filetext",
    "submission": ".doc > .prose",
}
"""Where the text of a kind stands on its page; that of a wiki page says so itself."""


def words_form(item: Any, leaf: int = 0) -> dict[str, Any] | None:
    """What `parts/onwords.html` draws: the form for a comment on some words (of a copy: on that leaf); None where nobody can make
    one.
    """
    who = actor()
    if not may(who, "comment", item) or not can_select(item, leaf):
        return None
    fault, form = refused(), request.form if "words" in request.form else {}
    placed = request.args.get("place", type=int)
    moved = None
    if placed:
        try:
            moved = comment_for(who, placed)
        except NotFound:
            moved = None
        if moved is not None and not may(who, "place", moved):
            moved = None
    kind, url = card_of(item).name, url_of(item)
    return {
        "action": f"/comments/{moved.id}/place" if moved else talk_url(item),
        "ref": ref_of(item),
        "leaf": leaf,
        "text": _TEXTS.get(kind, "") % {"id": item.id},
        "src": f"{url}{'&' if '?' in url else '?'}part=words{f'&leaf={leaf}' if leaf else ''}",
        "moved": moved,
        "open": bool(moved) or bool(form),
        "errors": {fault.field: said(fault)} if fault is not None and form else {},
        **{name: form.get(name, "") for name in ("body", "quote", "prefix", "suffix", "start", "replacement")},
        "takes_out": bool(form.get("takes_out")),
        "purpose": form.get("purpose", ""),
        "audience": form.get("audience", ""),
        **choices_for(who, item),
    }

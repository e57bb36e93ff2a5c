"""Comments: the talk below pages, files and entries; what one does with a comment, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.asked import asked_about
from blueprints.cards import comment_cards
from blueprints.doors import actor
from blueprints.face import wants_fragment
from blueprints.history import steps_of
from blueprints.margin import refuse, talk_url, words_form
from blueprints.mishaps import said
from blueprints.once import guarded
from blueprints.threads import chosen, marked, replacement_sent
from community.activity.outbox import end_for
from community.comments.actions import create_comment, delete_comment, edit_comment
from community.comments.kind import parent_of
from community.comments.models import Comment
from community.comments.queries import AT_ONCE, FIRST, anchors_of, comment_for, comments_of, start_of
from community.comments.regions import sheets_of
from community.comments.revisions import comment_revisions_of
from community.errors import Invalid
from community.kinds import ref_of
from community.permissions import may

bp = Blueprint("comments", __name__)


def talk_of(item: Any, *, draft: str = "", error: str = "", beside: bool = False, leaf: int = 0) -> dict[str, Any]:
    """What `parts/talk.html` draws: the comments of an item that the reader came to, and the form for the next one. `beside`: the
    threads stand in the margin, not here. `leaf`: the one that is read, of an item that has several (`texts.leaves_are`). Of what
    comes back `count` says how many comments stand here; 0 where not all of them do.
    """
    who, url = actor(), url_of(item).split("?")[0]
    talks = may(who, "comment", item)
    after, at = request.args.get("after", type=int), request.args.get("at", type=int)
    limit = FIRST if after is None and at is None else AT_ONCE
    first = after if at is None else start_of(at)
    comments = comments_of(who, item, after=first, limit=limit, gaps=True, plain=beside)
    reply = request.args.get("reply", type=int) or request.form.get("reply_to", type=int)
    answered = next((comment for comment in comments if comment.id == reply and comment.deleted_at is None), None)
    apart = "words" in request.form or ("area" in request.form and sheets_of(item) is not None)
    if apart or (beside and reply and answered is None):
        draft = error = ""  # it was typed elsewhere on the page, and stands there
    anchors = anchors_of(who, comments)
    return {
        "ref": ref_of(item),
        "threads": [
            (one, anchors[one.id])
            for one in comments
            if one.id in anchors and one.deleted_at is None and (not leaf or anchors[one.id].revision == leaf)
        ],
        "last": g.get("end_here") or end_for(who),
        "url": url_of(item),
        "action": talk_url(item),
        "comments": comment_cards(who, comments, url, talks=talks, anchors=anchors),
        "more": f"{url}?after={comments[-1].id}" if len(comments) == limit else "",
        "count": sum(one.deleted_at is None for one in comments) if first is None and len(comments) < limit else 0,
        "talks": talks,
        "answered": answered,
        "draft": draft,
        "error": error,
        "words_form": None if beside else words_form(item, leaf),
        "asked": asked_about(item),
    }


def comments_alone(item: Any, *, beside: bool = False, html: Markup | None = None, leaf: int = 0) -> str | None:
    """The comments as a fragment, when one of our own modules asks for them; with `?part=words` the kept `html` with its marks."""
    if not wants_fragment():
        return None
    talk = talk_of(item, beside=beside, leaf=leaf)
    if html is not None and request.args.get("part") == "words":
        return render_template("parts/marked.html", words=with_marks(html, talk))
    return render_template("microblog/_comments.html", cards=talk["comments"])


def with_marks(html: Markup, talk: dict[str, Any]) -> Markup:
    """Kept HTML of an item with marks where the threads are about that stand below it (`talk_of`)."""
    return marked(html, talk["threads"])[0] if talk["threads"] else html


def comment_on(find: Callable[[], Any], show: Callable[..., str]) -> Response | tuple[str, int]:
    """Say something about the item that `find()` opens. What is refused comes back on its page, `show(item, …)`."""
    body, reply = request.form.get("body", ""), request.form.get("reply_to", type=int)
    item = find()
    answered = comment_for(actor(), reply) if reply else None
    try:
        made = guarded(lambda: create_comment(actor(), item, body=body, reply_to=answered, **chosen()))
    except Invalid as fault:
        refuse(fault)
        return show(find(), draft=body, error=said(fault)), 422
    return redirect(url_of(made), 303)


# One comment


@bp.get("/comments/<int:comment_id>/edit")
def edit_form(comment_id: int) -> str:
    """The words of a comment, to change them."""
    found = comment_for(actor(), comment_id)
    if not may(actor(), "edit", found):
        abort(403)
    return _edit(found, found.body)


def _edit(found: Comment, body: str, fault: Invalid | None = None) -> str:
    wrong = fault is not None and fault.field == "replacement"
    return render_template(
        "microblog/edit.html",
        title=_("Edit your comment"),
        action=f"/comments/{found.id}/edit",
        back=url_of(found),
        body=body,
        base="",
        error=said(fault) if fault is not None and not wrong else "",
        theirs="",
        suggests=_suggests(found, said(fault) if fault is not None and wrong else ""),
    )


def _suggests(found: Comment, error: str) -> dict[str, Any] | None:
    """The words that a suggestion would change, and those that it puts in their place; None for other comments."""
    anchor = anchors_of(actor(), [found]).get(found.id) if found.purpose == "suggestion" else None
    if anchor is None:
        return None
    sent = request.form if "replacement" in request.form else None
    return {
        "quote": anchor.words or anchor.exact,
        "replacement": sent["replacement"] if sent is not None else anchor.replacement or "",
        "takes_out": bool(sent.get("takes_out")) if sent is not None else anchor.replacement == "",
        "error": error,
    }


@bp.post("/comments/<int:comment_id>/edit")
def edit(comment_id: int) -> Response | tuple[str, int]:
    """Save the changed words of a comment."""
    found = comment_for(actor(), comment_id)
    body = request.form.get("body", "")
    try:
        replacement = replacement_sent() if "replacement" in request.form else ...
        edit_comment(actor(), found, body=body, replacement=replacement)
    except Invalid as fault:
        return _edit(comment_for(actor(), comment_id), body, fault), 422
    return redirect(url_of(found), 303)


@bp.get("/comments/<int:comment_id>/delete")
def delete_form(comment_id: int) -> str:
    """Ask before a comment goes."""
    found = comment_for(actor(), comment_id)
    if not may(actor(), "delete", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Delete this comment?"),
        words=_("Replies to it stay. This cannot be taken back."),
        yes=_("Delete comment"),
        back=url_of(found),
        risk=True,
    )


@bp.post("/comments/<int:comment_id>/delete")
def delete(comment_id: int) -> Response:
    """Take a comment away."""
    found = comment_for(actor(), comment_id)
    parent = parent_of(found)
    delete_comment(actor(), found)
    return redirect(url_of(parent) if parent is not None else "/", 303)


@bp.get("/comments/<int:comment_id>/history")
def history(comment_id: int) -> str:
    """What a comment said before, for whoever may see it now."""
    found = comment_for(actor(), comment_id)
    states = [(held.body, held.created_at) for held in comment_revisions_of(found)]
    states.append((found.body, found.edited_at or found.created_at))
    return render_template(
        "microblog/history.html",
        title=_("What this comment said before"),
        back=url_of(found),
        head=None,
        steps=steps_of(states),
        place="",
    )

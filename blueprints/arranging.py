"""Arranging a post: one page to pin, hide, archive, lock and move it, and one to share it into another space."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.cards import post_card, space_head, space_title
from blueprints.doors import actor
from blueprints.language import zone
from blueprints.microblog import post_in
from blueprints.mishaps import said, status_of
from blueprints.once import guarded
from community.arranging import actions
from community.arranging.queries import places_for
from community.errors import Invalid, NotFound, TooMany, _l
from community.microblog.models import Post
from community.microblog.queries import dress, post_for
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import space_for

bp = Blueprint("arranging", __name__, url_prefix="/spaces/<slug>/posts/<int:post_id>")

VERBS = ("pin", "hide", "archive", "lock", "move")


@bp.get("/arrange")
def arrange_form(slug: str, post_id: int) -> str:
    """What one may do with the place of a post, each with what it means."""
    return _arrange(post_in(slug, post_id))


def _arrange(post: Post, *, errors: dict[str, str] | None = None, until: str = "") -> str:
    who = actor()
    rights = {verb: may(who, verb, post) for verb in VERBS}
    if not any(rights.values()):
        abort(403)
    return render_template(
        "microblog/arrange.html",
        post=post,
        space=post.space,
        head=space_head(who, post.space, "stream", slim=True),
        card=post_card(who, dress(who, [post], with_comments=False)[0]),
        url=url_of(post),
        rights=rights,
        places=[(place.slug, space_title(place)) for place in places_for(who, post, moving=True)]
        if rights["move"]
        else [],
        until=until or (post.pinned_until.astimezone(zone()).date().isoformat() if post.pinned_until else ""),
        errors=errors or {},
        place="team" if post.space.kind == "team" else "spaces",
    )


@bp.post("/arrange")
def arrange(slug: str, post_id: int) -> Response | tuple[str, int]:
    """Do one of them."""
    who, post, form = actor(), post_in(slug, post_id), request.form
    do, until = form.get("do", ""), form.get("until", "")
    try:
        if do == "pin":
            actions.pin_post(who, post, until=_end_of(until))
        elif do == "move":
            actions.move_post(who, post, _place(form.get("space", "")))
        elif do in _PLAIN:
            _PLAIN[do](who, post)
        else:
            abort(400)
    except Invalid as fault:
        return _arrange(post_for(actor(), post_id), errors={fault.field: said(fault)}, until=until), 422
    flash(_("Done."), "message")
    return redirect(url_of(post_for(actor(), post_id)), 303)


_PLAIN = {
    "unpin": actions.unpin_post,
    "hide": actions.hide_post,
    "show": actions.show_post,
    "archive": actions.archive_post,
    "reopen": actions.reopen_post,
    "lock": actions.lock_thread,
    "unlock": actions.unlock_thread,
}


def _end_of(text: str) -> datetime | None:
    """The end of a day where the reader is; none for none."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone())
    except (ValueError, OverflowError):
        raise Invalid("until", _l("Write the date as 2026-06-08.")) from None


def _place(slug: str) -> Space:
    try:
        return space_for(actor(), slug)
    except NotFound:
        raise Invalid("space", _l("Choose one of your spaces.")) from None


@bp.get("/share")
def share_form(slug: str, post_id: int) -> str:
    """A few words, and where to."""
    return _share(post_in(slug, post_id))


def _share(post: Post, *, errors: dict[str, str] | None = None, body: str = "", to: str = "") -> str:
    who = actor()
    if not may(who, "share", post):
        abort(403)
    return render_template(
        "microblog/share.html",
        post=post,
        space=post.space,
        head=space_head(who, post.space, "stream", slim=True),
        card=post_card(who, dress(who, [post], with_comments=False)[0]),
        url=url_of(post),
        places=[(place.slug, space_title(place)) for place in places_for(who, post, moving=False)],
        errors=errors or {},
        body=body,
        to=to,
        place="team" if post.space.kind == "team" else "spaces",
    )


@bp.post("/share")
def share(slug: str, post_id: int) -> Response | tuple[str, int]:
    """Point at the post from another space."""
    who, post, form = actor(), post_in(slug, post_id), request.form
    to, body = form.get("space", ""), form.get("body", "")
    try:
        place = _place(to)
        made = guarded(lambda: actions.share_post(who, post, place, body=body))
    except (Invalid, TooMany) as fault:
        errors = {fault.field if isinstance(fault, Invalid) else "body": said(fault)}
        return _share(post_for(actor(), post_id), errors=errors, body=body, to=to), status_of(fault)
    flash(_("Shared."), "message")
    return redirect(f"{space_url(to)}#post-{made.id}", 303)

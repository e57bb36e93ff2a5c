"""What readers do with a post besides talking: accept an answer, choose in a poll, open its files, read what it said before."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.cards import space_head
from blueprints.composing import numbers_sent
from blueprints.doors import actor
from blueprints.giving import download
from blueprints.history import steps_of
from blueprints.microblog import post_in
from blueprints.mishaps import said
from community.comments.queries import comment_for
from community.errors import Invalid
from community.microblog import actions
from community.microblog.attachments import attachment_for
from community.microblog.revisions import revisions_of

bp = Blueprint("asking", __name__)


@bp.post("/spaces/<slug>/posts/<int:post_id>/accept")
def accept(slug: str, post_id: int) -> Response:
    """Say which comment answers the question; none opens it again."""
    found, wanted = post_in(slug, post_id), request.form.get("comment", type=int)
    if wanted is None:
        actions.unaccept_answer(actor(), found)
        flash(_("The question is open again."), "message")
        return redirect(url_of(found), 303)
    actions.accept_answer(actor(), found, comment_for(actor(), wanted))
    flash(_("This question is answered."), "message")
    return redirect(f"{url_of(found)}#comment-{wanted}", 303)


@bp.post("/spaces/<slug>/posts/<int:post_id>/vote")
def choose(slug: str, post_id: int) -> Response:
    """Choose in a poll; back to the post, where the results are."""
    found = post_in(slug, post_id)
    options = numbers_sent("options")
    try:
        actions.vote(actor(), found, options=options)
        flash(_("Your choice is kept.") if options else _("Your choice is taken back."), "message")
    except Invalid as fault:
        flash(said(fault), "warn")
    return redirect(f"/spaces/{slug}/posts/{post_id}", 303)


@bp.get("/spaces/<slug>/posts/<int:post_id>/files/<int:file_id>/<name>")
def attachment(slug: str, post_id: int, file_id: int, name: str) -> Response:
    """A picture or file of a post, for whoever may see the post now."""
    found = attachment_for(post_in(slug, post_id), file_id)
    if found.name != name:
        abort(404)
    return download(found)


@bp.post("/spaces/<slug>/posts/<int:post_id>/preview/remove")
def remove_preview(slug: str, post_id: int) -> Response:
    """Take the preview of a link away."""
    found = post_in(slug, post_id)
    actions.remove_preview(actor(), found)
    return redirect(url_of(found), 303)


@bp.get("/spaces/<slug>/posts/<int:post_id>/history")
def history(slug: str, post_id: int) -> str:
    """What a post said before, for whoever may see it now."""
    found = post_in(slug, post_id)
    states = [(held.body, held.created_at) for held in revisions_of(found)]
    states.append((found.body, found.edited_at or found.created_at))
    return render_template(
        "microblog/history.html",
        title=_("What this post said before"),
        back=url_of(found),
        head=space_head(actor(), found.space, "stream", slim=True),
        steps=steps_of(states),
        place="team" if found.space.kind == "team" else "spaces",
    )

"""What is not posted yet: drafts and scheduled posts, for their author alone."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from blueprints.addresses import space_url
from blueprints.api.making import slugs_of
from blueprints.cards import space_title
from blueprints.composing import plan_sent
from blueprints.doors import actor
from blueprints.face import wants_fragment
from community.markup import excerpt
from community.microblog.drafts import cancel_draft, draft_for, drafts_of, save_draft
from community.spaces.queries import space_to_enter
from community.wiki.drafts import page_drafts_of

bp = Blueprint("drafts", __name__)


@bp.get("/drafts")
def index() -> str:
    """All that the reader has not posted yet; what comes first at the top."""
    found = drafts_of(actor())
    of_pages = page_drafts_of(actor())
    spaces = [draft.space_id for draft in found] + [draft.space_id for draft in of_pages]
    seen = slugs_of(spaces)  # who left a space does not hear what it is called since
    rows = [
        (
            draft,
            space_title(draft.space) if draft.space_id in seen else _("A space that you no longer see"),
            excerpt(draft.body),
            f"{space_url(draft.space.slug)}?draft={draft.id}#write",
        )
        for draft in found
    ]
    pages = [
        (
            draft,
            space_title(draft.space) if draft.space_id in seen else _("A space that you no longer see"),
            excerpt(draft.body),
        )
        for draft in of_pages
    ]
    return render_template("microblog/drafts.html", rows=rows, pages=pages, place="")


@bp.post("/spaces/<slug>/draft")
def keep(slug: str) -> Answer:
    """Keep what is being written in a space. One of our own modules asks while somebody types; a button does without it."""
    space = space_to_enter(actor(), slug)
    kept = save_draft(actor(), space, plan_sent(rough=True), key=request.form.get("once", "")[:64])
    if wants_fragment():
        return Response(status=204)
    flash(_("Your draft is kept. Only you see it.") if kept is not None else _("The draft is gone."), "message")
    return redirect("/drafts" if kept is not None else space_url(slug), 303)


@bp.post("/drafts/<int:draft_id>/cancel")
def cancel(draft_id: int) -> Answer:
    """Do not post it after all."""
    cancel_draft(actor(), draft_for(actor(), draft_id))
    flash(_("The draft is gone."), "message")
    return redirect("/drafts", 303)

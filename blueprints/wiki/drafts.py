"""What is not saved yet, of pages: kept while somebody types, or by a button where no script runs. For its author alone."""

from __future__ import annotations

from urllib.parse import quote

from flask import flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.api.making import slugs_of
from blueprints.cards import space_title
from blueprints.doors import actor
from blueprints.face import wants_fragment
from blueprints.wiki.editing import page_sent, sent_words
from blueprints.wiki.frame import bp, enter
from community.errors import NotFound
from community.items.bounds import check_bounds
from community.markup import MAX_BODY, clean_text
from community.permissions import door, may
from community.wiki.drafts import drop_draft, keep_draft, keep_new, page_draft_for
from community.wiki.merge import merge
from community.wiki.models import Page, PageDraft
from community.wiki.queries import revision_for


@bp.post("/drafts/pages")
def keep() -> Response:
    """Keep what the form of a page holds. Our own module is told in JSON what stands there meanwhile."""
    form, words = request.form, sent_words()
    space = enter(form.get("space", ""))
    told: dict[str, object] = {}
    if form.get("page_id"):
        found = page_sent(space, "")
        number = found.id
        kept = keep_draft(actor(), found, words, together=form.get("together") == "1")
        found = door(actor(), Page, Page.id == number)
        told = {"revision": found.revision}
        back = f"{space_url(space.slug, 'wiki', found.path)}?action=edit"
    else:
        at = form.get("at", "")
        kept = keep_new(actor(), space, words, at=at, key=form.get("once", "")[:64])
        back = space_url(space.slug, "wiki")
    if wants_fragment():
        return jsonify({"kept": kept is not None, **told})
    flash(_("Your draft is kept. Only you see it.") if kept is not None else _("The draft is gone."), "message")
    return redirect("/drafts" if kept is not None else back, 303)


@bp.post("/drafts/pages/merge")
def lay() -> Response:
    """A draft and what others are writing now, which is not saved either, on the revision that the draft was made on: the text of
    both as JSON, or none where they clash.
    """
    found = page_sent(enter(request.form.get("space", "")), "")
    theirs = clean_text(request.form.get("theirs", ""))
    words = sent_words()
    if not may(actor(), "edit", found):
        raise NotFound()
    check_bounds(theirs, MAX_BODY)
    check_bounds(words.body, MAX_BODY)
    base = revision_for(actor(), found, words.base)
    merged = merge(base.body, clean_text(words.body), theirs)
    return jsonify({"text": merged.text() if merged.is_clean else None})


@bp.get("/drafts/pages/<int:draft_id>")
def draft(draft_id: int) -> str:
    """The words of a draft, to take along wherever its page is now."""
    found = page_draft_for(actor(), draft_id)
    seen = slugs_of([found.space_id])
    return render_template(
        "wiki/draft.html",
        draft=found,
        where=space_title(found.space) if found.space_id in seen else _("A space that you no longer see"),
        url=draft_url(found) if found.space_id in seen else "",
        place="",
    )


@bp.post("/drafts/pages/<int:draft_id>/discard")
def discard(draft_id: int) -> Response:
    """Throw a draft away; the form of its page comes next, where there is one."""
    found = page_draft_for(actor(), draft_id)
    seen = found.space_id in slugs_of([found.space_id])
    back = (draft_url(found) if seen and request.args.get("go") else "") or "/drafts"
    drop_draft(actor(), found.place)
    flash(_("The draft is gone."), "message")
    return redirect(back, 303)


def draft_url(draft: PageDraft) -> str:
    """Where its author goes on writing; "" where its page is not to be seen any more."""
    if not draft.place.startswith("page:"):
        at = draft.place.split(":", 2)[2]
        return space_url(draft.space.slug, "wiki") + f"?action=new&path={quote(at, safe='')}"
    try:
        page = door(actor(), Page, Page.id == draft.page_id)
    except NotFound:
        return ""
    return f"{url_of(page)}?action=edit"

"""Changing and saving a page. A save on an older revision is merged with what others saved; where both changed the same words, the
person chooses place by place, without scripts as well. What is typed comes back with every answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from babel.lists import format_list
from flask import flash, redirect, render_template, request
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.cards import audience_choices
from blueprints.doors import actor
from blueprints.mishaps import said, status_of
from blueprints.wiki.frame import bp, enter, fault_of, frame
from blueprints.wiki.shelves import standing_now
from blueprints.wiki.templates import beginning, offered, with_template
from community.errors import Conflict, Denied, Invalid, NotFound
from community.items.tags import checked_tags, tags_in
from community.permissions import door
from community.spaces.models import Space
from community.wiki.diff import DiffLine, compare
from community.wiki.drafts import (
    Words,
    draft_at,
    editors_of,
    keep_draft,
    keep_orphan,
    new_place,
    place_of,
    wrote_together,
)
from community.wiki.merge import CHOICES, Choice, Merged, merge, merge_word
from community.wiki.models import Page, PageDraft
from community.wiki.queries import revision_for
from community.wiki.saving import Clash, Laid, lay_on, save_page
from community.wiki.tags import tag_page

MOST_ALONG = 20


@dataclass(frozen=True)
class Place:
    """One place where both changed the same words: how theirs became mine, and what was chosen."""

    lines: Sequence[DiffLine]
    mine: str
    theirs: str
    chosen: Choice | None


def names_said(names: Sequence[str]) -> str:
    """ "Noor, Samir and Kwame" in the reader's language."""
    return format_list(names, locale=get_locale()) if names else ""


def sent_words() -> Words:
    """What the form of a page holds."""
    form = request.form
    return Words(
        body=form.get("body", ""),
        title=form.get("title", ""),
        summary=form.get("summary", ""),
        path=form.get("path", ""),
        audience=form.get("audience", ""),
        base=form.get("base", 0, type=int),
        tags=form.get("tags"),
    )


def page_sent(space: Space, path: str) -> Page:
    """The page that a form was opened for: by its number, for it may have moved meanwhile, and another may stand at its address.
    Raises NotFound.
    """
    number = request.form.get("page_id", 0, type=int)
    if not 0 < number < 2**62:
        found = standing_now(space, path)
        if found is None:
            raise NotFound()
        return found
    loads = (joinedload(Page.author), joinedload(Page.editor), joinedload(Page.space))
    return door(actor(), Page, Page.id == number, options=loads)


# The forms


def edit_form(space: Space, found: Page) -> str:
    """The form with what stands, or with the draft that the reader left."""
    draft = draft_at(actor(), place_of(found.id))
    stands = Words(found.body, found.title, base=found.revision, tags=", ".join(found.tags))
    if draft is None:
        return _form(space, found, stands)
    words = Words(draft.body, draft.title or found.title, draft.summary, base=draft.base, tags=draft.tags)
    if words.are_those_of(found):
        return _form(space, found, stands)
    return _form(space, found, words, draft=draft)


def _form(
    space: Space,
    found: Page,
    words: Words,
    *,
    draft: PageDraft | None = None,
    fault: Invalid | Conflict | None = None,
    note: str = "",
    laid: Laid | None = None,
) -> str:
    return render_template(
        "wiki/edit.html",
        page=found,
        url=url_of(found),
        tags=_tags_held(found, words),
        templates=[one for one in offered(space) if one[0] != found.id],
        held=words,
        draft=draft,
        own=draft is None and not (words.base == found.revision and words.are_those_of(found)),
        behind=0 < words.base < found.revision,
        editors=names_said(editors_of(actor(), found)),
        note=note,
        merged_with=names_said(laid.names) if laid is not None else "",
        **fault_of(fault),
        **frame(space, open_=found),
    )


def _tags_held(found: Page, words: Words) -> str:
    """The tags as they are typed: those of the form or the draft, else those that the page has."""
    return ", ".join(found.tags) if words.tags is None else words.tags


def begin_page(space: Space, *, title: str, path: str) -> str:
    """The form of a new page: with the draft that the reader left for it, else with the template that it begins from."""
    wish = (path or title, request.args.get("template", ""), request.args.get("post", ""))
    at = "~".join(filter(None, wish))  # each wish has a draft of its own
    draft = draft_at(actor(), new_place(space.id, at))
    if draft is None:
        return new_form(space, {"title": title, "path": path, **beginning(space)}, at=at)
    held = {
        "title": draft.title,
        "path": draft.path,
        "body": draft.body,
        "audience": draft.audience,
        "tags": draft.tags,
    }
    return new_form(space, held, draft=draft, at=at)


def new_form(
    space: Space,
    held: Mapping[str, Any],
    *,
    error: Invalid | None = None,
    draft: PageDraft | None = None,
    at: str = "",
) -> str:
    """The form of a new page. `at` is the path or title that a link asked for: the draft is kept by it."""
    return render_template(
        "wiki/new.html",
        held=held,
        draft=draft,
        at=at,
        templates=offered(space),
        choices=audience_choices(space),
        **fault_of(error),
        **frame(space),
    )


def _gone(space: Space, words: Words) -> tuple[str, int]:
    """The page is not there any more: its words are kept, and can become another page."""
    number = request.form.get("page_id", 0, type=int)
    if 0 < number < 2**62:
        keep_orphan(actor(), space, number, words)
        space = enter(space.slug)
    return render_template("wiki/gone.html", held=words, choices=audience_choices(space), **frame(space)), 404


# Saving


@bp.post("/spaces/<slug>/wiki/<path:path>")
def save(slug: str, path: str) -> Response | tuple[str, int]:
    """Save the page on the revision that the form started from, merged with what others saved since."""
    words = sent_words()
    try:
        found = page_sent(enter(slug), path)
        return _save(slug, path, found, words)
    except NotFound:
        return _gone(enter(slug), words)


def _save(slug: str, path: str, found: Page, words: Words) -> Response | tuple[str, int]:
    step, against = request.form.get("step", ""), request.form.get("against", 0, type=int)
    try:
        if against:
            merged, their_title = _merged_again(found, words, against)
            choices, title = _choices(merged), _title_chosen(words, their_title)
            if step != "edit" and (len(choices) < len(merged.conflicts) or title is None):
                return _choose(found, words, merged, their_title, against, again=True), 422
            words = replace(words, body=merged.text(choices), title=title or words.title, base=against)
        if "insert" in request.form:
            return _form(found.space, found, replace(words, body=with_template(found.space, words.body))), 200
        if step == "edit":
            return _form(found.space, found, words), 200
        if step == "merge":
            laid = lay_on(actor(), found, title=words.title, body=words.body, base=words.base)
            words = replace(words, body=laid.body, title=laid.title, base=laid.base)
            return _form(found.space, found, words, laid=laid), 200
        tags = checked_tags(tags_in(request.form["tags"])) if "tags" in request.form else None
        along = wrote_together(found.id, request.form.getlist("along")[:MOST_ALONG], actor().id)
        laid = save_page(
            actor(),
            found,
            title=words.title,
            body=words.body,
            base=words.base,
            summary=words.summary,
            along=along,
        )
        if tags is not None:
            tag_page(actor(), page_sent(enter(slug), path), tags=tags)
    except (Invalid, Conflict, Denied) as fault:
        return _refused(slug, path, words, fault)
    if laid.names:
        flash(_("Saved, and merged with what %(names)s saved meanwhile.", names=names_said(laid.names)), "message")
    else:
        flash(_("Saved."), "message")
    return redirect(url_of(page_sent(enter(slug), path)), 303)


def _refused(slug: str, path: str, words: Words, fault: Invalid | Conflict | Denied) -> tuple[str, int]:
    """The form again, or the page to choose on; the words are kept as a draft where the person may not be able to save them."""
    found = page_sent(enter(slug), path)
    if isinstance(fault, Invalid):
        return _form(found.space, found, words, fault=fault), 422
    keep_draft(actor(), found, words)
    found = page_sent(enter(slug), path)
    if isinstance(fault, Clash):
        return _choose(found, words, fault.merged, fault.their_title, fault.base or 0, names=fault.names), 409
    return _form(found.space, found, words, note=said(fault)), status_of(fault)


# Choosing, where both changed the same words


def _merged_again(found: Page, words: Words, against: int) -> tuple[Merged, str]:
    """The merge that the person was shown, and the title that stands in it. Raises NotFound for a revision that is not there."""
    theirs = revision_for(actor(), found, against)
    try:
        base = revision_for(actor(), found, words.base).body
    except NotFound:
        base = ""
    return merge(base, words.body.replace("\r\n", "\n"), theirs.body), theirs.title


def _choices(merged: Merged) -> dict[int, Choice]:
    sent = {number: request.form.get(f"c{number}", "") for number in range(len(merged.conflicts))}
    return {number: choice for number, said_ in sent.items() for choice in CHOICES if choice == said_}


def _title_chosen(words: Words, theirs: str) -> str | None:
    """The title that the person chose; theirs where they were not asked."""
    asked = request.form.get("t")
    if asked is None:
        return request.form.get("joined") or (words.title if words.title == theirs else None)
    return {"mine": words.title, "theirs": theirs}.get(asked)


def _choose(
    found: Page,
    words: Words,
    merged: Merged,
    their_title: str,
    against: int,
    *,
    names: Sequence[str] = (),
    again: bool = False,
) -> str:
    chosen = _choices(merged) if again else {}
    places = []
    for number, part in enumerate(merged.conflicts):
        mine, theirs = "\n".join(part.mine), "\n".join(part.theirs)
        places.append(Place(compare(theirs, mine), mine, theirs, chosen.get(number)))
    joined = request.form.get("joined", "") if again else ""
    if not again:
        fresh = _joined_title(found, words, their_title)
        joined = fresh or ""
    missing = len(places) - len(chosen)
    return render_template(
        "wiki/clash.html",
        page=found,
        tags=_tags_held(found, words),
        url=url_of(found),
        held=words,
        against=against,
        places=places,
        joined=joined,
        their_title=their_title,
        title_chosen=request.form.get("t", "") if again else "",
        names=names_said(names) or found.editor.name,
        missing=ngettext("One place is not chosen yet.", "%(num)d places are not chosen yet.", missing)
        if again and missing
        else "",
        again=again,
        **frame(found.space, open_=found),
    )


def _joined_title(found: Page, words: Words, theirs: str) -> str | None:
    """The title when nobody has to choose it."""
    try:
        base = revision_for(actor(), found, words.base).title
    except NotFound:
        base = theirs
    return merge_word(base, words.title.strip(), theirs)

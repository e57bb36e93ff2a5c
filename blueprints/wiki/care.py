"""Looking after pages: review, owner, who must read one and has; and of a whole wiki what is overdue, opened most, opened by me."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import abort, after_this_request, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.doors import actor
from blueprints.face import safe_path
from blueprints.mishaps import said
from blueprints.wiki.frame import bp, fault_of, frame
from community.errors import Conflict, Invalid, _l
from community.permissions import WRITERS, Actor, may
from community.spaces.models import Space
from community.spaces.queries import members_of
from community.wiki.models import Page
from community.wiki.queries import page_at
from community.wiki.reading import ask_anew, ask_no_more, ask_to_read, have_read, reading_of, to_read
from community.wiki.review import (
    approve_page,
    look_after_page,
    offer_page,
    overdue_in,
    return_page,
    reviews_of,
    still_right,
    withdraw_page,
)
from community.wiki.seen import (
    favour,
    favour_no_more,
    insight_of,
    is_favourite,
    is_news,
    lately_opened,
    most_opened,
    note_seen,
    stale_in,
)


def _open(slug: str, path: str) -> Page:
    found = page_at(actor(), slug, path)
    if "wiki" not in found.space.tools:
        abort(404)
    return found


def note_when_sent(page_id: int) -> None:
    """Note, when the answer has left, that the reader opened a page: what "recently viewed" and the counts are made of."""
    who = actor()
    if who.id is None or not is_news(who, page_id):
        return
    app, person_id = current_app._get_current_object(), who.id  # type: ignore[attr-defined]

    def note() -> None:
        try:
            with app.app_context():
                note_seen(person_id, page_id)
        except Exception:  # a courtesy, so it never breaks anything; the page may be gone meanwhile
            app.logger.warning("that page %s was opened was not noted", page_id, exc_info=True)

    @after_this_request
    def _later(answer: Response) -> Response:
        answer.call_on_close(note)
        return answer


def state_of(page: Page) -> tuple[str, str]:
    """How far the review of a page is, in words, and the tone of them; empty when nobody ever offered it."""
    open_ = page.open_musts
    needs = ngettext("%(num)d answer needed", "%(num)d answers needed", open_) if open_ else ""
    words, tone = {
        "draft": (_("Draft"), "warn"),
        "ready": (_("Ready for review"), "act"),
        "returned": (_("Returned"), "warn"),
        "approved": (_("Approved"), "ok"),
    }.get(page.review_state, (_("Draft") if needs or page.space.shows_approved else "", "warn"))
    return (f"{words}, {needs}" if needs else words), tone


# One page


@bp.get("/spaces/<slug>/wiki-care/<path:path>")
def care(slug: str, path: str) -> str:
    """Where the review of a page stands, who looks after it, and who has read it."""
    return _care(_open(slug, path))


def _care(found: Page, *, error: Invalid | Conflict | None = None) -> str:
    who, space = actor(), found.space
    writes = may(who, "edit", found)
    words, tone = state_of(found)
    writers = [m.person for m in members_of(who, space) if m.role in WRITERS] if writes else []
    return render_template(
        "wiki/care.html",
        page=found,
        url=url_of(found),
        care_url=space_url(space.slug, "wiki-care", found.path),
        state=words,
        tone=tone,
        reviews=[(_verdict(line.verdict, line.revision), line) for line in reviews_of(who, found)],
        reading=reading_of(who, found),
        insight=insight_of(who, found),
        writers=[("", _("Nobody"))] + [(person.handle, person.name) for person in writers],
        everybody=[m.person for m in members_of(who, space)] if writes else [],
        musts=found.open_musts,
        may_edit=writes,
        may_approve=may(who, "approve", found),
        typed=request.form,
        **fault_of(error),
        **frame(space, path=found.path),
    )


def _verdict(verdict: str, number: int) -> tuple[str, str]:
    return {
        "ready": (_("offered revision %(number)d", number=number), "act"),
        "approved": (_("approved revision %(number)d", number=number), "ok"),
        "returned": (_("returned revision %(number)d", number=number), "warn"),
        "drafted": (_("took revision %(number)d back", number=number), ""),
        "right": (_("looked over revision %(number)d", number=number), "ok"),
    }[verdict]


@bp.post("/spaces/<slug>/wiki-care/<path:path>")
def take_care(slug: str, path: str) -> Response | tuple[str, int]:
    """One step: offer, take back, approve, return, owner, still right, ask to read, ask anew, ask no more."""
    found, does = _open(slug, path), _STEPS.get(request.form.get("step", ""))
    if does is None:
        abort(400)
    back = space_url(slug, "wiki-care", found.path)
    try:
        words = does(actor(), found)
    except (Invalid, Conflict) as fault:
        return _care(_open(slug, path), error=fault), 422 if isinstance(fault, Invalid) else 409
    flash(words, "message")
    return redirect(safe_path(request.form.get("next"), back), 303)


def _revision() -> int:
    return request.form.get("revision", 0, type=int)


def _day(name: str) -> date | None:
    """A day from a form. Raises Invalid."""
    typed = request.form.get(name, "").strip()
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Invalid(name, _l("Write the day as 2026-11-30.")) from None


def _offer(who: Actor, page: Page) -> str:
    offer_page(who, page, revision=_revision())
    return _("Offered. A coach or facilitator looks at it.")


def _withdraw(who: Actor, page: Page) -> str:
    withdraw_page(who, page)
    return _("It is a draft again.")


def _approve(who: Actor, page: Page) -> str:
    approve_page(who, page, revision=_revision())
    return _("Approved.")


def _return(who: Actor, page: Page) -> str:
    return_page(who, page, revision=_revision(), reason=request.form.get("reason", ""))
    return _("Returned, with your words.")


def _owner(who: Actor, page: Page) -> str:
    handle = request.form.get("owner", "")
    owner = next((m.person for m in members_of(who, page.space) if m.person.handle == handle), None)
    if handle and owner is None:
        raise Invalid("owner", _l("Choose somebody who writes in this space."))
    look_after_page(who, page, owner=owner, review_by=_day("review_by"))
    return _("Saved.")


def _right(who: Actor, page: Page) -> str:
    still_right(who, page, review_by=_day("review_by"))
    return _("Noted: this page is still right.")


def _ask(who: Actor, page: Page) -> str:
    handles = request.form.getlist("people")
    people: list[int] | None = None
    if request.form.get("whom") == "named":
        people = [m.person.id for m in members_of(who, page.space) if m.person.handle in handles]
    ask_to_read(who, page, people=people, until=_day("until"), nag=request.form.get("nag", ""))
    return _("Asked. They hear of it.")


def _anew(who: Actor, page: Page) -> str:
    ask_anew(who, page)
    return _("Asked anew, for this revision.")


def _no_more(who: Actor, page: Page) -> str:
    ask_no_more(who, page)
    return _("Nobody is asked any more.")


_STEPS: dict[str, Callable[[Actor, Page], str]] = {
    "offer": _offer,
    "withdraw": _withdraw,
    "approve": _approve,
    "return": _return,
    "owner": _owner,
    "right": _right,
    "ask": _ask,
    "anew": _anew,
    "no-more": _no_more,
}


@bp.post("/spaces/<slug>/wiki-read/<path:path>")
def have_read_it(slug: str, path: str) -> Response:
    """Say that one has read a page, at the revision that was shown."""
    found = _open(slug, path)
    back = url_of(found)
    try:
        have_read(actor(), found, revision=_revision())
    except Invalid as fault:
        flash(said(fault), "warn")
    else:
        flash(_("Noted: you have read this."), "message")
    return redirect(back, 303)


@bp.post("/spaces/<slug>/wiki-favourite/<path:path>")
def favourite(slug: str, path: str) -> Response:
    """Put a page at the top of my list, or take it from there."""
    found = _open(slug, path)
    back, page_id = url_of(found), found.id
    if is_favourite(actor(), found):
        favour_no_more(actor(), page_id)
        flash(_("No longer at the top of your list."), "message")
    else:
        favour(actor(), found)
        flash(_("At the top of your list in this wiki."), "message")
    return redirect(back, 303)


# The wiki as a whole


def care_of_wiki(space: Space) -> str:
    """What is overdue, what I must still read, what was opened most and by me, what nobody changed for long."""
    who = actor()
    writes = who.roles.get(space.id) in WRITERS
    return render_template(
        "wiki/overview.html",
        overdue=overdue_in(who, space) if writes else [],
        mine=[page for page in to_read(who) if page.space_id == space.id],
        lately=lately_opened(who, space),
        most=most_opened(who, space),
        stale=stale_in(who, space),
        writes=writes,
        **frame(space),
    )

"""Ask our coach: what a team asks, where it stands, and what was agreed about answering."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.cards import space_head, title_of
from blueprints.comments import comments_alone, talk_of
from blueprints.doors import actor
from blueprints.inbox_words import agreed_words, median_words, state_words
from blueprints.mishaps import said
from blueprints.once import guarded
from community.clock import now
from community.coaching import actions
from community.coaching.measures import asks_in, median_in
from community.coaching.models import ASKABLE, Ask
from community.coaching.queries import about_ref
from community.coaching.terms import terms_in
from community.comments.queries import comment_for
from community.errors import Invalid, NotFound, _l
from community.kinds import split_ref
from community.markup import stored
from community.permissions import may, thing_for, things_for
from community.spaces.models import Space
from community.spaces.queries import space_to_enter

bp = Blueprint("asks", __name__)


def day_of(text: str, field: str) -> date | None:
    """A date of a form, None for an empty one. Raises Invalid(field)."""
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise Invalid(field, _l("Write the date as 2026-06-08.")) from None


def ask_in(slug: str, number: int) -> Ask:
    """The ask of that number in a space. Raises NotFound."""
    found: Ask = thing_for(actor(), "ask", number, among=("ask",))
    if found.space.slug != slug:
        raise NotFound()
    return found


def _about(space: Space, ref: str) -> Any:
    """What a question is about, None for nothing in particular. Raises NotFound."""
    if not ref:
        return None
    try:
        kind, number = split_ref(ref)
    except ValueError:
        raise NotFound() from None
    if not 0 < number < 2**63:
        raise NotFound()
    thing = thing_for(actor(), kind, number, among=ASKABLE)
    if thing.space_id != space.id:
        raise NotFound()
    return thing


@bp.get("/spaces/<slug>/coach")
def index(slug: str) -> str:
    """What the team asked, where each stands, and the form for the next; `?about=page:12` asks about that page."""
    return _index(slug, {"about": request.args.get("about", "")}, {})


def _index(slug: str, values: dict[str, str], errors: dict[str, str]) -> str:
    who = actor()
    space = space_to_enter(who, slug)
    head = space_head(who, space, "coach")
    about = _about(space, values.get("about", ""))
    before = request.args.get("before", type=int)
    asks = asks_in(who, space, before=before)
    things = things_for(who, [ref for ask in asks if (ref := about_ref(ask)) is not None])
    terms = terms_in(space.id)
    return render_template(
        "coaching/asks.html",
        space=space,
        head=head,
        may_ask=may(who, "consult", space) and bool(head.coaches),
        runs=may(who, "manage", space),
        agreed=agreed_words(terms.days),
        median=median_words(median_in(space)) if head.coaches else "",
        today=terms.day_of(now()).isoformat(),
        about=(title_of(about), url_of(about)) if about is not None else None,
        values=values,
        errors=errors,
        rows=[_row(ask, things.get(about_ref(ask) or ("", 0))) for ask in asks],
        more=f"{space_url(slug, 'coach')}?before={asks[-1].id}" if len(asks) == 30 else "",
        place="team" if space.kind == "team" else "spaces",
    )


def _row(ask: Ask, about: Any) -> dict[str, Any]:
    words, tone = state_words(ask)
    return {
        "url": url_of(ask),
        "title": ask.excerpt,
        "author": ask.author,
        "at": ask.created_at,
        "state": words,
        "tone": tone,
        "wanted_by": ask.wanted_by if ask.state in ("waiting", "taken") else None,
        "about": title_of(about) if about is not None else "",
        "replies": ask.comment_count,
        "private": ask.audience == "coach",
    }


@bp.post("/spaces/<slug>/coach")
def ask(slug: str) -> Response | tuple[str, int]:
    """Ask."""
    form = request.form
    space = space_to_enter(actor(), slug)
    about = _about(space, form.get("about", ""))
    try:
        made: Ask = guarded(
            lambda: actions.ask_coach(
                actor(),
                space,
                body=form.get("body", ""),
                about=about,
                wanted_by=day_of(form.get("wanted_by", ""), "wanted_by"),
            )
        )
    except Invalid as fault:
        return _index(slug, form.to_dict(), {fault.field: said(fault)}), 422
    flash(_("Asked. All coaches of the team see it; you hear who is on it."), "message")
    return redirect(space_url(slug, "coach", made.id), 303)


@bp.get("/spaces/<slug>/coach/<int:ask_id>")
def one(slug: str, ask_id: int) -> str:
    """One question, its answers, and how far it is."""
    found = ask_in(slug, ask_id)
    return comments_alone(found) or _one(found)


def _one(found: Ask, draft: str = "", error: str = "") -> str:
    who, space = actor(), found.space
    ref = about_ref(found)
    about = things_for(who, [ref]).get(ref) if ref is not None else None
    words, tone = state_words(found)
    return render_template(
        "coaching/ask.html",
        ask=found,
        head=space_head(who, space, "coach", slim=True),
        words=stored(found.body_html),
        about=(title_of(about), url_of(about)) if about is not None else None,
        state=words,
        tone=tone,
        rights={verb: may(who, verb, found) for verb in ("take", "let-go", "close", "reopen", "delete")},
        mine=found.taken_by_id == who.id,
        url=url_of(found),
        talk=talk_of(found, draft=draft, error=error),
        place="team" if space.kind == "team" else "spaces",
    )


@bp.post("/spaces/<slug>/coach/<int:ask_id>/comments")
def comment(slug: str, ask_id: int) -> Response | tuple[str, int]:
    """Answer, or go on."""
    found = ask_in(slug, ask_id)
    body, reply = request.form.get("body", ""), request.form.get("reply_to", type=int)
    answered = comment_for(actor(), reply) if reply else None
    try:
        made = guarded(lambda: actions.answer(actor(), found, body=body, reply_to=answered))
    except Invalid as fault:
        return _one(ask_in(slug, ask_id), body, said(fault)), 422
    return redirect(f"{url_of(found)}#comment-{made.id}", 303)


@bp.post("/spaces/<slug>/coach/<int:ask_id>/state")
def change(slug: str, ask_id: int) -> Response:
    """Take it, let it go, close it, open it again: `do`."""
    found = ask_in(slug, ask_id)
    acts = {
        "take": actions.take_ask,
        "let-go": actions.let_go_ask,
        "close": actions.close_ask,
        "reopen": actions.reopen_ask,
    }
    do = acts.get(request.form.get("do", ""))
    if do is None:
        raise NotFound()
    do(actor(), found)
    return redirect(url_of(found), 303)


@bp.get("/spaces/<slug>/coach/<int:ask_id>/delete")
def delete_form(slug: str, ask_id: int) -> str:
    """Ask before a question goes."""
    found = ask_in(slug, ask_id)
    if not may(actor(), "delete", found):
        raise NotFound()
    return render_template(
        "parts/confirm.html",
        title=_("Delete this question?"),
        words=_("Its answers go with it. This cannot be taken back."),
        yes=_("Delete question"),
        back=url_of(found),
        risk=True,
    )


@bp.post("/spaces/<slug>/coach/<int:ask_id>/delete")
def delete(slug: str, ask_id: int) -> Response:
    """Take a question away."""
    actions.delete_ask(actor(), ask_in(slug, ask_id))
    flash(_("Deleted."), "message")
    return redirect(space_url(slug, "coach"), 303)

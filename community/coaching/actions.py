"""What can happen between a team and its coaches: an ask, its answer, a handover, and what is agreed about both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.coaching.crew import handover_holds
from community.coaching.days import DAY, MOST_DAYS, MOST_HOLIDAYS
from community.coaching.handovers import may_end
from community.coaching.marks import answered, unanswered
from community.coaching.models import ASKABLE, Ask, CoachTerms, Handover
from community.coaching.settling import settle
from community.coaching.terms import terms_in
from community.comments.actions import create_comment, hold_comment, release_comments
from community.comments.kind import parent_of
from community.comments.models import Comment
from community.comments.revisions import unanswered_comment
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.items.bounds import check_bounds
from community.items.writing import put_words, rendered
from community.kinds import card_of
from community.markup import RENDER_VERSION, clean_text
from community.people.models import Person
from community.permissions import STAFF, Actor, require
from community.spaces.models import Membership, Space
from community.spaces.queries import current_phase_id

MAX_ASK = 5_000
MAX_GUIDE = 20_000
FURTHEST = timedelta(days=366)


def _coaches_in(space_id: int | None) -> set[int]:
    stmt = select(Membership.person_id).where(Membership.space_id == space_id, Membership.role == "coach")
    return set(db.session.scalars(stmt))


@action
def ask_coach(actor: Actor, space: Space, *, body: str, about: Any = None, wanted_by: date | None = None) -> Ask:
    """Ask the coaches of a space something, about a thing in it or in general. It lands with all of them. Raises Invalid, Denied,
    NotFound.
    """
    require(actor, "consult", space)
    audience = "space"
    if about is not None:
        if card_of(about).name not in ASKABLE or about.space_id != space.id:
            raise NotFound()
        require(actor, "comment", about)
        if about.audience in ("only_me", "people"):
            raise Invalid("body", _l("Your coach cannot read this. Share it with your coach first."))
        audience = "coach" if about.audience == "coach" else "space"
    if not _coaches_in(space.id):
        raise Invalid("body", _l("Nobody coaches here yet."))
    at = now()
    if wanted_by is not None:
        today = terms_in(space.id).day_of(at)
        if not today <= wanted_by <= today + FURTHEST:
            raise Invalid("wanted_by", _l("Choose a day to come, within a year."))
    ask = Ask(
        space_id=space.id,
        author_id=actor.id,
        phase_id=current_phase_id(space),
        audience=audience,
        on_kind=card_of(about).name if about is not None else None,
        on_id=about.id if about is not None else None,
        wanted_by=wanted_by,
        waits_since=at,
        spoke_id=actor.id,
        spoke_at=at,
        created_at=at,
        updated_at=at,
    )
    mentions = put_words(actor, ask, check_bounds(body, MAX_ASK), space)
    db.session.add(ask)
    record("ask.created", actor, ask, mentions=mentions)
    return ask


@action
def take_ask(actor: Actor, ask: Ask) -> Ask:
    """Say that one is on it; taking over from another coach is allowed, and told. Raises Denied, NotFound."""
    require(actor, "take", ask)
    db.session.refresh(ask, ["taken_by_id"], with_for_update=True)
    if ask.taken_by_id == actor.id:
        nothing_changed()
        return ask
    before, ask.taken_by_id, ask.taken_at, ask.taken_by_word = ask.taken_by_id, actor.id, now(), True
    record("ask.taken", actor, ask, before=before)
    return ask


@action
def let_go_ask(actor: Actor, ask: Ask) -> Ask:
    """Give it back to all coaches. Raises Denied, NotFound."""
    require(actor, "let-go", ask)
    ask.taken_by_id, ask.taken_at, ask.taken_by_word = None, None, False
    record("ask.let-go", actor, ask)
    return ask


@action
def close_ask(actor: Actor, ask: Ask) -> Ask:
    """There is nothing left to answer. Raises Denied, NotFound."""
    require(actor, "close", ask)
    if ask.closed_at is not None:
        nothing_changed()
        return ask
    ask.closed_at = now()
    record("ask.closed", actor, ask)
    return ask


@action
def reopen_ask(actor: Actor, ask: Ask) -> Ask:
    """It waits again, as long as it already did. Raises Denied, NotFound."""
    require(actor, "reopen", ask)
    if ask.closed_at is None:
        nothing_changed()
        return ask
    ask.closed_at = None
    record("ask.reopened", actor, ask)
    return ask


@action
def delete_ask(actor: Actor, ask: Ask) -> None:
    """Take an ask away. Raises Denied, NotFound."""
    require(actor, "delete", ask)
    ask.deleted_at = now()
    record("ask.deleted", actor, ask)


@action
def answer(
    actor: Actor,
    thing: Any,
    *,
    body: str,
    reply_to: Comment | None = None,
    purpose: str = "",
    audience: str = "",
    held: bool = False,
) -> Comment:
    """Say something about a thing from the inbox or on the page of an ask, and let what waits follow at once: in a thread
    (`thing` is its first comment) as a reply. `held`: keep it as a draft; then the team waits on. Raises Invalid, Denied, NotFound.
    """
    parent = thing
    if isinstance(thing, Comment):
        parent, reply_to = parent_of(thing), thing
        if parent is None:
            raise NotFound()
    comment = create_comment(actor, parent, body=body, reply_to=reply_to, purpose=purpose, audience=audience, held=held)
    db.session.flush()
    if not held:
        settle(comment)
        answered(actor, card_of(thing).name, thing.id, comment.space_id)
    return comment


@action
def release(actor: Actor, comment_ids: Collection[int]) -> list[Comment]:
    """Let the teams read what one held, all of it or none, and let what waits follow. Raises Invalid, Denied, NotFound."""
    released = release_comments(actor, comment_ids)
    db.session.flush()
    for comment in released:
        settle(comment)
        answered(actor, *_mark_key(comment), comment.space_id)
    return released


def _mark_key(comment: Comment) -> tuple[str, int]:
    """What stands in the inbox of a comment: its thread, or what it hangs on; an ask is one thing whole."""
    if comment.reply_to_id is not None and comment.parent_kind != "ask":
        return "comment", comment.reply_to_id
    return comment.parent_kind, comment.parent_id


@action
def unsay(actor: Actor, comment: Comment) -> None:
    """Take back what one just said from the inbox: within five minutes, while nobody has responded. It is held then, so that no
    word is lost, and what waited waits again. Raises Conflict, Denied, NotFound.
    """
    if actor.id != comment.author_id or not unanswered_comment(comment, now()):
        raise Conflict(_l("This was read or answered already. You can still delete it where it stands."))
    try:
        hold_comment(actor, comment)
    except Invalid as fault:
        raise Conflict(fault.sentence) from None
    db.session.flush()
    settle(comment)
    unanswered(actor, *_mark_key(comment))


# ---- standing in


@action
def hand_over(
    actor: Actor, spaces: Sequence[Space], *, to: Person, whose: Person | None = None, until: date | None = None
) -> list[Handover]:
    """Let a co-coach stand in for a coach (the actor, or `whose` by the staff of the space) in some teams: all that waits for the
    one waits for the other, until the end of a day, or until it is taken back. What others had handed to them goes along. The
    people of each team are told once. Raises Invalid, Denied, NotFound.
    """
    from_id, at, made = whose.id if whose is not None else actor.id, now(), list[Handover]()
    if from_id is None or not spaces:
        raise Invalid("space", _l("Choose a team."))
    if to.id == from_id:
        raise Invalid("to", _l("Choose another coach."))
    for space in spaces:
        if from_id != actor.id and actor.roles.get(space.id) not in STAFF:
            raise Denied()
        coaches = _coaches_in(space.id)
        if from_id == actor.id and from_id not in coaches:
            raise NotFound()
        if to.id not in coaches:
            raise Invalid(
                "to", _l("%(name)s does not coach %(space)s. Choose somebody who does."), name=to.name, space=space.name
            )
        terms = terms_in(space.id)
        if until is not None and not terms.day_of(at) <= until <= terms.day_of(at) + FURTHEST:
            raise Invalid("until", _l("Choose a day to come, within a year."))
        made.append(_hand_over(actor, space, from_id, to.id, until, terms.midnight(until + DAY) if until else None))
    return made


def _hand_over(actor: Actor, space: Space, from_id: int, to_id: int, until: date | None, ends_at: Any) -> Handover:
    at = now()
    holding = select(Handover).where(Handover.space_id == space.id, handover_holds(at))
    for held in db.session.scalars(holding.where((Handover.from_id == from_id) | (Handover.to_id == from_id))):
        before = held.ends_at
        held.ends_at, held.ended_early = at, True
        if held.to_id == from_id and held.from_id != to_id:  # whom they stood in for goes along
            db.session.add(
                Handover(
                    space_id=space.id,
                    from_id=held.from_id,
                    to_id=to_id,
                    by_id=actor.id,
                    began_at=at,
                    until=min((day for day in (held.until, until) if day is not None), default=None),
                    ends_at=min((end for end in (before, ends_at) if end is not None), default=None),
                )
            )
    made = Handover(
        space_id=space.id, from_id=from_id, to_id=to_id, by_id=actor.id, began_at=at, until=until, ends_at=ends_at
    )
    db.session.add(made)
    days = until.isoformat() if until is not None else None
    record("coaching.handed-over", actor, space, person=from_id, to=to_id, until=days)
    return made


@action
def take_back(actor: Actor, handover: Handover) -> None:
    """End a handover: what still waits is the first coach's again. By either of the two, or the staff. Raises Denied, NotFound."""
    if not may_end(actor, handover):
        raise NotFound()
    at = now()
    if handover.ends_at is not None and handover.ends_at <= at:
        nothing_changed()
        return
    handover.ends_at, handover.ended_early = at, True
    space = db.session.get_one(Space, handover.space_id)
    record("coaching.taken-back", actor, space, person=handover.from_id, to=handover.to_id)


# ---- what is agreed


def _checked_days(days: int | None) -> int | None:
    """A number of working days within which coaches answer, or None. Raises Invalid("response_days")."""
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise Invalid("response_days", _l("Write a number from %(low)d to %(high)d."), low=1, high=MOST_DAYS)
    return days


@action
def agree(
    actor: Actor,
    space: Space,
    *,
    response_days: int | None,
    holidays: Sequence[date] | None = None,
    guide: str | None = None,
) -> CoachTerms:
    """Set within how many working days coaches answer in a space and those below it (None: as above), on which days nobody works,
    and what coaches are asked to do; None leaves the last two as they are. Raises Invalid, Denied, NotFound.
    """
    require(actor, "manage", space)
    held = db.session.get(CoachTerms, space.id)
    terms = held or CoachTerms(space_id=space.id, holidays=[], guide="", guide_html="", render_version=0)
    days = terms.holidays if holidays is None else sorted({day.isoformat() for day in holidays})
    if len(days) > MOST_HOLIDAYS:
        raise Invalid("holidays", _l("Keep it under %(limit)d days."), limit=MOST_HOLIDAYS)
    words = terms.guide if guide is None else clean_text(guide).strip()
    if len(words) > MAX_GUIDE:
        raise Invalid("guide", _l("Keep this under %(limit)d characters."), limit=MAX_GUIDE)
    wanted = {"response_days": _checked_days(response_days), "holidays": days, "guide": words}
    changed = sorted(name for name, value in wanted.items() if getattr(terms, name) != value)
    if not changed:
        nothing_changed()
        return terms
    for name in changed:
        setattr(terms, name, wanted[name])
    terms.guide_html = str(rendered(words, space, actor).html) if words else ""
    terms.render_version = RENDER_VERSION
    if held is None:
        db.session.add(terms)
    record("coaching.agreed", actor, space, changed=changed)
    return terms

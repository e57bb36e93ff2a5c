"""What can happen to spaces and memberships."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.markup import clean_text
from community.people.models import Person
from community.permissions import Actor, require
from community.spaces.models import (
    COMMENTERS,
    JOIN_POLICIES,
    KINDS,
    PARENT_OF,
    ROLES,
    TOOLS,
    VISIBILITIES,
    Invitation,
    JoinRequest,
    Membership,
    Space,
)
from community.spaces.queries import opens
from community.spaces.slugs import free_slug, slug_of


def _checked(field: str, value: str, limit: int, *, needed: bool = False) -> str:
    value = clean_text(value).strip()
    if field == "name":  # one line, without the signs that turn the direction of what follows
        value = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    if needed and not value:
        raise Invalid(field, _l("Write a name."))
    if len(value) > limit:
        raise Invalid(field, _l("Keep this under %(limit)d characters."), limit=limit)
    return value


@action
def create_space(
    actor: Actor,
    *,
    kind: str,
    name: str,
    parent: Space | None = None,
    slug: str | None = None,
    aim: str = "",
    question: str = "",
    sponsor: str = "",
    join_policy: str = "invite",
    visibility: str = "members",
    time_zone: str = "Europe/Amsterdam",
    owner: Person | None = None,
) -> Space:
    """Make a space; its maker (or `owner`) owns it. Colleagues may make themes and projects; the rest of the kinds is
    for administrators and, for what lies below a programme or cohort, its staff. Raises Invalid, Denied.
    """
    if kind not in KINDS:
        raise Invalid("kind", _l("Choose what kind of space this is."))
    if PARENT_OF.get(kind) != (parent.kind if parent else None):
        raise Invalid("parent", _l("A cohort lies in a programme, a team in a cohort; other spaces stand alone."))
    if parent is not None:
        require(actor, "manage", parent)
    elif kind in ("programme", "commons") and not (actor.is_administrator or actor.is_system):
        raise Denied(_l("Only an administrator makes a programme."))
    elif actor.site_role in ("guest", "anonymous"):
        raise Denied()
    _check_rules(join_policy, visibility, time_zone)
    _check_width(kind, visibility, parent)
    name = _checked("name", name, 120, needed=True)
    space = Space(
        kind=kind,
        parent_id=parent.id if parent else None,
        name=name,
        slug=free_slug(slug or slug_of(name)),
        aim=_checked("aim", aim, 2000),
        question=_checked("question", question, 1000),
        sponsor=_checked("sponsor", sponsor, 120),
        join_policy=join_policy,
        visibility=visibility,
        time_zone=time_zone,
        tools=list(TOOLS),
    )
    db.session.add(space)
    db.session.flush()
    if kind in ("cohort", "team"):
        space.cohort_id = space.id if kind == "cohort" else parent.id if parent else None
    owner_id = owner.id if owner else actor.id
    if owner_id is not None:
        db.session.add(Membership(space_id=space.id, person_id=owner_id, role="owner"))
        db.session.flush()
        actor.refresh()
    record("space.created", actor, space, kind=kind)
    return space


def _check_width(kind: str, visibility: str, parent: Space | None) -> None:
    if parent is not None and parent.visibility == "members" and visibility == "organisation" and kind == "team":
        raise Invalid("visibility", _l("A team is never wider open than its cohort."))


def _check_rules(join_policy: str, visibility: str, time_zone: str) -> None:
    if join_policy not in JOIN_POLICIES:
        raise Invalid("join_policy", _l("Choose how people come in."))
    if visibility not in VISIBILITIES:
        raise Invalid("visibility", _l("Choose who can see this space."))
    if join_policy != "invite" and visibility != "organisation":
        raise Invalid("join_policy", _l("People can only ask to join a space that they can see."))
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        raise Invalid("time_zone", _l("Choose a time zone such as Europe/Amsterdam.")) from None


@action
def update_space(actor: Actor, space: Space, **changes: Any) -> Space:
    """Change the settings of a space: name, aim, question, sponsor, join_policy, visibility, tools, time_zone,
    post_audience (who reads a post when nobody chose: "space", "coach", or "" for as wide as the space), commenters (who comments
    besides those who write there: "readers", "guests" alone, or "members" alone), shows_approved (whether who does not write in
    the wiki reads what was approved last), shares_outside (whether who writes there makes links for people without an account).
    Nothing changes and nothing is recorded when every value is as it was. Raises Invalid, Denied, NotFound.
    """
    require(actor, "manage", space)
    settings = {"join_policy", "visibility", "tools", "time_zone", "post_audience", "commenters", "shows_approved"}
    settings |= {"shares_outside"}
    if unknown := set(changes) - {"name", "aim", "question", "sponsor"} - settings:
        raise TypeError(f"update_space does not know {sorted(unknown)}")
    limits = {"name": 120, "aim": 2000, "question": 1000, "sponsor": 120}
    for key, limit in limits.items():
        if key in changes:
            changes[key] = _checked(key, changes[key], limit, needed=key == "name")
    if changes.get("post_audience", "") not in ("", "space", "coach"):
        raise Invalid("post_audience", _l("Choose who can read this."))
    if changes.get("commenters", space.commenters) not in COMMENTERS:
        raise Invalid("commenters", _l("Choose who may comment."))
    if "tools" in changes:
        changes["tools"] = [tool for tool in TOOLS if tool in changes["tools"]]
    _check_rules(
        changes.get("join_policy", space.join_policy),
        changes.get("visibility", space.visibility),
        changes.get("time_zone", space.time_zone),
    )
    if changes.get("visibility", space.visibility) != space.visibility:
        _check_width(space.kind, changes["visibility"], space.parent)
    changed = {key: value for key, value in changes.items() if getattr(space, key) != value}
    if not changed:
        nothing_changed()
        return space
    for key, value in changed.items():
        setattr(space, key, value)
    record("space.updated", actor, space, changed=sorted(changed))
    return space


@action
def archive_space(actor: Actor, space: Space) -> Space:
    """Close a space for writing; it stays readable and searchable."""
    require(actor, "archive", space)
    if space.is_archived:
        nothing_changed()
        return space
    space.status = "archived"
    record("space.archived", actor, space)
    return space


@action
def reopen_space(actor: Actor, space: Space) -> Space:
    """Open an archived space again."""
    require(actor, "archive", space)
    if not space.is_archived:
        nothing_changed()
        return space
    space.status = "active"
    record("space.reopened", actor, space)
    return space


def _membership(space: Space, person_id: int) -> Membership | None:
    return db.session.scalars(
        select(Membership).where(Membership.space_id == space.id, Membership.person_id == person_id)
    ).one_or_none()


def _may_hand_out(actor: Actor, space: Space, role: str) -> None:
    """Nobody hands out a role above their own (QUALITY 29). Administrators appoint owners."""
    if role not in ROLES:
        raise Invalid("role", _l("Choose a role."))
    if actor.is_administrator or actor.is_system:
        return
    mine = actor.roles.get(space.id)
    if mine is None or ROLES.index(role) < ROLES.index(mine):
        raise Denied(_l("You cannot give a role above your own."))


@action
def add_member(actor: Actor, space: Space, person: Person, *, role: str = "member") -> Membership:
    """Give somebody a role in a space, or another role than they had. Records nothing when it is as it was."""
    require(actor, "roles", space)
    _may_hand_out(actor, space, role)
    known = _membership(space, person.id)
    if known is not None:
        if known.role == role:
            nothing_changed()
            return known
        return _change_role(actor, space, known, role)
    if person.status == "disabled":
        raise Invalid("person", _l("This account is closed."))
    membership = Membership(space_id=space.id, person_id=person.id, role=role)
    db.session.add(membership)
    db.session.execute(delete(JoinRequest).where(JoinRequest.space_id == space.id, JoinRequest.person_id == person.id))
    record("member.added", actor, space, person=person.id, role=role)
    return membership


@action
def change_role(actor: Actor, space: Space, person: Person, *, role: str) -> Membership:
    """Change the role of a member. Raises NotFound when they have none of their own, Conflict for the last owner."""
    require(actor, "roles", space)
    _may_hand_out(actor, space, role)
    known = _membership(space, person.id)
    if known is None:
        raise NotFound()
    if known.role == role:
        nothing_changed()
        return known
    return _change_role(actor, space, known, role)


def _change_role(actor: Actor, space: Space, known: Membership, role: str) -> Membership:
    _may_hand_out(actor, space, known.role)
    if known.role == "owner":
        _keep_an_owner(space, known.person_id)
    before, known.role = known.role, role
    record("member.role-changed", actor, space, person=known.person_id, before=before, role=role)
    return known


def _keep_an_owner(space: Space, leaving: int) -> None:
    others = db.session.scalar(
        select(Membership.id)
        .where(Membership.space_id == space.id, Membership.role == "owner", Membership.person_id != leaving)
        .limit(1)
    )
    if others is None:
        raise Conflict(_l("Every space needs an owner. Make somebody else owner first."))


@action
def remove_member(actor: Actor, space: Space, person: Person) -> None:
    """Take somebody's role away. What they wrote stays: it belongs to the space."""
    require(actor, "roles", space)
    known = _membership(space, person.id)
    if known is None:
        raise NotFound()
    _may_hand_out(actor, space, known.role)
    if known.role == "owner":
        _keep_an_owner(space, person.id)
    db.session.delete(known)
    record("member.removed", actor, space, person=person.id)


@action
def leave_space(actor: Actor, space: Space) -> None:
    """Leave. Raises Conflict for the last owner, NotFound without a role of one's own."""
    require(actor, "leave", space)
    known = _membership(space, actor.id or 0)
    if known is None:
        raise Conflict(_l("Your place here comes with another space. Leave that one instead."))
    if known.role == "owner":
        _keep_an_owner(space, known.person_id)
    db.session.delete(known)
    record("member.left", actor, space, person=actor.id)


@action
def join_space(actor: Actor, space: Space) -> Membership:
    """Come into an open space. Coming in twice changes nothing."""
    known = _membership(space, actor.id or 0)
    if known is not None:
        nothing_changed()
        return known
    require(actor, "join", space)
    membership = Membership(space_id=space.id, person_id=actor.id, role="member")
    db.session.add(membership)
    record("member.joined", actor, space, person=actor.id)
    return membership


@action
def ask_to_join(actor: Actor, space: Space) -> JoinRequest:
    """Ask the staff of a space to be let in. Asking twice changes nothing."""
    require(actor, "ask", space)
    known = db.session.scalars(
        select(JoinRequest).where(JoinRequest.space_id == space.id, JoinRequest.person_id == actor.id)
    ).one_or_none()
    if known is not None:
        nothing_changed()
        return known
    request = JoinRequest(space_id=space.id, person_id=actor.id)
    db.session.add(request)
    record("member.asked", actor, space, person=actor.id)
    return request


@action
def answer_request(actor: Actor, space: Space, person: Person, *, let_in: bool) -> None:
    """Let somebody in who asked, or not. Raises NotFound when they did not ask, or no longer do."""
    require(actor, "roles", space)
    request = db.session.scalars(
        select(JoinRequest).where(JoinRequest.space_id == space.id, JoinRequest.person_id == person.id)
    ).one_or_none()
    if request is None:
        raise NotFound()
    db.session.delete(request)
    if let_in and _membership(space, person.id) is None:
        db.session.add(Membership(space_id=space.id, person_id=person.id, role="member"))
        record("member.added", actor, space, person=person.id, role="member")
    else:
        record("member.refused", actor, space, person=person.id)


@action
def create_invitation(
    actor: Actor, space: Space, *, role: str = "member", seats: int = 1, days: int = 7
) -> tuple[Invitation, str]:
    """A link into a space for up to `seats` people (1 to 250), for `days` (1 to 60). Gives the token once."""
    require(actor, "invite", space)
    _may_hand_out(actor, space, role)
    if not 1 <= seats <= 250:
        raise Invalid("seats", _l("Choose between 1 and 250 places."))
    if not 1 <= days <= 60:
        raise Invalid("days", _l("Choose between 1 and 60 days."))
    token = secrets.token_urlsafe(24)
    invitation = Invitation(
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
        space_id=space.id,
        role=role,
        inviter_id=actor.id,
        seats=seats,
        expires_at=now() + timedelta(days=days),
    )
    db.session.add(invitation)
    record("invitation.created", actor, space, role=role, seats=seats)
    return invitation, token


@action
def revoke_invitation(actor: Actor, space: Space, invitation: Invitation) -> None:
    """Make a link useless."""
    require(actor, "invite", space)
    if invitation.space_id != space.id:
        raise NotFound()
    if invitation.revoked_at is not None:
        nothing_changed()
        return
    invitation.revoked_at = now()
    record("invitation.revoked", actor, space, invitation=invitation.id)


@action
def accept_invitation(actor: Actor, invitation: Invitation) -> Membership:
    """Come into a space with a link. Whoever is in already stays as they are, and takes no place.
    Raises NotFound when the link opens nothing (any more).
    """
    held = db.session.get(Invitation, invitation.id, with_for_update=True, populate_existing=True)
    if held is None or not opens(held) or actor.id is None:
        raise NotFound()
    space = db.session.get_one(Space, held.space_id)
    known = _membership(space, actor.id)
    if known is not None:
        nothing_changed()
        return known
    held.used += 1
    membership = Membership(space_id=space.id, person_id=actor.id, role=held.role)
    db.session.add(membership)
    db.session.execute(delete(JoinRequest).where(JoinRequest.space_id == space.id, JoinRequest.person_id == actor.id))
    record("member.joined", actor, space, person=actor.id, invitation=held.id)
    return membership

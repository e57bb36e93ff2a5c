"""The people of a space: who is here, in which role; who asks to come in; the links that lead in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.cards import person_row, role_words, space_head
from blueprints.doors import actor
from blueprints.mishaps import said
from community.clock import now
from community.errors import CommunityError, Denied, Invalid, NotFound
from community.extensions import db
from community.notifications.reading import mark_read_about
from community.people.models import Person
from community.people.queries import people_for, person_for
from community.permissions import Actor, may
from community.spaces import actions, queries
from community.spaces.models import (
    ROLES,
    Invitation,
    JoinRequest,
    Space,
)

bp = Blueprint("members", __name__)


@bp.get("/spaces/<slug>/members")
def index(slug: str) -> str:
    """Who is here, in which role; for staff also who asks to come in, and the invitations."""
    return _index(slug)


def _index(slug: str, *, error: str = "", typed: str = "", link: str = "") -> str:
    who = actor()
    space = queries.space_for(who, slug)
    if space.id not in who.roles and not who.is_administrator:
        raise NotFound()
    may_manage = may(who, "roles", space)
    mark_read_about(who, "space", space.id)
    found = queries.members_of(who, space)
    waiting = (
        db.session.scalars(select(JoinRequest).where(JoinRequest.space_id == space.id)).all() if may_manage else []
    )
    links = (
        db.session.scalars(
            select(Invitation).where(
                Invitation.space_id == space.id, Invitation.revoked_at.is_(None), Invitation.expires_at > now()
            )
        ).all()
        if may_manage
        else []
    )
    rows = [
        (
            person_row(
                member.person,
                member.person.headline,
                role_words(member.role) if member.role != "member" else "",
            ),
            member,
        )
        for member in found
    ]
    return render_template(
        "spaces/members.html",
        space=space,
        head=space_head(who, space, "members"),
        rows=rows,
        may_manage=may_manage,
        may_invite=may(who, "invite", space),
        waiting=waiting,
        links=[link for link in links if link.used < link.seats],
        roles=_roles_to_give(who, space),
        found=people_for(who, request.args["find"], limit=10).people if may_manage and request.args.get("find") else [],
        sought=request.args.get("find", ""),
        inside={member.person.id for member in found},
        error=error,
        typed=typed,
        link=link,
        place="team" if space.kind == "team" else "spaces",
    )


def _roles_to_give(who: Actor, space: Space) -> list[tuple[str, str]]:
    mine = who.roles.get(space.id)
    start = 0 if who.is_administrator or mine is None else ROLES.index(mine)
    return [(role, role_words(role)) for role in ROLES[start:]]


def _person(handle: str) -> Person:
    return person_for(actor(), handle)


@bp.post("/spaces/<slug>/members")
def add(slug: str) -> Response:
    """Add a colleague who is already on this site, by handle."""
    space = queries.space_for(actor(), slug)
    try:
        person = _person(request.form.get("handle", "").strip().lower())
        actions.add_member(actor(), space, person, role=request.form.get("role", "member"))
    except (Denied, Invalid) as fault:
        flash(said(fault), "bad")
    else:
        flash(_("%(name)s is in.", name=person.name), "message")
    return redirect(space_url(slug, "members"), 303)


@bp.post("/spaces/<slug>/members/<handle>")
def change(slug: str, handle: str) -> Response:
    """Change somebody's role, or take it away (`do=remove`)."""
    space = queries.space_for(actor(), slug)
    person = _person(handle)
    try:
        if request.form.get("do") == "remove":
            actions.remove_member(actor(), space, person)
            flash(_("%(name)s is no longer in this space.", name=person.name), "message")
        else:
            actions.change_role(actor(), space, person, role=request.form.get("role", ""))
            flash(_("Saved."), "message")
    except CommunityError as fault:
        if isinstance(fault, NotFound):
            raise
        flash(said(fault), "bad")
    return redirect(space_url(slug, "members"), 303)


@bp.post("/spaces/<slug>/requests/<handle>")
def answer(slug: str, handle: str) -> Response:
    """Let somebody in who asked, or not."""
    let_in = request.form.get("do") == "let-in"
    person = _person(handle)
    actions.answer_request(actor(), queries.space_for(actor(), slug), person, let_in=let_in)
    words = _("%(name)s is in.", name=person.name) if let_in else _("You kept the door closed. Nobody else is told.")
    flash(words, "message")
    return redirect(space_url(slug, "members"), 303)


@bp.post("/spaces/<slug>/invitations")
def invite(slug: str) -> Response | tuple[str, int] | str:
    """Make a link into the space; it is shown once."""
    space = queries.space_for(actor(), slug)
    form = request.form
    try:
        _made, token = actions.create_invitation(
            actor(),
            space,
            role=form.get("role", "member"),
            seats=form.get("seats", 1, type=int),
            days=form.get("days", 7, type=int),
        )
    except (Invalid, Denied) as fault:
        return _index(slug, error=said(fault)), 422
    base = _base_url()
    return _index(slug, link=f"{base}/join/{token}")


def _base_url() -> str:
    from flask import current_app

    return (current_app.config["SETTINGS"].BASE_URL or request.host_url).rstrip("/")


@bp.post("/spaces/<slug>/invitations/<int:number>/revoke")
def revoke(slug: str, number: int) -> Response:
    """Make a link useless."""
    invitation = db.session.get(Invitation, number)
    if invitation is None:
        raise NotFound()
    actions.revoke_invitation(actor(), queries.space_for(actor(), slug), invitation)
    flash(_("The link no longer works."), "message")
    return redirect(space_url(slug, "members"), 303)

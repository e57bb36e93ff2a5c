"""Spaces: the list, what one is for, its people, its settings and its phases."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.cards import person_row, phase_steps, role_words, space_head
from blueprints.doors import actor
from blueprints.mishaps import said
from blueprints.once import guarded
from community.clock import now
from community.errors import CommunityError, Denied, Invalid, NotFound
from community.extensions import db
from community.notifications.reading import mark_read_about
from community.people.models import Person
from community.people.queries import people_for, person_for
from community.permissions import Actor, may
from community.spaces import actions, queries
from community.spaces.models import (
    JOIN_POLICIES,
    PARENT_OF,
    ROLES,
    TOOLS,
    VISIBILITIES,
    Invitation,
    JoinRequest,
    Phase,
    Space,
)

bp = Blueprint("spaces", __name__)


def kind_words(kind: str) -> str:
    """A kind of space as people call it."""
    return {
        "commons": _("Commons"),
        "programme": _("Programme"),
        "cohort": _("Cohort"),
        "team": _("Team"),
        "theme": _("Theme"),
        "project": _("Project"),
    }[kind]


def policy_words(policy: str) -> str:
    return {
        "invite": _("By invitation"),
        "request": _("People ask, staff let them in"),
        "open": _("Everybody who sees it may join"),
    }[policy]


def visibility_words(visibility: str) -> str:
    return {
        "members": _("Only its members see it"),
        "organisation": _("Every colleague sees it"),
    }[visibility]


@bp.get("/spaces")
def index() -> str:
    """The spaces I am in, and those that are open to me."""
    who = actor()
    mine = queries.my_spaces(who)
    inside = {space.id for space in mine}
    others = [space for space in queries.spaces_for(who) if space.id not in inside]
    if not who.is_administrator:
        others = [space for space in others if space.id in who.open_spaces]
    return render_template(
        "spaces/index.html",
        mine=[(space, role_words(who.roles[space.id]), kind_words(space.kind)) for space in mine],
        others=[(space, kind_words(space.kind)) for space in others],
        may_make=who.site_role != "guest",
        place="spaces",
    )


@bp.get("/spaces/new")
def new_form() -> str:
    """A new space, perhaps below another (`?in=`)."""
    return _new({"kind": request.args.get("kind", "theme"), "in": request.args.get("in", "")})


def _new(values: dict[str, Any], errors: dict[str, str] | None = None) -> str:
    who = actor()
    parent = queries.space_for(who, values["in"]) if values.get("in") else None
    if parent is not None and not may(who, "manage", parent):
        abort(403)
    if parent is not None:
        kinds = [kind for kind, above in PARENT_OF.items() if above == parent.kind]
    else:
        kinds = ["theme", "project", *(("programme", "commons") if who.is_administrator else ())]
    return render_template(
        "spaces/new.html",
        values=values,
        errors=errors or {},
        parent=parent,
        kinds=[(kind, kind_words(kind)) for kind in kinds],
        policies=[(policy, policy_words(policy), "") for policy in JOIN_POLICIES],
        visibilities=[(visibility, visibility_words(visibility), "") for visibility in VISIBILITIES],
        place="spaces",
    )


@bp.post("/spaces/new")
def new() -> Response | tuple[str, int]:
    """Make the space."""
    who, form = actor(), request.form
    parent = queries.space_for(who, form["in"]) if form.get("in") else None
    try:
        space: Space = guarded(
            lambda: actions.create_space(
                who,
                kind=form.get("kind", ""),
                name=form.get("name", ""),
                parent=parent,
                aim=form.get("aim", ""),
                question=form.get("question", ""),
                join_policy=form.get("join_policy", "invite"),
                visibility=form.get("visibility", "members"),
            )
        )
    except Invalid as fault:
        return _new(form.to_dict(), {fault.field: said(fault)}), 422
    flash(_("Made. Now invite people."), "message")
    return redirect(space_url(space.slug, "members"), 303)


@bp.get("/spaces/<slug>/about")
def about(slug: str) -> str:
    """What a space is for, who can see it and why, and how to come in or leave."""
    who = actor()
    space = queries.space_for(who, slug)
    asked = db.session.scalar(
        select(JoinRequest.id).where(JoinRequest.space_id == space.id, JoinRequest.person_id == who.id)
    )
    return render_template(
        "spaces/about.html",
        space=space,
        head=space_head(who, space, "about"),
        kind=kind_words(space.kind),
        visibility=visibility_words(space.visibility),
        policy=policy_words(space.join_policy),
        role=role_words(who.roles[space.id]) if space.id in who.roles else "",
        children=queries.children_of(who, space),
        asked=asked is not None,
        rights={
            verb: may(who, verb, space) for verb in ("join", "ask", "leave", "manage", "archive", "phase", "enter")
        },
        child_kind=next((kind for kind, above in PARENT_OF.items() if above == space.kind), ""),
        place="spaces",
    )


@bp.post("/spaces/<slug>/join")
def join(slug: str) -> Response:
    """Come in, or ask to."""
    who = actor()
    space = queries.space_for(who, slug)
    if may(who, "ask", space):
        actions.ask_to_join(who, space)
        flash(_("You asked to join. The people who run this space are told."), "message")
        return redirect(space_url(slug, "about"), 303)
    actions.join_space(who, space)
    flash(_("Welcome."), "message")
    return redirect(space_url(slug), 303)


@bp.get("/spaces/<slug>/leave")
def leave_form(slug: str) -> str:
    """Ask before somebody leaves."""
    space = queries.space_for(actor(), slug)
    if not may(actor(), "leave", space):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Leave %(name)s?", name=space.name),
        words=_("What you made here stays: it belongs to the space."),
        yes=_("Leave"),
        no=_("Stay"),
        back=space_url(slug, "about"),
        risk=True,
    )


@bp.post("/spaces/<slug>/leave")
def leave(slug: str) -> Response:
    """Leave the space."""
    actions.leave_space(actor(), queries.space_for(actor(), slug))
    flash(_("You left. What you made there stays."), "message")
    return redirect("/spaces", 303)


@bp.get("/spaces/<slug>/members")
def members(slug: str) -> str:
    """Who is here, in which role; for staff also who asks to come in, and the invitations."""
    return _members(slug)


def _members(slug: str, *, error: str = "", typed: str = "", link: str = "") -> str:
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
        place="spaces",
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
        return _members(slug, error=said(fault)), 422
    base = _base_url()
    return _members(slug, link=f"{base}/join/{token}")


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


@bp.get("/spaces/<slug>/settings")
def settings_form(slug: str) -> str:
    """The settings of a space."""
    space = queries.space_for(actor(), slug)
    if not may(actor(), "manage", space):
        abort(403)
    values = {
        name: getattr(space, name) for name in ("name", "aim", "question", "sponsor", "join_policy", "visibility")
    }
    return _settings(space, {**values, "tools": space.tools})


def _settings(space: Space, values: dict[str, Any], errors: dict[str, str] | None = None) -> str:
    tool_words = {"stream": _("Stream"), "wiki": _("Wiki"), "files": _("Files")}
    return render_template(
        "spaces/settings.html",
        space=space,
        head=space_head(actor(), space, "about", slim=True),
        values=values,
        errors=errors or {},
        tools=[(tool, tool_words[tool]) for tool in TOOLS],
        policies=[(policy, policy_words(policy), "") for policy in JOIN_POLICIES],
        visibilities=[(visibility, visibility_words(visibility), "") for visibility in VISIBILITIES],
        may_archive=may(actor(), "archive", space),
        place="spaces",
    )


@bp.post("/spaces/<slug>/settings")
def settings(slug: str) -> Response | tuple[str, int]:
    """Save the settings."""
    space = queries.space_for(actor(), slug)
    form = request.form
    values: dict[str, Any] = {
        name: form.get(name, "") for name in ("name", "aim", "question", "sponsor", "join_policy", "visibility")
    }
    values["tools"] = form.getlist("tools")
    try:
        actions.update_space(actor(), space, **values)
    except Invalid as fault:
        return _settings(queries.space_for(actor(), slug), values, {fault.field: said(fault)}), 422
    flash(_("Saved."), "message")
    return redirect(space_url(slug, "about"), 303)


@bp.get("/spaces/<slug>/archive")
def archive_form(slug: str) -> str:
    """Ask before a space is archived or reopened."""
    space = queries.space_for(actor(), slug)
    if not may(actor(), "archive", space):
        abort(403)
    if space.is_archived:
        return render_template(
            "parts/confirm.html",
            title=_("Reopen %(name)s?", name=space.name),
            words=_("Its members can write there again."),
            yes=_("Reopen"),
            no=_("Leave it archived"),
            back=space_url(slug, "about"),
        )
    return render_template(
        "parts/confirm.html",
        title=_("Archive %(name)s?", name=space.name),
        words=_("Everything stays readable and can be found; nobody writes there until you reopen it."),
        yes=_("Archive"),
        no=_("Keep it open"),
        back=space_url(slug, "about"),
        risk=True,
    )


@bp.post("/spaces/<slug>/archive")
def archive(slug: str) -> Response:
    """Archive a living space, reopen an archived one."""
    space = queries.space_for(actor(), slug)
    (actions.reopen_space if space.is_archived else actions.archive_space)(actor(), space)
    return redirect(space_url(slug, "about"), 303)


def _told(who: Actor, cohort: Space) -> int:
    """How many people hear of a new phase: everybody in the cohort but whoever starts it."""
    return len(set(queries.people_ids_in(cohort.id)) - {who.id})


@bp.get("/spaces/<slug>/phases")
def phases(slug: str) -> str:
    """The phases of a cohort, with what the change to each would do."""
    who = actor()
    cohort = queries.space_for(who, slug)
    if cohort.kind != "cohort" or not may(who, "phase", cohort):
        raise NotFound()
    holds = cohort.phase_id
    people = _told(who, cohort)
    current = db.session.get(Phase, holds) if holds else None
    fresh = current is not None and current.entered_at is not None and "before" in current.facts
    may_undo = fresh and now() - current.entered_at <= actions.UNDO_FOR if current and current.entered_at else False
    return render_template(
        "spaces/phases.html",
        space=cohort,
        head=space_head(who, cohort, "about", slim=True),
        steps=phase_steps(cohort),
        phases=queries.phases_of(cohort.id),
        holds=holds,
        told=ngettext("%(num)d person is told", "%(num)d people are told", people),
        may_undo=may_undo,
        place="spaces",
    )


@bp.get("/spaces/<slug>/phases/<int:number>")
def phase_form(slug: str, number: int) -> str:
    """What starting a phase by hand would do, before it is done."""
    who = actor()
    cohort = queries.space_for(who, slug)
    phase = db.session.get(Phase, number)
    if phase is None or phase.space_id != cohort.id or not may(who, "phase", cohort):
        raise NotFound()
    people = _told(who, cohort)
    words = [
        _("The phase bar and home change for everybody in the cohort and its teams."),
        ngettext("%(num)d person is told.", "%(num)d people are told.", people),
        _("What is made from now on keeps this phase; nothing disappears."),
    ]
    if phase.key == "alumni":
        words.append(_("Members become alumni: they keep reading, and no longer write here."))
    words.append(_("You can take it back for 24 hours."))
    return render_template(
        "parts/confirm.html",
        title=_("Start %(name)s now?", name=phase.name),
        words=" ".join(words),
        yes=_("Start %(name)s", name=phase.name),
        no=_("Not now"),
        back=space_url(slug, "phases"),
    )


@bp.post("/spaces/<slug>/phases/<int:number>")
def phase_start(slug: str, number: int) -> Response:
    """Start a phase by hand."""
    cohort = queries.space_for(actor(), slug)
    phase = db.session.get(Phase, number)
    if phase is None or phase.space_id != cohort.id:
        raise NotFound()
    actions.start_phase(actor(), cohort, phase)
    flash(_("%(name)s has begun.", name=phase.name), "message")
    return redirect(space_url(slug, "phases"), 303)


@bp.post("/spaces/<slug>/phases/undo")
def phase_undo(slug: str) -> Response:
    """Take the last phase change back."""
    actions.undo_phase(actor(), queries.space_for(actor(), slug))
    flash(_("Taken back."), "message")
    return redirect(space_url(slug, "phases"), 303)

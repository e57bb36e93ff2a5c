"""Spaces: the list, what one is for, its settings, joining and leaving."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.cards import role_words, space_head
from blueprints.doors import actor, me
from blueprints.mishaps import said
from blueprints.once import guarded
from community.errors import Invalid
from community.extensions import db
from community.mailroom.tokens import post_address
from community.permissions import may
from community.spaces import actions, queries
from community.spaces.models import (
    JOIN_POLICIES,
    PARENT_OF,
    TOOLS,
    VISIBILITIES,
    JoinRequest,
    Space,
)
from community.visits.queries import MOST, new_posts

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


def news_words(count: int) -> str:
    """How much is new, as people say it; nothing of nothing."""
    if not count:
        return ""
    if count >= MOST:
        return _("More than %(num)d new", num=MOST - 1)
    return ngettext("%(num)d new post", "%(num)d new posts", count)


@bp.get("/spaces")
def index() -> str:
    """The spaces I am in, and those that are open to me."""
    who = actor()
    mine = queries.my_spaces(who)
    inside = {space.id for space in mine}
    fresh = new_posts(who)
    others = [space for space in queries.spaces_for(who) if space.id not in inside]
    if not who.is_administrator:
        others = [space for space in others if space.id in who.open_spaces]
    return render_template(
        "spaces/index.html",
        mine=[
            (space, role_words(who.roles[space.id]), kind_words(space.kind), news_words(fresh.get(space.id, 0)))
            for space in mine
        ],
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
        mail_to=post_address(me(), space.id) if may(who, "post", space) else None,
        child_kind=next((kind for kind, above in PARENT_OF.items() if above == space.kind), ""),
        place="team" if space.kind == "team" else "spaces",
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


@bp.get("/spaces/<slug>/settings")
def settings_form(slug: str) -> str:
    """The settings of a space."""
    space = queries.space_for(actor(), slug)
    if not may(actor(), "manage", space):
        abort(403)
    return settings_page(space)


def settings_page(space: Space, *, room: dict[str, Any] | None = None) -> str:
    """The settings as they are; `room` is what was typed for its room and refused, with the `error`."""
    values = {name: getattr(space, name) for name in _FIELDS}
    return _settings(
        space,
        {
            **values,
            "tools": space.tools,
            "shows_approved": space.shows_approved,
            "shares_outside": space.shares_outside,
        },
        room=room,
    )


_FIELDS = ("name", "aim", "question", "sponsor", "join_policy", "visibility", "post_audience", "commenters")


def _settings(
    space: Space, values: dict[str, Any], errors: dict[str, str] | None = None, room: dict[str, Any] | None = None
) -> str:
    from blueprints.rooms import room_form  # it stands on this module

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
        audiences=[
            ("", _("As many as see the space"), ""),
            ("space", _("Members of the space"), ""),
            ("coach", _("Author and coach"), ""),
        ],
        commenters=[
            ("readers", _("Everyone who may read here"), ""),
            ("guests", _("Members, coaches and guests of the space"), ""),
            ("members", _("Members and coaches"), ""),
        ],
        room={**room_form(space), **(room or {})},
        may_archive=may(actor(), "archive", space),
        place="spaces",
    )


@bp.post("/spaces/<slug>/settings")
def settings(slug: str) -> Response | tuple[str, int]:
    """Save the settings."""
    space = queries.space_for(actor(), slug)
    form = request.form
    values: dict[str, Any] = {name: form.get(name, "") for name in _FIELDS}
    values["tools"] = form.getlist("tools")
    values["shows_approved"] = "shows_approved" in form
    values["shares_outside"] = "shares_outside" in form
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

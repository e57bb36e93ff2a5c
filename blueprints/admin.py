"""Looking after the accounts: who there is, inviting one or many, closing, roles, ending sessions.

Administrators see that people and spaces exist; what people wrote they do not see here, nor by being administrators.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.accounts import form_page
from blueprints.addresses import picture_url
from blueprints.doors import actor
from blueprints.mishaps import said
from blueprints.settings import device
from community.errors import Conflict, Invalid
from community.mailroom.addresses import failures_of
from community.people import actions
from community.people.models import SITE_ROLES, STATUSES, Person
from community.people.pasting import Pasted, read_people
from community.people.queries import people_for, people_waiting, person_by_email, person_for, sessions_for
from community.permissions import may

bp = Blueprint("admin", __name__, url_prefix="/admin")


def role_words(site_role: str) -> str:
    """A role on the site, as people say it."""
    return {"guest": _("Guest"), "member": _("Member"), "administrator": _("Administrator")}[site_role]


def status_words(status: str) -> str:
    """Where an account stands, as people say it."""
    return {"invited": _("Invited"), "active": _("Active"), "disabled": _("Closed")}[status]


def _role_items() -> list[tuple[str, str]]:
    return [(role, role_words(role)) for role in SITE_ROLES]


@bp.get("")
def index() -> str:
    """Everybody, by name; `?q=` looks for a name or an e-mail, `?status=` for where an account stands."""
    sought, status = request.args.get("q", "")[:120], request.args.get("status")
    status = status if status in STATUSES else None
    page = people_for(actor(), sought, status=status, before=request.args.get("before"))
    older = url_for("admin.index", q=sought or None, status=status, before=page.next.handle) if page.next else None
    chips = [("", _("Everybody"), url_for("admin.index", q=sought or None), None)]
    chips += [(s, status_words(s), url_for("admin.index", q=sought or None, status=s), None) for s in STATUSES]
    return render_template(
        "admin/people.html",
        people=page.people,
        sought=sought,
        status=status or "",
        chips=chips,
        older=older,
        waiting=len(people_waiting()) if status == "invited" else 0,
        picture_url=picture_url,
        role_words=role_words,
        status_words=status_words,
    )


def _invite_page(fault: Invalid | Conflict | None = None, **known: object) -> Response:
    return form_page("admin/invite.html", fault, roles=_role_items(), **known)  # type: ignore[arg-type]


@bp.get("/invite")
def invite_form() -> Response:
    """Invite one person, or paste a list."""
    return _invite_page()


@bp.post("/invite")
def invite() -> Response:
    """Make accounts for everybody in the list and send each a letter. Lines that could not be used come back."""
    pasted = read_people(request.form.get("people", ""))
    if not pasted:
        return _invite_page(Invalid("people", _("Write at least one e-mail address.")))
    site_role, language = request.form.get("site_role", "member"), request.form.get("language", "en")
    invited, left = [], []
    for one in pasted:
        try:
            invited.append(_invite_one(one, site_role, language))
        except (Invalid, Conflict) as fault:
            left.append((one.text, said(fault)))
    if invited:
        flash(ngettext("%(num)d letter is on its way.", "%(num)d letters are on their way.", len(invited)), "ok")
    if left:
        return _invite_page(left=left, kept="\n".join(text for text, _words in left))
    return redirect(url_for("admin.index", status="invited"), 303)


def _invite_one(one: Pasted, site_role: str, language: str) -> Person:
    if one.fault:
        raise Invalid("people", _("There is no e-mail address in this line."))
    known = person_by_email(one.email)
    if known is not None and known.status == "invited":  # imported with a programme, or invited before
        actions.invite_person(actor(), known)
        return known
    return actions.invite_new(actor(), email=one.email, name=one.name, site_role=site_role, language=language)


@bp.post("/invite/waiting")
def invite_waiting() -> Response:
    """Send the letter to everybody who waits for one: after a programme was imported, or when letters got too old."""
    invited = actions.invite_waiting(actor())
    flash(ngettext("%(num)d letter is on its way.", "%(num)d letters are on their way.", len(invited)), "ok")
    return redirect(url_for("admin.index", status="invited"), 303)


# One person


@bp.get("/people/<handle>")
def person(handle: str) -> Response:
    """An account: role, status, sessions."""
    return _person_page(person_for(actor(), handle))


def _person_page(person: Person, fault: Invalid | Conflict | None = None) -> Response:
    return form_page(
        "admin/person.html",
        fault,
        person=person,
        sessions=sessions_for(actor(), person),
        failures=failures_of(actor(), person.email),
        roles=_role_items(),
        may_change=may(actor(), "promote", person),
        device=device,
        picture_url=picture_url,
        role_words=role_words,
        status_words=status_words,
    )


def _done(person: Person, words: str) -> Response:
    flash(words, "ok")
    return redirect(url_for("admin.person", handle=person.handle), 303)


@bp.post("/people/<handle>/role")
def role(handle: str) -> Response:
    """Give somebody another role on the site. They sign in anew."""
    person = person_for(actor(), handle)
    try:
        actions.change_site_role(actor(), person, site_role=request.form.get("site_role", ""))
    except (Invalid, Conflict) as fault:
        return _person_page(person, fault)
    return _done(person, _("%(name)s: %(role)s.", name=person.name, role=role_words(person.site_role)))


@bp.post("/people/<handle>/invite")
def invite_again(handle: str) -> Response:
    """Send the letter once more."""
    person = person_for(actor(), handle)
    try:
        actions.invite_person(actor(), person)
    except Conflict as fault:
        return _person_page(person, fault)
    return _done(person, _("A letter to %(email)s is on its way.", email=person.email))


@bp.get("/people/<handle>/disable")
def disable_form(handle: str) -> str:
    """Ask before an account is closed."""
    person = person_for(actor(), handle)
    return render_template(
        "parts/confirm.html",
        title=_("Close the account of %(name)s?", name=person.name),
        words=_("They are signed out everywhere and their keys end. What they wrote stays. You can open it again."),
        yes=_("Close account"),
        no=_("Keep it"),
        back=url_for("admin.person", handle=person.handle),
        risk=True,
    )


@bp.post("/people/<handle>/disable")
def disable(handle: str) -> Response:
    """Close an account: sessions and keys end at once."""
    person = person_for(actor(), handle)
    try:
        actions.disable_person(actor(), person)
    except Conflict as fault:
        return _person_page(person, fault)
    return _done(person, _("The account of %(name)s is closed.", name=person.name))


@bp.post("/people/<handle>/enable")
def enable(handle: str) -> Response:
    """Open a closed account again."""
    person = person_for(actor(), handle)
    actions.enable_person(actor(), person)
    return _done(person, _("The account of %(name)s is open again.", name=person.name))


@bp.post("/people/<handle>/sessions/end")
def end_sessions(handle: str) -> Response:
    """Sign somebody out everywhere."""
    person = person_for(actor(), handle)
    actions.end_sessions(actor(), person)
    return _done(person, _("%(name)s is signed out everywhere.", name=person.name))

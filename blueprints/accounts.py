"""Coming in and going out: sign in, sign out, join with a letter or a link, set a new password. And faces.

Whoever tries learns nothing about who exists: answers are the same, and letters tell what is to be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import force_locale, gettext, refresh
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from blueprints import letters
from blueprints.doors import SignedIn, actor
from blueprints.face import safe_path
from blueprints.language import language
from blueprints.mishaps import said
from blueprints.pictures import keep_picture, picture, read_picture
from community.errors import Conflict, Invalid, NotFound, TooMany, _l
from community.extensions import db
from community.people import actions, entry, mailings, sessions, tokens
from community.people.handles import canonical_email, is_email
from community.people.models import LANGUAGES, Person
from community.people.queries import person_by_email
from community.spaces.actions import accept_invitation
from community.spaces.models import Invitation, Space
from community.spaces.queries import invitation_of, opens

_ = gettext
bp = Blueprint("accounts", __name__)
bp.add_url_rule("/people/<handle>/picture", view_func=picture)


def address() -> str:
    """Where the request comes from, as far as the proxies in front may be believed."""
    return request.remote_addr or "unknown"


@cache
def zones() -> list[str]:
    """The time zones that have a place in their name, and UTC."""
    places = (
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    )
    return [*sorted(places), "UTC"]


def let_in(person: Person) -> None:
    """Begin a session in this browser: whatever was in its cookie before goes, so nobody can fix it beforehand."""
    token = actions.sign_in(actor(), person, address=address(), agent=request.user_agent.string)
    session.clear()
    session.permanent = True
    login_user(SignedIn(person, token))
    g.pop("actor", None)
    refresh()  # their language from here on


def form_page(template: str, fault: Invalid | TooMany | Conflict | None = None, **known: Any) -> Response:
    """A page with a form, perhaps with what was wrong: `errors` by field, and all that was typed but passwords."""
    typed = {name: value for name, value in request.form.items() if "password" not in name and name != "current"}
    errors = {fault.field: said(fault)} if isinstance(fault, Invalid) else {}
    sentence = said(fault) if fault is not None and not errors else ""
    answer = current_app.make_response(
        render_template(template, typed=typed, errors=errors, sentence=sentence, **known)
    )
    if fault is not None:
        answer.status_code = 429 if isinstance(fault, TooMany) else 409 if isinstance(fault, Conflict) else 422
    if isinstance(fault, TooMany):
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


# Sign in and out


@bp.route("/login", methods=["GET", "POST"])
def login() -> Response:
    """Sign in with e-mail and password, and go on to `next`."""
    onward = safe_path(request.values.get("next"))
    if actor().is_signed_in:
        return redirect(onward)
    if request.method == "GET":
        return form_page("accounts/login.html", next=onward)
    try:
        person = entry.prove(request.form.get("email", ""), request.form.get("password", ""), address=address())
        let_in(person)
    except (Invalid, TooMany) as fault:
        return form_page("accounts/login.html", fault, next=onward)
    return redirect(onward)


@bp.post("/logout")
def logout() -> Response:
    """End this browser's session on the server, and let the browser forget what it kept."""
    if current_user.is_authenticated:
        actions.sign_out(actor(), current_user.session_id)
        logout_user()
    session.clear()
    answer = redirect(url_for("accounts.login"), 303)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@bp.teardown_app_request
def _note_presence(fault: BaseException | None) -> None:
    """Once an hour, when the page is made: this session is in use. A courtesy, so it never breaks anything."""
    if fault is not None or g.get("broken") or "_login_user" not in g or not current_user.is_authenticated:
        return
    seen_at = current_user.session_seen_at
    if seen_at is None or not sessions.is_stale(seen_at):
        return
    try:
        sessions.touch(current_user.session_id, current_user.person_id)
    except Exception:
        current_app.logger.warning("presence was not noted", exc_info=True)


# A new password


@bp.route("/password", methods=["GET", "POST"])
def forgotten() -> Response:
    """Ask for a letter to set a new password. The answer is the same for everybody."""
    if request.method == "GET":
        return form_page("accounts/forgotten.html", sent=False)
    email = request.form.get("email", "")
    try:
        _check_email(email)
        mailings.ask_for_reset(email, address=address())
    except (Invalid, TooMany) as fault:
        return form_page("accounts/forgotten.html", fault, sent=False)
    return form_page("accounts/forgotten.html", sent=True)


@bp.get("/.well-known/change-password")
def where_passwords_change() -> Response:
    """Where password managers send people (W3C, A Well-Known URL for Changing Passwords)."""
    return redirect(url_for("settings.password"))


def _check_email(text: str) -> None:
    if not is_email(canonical_email(text)):
        raise Invalid("email", _l("Write an e-mail address such as noor@example.org."))


@bp.route("/password/<token>", methods=["GET", "POST"])
def reset(token: str) -> Response:
    """Set a new password with the link of a letter, and be signed in. Opening the link uses nothing up."""
    ticket = tokens.living_ticket(token, "reset")
    if ticket is None:
        return _spent("reset")
    with _speaking(ticket.person.language):
        known: dict[str, Any] = {"email": ticket.person.email}
        if request.method == "GET":
            return form_page("accounts/reset.html", **known)
        try:
            person = actions.reset_password(actor(), token, password=request.form.get("password", ""))
        except Invalid as fault:
            return form_page("accounts/reset.html", fault, **known)
        except NotFound:
            return _spent("reset")
    let_in(person)
    flash(_("Your new password is set. Other browsers are signed out."), "ok")
    return redirect("/")


def _spent(kind: str) -> Response:
    """The page for a link that opens nothing: the same for one that never was, is used, or is too old."""
    return current_app.make_response((render_template("accounts/spent.html", kind=kind), 404))


@contextmanager
def _speaking(code: str) -> Iterator[None]:
    """Speak the language of who got the letter, unless another was chosen in this browser."""
    if request.cookies.get("language") in LANGUAGES:
        yield
        return
    with force_locale(code):
        yield


# Joining


@bp.route("/join/<token>", methods=["GET", "POST"])
def join(token: str) -> Response:
    """Come in: with the letter of an invitation, with a link into a space, or with the letter that followed it."""
    ticket = tokens.living_ticket(token, "join")
    if ticket is not None:
        return _join_with_letter(token, ticket.person)
    proved = letters.read_register_token(token)
    if proved is not None:
        email, invitation_id = proved
        invitation = db.session.get(Invitation, invitation_id)
        if invitation is None or not opens(invitation):
            return _spent("join")
        return _register(invitation, email)
    invitation = invitation_of(token)
    if invitation is None:
        return _spent("join")
    return _enter_space(invitation) if actor().is_signed_in else _ask_letter(invitation, token)


def _said_of_oneself() -> dict[str, Any]:
    form = request.form
    found: dict[str, Any] = {name: form[name] for name in ("location", "headline", "language") if name in form}
    if "skills" in form:
        found["skills"] = form["skills"].split(",")
    if form.get("time_zone") in zones():  # the browser says it, not the person: no fault to show
        found["time_zone"] = form["time_zone"]
    return found


def _join_with_letter(token: str, person: Person) -> Response:
    if actor().is_signed_in:
        return form_page("accounts/other.html")
    with _speaking(person.language):
        known: dict[str, Any] = {"email": person.email, "person": person, "space": None}
        if request.method == "GET":
            return form_page("accounts/join.html", **known)
        form = request.form
        try:
            picture = read_picture(request.files.get("picture"))
            actions.join(
                actor(), token, password=form.get("password", ""), name=form.get("name", ""), **_said_of_oneself()
            )
        except Invalid as fault:
            return form_page("accounts/join.html", fault, **known)
        except NotFound:
            return _spent("join")
    let_in(person)
    keep_picture(person, picture)
    flash(_("Welcome, %(name)s.", name=person.name), "ok")
    return redirect("/")


def _enter_space(invitation: Invitation) -> Response:
    space = db.session.get_one(Space, invitation.space_id)
    if request.method == "POST":
        accept_invitation(actor(), invitation)
    if space.id in actor().roles:
        return redirect(f"/spaces/{space.slug}")
    return form_page("accounts/enter.html", space=space)


def _ask_letter(invitation: Invitation, token: str) -> Response:
    """Somebody without a session: who has an account signs in, who has none gives an e-mail and gets a letter. What the
    page answers is the same for both; only the letter differs."""
    space = db.session.get_one(Space, invitation.space_id)
    known: dict[str, Any] = {"space": space, "onward": f"/join/{token}"}
    if request.method == "GET":
        return form_page("accounts/invited.html", sent=False, **known)
    email = request.form.get("email", "")
    try:
        _check_email(email)
        mailings.ask_to_register(invitation, email, language=language(), address=address())
    except (Invalid, TooMany) as fault:
        return form_page("accounts/invited.html", fault, sent=False, **known)
    return form_page("accounts/invited.html", sent=True, **known)


def _register(invitation: Invitation, email: str) -> Response:
    """The letter proved that the e-mail is theirs: a name and a password make the account, and they are in."""
    space = db.session.get_one(Space, invitation.space_id)
    mine = person_by_email(email)
    if actor().is_signed_in:
        return (
            _enter_space(invitation) if mine is not None and mine.id == actor().id else form_page("accounts/other.html")
        )
    if mine is not None and mine.status != "invited":
        return redirect(url_for("accounts.login", next=request.path))
    known: dict[str, Any] = {"email": email, "person": mine, "space": space}
    if request.method == "GET":
        return form_page("accounts/join.html", **known)
    form = request.form
    try:
        picture = read_picture(request.files.get("picture"))
        person = actions.register(
            actor(),
            invitation,
            email=email,
            password=form.get("password", ""),
            name=form.get("name", ""),
            **_said_of_oneself(),
        )
    except (Invalid, Conflict) as fault:
        return form_page("accounts/join.html", fault, **known)
    except NotFound:
        return _spent("join")
    let_in(person)
    keep_picture(person, picture)
    flash(_("Welcome, %(name)s.", name=person.name), "ok")
    return redirect(f"/spaces/{space.slug}")

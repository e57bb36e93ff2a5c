"""What a person decides for themselves: how they are known, language and time, password, sessions, API tokens."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from blueprints.accounts import address, form_page, zones
from blueprints.doors import actor, me
from blueprints.pictures import drop_picture, keep_picture, read_picture
from community.errors import Invalid, TooMany
from community.messages.queries import people_blocked_by
from community.people import actions, entry
from community.people.queries import drive_passwords_for, feed_keys_for, sessions_for, tokens_for

bp = Blueprint("settings", __name__, url_prefix="/settings")

DAYS = (7, 30, 90, 365)


# How one is known


@bp.get("")
def profile() -> Response:
    """Name, face, what one does and knows; language and time zone."""
    return form_page("settings/profile.html", person=me(), zones=zones())


@bp.post("")
def save_profile() -> Response:
    """Keep what was changed, and the picture that came along."""
    form, person = request.form, me()
    words = {
        name: form[name] for name in ("name", "headline", "location", "about", "language", "time_zone") if name in form
    }
    skills = {"skills": form["skills"].split(",")} if "skills" in form else {}
    try:
        picture = read_picture(request.files.get("picture"))
        actions.update_person(actor(), person, **words, **skills)
    except Invalid as fault:
        return form_page("settings/profile.html", fault, person=person, zones=zones())
    keep_picture(person, picture)
    flash(_("Saved."), "ok")
    return redirect(url_for("settings.profile"), 303)


@bp.post("/picture/remove")
def remove_picture() -> Response:
    """Back to initials."""
    drop_picture(me())
    flash(_("Your picture is gone."), "ok")
    return redirect(url_for("settings.profile"), 303)


# Password


@bp.route("/password", methods=["GET", "POST"])
def password() -> Response:
    """A new password for who knows the present one. Every other browser is signed out."""
    if request.method == "GET":
        return form_page("settings/password.html", person=me())
    person = me()
    try:
        entry.prove_again(person, request.form.get("current", ""), address=address())
        actions.change_password(
            actor(), person, password=request.form.get("password", ""), session_id=current_user.session_id
        )
    except (Invalid, TooMany) as fault:
        return form_page("settings/password.html", fault, person=person)
    flash(_("Your new password is set. Other browsers are signed out."), "ok")
    return redirect(url_for("settings.password"), 303)


# Sessions


@bp.get("/sessions")
def sessions() -> str:
    """Where one is signed in."""
    return render_template(
        "settings/sessions.html",
        sessions=sessions_for(actor(), me()),
        drives=len(drive_passwords_for(actor(), me())),
        this_one=current_user.session_id,
        device=device,
    )


@bp.post("/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Response:
    """Sign one other browser out."""
    actions.end_session(actor(), me(), session_id=session_id)
    flash(_("That browser is signed out."), "ok")
    return redirect(url_for("settings.sessions"), 303)


@bp.post("/sessions/end")
def end_sessions() -> Response:
    """Sign every other browser out."""
    actions.end_sessions(actor(), me(), but=current_user.session_id)
    flash(_("All other browsers are signed out, and your drives are closed."), "ok")
    return redirect(url_for("settings.sessions"), 303)


def device(agent: str) -> str:
    """What a browser calls itself, in words that people know: "Firefox on Windows"."""
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("CrOS", "Chromebook"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in agent), "")
    system = next((name for mark, name in systems if mark in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("A browser or program")


# Who reaches one


@bp.route("/contact", methods=["GET", "POST"])
def contact() -> Response | str:
    """Who may write to one, whether one is shown as being here, and whom one keeps away."""
    person = me()
    if request.method == "POST":
        wishes = {name: name in request.form for name in ("show_presence", "open_to_strangers")}
        actions.update_person(actor(), person, **wishes)
        flash(_("Saved."), "ok")
        return redirect(url_for("settings.contact"), 303)
    return render_template("settings/contact.html", person=person, blocked=people_blocked_by(actor()))


# API tokens


@bp.route("/tokens", methods=["GET", "POST"])
def tokens() -> Response:
    """Keys for programs. A new one is shown once, on the page that answers the form."""
    person, fault, made = me(), None, None
    if request.method == "POST":
        form = request.form
        try:
            days = form.get("days", default=90, type=int)
            made = actions.create_token(
                actor(), person, name=form.get("name", ""), scope=form.get("scope", ""), days=days
            )
        except Invalid as refused:
            fault = refused
    return form_page("settings/tokens.html", fault, tokens=tokens_for(actor(), person), made=made, days=DAYS)


@bp.post("/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> Response:
    """Make a key useless."""
    actions.revoke_token(actor(), me(), token_id=token_id)
    flash(_("That key opens nothing any more."), "ok")
    return redirect(url_for("settings.tokens"), 303)


# Addresses for reader programs


@bp.route("/feeds", methods=["GET", "POST"])
def feeds() -> Response:
    """Secret addresses of my feed. A new one is shown once, on the page that answers the form."""
    person, fault, made = me(), None, None
    if request.method == "POST":
        try:
            _key, secret = actions.create_feed_key(actor(), person, name=request.form.get("name", ""))
            made = url_for("atom.of_person", secret=secret, _external=True)
        except Invalid as refused:
            fault = refused
    return form_page("settings/feeds.html", fault, keys=feed_keys_for(actor(), person), made=made)


@bp.post("/feeds/<int:key_id>/revoke")
def revoke_feed(key_id: int) -> Response:
    """Let an address lead nowhere."""
    actions.revoke_feed_key(actor(), me(), key_id=key_id)
    flash(_("That address leads nowhere any more."), "ok")
    return redirect(url_for("settings.feeds"), 303)

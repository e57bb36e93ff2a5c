"""Who is at the door: the signed-in person as an Actor, and the table that says which routes they may even knock at.

Default deny: a route that is not in `access.ACCESS` answers 404 to everybody, and a test fails.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin, current_user
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from blueprints.access import ACCESS
from blueprints.addresses import picture_url
from community.extensions import db
from community.notifications.arrival import Arrival, arrival_of
from community.people.models import Person
from community.permissions import ANONYMOUS, Actor
from community.spaces.queries import actor_for

login_manager = LoginManager()


class SignedIn(UserMixin):
    """The person behind a session, as Flask-Login wants to see them. `get_id()` is the session's token, not the
    person's number: ending the session on the server ends it everywhere.
    """

    def __init__(self, person: Person, token: str, arrival: Arrival | None = None) -> None:
        self.facts: Any = arrival.person if arrival is not None else person
        self.token, self.arrival = token, arrival
        self.person_id: int = self.facts.id
        self.session_id = arrival.session_id if arrival is not None else None
        self.session_seen_at = arrival.seen_at if arrival is not None else None

    def get_id(self) -> str:
        return self.token

    @property
    def picture_url(self) -> str:
        return picture_url(self.facts)

    @property
    def person(self) -> Person:
        """The row of the person, read when something asks for more than every page shows."""
        return self.facts if isinstance(self.facts, Person) else db.session.get_one(Person, self.person_id)

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.facts if hasattr(self.facts, name) else self.person, name)


@login_manager.user_loader
def _load(token: str) -> SignedIn | None:
    arrival = arrival_of(token)
    return SignedIn(arrival.person, token, arrival) if arrival else None


def actor() -> Actor:
    """The actor of this request, read once."""
    found: Actor | None = g.get("actor")
    if found is None:
        found = _arrived() if current_user.is_authenticated else ANONYMOUS
        g.actor = found
    return found


def _arrived() -> Actor:
    """The signed-in person as an actor, with what was asked at the door."""
    arrival: Arrival | None = current_user.arrival
    if arrival is None:
        return actor_for(current_user.person)
    found = actor_for(arrival.person, place=arrival.place)
    found.kept["unread", "notices"], found.kept["unread", "talks"] = arrival.waiting, arrival.talks
    found.kept["unread", "any"] = arrival.any_unread
    return found


def me() -> Person:
    """The signed-in person. Only for routes that need one."""
    person: Person = current_user.person
    return person


def _may_knock(least: str, who: Actor) -> bool:
    if least == "open":
        return True
    if least == "signed-in":
        return who.is_signed_in
    if least == "member":
        return who.is_signed_in and who.site_role != "guest"
    return who.is_administrator


def _check_origin() -> None:
    """A form must come from a page of ours (QUALITY 39): the browser says where it was sent from. Behind this stands
    the token of each form; programs with a token of the API send neither header nor cookie.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site not in ("same-origin", "none"):
        abort(403)
    if origin is not None and urlsplit(origin).netloc not in _own_hosts():
        abort(403)


def _own_hosts() -> set[str]:
    base = current_app.config["SETTINGS"].BASE_URL
    return {request.host, urlsplit(base).netloc} if base else {request.host}


def _check_door() -> Response | None:
    endpoint = request.endpoint
    if endpoint is None:
        return None  # no route: Flask answers 404
    least = ACCESS.get(endpoint)
    if least is None:
        abort(404)
    if least in ("open", "api", "drive"):
        return None
    who = actor()
    if _may_knock(least, who):
        return None
    if not who.is_signed_in and request.method in ("GET", "HEAD"):
        return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))
    return abort(404 if who.is_signed_in else 401)


class Cookies(SecureCookieSessionInterface):
    """Flask's, with a signer that is made once instead of at each request, and without a look at ten settings where nothing is
    sent.
    """

    @lru_cache(maxsize=8)  # noqa: B019 - there is one of these for each application
    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        return super().get_signing_serializer(app)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # type: ignore[override]
        if session.modified or app.config["SESSION_REFRESH_EACH_REQUEST"]:
            super().save_session(app, session, response)  # type: ignore[arg-type]
        elif session.accessed:
            response.vary.add("Cookie")


def init_app(app: Flask) -> None:
    """Wire sign-in and the access table."""
    app.session_interface = Cookies()
    login_manager.init_app(app)
    login_manager.session_protection = None  # the session lives on the server; addresses of trains change
    app.before_request(_check_origin)
    app.before_request(_check_door)

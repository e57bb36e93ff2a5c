"""Cohortium, put together: the only file that knows both the domain and its face.

`create_app()` reads as a table of contents. `ROLE` says what a process is: `web` answers pages and the API, `live` holds
the sockets, `worker` reads the log and does the jobs, `all` is the three in one.
"""

from __future__ import annotations

import logging
import secrets
import sys
from datetime import timedelta
from email.utils import parseaddr
from functools import cache
from pathlib import Path

from flask import Flask, current_app
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import blueprints
from blueprints import (
    addresses,
    doors,
    face,
    hostile,
    language,
    letters,
    limits,
    live,
    mishaps,
    notifications,
    once,
    roles,
    security_headers,
    shell,
)
from community import cards, cli, readers
from community.config import ROOT, Settings, WrongSetting, load_settings
from community.extensions import db, engine_options
from community.files.incoming import guards, guards_from
from community.files.storage import storage_from_url
from community.mailroom.queue import post
from community.ports import ports
from community.push.keys import key_in

migrate = Migrate(directory=str(ROOT / "community" / "migrations"), render_as_batch=True, compare_type=True)
csrf = CSRFProtect()


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Raises WrongSetting with one sentence when a setting cannot be used."""
    settings = settings or load_settings()
    app = Flask(__name__, instance_path=str(ROOT / "instance"))
    app.jinja_environment = face.Templates
    configure(app, settings)
    # the domain
    db.init_app(app)
    migrate.init_app(app, db)
    cards.lay_out()
    readers.init(settings)
    readers.wake_with(app, settings)
    cli.init_app(app)
    # its face
    hostile.init_app(app)
    limits.init_app(app, settings)
    csrf.init_app(app)
    doors.init_app(app)
    language.init_app(app, save=shell.keep_language)
    face.init_app(app, load_shell=shell.load)
    once.init_app(app)
    mishaps.init_app(app)
    blueprints.register(app, csrf)
    live.init_app(app, settings)
    roles.init_app(app, settings)
    security_headers.init_app(app)
    # what the domain asks of the outside
    ports.url_of = addresses.url_of
    ports.compose = letters.compose
    ports.site = letters.site
    ports.say = letters.say
    ports.words_of = notifications.in_words
    ports.sign = letters.signer(app.config["SECRET_KEY"])
    ports.carry = letters.transport(settings)
    ports.send_mail = post
    ports.mail_from, ports.mail_domain = parseaddr(settings.MAIL_FROM)[1], settings.MAIL_DOMAIN
    ports.mail_host = letters.host_of(settings.MAIL_FROM)
    ports.push_key = cache(lambda: settings.PUSH_KEY or key_in(settings.run_folder.parent))
    ports.storage = lambda: current_app.config["STORAGE"]
    guards.now = guards_from(settings)
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Settings as Flask and its extensions want them."""
    logging.basicConfig(level=settings.LOG_LEVEL, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    url = settings.DATABASE_URL
    if settings.sqlite_path is not None:
        settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{settings.sqlite_path}"
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.SECRET_KEY or _development_key(),
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(url),
        STORAGE=storage_from_url(_absolute(settings.STORAGE_URL)),
        MAX_CONTENT_LENGTH=(settings.UPLOAD_MB + 1) * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="__Host-cohortium" if settings.https else "cohortium",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=60),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session lives: a form left open overnight still works
        WTF_CSRF_SSL_STRICT=settings.https,
        TESTING=settings.APP_ENV == "testing",
    )
    app.url_map.strict_slashes = False
    app.jinja_env.auto_reload = False
    if settings.TRUSTED_PROXIES:
        hops = settings.TRUSTED_PROXIES
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]


def _absolute(url: str) -> str:
    path = url.removeprefix("file://")
    return url if url == path or path.startswith("/") else f"file://{ROOT / path}"


def _development_key() -> str:
    """A key of this machine's own, made once, for development only (`load_settings` asks for one elsewhere)."""
    place = Path(ROOT) / "instance" / "secret_key"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(mode=0o600)
        place.write_text(secrets.token_urlsafe(48))
    return place.read_text()


def _start() -> Flask:
    try:
        return create_app()
    except WrongSetting as fault:
        sys.exit(f"Cohortium cannot start: {fault}")


def __getattr__(name: str) -> Flask:
    """`wsgi:app` for servers, made when first asked for, so that tests import this module without starting anything."""
    if name == "app":
        globals()["app"] = made = _start()
        return made
    raise AttributeError(name)

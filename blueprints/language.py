"""Language and time of the reader: which words, which zone, and dates as people say them.

The language is the person's own choice, else the choice made in this browser, else what the browser asks for, else
English. Sentences in code and templates are English and marked with `_()`; Dutch stands in
`translations/nl/LC_MESSAGES/messages.po`, which is read as it is: nothing has to be compiled.

`python -m blueprints.translations` prints the entries that lack a translation, ready to append and fill in.

Dates: `said(moment)` gives a `<time>` such as "16 minutes ago", "yesterday, 21:40", "Monday 8 June", "12 May 2025";
`say(moment)` gives the bare words, `day(date)` a date, `span(start, end)` a stretch of time. All in the reader's zone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_request_context, redirect, request
from flask_babel import Babel, Domain, get_locale, gettext, ngettext
from flask_login import current_user
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from community.clock import now

LANGUAGES = {"en": "English", "nl": "Nederlands"}
HOUSE_ZONE = "Europe/Amsterdam"
CATALOGUES = Path(__file__).resolve().parent / "translations"

Save = Callable[[str], None]


# Which language, which zone


def language() -> str:
    """The reader's language, one of LANGUAGES."""
    locale = getattr(g.get("_flask_babel"), "babel_locale", None) or get_locale()
    return locale.language if locale else "en"


def zone() -> ZoneInfo:
    """The reader's time zone. Read once a request."""
    kept: ZoneInfo | None = g.get("zone")
    if kept is not None:
        return kept
    name = getattr(_person(), "time_zone", None) or HOUSE_ZONE
    try:
        found = _zone(name)
    except (ZoneInfoNotFoundError, ValueError):
        found = _zone(HOUSE_ZONE)
    if has_request_context():
        g.zone = found
    return found


@lru_cache(maxsize=600)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _person() -> Any:
    """The signed-in person, or None. A page that tells of a failure asks for nobody: the database may be what failed."""
    if not has_request_context() or g.get("broken") or not hasattr(current_user, "is_authenticated"):
        return None
    return current_user if current_user.is_authenticated else None


def _select_language() -> str:
    if not has_request_context():
        return "en"
    for choice in (getattr(_person(), "language", None), request.cookies.get("language")):
        if choice in LANGUAGES:
            return str(choice)
    return request.accept_languages.best_match(LANGUAGES) or "en"


# The catalogue


@lru_cache(maxsize=len(LANGUAGES))
def _translations(code: str) -> NullTranslations:
    file = CATALOGUES / code / "LC_MESSAGES" / "messages.po"
    if not file.is_file():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(code))
    compiled.seek(0)
    return Translations(compiled)


def catalogue(code: str) -> Catalog:
    """The catalogue of one language as it stands in its file. Raises FileNotFoundError when there is none."""
    with (CATALOGUES / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=code)


class _Catalogues(Domain):
    """Flask-Babel's domain, reading .po files; the answer is kept for the request, for it is asked a hundred times a page."""

    def get_translations(self) -> NullTranslations:
        kept = getattr(g, "_flask_babel", None) if g else None
        found: NullTranslations | None = getattr(kept, "babel_translations", None)
        if found is None:
            found = _translations(str(get_locale() or "en"))
            if g:
                g._flask_babel.babel_translations = found
        return found


class _Babel(Babel):
    domain_instance = _Catalogues()


@lru_cache(maxsize=8_000)
def _told(code: str, words: str) -> Markup:
    return Markup(_translations(code).ugettext(words))  # noqa: S704 a sentence of ours or of our catalogue


@pass_eval_context
def told(ctx: EvalContext, words: str, /, **facts: Any) -> str:
    """`_()` of templates. A page says a hundred sentences, most of them without facts: those are looked up once a process."""
    found = _told(language(), words)
    if not ctx.autoescape:
        return str(found) % facts
    return found % facts if facts or "%" in found else found


# Dates as people say them


def say(moment: datetime) -> str:
    """A moment in words, in the reader's language and zone. Raises ValueError when `moment` has no time zone."""
    if moment.tzinfo is None:
        raise ValueError("say() needs an aware datetime")
    return teller()(moment)


def teller() -> Callable[[datetime], str]:
    """`say` for many moments at once: who reads, and what time it is, is asked once."""
    at_zone, code = zone(), language()
    today = now().astimezone(at_zone)
    return lambda moment: _moment_words(moment.astimezone(at_zone), today, code)


def said(moment: datetime | None) -> Markup:
    """`<time datetime="…">16 minutes ago</time>`; static/js/time.js keeps it fresh. Empty when there is no moment."""
    if moment is None:
        return Markup("")
    stamp = moment.isoformat(timespec="seconds")
    return Markup(f'<time datetime="{stamp}" data-said>{say(moment)}</time>')  # noqa: S704 our own words and digits


def _moment_words(local: datetime, today: datetime, code: str) -> str:
    seconds = int((today - local).total_seconds())
    days = (local.date() - today.date()).days
    if 0 <= seconds < 3600:
        return _ago(seconds // 60, 0, code)
    if seconds > 0 and days == 0:
        return _ago(0, seconds // 3600, code)
    hour = f"{local.hour:02}:{local.minute:02}"
    if -1 <= days <= 1:
        return _near(days, code) % hour
    if 1 < days < 7:
        return f"{_day_words(local.date(), True, False, code)}, {hour}"
    return _day_words(local.date(), -7 < days < 0, local.year != today.year, code)


@lru_cache(maxsize=500)
def _ago(minutes: int, hours: int, code: str) -> str:
    if hours:
        return ngettext("%(num)d hour ago", "%(num)d hours ago", hours)
    return ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes) if minutes else gettext("just now")


@lru_cache(maxsize=20)
def _near(days: int, code: str) -> str:
    return {
        -1: gettext("yesterday, %(hour)s", hour="%s"),
        0: gettext("today, %(hour)s", hour="%s"),
        1: gettext("tomorrow, %(hour)s", hour="%s"),
    }[days]


def day(value: date | datetime) -> str:
    """A date in words: "Monday 8 June", with the year when it is not this one. A moment counts in the reader's zone."""
    today = now().astimezone(zone()).date()
    if isinstance(value, datetime):
        value = value.astimezone(zone()).date()
    return _day_words(value, abs(value - today) < timedelta(days=200), value.year != today.year, language())


def hour(moment: datetime) -> str:
    """The time of day in the reader's zone, as 21:40."""
    return moment.astimezone(zone()).strftime("%H:%M")


def span(start: datetime, end: datetime | None) -> str:
    """From here to there: "Tuesday 9 June, 10:30 to 12:00", or over days "Monday 8 June to Thursday 11 June"."""
    if end is None:
        return f"{day(start)}, {hour(start)}"
    if start.astimezone(zone()).date() == end.astimezone(zone()).date():
        return gettext("%(day)s, %(start)s to %(end)s", day=day(start), start=hour(start), end=hour(end))
    return gettext("%(start)s to %(end)s", start=day(start), end=day(end))


@lru_cache(maxsize=4000)
def _day_words(value: date, weekday: bool, year: bool, code: str) -> str:
    pattern = ("EEEE " if weekday else "") + "d MMMM" + (" y" if year else "")
    return format_date(value, pattern, locale=code)


# Wiring


def init_app(app: Flask, *, save: Save | None = None) -> None:
    """Set up languages on `app`. `save(code)` keeps a signed-in person's choice; without it the browser keeps it."""
    _Babel().init_app(
        app, default_timezone=HOUSE_ZONE, locale_selector=_select_language, timezone_selector=lambda: zone().key
    )
    app.jinja_env.globals.update(_=told, gettext=told)
    app.jinja_env.filters.update(said=said, say=say, day=day, hour=hour)
    app.jinja_env.globals.update(language=language, languages=LANGUAGES, span=span, zone=zone)

    def choose() -> BaseResponse:
        """Change the language, and go back to where one was."""
        from blueprints.face import safe_path

        answer = redirect(safe_path(request.form.get("next")), 303)
        code = request.form.get("language", "")
        if code in LANGUAGES:
            if save is not None and _person() is not None:
                save(code)
            answer.set_cookie(
                "language",
                code,
                max_age=365 * 86400,
                samesite="Lax",
                httponly=True,
                secure=app.config["SESSION_COOKIE_SECURE"],
            )
        return answer

    app.add_url_rule("/language", "language", choose, methods=["POST"])

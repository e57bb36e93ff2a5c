"""What every page shares: icons, avatars, audience badges, the masthead's `Shell`, and assets with a version in the address.

The small parts that a stream repeats a hundred times are functions that keep what they made, for a macro call costs as
much as a short list; the larger parts are macros in `templates/parts/`. In every template, without an import:

    icon("lock"), icon("check", "s")                      an icon of static/icons.svg; sizes "", "s", "l"
    avatar(person), avatar(person, "s", here=True)        picture or initials; sizes "", "s", "l", "xl"
    avatar_of(name, key, picture_url, "s")                the same, from bare values; `key` is what the hue is made of
    audience(item)                                        who can read, as a badge: .audience, .space_name, .space_kind,
                                                          .audience_count (people named)
    audience_of("space", "Team Noorderlicht", "team")     the same, from bare values
    menu_of(key, label, [(words, url, icon, risk), …])    a button "…" with a menu of links
    menu_links([…])             what is in it, for a menu that holds more
    kept(macro, cards, …)                                 each PostCard or CommentCard as the macro draws it, drawn once
    csrf()                                                the hidden field of every <form method="post">
    asset("app.css")                                      the address of a file in static/
    shell()                                               the reader's `Shell`, for the masthead only
    reader()                                              who reads, for the frame of the page
    part("masthead", me=me, …)                            a part of the frame, drawn once for each set of facts
    current_user, language(), languages, span(start, end), theme()
    filters: |said |say |day |hour (language.py), |bytes ("1.2 MB"), |number ("1,204")

A request with the header `X-Fragment` comes from our own modules and wants the part alone: `wants_fragment()`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from babel.numbers import format_decimal
from flask import Flask, Response, current_app, g, redirect, request, send_from_directory, session
from flask.templating import Environment
from flask_babel import gettext, ngettext
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as BaseResponse

from blueprints.language import language, teller
from blueprints.shapes import (
    AreaShown,
    Attached,
    CommentCard,
    MenuItem,
    OptionRow,
    Pictured,
    PollCard,
    PostCard,
    PreviewCard,
    Shared,
)
from community.errors import _l
from community.people.initials import hue, initials

_ = gettext
STATIC = Path(__file__).resolve().parent.parent / "static"
A_YEAR = 365 * 86400
_RENAMES = re.compile(r"/(files|folders)/\d+/rename")


class Templates(Environment):
    """Flask's templates, whose globals are one plain dictionary. Jinja lays a chain of two over each template, so that one may have
    globals of its own: none of ours has, and to walk the chain takes a tenth of a page's time.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


# The masthead


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a menu."""

    words: str
    url: str
    icon: str = "arrow-right"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, for the frame of the page."""

    id: int
    name: str
    handle: str
    picture_url: str


@dataclass(frozen=True, slots=True)
class Shell:
    """What the masthead needs to know of the reader. `init_app(load_shell=…)` says who fills it, once a page."""

    unread: int = 0
    messages: int = 0
    team_name: str = ""
    team_url: str = ""
    is_coach: bool = False
    is_administrator: bool = False
    organisation: str = ""
    new: tuple[Link, ...] = ()


LoadShell = Callable[[], Shell]


def shell() -> Shell:
    """The reader's shell: filled once a request, empty for who is not signed in."""
    if "shell" not in g:
        load: LoadShell | None = current_app.extensions["load_shell"]
        known = load is not None and not g.get("broken") and current_user.is_authenticated
        found = load() if load is not None and known else Shell()
        settings = current_app.config.get("SETTINGS")
        if not found.organisation and settings is not None and settings.ORGANISATION != type(settings).ORGANISATION:
            found = replace(found, organisation=settings.ORGANISATION)  # the default is no name to show
        g.shell = found
    kept_shell: Shell = g.shell
    return kept_shell


def reader() -> Reader | None:
    """Who is signed in, asked once a request; None for a stranger."""
    if "reader" not in g:
        who = current_user._get_current_object() if current_user.is_authenticated else None
        g.reader = who and Reader(who.id, who.name, who.handle, who.picture_url)
    found: Reader | None = g.reader
    return found


def theme() -> str:
    """ "light" or "dark" when the reader chose one in this browser, else "" for what the system says."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in ("light", "dark") else ""


# Small parts, kept once made


@lru_cache(maxsize=1000)
def _icon(name: str, size: str, sheet: str) -> Markup:
    return Markup('<svg class="i{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        f" {size}" if size else "", sheet, name
    )


def icon(name: str, size: str = "") -> Markup:
    """An icon of static/icons.svg, hidden from screen readers: words stand beside it."""
    return _icon(name, size, asset("icons.svg"))


@lru_cache(maxsize=5000)
def avatar_of(name: str, key: object, picture_url: str = "", size: str = "", here: bool = False) -> Markup:
    """A face: the picture, or the initials on a hue that stays the same for the same `key` (a handle or an id).

    Hidden from screen readers, because the name always stands beside it.
    """
    kind = "".join((" " + size if size else "", " here" if here else ""))
    if picture_url:
        return Markup('<span class="avatar{}" aria-hidden="true"><img src="{}" alt="" loading="lazy"></span>').format(
            kind, picture_url
        )
    return Markup('<span class="avatar{}" data-hue="{}" aria-hidden="true">{}</span>').format(
        kind, hue(key), initials(name)
    )


def avatar(person: Any, size: str = "", here: bool = False) -> Markup:
    """The face of someone with .name and .handle, and perhaps .picture_url or .picture_key (a row of the table)."""
    picture = getattr(person, "picture_url", "")
    if not picture and getattr(person, "picture_key", None):
        picture = f"/people/{person.handle}/picture?v={person.picture_key[-8:]}"
    return avatar_of(person.name, person.handle, picture, size, here)


AUDIENCES = {
    "only_me": ("me", "lock"),
    "people": ("people", "users"),
    "coach": ("coach", "message-square-quote"),
    "space": ("team", "users"),
    "organisation": ("org", "building-2"),
}


def audience_words(audience: str, space_name: str = "", people: int | None = None) -> str:
    """Who can read something, in words."""
    if audience == "only_me":
        return _("Only me")
    if audience == "people":
        return _("People I name") if people is None else ngettext("%(num)d person", "%(num)d people", people)
    if audience == "coach":
        return _("Author and coach")
    if audience == "space":
        return space_name or _("Everyone in this space")
    return _("Everyone at %(organisation)s", organisation=shell().organisation or _("this organisation"))


def audience_mark(audience: str, space_kind: str = "") -> tuple[str, str]:
    """The `data-aud` and the icon of an audience; a cohort looks different from a team."""
    if audience == "space" and space_kind in ("cohort", "programme"):
        return "cohort", "graduation-cap"
    return AUDIENCES.get(audience, AUDIENCES["organisation"])


@lru_cache(maxsize=2000)
def _audience_badge(
    audience: str, space_name: str, space_kind: str, people: int | None, code: str, organisation: str, version: str
) -> Markup:
    mark, name = audience_mark(audience, space_kind)
    words = audience_words(audience, space_name, people)
    return Markup('<span class="badge" data-aud="{}">{}<span class="vh">{} </span>{}</span>').format(
        mark, icon(name), _("Who can read:"), words
    )


def audience_of(audience: str, space_name: str = "", space_kind: str = "", people: int | None = None) -> Markup:
    """The badge that says who can read. Never left out of an item."""
    organisation = shell().organisation if audience == "organisation" else ""
    return _audience_badge(audience, space_name, space_kind, people, language(), organisation, _version())


def audience(item: Any) -> Markup:
    """The badge of an item with .audience, and perhaps .space_name, .space_kind, .audience_count."""
    return audience_of(
        item.audience,
        getattr(item, "space_name", None) or "",
        getattr(item, "space_kind", None) or "",
        getattr(item, "audience_count", None),
    )


REACTIONS = {
    "insight": ("lightbulb", _l("Insight")),
    "thanks": ("hand-heart", _l("Thanks")),
    "celebrate": ("party-popper", _l("Celebrate")),
    "me-too": ("circle-question-mark", _l("Me too")),
}


def stream_words() -> SimpleNamespace:
    """Every word and icon of posts and comments, looked up once a page instead of once a post."""
    return _stream_words(language(), _version())


@lru_cache(maxsize=8)
def _stream_words(code: str, version: str) -> SimpleNamespace:
    def both(drawn: str, words: str) -> Markup:
        return icon(drawn, "s") + escape(words)

    return SimpleNamespace(
        kinds={
            "question": both("circle-question-mark", _("Question")),
            "poll": both("vote", _("Poll")),
            "praise": both("award", _("Praise")),
            "announcement": both("megaphone", _("Announcement")),
            "gem": both("star", _("Gem")),
        },
        reactions={
            name: icon(drawn, "s") + Markup("<span>{}</span>").format(_(words))
            for name, (drawn, words) in REACTIONS.items()
        },
        answered=both("circle-check", _("Question, answered")),
        accepted=both("check", _("Accepted")),
        pinned=both("pin", _("Pinned")),
        hidden=both("eye", _("Hidden from the stream")),
        archived=both("archive", _("Archived")),
        locked=both("lock", _("Locked")),
        shared=_("Shared from"),
        with_others=_("Shared with people you are not among."),
        talk=_("Answer there"),
        balloon=icon("message-circle", "s"),
        reply=both("reply", _("Reply")),
        answer=_("Reply"),
        edited=_("edited"),
        accept=both("circle-check", _("This answers it")),
        unaccept=both("rotate-ccw", _("Not the answer")),
        thanks=escape(_("For %(names)s", names="%s")),
        anonymous=_("Nobody sees who chose what."),
        named=_("Everybody sees who chose what."),
        closed=_("This poll is closed."),
        closes=_("Closes:"),
        choose=_("Your choice"),
        vote=_("Vote"),
        change=_("Change my choice"),
        my_vote=_("your choice"),
        remove_preview=_("Remove this preview"),
        inside=_("in"),
        to=_("to"),
        removed=_("Removed by the author."),
        post_by=_("Post by"),
        more_post=_("More for this post by"),
        more_comment=_("More for this comment by"),
    )


@lru_cache(maxsize=2000)
def _menu_items(items: tuple[MenuItem, ...], version: str) -> Markup:
    out = []
    for words, url, name, risk in items:
        if url is None:
            out.append(Markup("<hr>"))
            continue
        opens = (
            url.endswith(("/delete", "/unpack"))
            or url.startswith("/who/")
            or ("/files-picked?" in url and not url.endswith("do=zip"))
            or _RENAMES.fullmatch(url)
        )
        more = (Markup(' class="risk"') if risk else "") + (Markup(" data-dialog") if opens else Markup())
        out.append(Markup('<a href="{}"{}>{}{}</a>').format(url, more, icon(name), words))
    return Markup("").join(out)


def menu_of(key: str, label: str, items: Iterable[MenuItem]) -> Markup:
    """A button "…" and its menu of links. A url of None draws a line; a link to …/delete, /who/… or to what is done to files opens
    as a dialog.
    """
    held, dots = _menu_items(tuple(items), _version()), icon("ellipsis")
    return Markup(  # noqa: S704 escaped by hand, because a stream has twenty of these
        f'<button class="btn icon s" type="button" popovertarget="menu-{escape(key)}" aria-label="{escape(label)}">{dots}</button>'
        f'<div class="menu" id="menu-{escape(key)}" popover>{held}</div>'
    )


def menu_links(items: Iterable[MenuItem]) -> Markup:
    """What is in such a menu, for one that holds more than links."""
    return _menu_items(tuple(items), _version())


def _facts(value: Any, tell: Callable[[datetime], str]) -> Any:
    """A card as plain values that can be compared: what it holds, and how its moments are said now."""
    kind = type(value)
    if kind is datetime:
        return value, tell(value)
    if kind in _CARDS:
        value = _CARDS[kind](value)
    elif kind is not list and kind is not tuple:
        return value
    return tuple([held if type(held) in _PLAIN else _facts(held, tell) for held in value])


_SHAPES = (PostCard, CommentCard, AreaShown, Attached, Pictured, PollCard, OptionRow, PreviewCard, Shared)
_CARDS = {kind: attrgetter(*(field.name for field in fields(kind))) for kind in _SHAPES}
_PLAIN = frozenset({str, int, bool, type(None), Markup})


_drawn: dict[tuple[Any, ...], str] = {}
_DRAWN = 4_000
_TOKEN_HERE = Markup("\0token\0")  # NUL stands in no text of ours: community.markup.clean_text
_PLACE_HERE = Markup("\0here\0")


_parts: dict[tuple[Any, ...], str] = {}


def part(name: str, **facts: Any) -> Markup:
    """The part `templates/parts/<name>.html` of the frame of every page, drawn once for each set of facts that it shows. It
    knows its facts (hashable ones), the token, where the reader is, and what is the same in all requests: no more.
    """
    key = (name, language(), theme(), _version(), *facts.values())
    found = _parts.get(key)
    if found is None:
        if len(_parts) >= _DRAWN:
            _parts.clear()
        drawn = current_app.jinja_env.get_template(f"parts/{name}.html")
        found = _parts[key] = drawn.render(csrf=lambda: _TOKEN_HERE, here=lambda: _PLACE_HERE, **facts)
    if _TOKEN_HERE in found:  # a page without a form has no token, and asks for none
        found = found.replace(_TOKEN_HERE, csrf()).replace(_PLACE_HERE, escape(here()))
    return Markup(found)  # noqa: S704 drawn by a template of ours


def kept(draw: Any, cards: Iterable[Any], *more: Any) -> Markup:
    """What the macro `draw(card, token, …)` makes of each PostCard or CommentCard, drawn once for as long as nothing that it shows
    changes. The token of this request is put in afterwards.
    """
    around = (draw.name, more, language(), shell().organisation, _version())
    tell = teller()
    whole = []
    for card in cards:
        key = (around, _facts(card, tell))
        found = _drawn.get(key)
        if found is None:
            if len(_drawn) >= _DRAWN:
                _drawn.clear()
            found = _drawn[key] = str(draw(card, _TOKEN_HERE, *more))
        whole.append(found)
    return Markup("".join(whole).replace(_TOKEN_HERE, csrf()))  # noqa: S704 drawn by a template of ours


def csrf() -> Markup:
    """The hidden field that proves that a form came from a page of ours."""
    return Markup(f'<input type="hidden" name="csrf_token" value="{escape(csrf_token())}">')  # noqa: S704 escaped


_tokens: dict[str, str] = {}


def csrf_token() -> str:
    """The token of that field. It holds as long as its session does, so it is signed once for each, not once for each page."""
    found: str | None = g.get("csrf_token")
    if found is None:
        found = _tokens.get(session.get("csrf_token", ""))
        if found is None:
            found = generate_csrf()
            if len(_tokens) >= _DRAWN:
                _tokens.clear()
            _tokens[session["csrf_token"]] = found
        g.csrf_token = found  # where the library keeps it
    return found


def size_words(count: int | None) -> str:
    """A size in bytes, as people say it: 38 kB, 1.2 MB. Powers of 1000, as disks are sold."""
    if count is None:
        return ""
    if count < 1000:
        return ngettext("%(num)d byte", "%(num)d bytes", count)
    power = next((power for power in (1, 2, 3) if count < 999.5 * 1000**power), 4)
    value = count / 1000**power
    unit = ("kB", "MB", "GB", "TB")[power - 1]
    return f"{format_decimal(value, '0.#' if value < 10 else '0', locale=language())} {unit}"


def number(value: int | float) -> str:
    """A number with the separators of the reader's language."""
    return format_decimal(value, locale=language())


# Addresses and requests


def safe_path(target: str | None, default: str = "/") -> str:
    """`target` when it is a path on this site, else `default`: a redirect never leaves the house (ASVS 3.7.2)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    return default if any(ord(letter) < 32 or letter == "\\" for letter in target) else target


def here() -> str:
    """Where the reader is, for forms that come back here; the front door when this page answers a form."""
    return request.full_path.rstrip("?") if request.method == "GET" else "/"


def wants_fragment() -> bool:
    """Whether one of our own modules asks, and wants the part alone instead of the whole page."""
    return request.headers.get("X-Fragment") == "1"


@cache
def _version() -> str:
    """A name for the present content of static/: eight letters that change when a file does."""
    content = hashlib.sha256()
    for file in sorted(STATIC.rglob("*")):
        if file.is_file():
            content.update(file.relative_to(STATIC).as_posix().encode() + b"\0" + file.read_bytes())
    return content.hexdigest()[:8]


def asset(name: str) -> str:
    """The address of a file in static/. It changes with the content, so that browsers may keep it for a year."""
    return f"/assets/{_version()}/{name}"


def _serve_asset(version: str, name: str) -> Response:
    """A file of static/ under its versioned address; an old version in the address gets today's file, unkept."""
    answer = send_from_directory(STATIC, name, conditional=True)
    if version == _version():
        answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return answer


def _choose_theme() -> BaseResponse:
    """Light or dark in this browser, and back to where one was. "system" forgets the choice."""
    answer = redirect(safe_path(request.form.get("next")), 303)
    chosen = request.form.get("theme", "")
    if chosen in ("light", "dark"):
        answer.set_cookie(
            "theme", chosen, max_age=A_YEAR, samesite="Lax", secure=current_app.config["SESSION_COOKIE_SECURE"]
        )
    else:
        answer.delete_cookie("theme")
    return answer


def init_app(app: Flask, *, load_shell: LoadShell | None = None) -> None:
    """Give templates their words and parts. `load_shell()` fills the masthead of a signed-in reader, once a page."""
    app.add_url_rule("/assets/<version>/<path:name>", "asset", _serve_asset)
    app.add_url_rule("/theme", "theme", _choose_theme, methods=["POST"])
    app.extensions["load_shell"] = load_shell
    if app.debug:
        app.before_request(_version.cache_clear)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        icon=icon,
        avatar=avatar,
        avatar_of=avatar_of,
        audience=audience,
        audience_of=audience_of,
        audience_words=audience_words,
        audience_mark=audience_mark,
        csrf=csrf,
        menu_of=menu_of,
        menu_links=menu_links,
        kept=kept,
        part=part,
        reader=reader,
        stream_words=stream_words,
        asset=asset,
        shell=shell,
        theme=theme,
        here=here,
        wants_fragment=wants_fragment,
    )
    app.jinja_env.filters.update(bytes=size_words, number=number)

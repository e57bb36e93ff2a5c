"""What reaches me, and how: the matrix, levels, times. For oneself, for a space or a thing, and for everybody who never chose.

A choice that is left at "default" is not kept, so that it goes on following what the administrators decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints import notice_words
from blueprints.accounts import form_page
from blueprints.addresses import hold_places, url_of
from blueprints.cards import role_words, space_title, title_of
from blueprints.doors import actor, me
from blueprints.face import safe_path
from community.errors import Invalid
from community.notifications.actions import set_notice_defaults
from community.notifications.choices import (
    COACHING,
    DEFAULT_LEVELS,
    HOUSE,
    PERSONAL,
    RHYTHMS,
    ROLE_ORDER,
    WAITS,
    Choices,
    checked,
    matrix_name,
    role_of,
)
from community.notifications.digest import next_digest
from community.notifications.keeping import (
    LEVELLED,
    SITE,
    choices_of,
    choose,
    chosen_level,
    chosen_levels,
    defaults,
    forget_level,
    level_above,
    level_in,
    levels_of,
    set_level,
)
from community.notifications.reasons import LEVEL_NAMES, channels_offered, topics_told
from community.permissions import thing_for, things_for
from community.spaces.models import Space
from community.spaces.queries import my_spaces

bp = Blueprint("notice_settings", __name__)

SPACES = 100
"""Spaces on the page; others have their level in their own head."""
TIMES = ("wait", "cap", "digest", "coaching", "hour")
PICKED = [name for name in HOUSE if name not in (*PERSONAL, "content")]
"""What a form chooses from a list, by its name."""


@dataclass(frozen=True)
class Cell:
    """One choice of the matrix: its name, what was chosen ("" inherits), and what is inherited."""

    name: str
    words: str
    value: str
    inherited: str


@dataclass(frozen=True)
class Pick:
    """A list to choose from: `items` as value and words, the first of them inherits."""

    name: str
    words: str
    items: list[tuple[str, str]]
    value: str
    hint: str = ""


def _matrix(choices: Choices) -> dict[str, Any]:
    channels = channels_offered()
    rows = []
    for topic in topics_told():
        words = notice_words.topic_words(topic)
        cells = []
        for channel in channels:
            name = matrix_name(topic, channel)
            label = f"{words}: {notice_words.channel_words(channel)}"
            cells.append(Cell(name, label, choices.mine.get(name, ""), choices.inherited(name)))
        rows.append((words, cells))
    return {"columns": [notice_words.channel_words(channel) for channel in channels], "rows": rows}


def _times(choices: Choices, *, coaches: bool = True) -> list[Pick]:
    """When mails come: the wait, the cap, the digest, for who coaches the letter to coaches, and the hour of both."""
    hours = [(str(hour), f"{hour:02d}:00") for hour in range(24)]
    ways: dict[str, tuple[str, list[tuple[str, str]], str]] = {
        "wait": (
            _("A mail waits for"),
            [(str(one), notice_words.wait_words(one)) for one in WAITS],
            _("What comes meanwhile goes along; what you read meanwhile does not."),
        ),
        "cap": (
            _("Mails a day at most"),
            [(str(one), str(one)) for one in (1, 3, 5, 10, 20, 50, 100)],
            _("The rest goes into your digest."),
        ),
        "digest": (_("The digest comes"), [(one, notice_words.rhythm_words(one)) for one in RHYTHMS], ""),
        "coaching": (
            _("The letter to coaches comes"),
            [(one, notice_words.rhythm_words(one)) for one in COACHING],
            _(
                "What waits and for how long, and which teams are silent. When there is nothing of that, it does not come."
            ),
        ),
        "hour": (_("The digest comes at"), hours, _("In your own time zone. Without news there is none.")),
    }
    return [_pick(choices, name, *ways[name]) for name in TIMES if coaches or name != "coaching"]


def _pick(choices: Choices, name: str, words: str, items: list[tuple[str, str]], hint: str = "") -> Pick:
    inherited, mine = choices.inherited(name), choices.mine.get(name, "")
    for value in (inherited, mine):
        if value and value not in dict(items):
            items = [*items, (value, notice_words.wait_words(int(value)) if name == "wait" else value)]
    first = ("", _("Default: %(value)s", value=dict(items)[inherited]))
    return Pick(name, words, [first, *items], mine, hint)


def _team(choices: Choices, words: str, hint: str = "") -> Pick:
    return _pick(choices, "team", words, [(one, notice_words.level_words(one)) for one in DEFAULT_LEVELS], hint)


# ---- one's own


@bp.get("/settings/notifications")
def mine() -> Response:
    """The matrix, the spaces, the times."""
    return _mine()


def _mine(fault: Invalid | None = None) -> Response:
    who = actor()
    choices = choices_of(who)
    shown = replace(choices, mine=_typed()) if fault is not None else choices
    hours = tuple(request.form.get(name, type=int) for name in ("quiet_from", "quiet_to"))
    role = role_of(set(who.roles.values()))
    return form_page(
        "settings/notifications.html",
        fault,
        matrix=_matrix(shown),
        times=_times(shown, coaches="coach" in who.roles.values()),
        team=_team(shown, _("My teams"), _("What holds in teams for which you chose nothing below.")),
        quiet=hours if fault is not None else choices.quiet,
        quiet_on="quiet_on" in request.form if fault is not None else choices.quiet is not None,
        holiday=choices.mine.get("holiday", ""),
        content=shown.value("content") == "on",
        content_forbidden=choices.site.get("content") == "off",
        spaces=_spaces(choices),
        levels=_levels(),
        **_things(),
        role=role_words(role) if role else "",
        chose=len(choices.mine),
    )


def _typed() -> dict[str, str]:
    """What was chosen, as far as it can be, for a page that comes back with a fault."""
    typed = {name: request.form[name] for name in HOUSE if request.form.get(name)}
    if request.form.get("no_content"):
        typed["content"] = "off"
    kept = {}
    for name, value in typed.items():
        with suppress(Invalid):
            kept[name] = checked(name, value)
    return kept


def _levels() -> list[tuple[str, str, str]]:
    return [(one, notice_words.level_words(one), notice_words.level_means(one)) for one in LEVEL_NAMES]


def _spaces(choices: Choices) -> list[tuple[Space, str, str, str]]:
    """My spaces: each with its title, the level chosen, and the one that is inherited in words."""
    who = actor()
    chosen = chosen_levels(who, "space")
    spaces = sorted(my_spaces(who), key=lambda space: space.id not in chosen)[:SPACES]
    found = []
    for space in spaces:
        inherited = choices.level(space.kind, who.roles.get(space.id))
        found.append((space, space_title(space), chosen.get(space.id, ""), notice_words.level_words(inherited)))
    return found


def _things() -> dict[str, Any]:
    """Pages, posts and other things for which I chose a level: how the form calls each, its title and where it is, the level."""
    found, more = levels_of(actor(), spaces=False, after=_cursor(request.args.get("after", "")), limit=SPACES)
    held = hold_places(one.thing for one in found if one.thing is not None)
    rows = [
        (
            f"{one.kind}-{one.number}",
            title_of(one.thing) if one.thing is not None else _("Something that you no longer see"),
            url_of(one.thing) if one.thing is not None else "",
            one.level,
        )
        for one in found
    ]
    del held
    later = f"/settings/notifications?after={more[0]}-{more[1]}#things" if more is not None else None
    return {"things": rows, "things_later": later}


def _cursor(name: str) -> tuple[str, int] | None:
    """`page-12`: a thing by its kind and number; None for what is none."""
    kind, _dash, number = name.partition("-")
    known = kind in LEVELLED and number.isascii() and number.isdigit() and len(number) <= 18
    return (kind, int(number)) if known else None


def _wanted(names: list[str], form: Mapping[str, str]) -> dict[str, str | None]:
    """What a form says of these names: nothing chosen inherits; what the form does not name stays."""
    return {name: form[name] or None for name in names if name in form}


@bp.post("/settings/notifications")
def save() -> Response:
    """Keep what was chosen; what stands at its default is forgotten."""
    form = request.form
    wanted = _wanted(PICKED, form)
    wanted["quiet"] = f"{form.get('quiet_from', '')}-{form.get('quiet_to', '')}" if form.get("quiet_on") else None
    wanted["holiday"] = form.get("holiday") or None
    if "content_asked" in form:
        wanted["content"] = "off" if form.get("no_content") else None
    try:
        choose(actor(), wanted)
    except Invalid as fault:
        return _mine(fault)
    flash(_("Saved."), "ok")
    return redirect("/settings/notifications", 303)


@bp.post("/settings/notifications/spaces")
def save_spaces() -> Response:
    """Keep the levels of my spaces that were changed."""
    who, form = actor(), request.form
    chosen = chosen_levels(who, "space")
    spaces = {space.id: space for space in my_spaces(who)}
    try:
        for number, space in spaces.items():
            wanted = form.get(f"space-{number}")
            if wanted is not None and wanted != chosen.get(number, ""):
                set_level(who, space, wanted or None)
    except Invalid as fault:
        return _mine(fault)
    flash(_("Saved."), "ok")
    return redirect("/settings/notifications#spaces", 303)


@bp.post("/settings/notifications/things")
def save_things() -> Response:
    """Keep the levels of things that were changed; of what I no longer see, only that I choose none any more."""
    who = actor()
    sent = {place: level for name, level in request.form.items() if (place := _cursor(name)) is not None}
    seen = things_for(who, list(sent)[: 2 * SPACES])
    chosen = {kind: chosen_levels(who, kind) for kind, _number in sent}
    try:
        for (kind, number), level in sent.items():
            if level == chosen[kind].get(number, ""):
                continue
            if not level:
                forget_level(who, kind, number)
            elif (kind, number) in seen:
                set_level(who, seen[kind, number], level)
    except Invalid as fault:
        return _mine(fault)
    flash(_("Saved."), "ok")
    return redirect("/settings/notifications#things", 303)


@bp.post("/settings/notifications/forget")
def forget() -> Response:
    """Follow the defaults again, in everything but quiet hours and holidays."""
    choose(actor(), dict.fromkeys(name for name in HOUSE if name not in PERSONAL))
    flash(_("You follow the defaults again."), "ok")
    return redirect("/settings/notifications", 303)


@bp.get("/settings/notifications/digest")
def digest() -> str:
    """What my digest would hold if it came now."""
    sections = next_digest(actor(), me())
    return render_template(
        "settings/digest.html", sections=sections, say=notice_words.words_of, choices=choices_of(actor())
    )


# ---- a space, a thing


def _thing(kind: str, number: int) -> Any:
    return thing_for(actor(), kind, number, among=LEVELLED)


@bp.get("/notifications/level/<kind>/<int:number>")
def level_form(kind: str, number: int) -> Response:
    """How near I want to be to this."""
    return _level(_thing(kind, number), kind)


def _level(thing: Any, kind: str, fault: Invalid | None = None) -> Response:
    who = actor()
    if kind == "space":
        name, inherited = space_title(thing), choices_of(who).level(thing.kind, who.roles.get(thing.id))
    else:
        space = getattr(thing, "space", None)
        name = title_of(thing)
        # who watches a space hears of its new posts, not of each answer below them
        inherited = "muted" if space is not None and level_in(who, space)[0] == "muted" else "normal"
        inherited = level_above(who, thing) or inherited  # of a page: what was chosen for one above it
    return form_page(
        "notifications/level.html",
        fault,
        kind=kind,
        number=thing.id,
        name=name,
        level=chosen_level(who, kind, thing.id) or "",
        inherited=notice_words.level_words(inherited),
        levels=_levels(),
        back=url_of(thing),
    )


@bp.post("/notifications/level/<kind>/<int:number>")
def keep_level(kind: str, number: int) -> Response:
    """Keep the level of a space or a thing, and go back to it."""
    thing = _thing(kind, number)
    back = url_of(thing)
    try:
        set_level(actor(), thing, request.form.get("level") or None)
    except Invalid as fault:
        return _level(_thing(kind, number), kind, fault)
    flash(_("Saved."), "ok")
    return redirect(safe_path(request.form.get("next"), back), 303)


# ---- for everybody who never chose


def _scope() -> str:
    role = request.args.get("role", "")
    return f"role:{role}" if role in ROLE_ORDER else SITE


def _everybody(fault: Invalid | None = None) -> Response:
    scope, known = _scope(), defaults()
    above = known.get(SITE, {}) if scope != SITE else {}
    here: Mapping[str, str] = known.get(scope, {})
    if fault is not None:
        here = _typed()
    choices = Choices(site=above, mine=here)
    tabs = [("", _("Everybody"), "/admin/notifications", None)]
    tabs += [(role, role_words(role).capitalize(), f"/admin/notifications?role={role}", None) for role in ROLE_ORDER]
    return form_page(
        "admin/notifications.html",
        fault,
        scope=scope,
        tabs=tabs,
        tab_open=scope.partition(":")[2],
        matrix=_matrix(choices),
        times=[*_times(choices), _team(choices, _("Teams of members and coaches"))],
        content=known.get(SITE, {}).get("content", "on") == "on",
        wording=_told_of(scope),
    )


def _told_of(scope: str) -> str:
    if scope == SITE:
        return _("What you choose here applies to everybody who never chose, from now on.")
    return _(
        "What you choose here applies to everybody with this role who never chose, from now on. It goes before what holds for "
        "everybody."
    )


@bp.get("/admin/notifications")
def everybody() -> Response:
    """What holds for who never chose; `?role=` for a role."""
    return _everybody()


@bp.post("/admin/notifications")
def save_everybody() -> Response:
    """Decide it."""
    form, scope = request.form, _scope()
    wanted = _wanted(PICKED, form)
    if scope == SITE and "content_asked" in form:
        wanted["content"] = "off" if form.get("no_content") else None
    try:
        set_notice_defaults(actor(), wanted, scope=scope)
    except Invalid as fault:
        return _everybody(fault)
    flash(_("Saved. It holds for everybody who never chose."), "ok")
    return redirect(request.full_path.rstrip("?"), 303)

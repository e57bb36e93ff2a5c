"""The coach's inbox: what waits in their teams, the longest first, with the words and the answer in one place.

Everything is a link or a form. Where scripts run, inbox.js asks the same addresses with `X-Fragment` and gets the part alone: the
pane of one thing, or, after something was done, the top of the page with its counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import hold_places, url_of
from blueprints.cards import picture_url, space_title
from blueprints.doors import actor, me
from blueprints.face import wants_fragment
from blueprints.inbox_panes import pane_of
from blueprints.inbox_words import (
    KIND_ICONS,
    SORT_ICONS,
    about_words,
    age_words,
    head_words,
    kind_words,
    name_of,
    sorts_words,
    span_words,
    when_words,
)
from blueprints.language import zone
from blueprints.mishaps import said, status_of
from blueprints.once import guarded
from community.clock import now
from community.coaching import actions, marks
from community.coaching.crew import coached_spaces
from community.coaching.measures import co_coaches, my_median, teams_of
from community.coaching.queries import (
    AGES,
    MADE,
    MOST,
    NAMES,
    TABS,
    Counts,
    Waiting,
    Wanted,
    agreed_for,
    counts_of,
    inbox_of,
    just_said,
    spaces_coached_by,
    thing_at,
)
from community.comments.models import Comment
from community.comments.queries import comment_for, held_by
from community.errors import Conflict, Invalid, NotFound
from community.kinds import ref_of
from community.markup import stored
from community.spaces.models import Space

bp = Blueprint("coaching", __name__)


class _Asked:
    """What the address asks for. What it does not know is left out, so that an old link still opens."""

    def __init__(self) -> None:
        self.teams = spaces_coached_by(actor())
        args = request.args
        self.tab = args.get("tab", "") if args.get("tab") in TABS else "waiting"
        self.space = next((team for team in self.teams if team.slug == args.get("space")), None)
        names = MADE if self.tab == "new" else NAMES
        self.name = args.get("kind", "") if args.get("kind") in names else ""
        self.age = args.get("age", "") if args.get("age") in AGES and self.tab == "waiting" else ""

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.tab, self.space.id if self.space else None, self.name, self.age)

    def url(self, **changes: str) -> str:
        """The address of this view, with something changed."""
        held = {
            "tab": self.tab if self.tab != "waiting" else "",
            "space": self.space.slug if self.space else "",
            "kind": self.name,
            "age": self.age,
            **changes,
        }
        query = urlencode({key: value for key, value in held.items() if value}, safe=":~")
        return f"/coaching?{query}" if query else "/coaching"

    def space_of(self, thing: Any) -> Space:
        """The team that something stands in."""
        found = next((team for team in self.teams if team.id == thing.space_id), None)
        if found is None:
            raise NotFound()
        return found


def _asked() -> _Asked:
    if not coached_spaces(actor()):
        raise NotFound()
    return _Asked()


def _row(item: Waiting, at: str, asked: _Asked) -> dict[str, Any]:
    words, tone = age_words(item)
    if item.snoozed_until is not None and asked.tab == "snoozed":
        words, tone = _("until %(day)s", day=when_words(item.snoozed_until, zone())), ""
    elif asked.tab in ("done", "new"):
        words, tone = "", ""
    said_last = item.comment.excerpt if item.comment is not None else ""
    return {
        "ref": item.ref,
        "url": asked.url(at=item.ref) + "#pane",
        "name": item.by.name if item.by else "",
        "handle": item.by.handle if item.by else "",
        "picture_url": picture_url(item.by) if item.by else "",
        "title": said_last or (f"“{item.quote}”" if item.quote else name_of(item.thing)),
        "about": about_words(item),
        "icon": SORT_ICONS.get(item.name) or KIND_ICONS.get(item.kind, "message-circle"),
        "age": words,
        "tone": tone,
        "at": item.done_at or item.latest,
        "times": item.times,
        "holder": item.holder.name if item.holder is not None and item.holder.id != actor().id else "",
        "on": item.ref == at,
    }


@bp.get("/coaching")
def inbox() -> str:
    """My inbox: `?tab=` one of five, `?space=bridge` of one team, `?kind=`, `?age=`, `?at=page:12` opens one."""
    asked = _asked()
    at = request.args.get("at", "")
    if at and wants_fragment():
        return _pane_alone(asked, at)
    return _page(asked, at)


def _pane_alone(asked: _Asked, at: str, draft: str = "", error: str = "") -> str:
    thing = thing_at(actor(), at)
    return render_template("coaching/_pane.html", **_drawn(asked, thing, draft, error))


def _drawn(asked: _Asked, thing: Any, draft: str = "", error: str = "") -> dict[str, Any]:
    pane = pane_of(actor(), thing, asked.space_of(thing))
    form = request.form if request.method == "POST" else {}
    kept = {"purpose": form.get("purpose", ""), "said_to": form.get("audience", "")}
    return {
        "pane": pane | kept | {"draft": draft, "error": error},
        "view": asked.url(),
        "query": asked.url().partition("?")[2],
        "tab": asked.tab,
        "seen": now().isoformat(),
        "co_coaches": co_coaches(actor()).get(thing.space_id, []),
    }


def _page(asked: _Asked, at: str, *, draft: str = "", error: str = "") -> str:
    who = actor()
    found = inbox_of(who, asked.wanted, after=request.args.get("after"))
    top = _top(asked)
    thing = thing_at(who, at) if at else (found.items[0].thing if found.items else None)
    ref = ref_of(thing) if thing is not None else ""
    drawn = _drawn(asked, thing, draft, error) if thing is not None else {"pane": None, "tab": asked.tab}
    page = render_template(
        "coaching/inbox.html",
        rows=[_row(item, ref, asked) for item in found.items],
        more=asked.url(after=found.next) if found.next else "",
        teams=_teams(),
        guide=_guide(asked),
        place="coaching",
        **top,
        **drawn,
    )
    if asked.tab == "new":
        marks.note_inbox(who)
    return page


def _top(asked: _Asked) -> dict[str, Any]:
    """The counts: the sentence below the title, the tabs and the filters."""
    who = actor()
    counts = counts_of(who)
    agreed = agreed_for(who)
    tabs = [(key, words, asked.url(tab=_as_tab(key), kind="", age=""), count) for key, words, count in _tabs(counts)]
    names = (
        list(MADE) if asked.tab == "new" else [name for name in NAMES if counts.names.get(name) or name == asked.name]
    )
    words = kind_words if asked.tab == "new" else sorts_words
    waiting = asked.tab == "waiting"
    return {
        "sentence": head_words(
            counts.waiting, counts.over, {one.terms.days for one in agreed.values()}, my_median(who)
        ),
        "tabs": tabs,
        "open_tab": asked.tab,
        "spaces": [("", _("All teams"), asked.url(space=""), counts.waiting if waiting else None)]
        + [
            (team.slug, team.name, asked.url(space=team.slug), counts.spaces.get(team.id, 0) if waiting else None)
            for team in asked.teams
        ],
        "space": asked.space.slug if asked.space else "",
        "kinds": [("", _("Every kind"), asked.url(kind=""), "list")]
        + [(name, words(name), asked.url(kind=name), SORT_ICONS.get(name) or KIND_ICONS[name]) for name in names],
        "kind": asked.name,
        "kind_said": words(asked.name) if asked.name else _("Kind"),
        "ages": [("", _("Any time"), asked.url(age="")), *((age, _age(age), asked.url(age=age)) for age in AGES)]
        if waiting
        else [],
        "age": asked.age,
        "age_said": _age(asked.age) if asked.age else _("Time left"),
        "waiting": counts.waiting,
        "held_count": len(held_by(who)),
    }


def _as_tab(key: str) -> str:
    return "" if key == "waiting" else key


def _age(age: str) -> str:
    return {"over": _("Over its time"), "today": _("Due today"), "later": _("There is time")}[age]


def _tabs(counts: Counts) -> list[tuple[str, str, int | str]]:
    def most(count: int) -> int | str:
        return f"{MOST - 1}+" if count >= MOST else count

    tabs: list[tuple[str, str, int | str]] = [
        ("waiting", _("Waiting for me"), counts.waiting),
        ("new", _("New in my teams"), most(counts.new)),
        ("snoozed", _("Snoozed"), most(counts.snoozed)),
        ("done", _("Done"), most(counts.done)),
    ]
    if counts.others or request.args.get("tab") == "others":
        tabs.append(("others", _("With co-coaches"), counts.others))
    return tabs


def _teams() -> list[dict[str, Any]]:
    """My teams this week."""
    at = now()
    return [
        {
            "name": row.space.name,
            "url": f"/spaces/{row.space.slug}",
            "coach_url": f"/spaces/{row.space.slug}/coach",
            "alive_at": row.alive_at,
            "alive": row.alive.name if row.alive is not None else "",
            "silent": _silent((at - row.alive_at).days if row.alive_at is not None else None) if row.silent else "",
            "open": row.open,
            "median": span_words(row.median) if row.median is not None else _("none yet"),
        }
        for row in teams_of(actor())
    ]


def _silent(days: int | None) -> str:
    if days is None:
        return _("No sign of life yet")
    return ngettext("Silent for %(num)d day", "Silent for %(num)d days", days)


def _guide(asked: _Asked) -> Any:
    """What coaches are asked to do, where all of the teams shown have the same; of one team its own."""
    teams = [asked.space] if asked.space else asked.teams
    agreed = agreed_for(actor())
    guides = {agreed[team.id].guide_html for team in teams} - {""}
    return stored(next(iter(guides))) if len(guides) == 1 else ""


# ---- what one does


@bp.post("/coaching")
def answer() -> Response | tuple[str, int] | str:
    """Answer in place, then on to what waits next."""
    asked, form = _asked(), request.form
    ref, body, held = form.get("ref", ""), form.get("body", ""), form.get("do") == "hold"
    thing = thing_at(actor(), ref)
    team = space_title(asked.space_of(thing))
    purpose, audience = form.get("purpose", ""), form.get("audience", "")
    try:
        made: Comment = guarded(
            lambda: actions.answer(actor(), thing, body=body, purpose=purpose, audience=audience, held=held)
        )
    except Invalid as fault:
        if wants_fragment():
            return _pane_alone(asked, ref, body, said(fault)), 422
        return _page(asked, ref, draft=body, error=said(fault)), 422
    if held:
        return _went(asked, _("Held. Only you can read it until you release it."), ref, "", stays=True)
    return _went(asked, _("Sent to %(space)s.", space=team), ref, f"unsay:{made.id}")


def result_went(words: str, ref: str, undo: str = "", *, stays: bool = False) -> Response | str:
    """A result was given or held from the pane of the inbox: as `_went`, of the view that the address names."""
    return _went(_asked(), words, ref, undo, stays=stays)


def pane_again(thing: Any, **typed: Any) -> str:
    """The pane of something that the reader came to, with what was typed there and why it was refused."""
    drawn = _drawn(_asked(), thing)
    return render_template("coaching/_pane.html", **drawn | {"pane": drawn["pane"] | typed})


def _went(asked: _Asked, words: str, ref: str, undo: str, *, stays: bool = False) -> Response | str:
    """Something was done: the list again, or for our own module the top of the page with the words and the way back. `stays`: the
    row does.
    """
    if wants_fragment():
        again = _Asked()
        return render_template("coaching/_went.html", said=words, ref=ref, undo=undo, stays=stays, **_top(again))
    flash(words, "message")
    return redirect(asked.url(), 303)


@bp.post("/coaching/marks")
def mark() -> Response | str | tuple[str, int]:
    """Put something off, be done with it, take it, give it back, or undo that: `do`, and `ref`."""
    asked, form, who = _asked(), request.form, actor()
    do, ref = form.get("do", ""), form.get("ref", "")
    if do.startswith("unsay:"):
        return _unsay(asked, do.partition(":")[2], ref)
    thing = thing_at(who, ref)
    upto = _moment(form.get("seen", ""))
    try:
        if do == "done":
            marks.finish(who, thing, upto=upto)
            return _went(asked, _("Done."), ref, "back")
        if do == "back":
            marks.bring_back(who, thing)
            return _went(asked, _("It is back where it was."), ref, "")
        if do.startswith("snooze"):
            word = do.partition(":")[2] or form.get("until", "")
            until = marks.moment_of(word, me().time_zone)
            marks.snooze(who, thing, until=until, upto=upto)
            return _went(asked, _("Put off until %(day)s.", day=when_words(until, zone())), ref, "back")
    except Invalid as fault:
        if wants_fragment():
            return _pane_alone(asked, ref, error=said(fault)), 422
        return _page(asked, ref, error=said(fault)), 422
    acts = {"take": actions.take_ask, "let-go": actions.let_go_ask, "close": actions.close_ask}
    if do not in acts or ref_of(thing).partition(":")[0] != "ask":
        raise NotFound()
    acts[do](who, thing)
    words = {
        "take": _("You are on it. The team and your co-coaches see that."),
        "let-go": _("It waits for all coaches again."),
        "close": _("Closed."),
    }[do]
    return _went(asked, words, "" if do == "take" else ref, "")


def _unsay(asked: _Asked, number: str, ref: str) -> Response | str:
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise NotFound()
    try:
        actions.unsay(actor(), comment_for(actor(), int(number)))
    except Conflict as fault:
        return _went(asked, said(fault), "", "")
    return _went(asked, _("Taken back, and held. It waits again."), ref, "")


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


# ---- held, and released together


@bp.get("/coaching/held")
def held() -> str:
    """What I hold, to release it together; and what I released just now, to take it back."""
    return _held()


def _held(error: str = "") -> str:
    who = actor()
    if not coached_spaces(who):
        raise NotFound()
    mine = held_by(who)
    places = hold_places(mine)
    return render_template(
        "coaching/held.html",
        rows=[
            {"id": one.id, "words": one.excerpt, "at": one.held_at, "url": url_of(one), "on": _on(one, places)}
            for one in mine
        ],
        fresh=[{"id": one.id, "words": one.excerpt, "on": _on(one, places)} for one in just_said(who)],
        error=error,
        place="coaching",
    )


def _on(comment: Comment, places: list[Any]) -> str:
    found = (one for one in places if not isinstance(one, Space) and one.id == comment.parent_id)
    return next((name_of(one) for one in found if ref_of(one) == f"{comment.parent_kind}:{comment.parent_id}"), "")


@bp.post("/coaching/held")
def release() -> Response | tuple[str, int]:
    """Release what was chosen; with `back`, take one back."""
    who, form = actor(), request.form
    if not coached_spaces(who):
        raise NotFound()
    try:
        if "back" in form:
            actions.unsay(who, comment_for(who, form.get("back", 0, type=int)))
            flash(_("Taken back, and held. It waits again."), "message")
        else:
            chosen = form.getlist("comment", type=int)
            made = actions.release(who, chosen)
            flash(ngettext("%(num)d comment released.", "%(num)d comments released.", len(made)), "message")
    except (Invalid, Conflict) as fault:
        return _held(said(fault)), status_of(fault)
    return redirect("/coaching/held" if form.get("back") or held_by(who) else "/coaching", 303)


@bp.get("/coaching/keys")
def keys() -> str:
    """The keys of the inbox."""
    if not coached_spaces(actor()):
        raise NotFound()
    return render_template("coaching/keys.html", place="coaching")

"""The coach's inbox: what waits in their teams, the longest first, with the words and the answer in one place."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.cards import comment_cards, picture_url, space_title
from blueprints.doors import actor
from blueprints.face import size_words
from blueprints.mishaps import said
from blueprints.once import guarded
from community.clock import now
from community.coaching.queries import ASKS, Inbox, Waiting, coached_spaces, count_waiting, inbox_of, spaces_coached_by
from community.comments.actions import create_comment
from community.comments.queries import comments_of
from community.errors import Invalid, NotFound
from community.kinds import kind_named, ref_of, split_ref
from community.markup import stored
from community.permissions import door, may
from community.wiki.links import with_links

bp = Blueprint("coaching", __name__)


def _what(item: Waiting) -> str:
    """What happened, in a word or two."""
    return {
        "post.created": _("Post"),
        "page.created": _("New page"),
        "page.edited": _("Page changed"),
        "file.uploaded": _("File"),
        "file.replaced": _("New version"),
        "entry.written": _("Journal entry"),
        "entry.edited": _("Journal entry changed"),
        "entry.shared": _("Journal entry"),
        "comment.created": _("Comment"),
    }.get(item.what, "")


_ICONS = {"post": "message-circle", "page": "book-open", "file": "file", "entry": "notebook-pen"}


def title_of(thing: Any) -> str:
    """What to call a thing in one line."""
    return str(getattr(thing, "title", "") or getattr(thing, "name", "") or getattr(thing, "excerpt", ""))


def waits(item: Waiting) -> tuple[str, str]:
    """How long something waits, and its tone: calm for two days, then a reminder, after five days an alarm."""
    hours = (now() - item.since).total_seconds() / 3600
    tone = "bad" if hours >= 120 else "warn" if hours >= 48 else ""
    if hours < 1:
        return _("just now"), tone
    if hours < 24:
        return ngettext("%(num)d hour", "%(num)d hours", int(hours)), tone
    return ngettext("%(num)d day", "%(num)d days", int(hours // 24)), tone


def _row(item: Waiting, at: str, query: str) -> dict[str, Any]:
    words, tone = waits(item)
    return {
        "ref": item.ref,
        "url": f"/coaching?{query}at={item.ref}#pane",
        "name": item.by.name if item.by else "",
        "handle": item.by.handle if item.by else "",
        "picture_url": picture_url(item.by) if item.by else "",
        "title": item.comment.excerpt if item.what == "comment.created" and item.comment else title_of(item.thing),
        "about": title_of(item.thing) if item.what == "comment.created" else "",
        "what": _what(item),
        "icon": _ICONS[item.kind],
        "space": item.space.name,
        "waits": words,
        "tone": tone,
        "times": item.times,
        "on": item.ref == at,
    }


@bp.get("/coaching")
def inbox() -> str:
    """What waits for me; `?space=bridge` of one team, `?at=page:12` opens one."""
    return _inbox()


def _inbox(*, at: str = "", draft: str = "", error: str = "") -> str:
    who = actor()
    if not coached_spaces(who):
        raise NotFound()
    teams = spaces_coached_by(who)
    space = next((team for team in teams if team.slug == request.args.get("space")), None)
    after = request.args.get("after")
    found: Inbox = inbox_of(who, space=space, after=after)
    counts = count_waiting(who)
    query = f"space={space.slug}&" if space is not None else ""
    at = at or request.args.get("at", "")
    thing = _thing(at) if at else (found.items[0].thing if found.items else None)
    return render_template(
        "coaching/inbox.html",
        rows=[_row(item, ref_of(thing) if thing is not None else "", query) for item in found.items],
        more=f"/coaching?{query}after={found.next}" if found.next else "",
        total=sum(counts.values()),
        chips=[("", _("All teams"), "/coaching", sum(counts.values()))]
        + [(team.slug, team.name, f"/coaching?space={team.slug}", counts.get(team.id, 0)) for team in teams],
        chosen=space.slug if space is not None else "",
        query=query,
        pane=_pane(thing, draft, error) if thing is not None else None,
        place="coaching",
    )


def _thing(ref: str) -> Any:
    """The thing of a reference, if the reader may see it and it is in one of their teams. Raises NotFound."""
    try:
        kind, number = split_ref(ref)
    except ValueError:
        raise NotFound() from None
    if kind not in ASKS or not 0 < number < 2**63:
        raise NotFound()
    model: Any = kind_named(kind).model
    options = (joinedload(model.author), joinedload(model.space))
    return door(actor(), model, model.id == number, model.space_id.in_(coached_spaces(actor())), options=options)


def _pane(thing: Any, draft: str, error: str) -> dict[str, Any]:
    """The words of one thing, what was said about it, and the form for the answer."""
    who, kind = actor(), split_ref(ref_of(thing))[0]
    words = stored(getattr(thing, "body_html", ""))
    if kind == "page":
        words = with_links(who, thing.space, thing.body_html)
    elif kind == "file":
        words = Markup("<p>{}</p>").format(thing.description) if thing.description else Markup("")
    return {
        "ref": ref_of(thing),
        "kind": kind,
        "url": url_of(thing),
        "title": title_of(thing),
        "place": space_title(thing.space),
        "place_url": f"/spaces/{thing.space.slug}",
        "author": thing.author,
        "at": thing.updated_at if kind in ("page", "file") else thing.created_at,
        "audience": thing.audience,
        "space": thing.space,
        "words": words,
        "size": size_words(thing.size) if kind == "file" else "",
        "comments": comment_cards(who, comments_of(who, thing), url_of(thing).split("?")[0], talks=False),
        "talks": may(who, "comment", thing),
        "draft": draft,
        "error": error,
    }


@bp.post("/coaching")
def answer() -> Response | tuple[str, int]:
    """Answer in place, then on to what waits next."""
    if not coached_spaces(actor()):
        raise NotFound()
    ref, body = request.form.get("ref", ""), request.form.get("body", "")
    thing = _thing(ref)
    try:
        guarded(lambda: create_comment(actor(), thing, body=body))
    except Invalid as fault:
        return _inbox(at=ref, draft=body, error=said(fault)), 422
    flash(_("Sent to %(space)s.", space=space_title(thing.space)), "message")
    team = request.args.get("space")
    slugs = {space.slug for space in spaces_coached_by(actor())}
    return redirect(f"/coaching?space={team}" if team in slugs else "/coaching", 303)

"""One box that finds everything the reader may see, and nothing else's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from flask import Blueprint, current_app, render_template, request
from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import select

from blueprints.addresses import url_of
from blueprints.doors import actor
from blueprints.mishaps import said
from community.errors import Invalid, _l
from community.extensions import db
from community.permissions import visible
from community.search.queries import PAGE, Answer, Found, search
from community.search.query import parse
from community.spaces.models import Space

bp = Blueprint("search", __name__)

ICONS = {
    "post": "message-circle",
    "comment": "reply",
    "page": "book-open",
    "file": "file",
    "folder": "folder",
    "entry": "notebook-pen",
    "ask": "circle-question-mark",
    "submission": "flag",
    "message": "mail",
    "conversation": "mail",
    "person": "user",
    "space": "globe",
}


def kind_words(kind: str) -> str:
    """A kind of hit as people call it."""
    return {
        "post": _("Posts"),
        "comment": _("Comments"),
        "page": _("Wiki pages"),
        "file": _("Files"),
        "folder": _("Folders"),
        "entry": _("Journal"),
        "ask": _("Questions to coaches"),
        "submission": _("Handed in"),
        "message": _("Messages"),
        "conversation": _("Conversations"),
        "person": _("People"),
        "space": _("Spaces"),
    }[kind]


def one_of(kind: str) -> str:
    """One thing of a kind, as people call it."""
    return {
        "post": pgettext("one found", "Post"),
        "comment": pgettext("one found", "Comment"),
        "page": pgettext("one found", "Wiki page"),
        "file": pgettext("one found", "File"),
        "folder": pgettext("one found", "Folder"),
        "entry": pgettext("one found", "Journal entry"),
        "ask": pgettext("one found", "Question to coaches"),
        "submission": pgettext("one found", "Handed in"),
        "message": pgettext("one found", "Message"),
        "conversation": pgettext("one found", "Conversation"),
        "person": pgettext("one found", "Person"),
        "space": pgettext("one found", "Space"),
    }[kind]


def _day(name: str) -> datetime | None:
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError:
        raise Invalid(name, _l("Write the date as 2026-06-08.")) from None


def _address(**changes: str | int | None) -> str:
    """This search with something changed; None takes a filter away. Filters stay in the address."""
    asked = {name: value for name, value in request.args.items() if value and name != "page"}
    asked.update({name: str(value) for name, value in changes.items() if value is not None})
    for name, value in changes.items():
        if value is None:
            asked.pop(name, None)
    return "/search?" + urlencode(asked)


@bp.get("/search")
def index() -> tuple[str, int] | str:
    """`?q=&kind=&space=&author=&from=&to=&sort=&page=`"""
    who, args = actor(), request.args
    q = args.get("q", "")
    error, answer = "", Answer([], 0, {}, None)
    number = max(1, args.get("page", 1, type=int) or 1)
    slug = args.get("space", "")
    place = (
        db.session.scalars(select(Space).where(Space.slug == slug, visible(who, Space))).one_or_none() if slug else None
    )
    if q.strip():
        try:
            until = _day("to")
            answer = search(
                who,
                current_app.config["SETTINGS"].search_folder,
                q,
                kinds=[args["kind"]] if args.get("kind") in ICONS else (),
                space_ids=[place.id] if place else ([0] if slug else ()),
                author=args.get("author") or None,
                since=_day("from"),
                until=until + timedelta(days=1) if until is not None and until.date() < date.max else None,
                sort="newest" if args.get("sort") == "newest" else "relevance",
                offset=(number - 1) * PAGE,
                topics=True,
            )
        except Invalid as fault:
            error = said(fault)
    page = render_template(
        "search/index.html",
        q=q,
        error=error,
        answer=answer,
        hits=[_hit(found) for found in answer.found],
        kinds=_kinds(answer),
        spaces=_spaces(answer),
        topics=_topics(q, answer) if not error else [],
        kind=args.get("kind", ""),
        space=place,
        sort=args.get("sort", ""),
        since=args.get("from", ""),
        clear=_address(kind=None, space=None, author=None, **{"from": None, "to": None}),
        address=_address,
        next_url=_address(page=number + 1) if answer.total > number * PAGE else None,
        first=(number - 1) * PAGE + 1,
        place="search",
    )
    return (page, 422) if error else page


def _kinds(answer: Answer) -> list[tuple[str, str, str, int]]:
    """The tabs: each kind that has hits, with how many."""
    counts = answer.facets.get("kind", {})
    return [(kind, kind_words(kind), _address(kind=kind), counts[kind]) for kind in ICONS if counts.get(kind)]


def _spaces(answer: Answer) -> list[tuple[Space, str, int]]:
    """The spaces that have hits, the fullest first; only those the reader sees."""
    counts = {int(key): count for key, count in answer.facets.get("space", {}).items() if key.isdigit()}
    if not counts:
        return []
    found = db.session.scalars(select(Space).where(Space.id.in_(counts), visible(actor(), Space)))
    rows = [(space, _address(space=space.slug), counts[space.id]) for space in found]
    return sorted(rows, key=lambda row: (-row[2], row[0].name))[:8]


def _topics(q: str, answer: Answer) -> list[tuple[str, str, int]]:
    """The topics and tags of what was found that are not asked for yet; one more is a word more in the box."""
    asked = parse(q).filters.get("topic", frozenset())
    counts = {topic: count for topic, count in answer.facets.get("topic", {}).items() if topic not in asked}
    return [(topic, _address(q=f"{q.strip()} {tag_word(topic)}"), count) for topic, count in list(counts.items())[:8]]


def tag_word(topic: str) -> str:
    """What somebody types to find what has a topic or tag."""
    return f'tag:"{topic}"' if " " in topic else f"tag:{topic}"


def part_words(kind: str, number: int, title: str) -> str:
    """What people call a part of a file: Slide 4, Page 3, Sheet “Budget”."""
    if kind == "slide":
        return _("Slide %(number)d: %(title)s", number=number, title=title) if title else _("Slide %(num)d", num=number)
    if kind == "sheet":
        return _("Sheet “%(title)s”", title=title) if title else _("Sheet %(number)d", number=number)
    return _("Page %(number)d", number=number)


def _hit(found: Found) -> dict[str, object]:
    obj = found.obj
    space = getattr(obj, "space", None) if found.kind in ("post", "page", "file", "folder", "entry", "ask") else None
    if found.kind == "submission" and obj.space_id in actor().roles:  # a sponsor cannot go there
        space = obj.space
    author = getattr(obj, "author", None)
    return {
        "icon": ICONS[found.kind],
        "kind": one_of(found.kind),
        "title": found.title or _("Untitled"),
        "url": f"{url_of(obj)}#{found.where.kind}-{found.where.number}" if found.where else url_of(obj),
        "excerpt": found.excerpt,
        "where": part_words(found.where.kind, found.where.number, found.where.title) if found.where else "",
        "author": author.name if author is not None else "",
        "space": space,
        "at": getattr(obj, "updated_at", None),
        "audience": getattr(obj, "audience", ""),
    }

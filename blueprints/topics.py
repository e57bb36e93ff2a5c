"""Topics: all that I see, one with what names it, following; administrators name, describe and merge them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import hold_places, url_of
from blueprints.cards import post_card, title_of
from blueprints.doors import actor
from blueprints.language import LANGUAGES, language
from blueprints.mishaps import said
from blueprints.search import ICONS, one_of
from community.errors import Invalid, NotFound, _l
from community.markdown import topic_key
from community.microblog.queries import dress
from community.permissions import may
from community.topics.actions import merge_topics, update_topic
from community.topics.following import follow, unfollow
from community.topics.models import Topic
from community.topics.queries import followed_by, follows, topic_named, topics_for, under

bp = Blueprint("topics", __name__)


@bp.get("/topics")
def index() -> str:
    """The topics of what I may read, the most used first, and those that I follow."""
    who = actor()
    mine = followed_by(who)
    return render_template(
        "topics/index.html",
        topics=[(held.topic.called(language()), url_of(held.topic), held.uses) for held in topics_for(who)],
        mine=[(topic.called(language()), url_of(topic)) for topic in mine],
        place="home",
    )


@bp.get("/topics/<name>")
def topic(name: str) -> Response | str:
    """What names a topic, the newest first. A name that nobody used and one that I may not see are the same empty page."""
    who = actor()
    found = topic_named(who, name)
    if found is None:
        return render_template("topics/topic.html", name=name[:80].lstrip("#"), topic=None, items=[], place="home")
    if found.key != topic_key(name):
        return redirect(url_of(found))  # not for ever: a topic may get its old name back
    page = under(who, found, before=request.args.get("before", type=int))
    posts = {item.post.id: post_card(who, item) for item in _dressed(page.items)}
    held = hold_places(thing for _kind, thing in page.items)  # what the addresses below ask for, fetched at once
    return render_template(
        "topics/topic.html",
        name=found.called(language()),
        topic=found,
        url=url_of(found),
        items=[_row(kind, thing, posts) for kind, thing in page.items],
        held=held,
        older=f"{url_of(found)}?before={page.next}" if page.next else None,
        follows=follows(who, found),
        may_rename=may(who, "rename", found),
        place="home",
    )


def _dressed(items: list[tuple[str, Any]]) -> list[Any]:
    return dress(actor(), [thing for kind, thing in items if kind == "post"], with_comments=False)


def _row(kind: str, thing: Any, posts: dict[int, Any]) -> dict[str, Any]:
    if kind == "post":
        return {"post": posts[thing.id]}
    return {
        "post": None,
        "icon": ICONS[kind],
        "kind": one_of(kind),
        "title": title_of(thing),
        "excerpt": thing.excerpt if kind == "page" else thing.description if kind == "file" else "",
        "url": url_of(thing),
        "author": thing.author.name,
        "at": thing.created_at,
    }


def _topic(name: str) -> Topic:
    found = topic_named(actor(), name)
    if found is None:
        raise NotFound()
    return found


@bp.post("/topics/<name>/follow")
def follow_it(name: str) -> Response:
    """Follow, or with `stop` no longer."""
    found = _topic(name)
    stop = "stop" in request.form
    (unfollow if stop else follow)(actor(), found)
    flash(_("You hear of it no longer.") if stop else _("You hear of new posts about this."), "message")
    return redirect(url_of(found), 303)


@bp.get("/topics/<name>/edit")
def edit_form(name: str) -> str:
    """The name in each language, what it is about, and what it is merged into."""
    found = _topic(name)
    if not may(actor(), "rename", found):
        abort(403)
    values = {"name": found.name, "description": found.description, **{f"name_{c}": n for c, n in found.names.items()}}
    return _edit(found, values)


def _edit(found: Topic, values: dict[str, str], errors: dict[str, str] | None = None) -> str:
    return render_template(
        "topics/edit.html",
        topic=found,
        url=url_of(found),
        values=values,
        errors=errors or {},
        codes=[(code, words) for code, words in LANGUAGES.items()],
        place="home",
    )


@bp.post("/topics/<name>/edit")
def edit(name: str) -> Response | tuple[str, int]:
    """Save the names, or merge it into another (`into`)."""
    found, form = _topic(name), request.form
    try:
        if form.get("do") == "merge":
            into = topic_named(actor(), form.get("into", ""))
            if into is None:
                raise Invalid("into", _l("Choose another topic."))
            merge_topics(actor(), found, into)
            flash(_("They are one topic now."), "message")
            return redirect(url_of(into), 303)
        names = {code: form.get(f"name_{code}", "") for code in LANGUAGES}
        update_topic(actor(), found, name=form.get("name", ""), names=names, description=form.get("description", ""))
    except Invalid as fault:
        return _edit(_topic(name), form.to_dict(), {fault.field: said(fault)}), 422
    flash(_("Saved."), "message")
    return redirect(url_of(found), 303)

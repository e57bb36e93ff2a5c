"""Where things live: the address of each kind of thing (SURFACE.md, Pages)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from flask import current_app, request
from sqlalchemy import select
from sqlalchemy.orm import defer, joinedload

from community.coaching.models import Ask
from community.comments.models import Comment
from community.comments.queries import AT_ONCE, FIRST
from community.extensions import db
from community.files.models import File, Folder
from community.journal.models import Entry
from community.kinds import by_kind, kind_named
from community.messages.models import Conversation, Message
from community.microblog.models import Post
from community.people.models import Person
from community.sharing.models import Share
from community.spaces.models import Space
from community.submissions.models import Milestone, Submission, SubmissionResult
from community.topics.models import Topic
from community.wiki.models import Page


def space_url(slug: str, *rest: object) -> str:
    """`/spaces/<slug>`, with more path behind it."""
    return "/".join(["/spaces", slug, *(quote(str(part)) for part in rest)])


def site_url() -> str:
    """The address of this site, without a slash at its end, for what is read elsewhere."""
    base = current_app.config["SETTINGS"].BASE_URL or request.url_root
    return str(base).rstrip("/")


def picture_url(person: Person) -> str:
    """Where the picture of somebody is, "" when they have none. Changes with the picture: browsers may keep it."""
    return f"/people/{person.handle}/picture?v={person.picture_key[-8:]}" if person.picture_key else ""


def url_of(obj: Any) -> str:
    """The path of a thing on this site. Raises TypeError for what has no page of its own."""
    if isinstance(obj, Person):
        return f"/people/{obj.handle}"
    if isinstance(obj, Space):
        return space_url(obj.slug)
    if isinstance(obj, Post):
        return space_url(_slug(obj), "posts", obj.id)
    if isinstance(obj, Page):
        return space_url(_slug(obj), "wiki", obj.path)
    if isinstance(obj, Folder):
        return space_url(_slug(obj), "files", obj.path)
    if isinstance(obj, File):
        return space_url(_slug(obj), "files", obj.path) + "?about"
    if isinstance(obj, Share):
        return f"/shares/{obj.id}"
    if isinstance(obj, Entry):
        return f"/journal/{obj.id}"
    if isinstance(obj, Ask):
        return space_url(_slug(obj), "coach", obj.id)
    if isinstance(obj, Topic):
        return f"/topics/{quote(obj.key, safe='')}"
    if isinstance(obj, Comment):
        parent = db.session.get(kind_named(obj.parent_kind).model, obj.parent_id)
        if parent is None:
            return "/"
        # In a thread of more than one page the address says where to begin.
        most = AT_ONCE if isinstance(parent, Post) else FIRST
        at = f"{'&' if '?' in url_of(parent) else '?'}at={obj.id}" if parent.comment_count > most else ""
        return f"{url_of(parent)}{at}#comment-{obj.id}"
    if isinstance(obj, Submission):
        return f"/submissions/{obj.id}"
    if isinstance(obj, SubmissionResult):
        return f"/submissions/{obj.submission_id}#result"
    if isinstance(obj, Milestone):
        return f"/milestones/{obj.id}"
    if isinstance(obj, Conversation):
        return f"/messages/{obj.id}"
    if isinstance(obj, Message):
        return f"/messages/{obj.conversation_id}?at={obj.id}#message-{obj.id}"
    raise TypeError(f"{type(obj).__name__} has no page")


def _slug(item: Any) -> str:
    space = db.session.get(Space, item.space_id)  # usually in the session already
    return space.slug if space is not None else ""


def hold_places(things: Iterable[Any]) -> list[Any]:
    """Fetch what `url_of` will ask for: the spaces of some things, and what comments among them hang on. Keep what this
    gives until the addresses are made: the session forgets what nobody holds. A query for each kind of thing."""
    things = list(things)
    held: list[Any] = []
    for kind, ids in by_kind((one.parent_kind, one.parent_id) for one in things if isinstance(one, Comment)).items():
        model: Any = kind_named(kind).model
        words = [defer(getattr(model, name)) for name in ("body", "body_html") if hasattr(model, name)]
        around = [joinedload(File.folder)] if model is File else []  # its address is made of theirs
        held += db.session.scalars(select(model).where(model.id.in_(ids)).options(*words, *around))
    spaces = {getattr(thing, "space_id", None) for thing in (*things, *held)} - {None}
    if spaces:
        held += db.session.scalars(select(Space).where(Space.id.in_(spaces)))
    return held

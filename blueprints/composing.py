"""The form that makes a post: what it shows, and how what was filled in is read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _

from blueprints.cards import audience_choices
from blueprints.doors import actor
from blueprints.language import zone
from community.errors import Invalid, _l
from community.files.incoming import receive
from community.files.media_types import HEAD, INLINE, media_type
from community.files.names import checked_name
from community.files.storage import Source, chunks
from community.microblog.attachments import MOST, Arrived, attached_to
from community.microblog.drafts import draft_in, plan_of
from community.microblog.models import Attachment, PostDraft
from community.microblog.pictures import picture_of
from community.microblog.plan import PostPlan, kinds_for, usual_audience
from community.microblog.polls import PollPlan
from community.people.avatars import MOST_BYTES
from community.spaces.models import Space
from community.spaces.queries import members_of

FEW = 60
"""Up to so many people are shown to choose from; in larger places they are named."""


@dataclass
class Composer:
    """What `parts/compose.html` draws."""

    space: Space
    kinds: list[tuple[str, str]]
    choices: list[tuple[str, str]]
    people: list[tuple[str, str]]
    values: Mapping[str, Any]
    errors: Mapping[str, str] = field(default_factory=dict)
    draft: PostDraft | None = None
    files: Sequence[Attachment] = ()


def _kinds(space: Space) -> list[tuple[str, str]]:
    """The kinds of post that this reader may write in a space."""
    words = {
        "discussion": _("Discussion"),
        "question": _("Question"),
        "poll": _("Poll"),
        "praise": _("Praise"),
        "announcement": _("Announcement"),
    }
    return [(kind, words[kind]) for kind in kinds_for(actor(), space)]


def composer_for(
    space: Space,
    *,
    draft: PostDraft | None = None,
    values: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Composer:
    """The form: with what was refused, with a draft that is opened, else with what the reader was writing here when they left."""
    who = actor()
    if draft is None and values is None:
        draft = draft_in(who, space)
    members = members_of(who, space) if space.id in who.roles else []
    people = [(member.person.handle, member.person.name) for member in members if member.person.id != who.id]
    return Composer(
        space,
        _kinds(space),
        audience_choices(space),
        people if len(people) <= FEW else [],
        values or (values_of(draft) if draft is not None else {"audience": usual_audience(space)}),
        errors or {},
        draft,
        attached_to(draft_id=draft.id) if draft is not None and draft.state != "draft" else (),
    )


def values_of(draft: PostDraft) -> dict[str, Any]:
    """A draft as the form shows it."""
    facts, plan = draft.facts, plan_of(draft)
    closes = plan.poll.closes_at if plan.poll is not None else None
    return {
        "body": draft.body,
        "kind": draft.kind,
        "audience": draft.audience,
        "options": "\n".join(facts.get("options", ())),
        "several": facts.get("several", False),
        "open": facts.get("open", False),
        "closes": _wall(closes),
        "praised": list(facts.get("praised", ())),
        "publish_at": _wall(draft.publish_at),
    }


def values_sent() -> dict[str, Any]:
    """What was filled in, to be shown again."""
    form = request.form
    names = ("body", "kind", "audience", "options", "closes", "publish_at", "alt")
    return {
        **{name: form.get(name, "") for name in names},
        "several": "several" in form,
        "open": "open" in form,
        "praised": _handles(form.getlist("praised")),
    }


def _wall(moment: datetime | None) -> str:
    return moment.astimezone(zone()).strftime("%Y-%m-%dT%H:%M") if moment is not None else ""


def _handles(fields: Iterable[str]) -> list[str]:
    return [name.strip().removeprefix("@") for held in fields for name in held.split(",") if name.strip()]


def moment_sent(name: str) -> datetime | None:
    """A date and time of the form, on the reader's clock; None when it was left empty. Raises Invalid."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=zone())
    except ValueError:
        at = None
    if at is None or not 1900 < at.year < 9000:  # nearer to the ends of the calendar no zone can be told
        raise Invalid(name, _l("Write a date and a time, such as 2026-06-11T14:00."))
    return at


def numbers_sent(name: str) -> list[int]:
    """The numbers of a field that may come several times, those that can be one of ours."""
    return [int(held) for held in request.form.getlist(name) if held.isascii() and held.isdigit() and len(held) < 19]


def plan_sent(*, rough: bool = False) -> PostPlan:
    """What somebody wants to say, from the form. `rough`: half a thought, whose odd parts are left out. Raises Invalid."""
    form = request.form
    kind = form.get("kind") or "discussion"
    poll = None
    if kind == "poll":
        try:
            closes = moment_sent("closes")
        except Invalid:
            if not rough:
                raise
            closes = None
        poll = PollPlan(tuple(form.get("options", "").splitlines()[:40]), "several" in form, "open" in form, closes)
    praised = tuple(_handles(form.getlist("praised"))[:40]) if kind == "praise" else ()
    return PostPlan(form.get("body", ""), kind, form.get("audience") or None, poll, praised)


def files_sent() -> list[Arrived]:
    """The files that came with the form, safe in the storage; pictures drawn anew. Raises Invalid("files"); the sweep takes what
    no post came to name."""
    sent = [file for file in request.files.getlist("files") if file.filename]
    if len(sent) > MOST:
        raise Invalid("files", _l("Up to %(limit)d files fit in one post."), limit=MOST)
    alts = request.form.get("alt", "").splitlines()
    try:
        return [
            take_file(file.stream, file.filename or "", alts[at] if at < len(alts) else "")
            for at, file in enumerate(sent)
        ]
    except Invalid as fault:
        fault.field = "files"
        raise


class _Whole:
    """A stream from its start, although its head was read already."""

    def __init__(self, head: bytes, stream: Source) -> None:
        self.head, self.stream = head, stream

    def read(self, size: int, /) -> bytes:
        piece, self.head = self.head[:size], self.head[size:]
        return piece or self.stream.read(size)


def take_file(stream: Source, name: str, alt: str = "") -> Arrived:
    """One file for a post, safe in the storage; a picture is drawn anew. Raises Invalid (name, file, files)."""
    storage = current_app.config["STORAGE"]
    limit = current_app.config["SETTINGS"].UPLOAD_MB * 1_000_000
    name = checked_name(name.replace("\\", "/").rsplit("/", 1)[-1])
    head = stream.read(HEAD)
    source: Source = _Whole(head, stream)
    if media_type(head, name) in INLINE:
        data = b"".join(chunks(source, MOST_BYTES))
        drawn = picture_of(data)
        source = io.BytesIO(data if drawn is None else drawn)
        name = name if drawn is None else f"{name.rsplit('.', 1)[0][:200]}.webp"
    got = receive(storage, source, name, limit_bytes=limit)
    return Arrived(got.name, got.stored, got.media_type, alt)

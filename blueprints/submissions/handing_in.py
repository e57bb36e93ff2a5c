"""Handing in: choose, look at what goes and who will read it, send. Without the look nothing is sent."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.cards import icon_of
from blueprints.doors import actor
from blueprints.face import size_words
from blueprints.once import guarded
from blueprints.submissions.frame import bp, due_words, enter, fault_of, frame, numbers, reader_lines
from community.errors import Conflict, Invalid, NotFound
from community.items.writing import rendered
from community.spaces.models import Space
from community.submissions.actions import MAX_NOTE, hand_in
from community.submissions.freezing import chosen
from community.submissions.models import Milestone, Submission
from community.submissions.queries import (
    asks,
    items_of,
    may_hand_in,
    milestone_for,
    readers_of,
    submissions_in,
    to_choose,
)


def _asked(slug: str, number: int) -> tuple[Space, Milestone]:
    space = enter(slug)
    found = milestone_for(actor(), number)
    if not asks(found, space):
        raise NotFound()
    if not may_hand_in(actor(), space):
        abort(403)
    return space, found


@bp.get("/spaces/<slug>/submissions/<int:number>/hand-in")
def hand_in_form(slug: str, number: int) -> str | Response:
    """What is to go. An attempt after another begins with what went before."""
    space, milestone = _asked(slug, number)
    before = _before(space, milestone)
    if before is not None and before.waits:
        return redirect(url_of(before), 303)
    held: dict[str, Any] = {"pages": [], "trees": [], "files": [], "note": ""}
    if before is not None:
        for item in items_of(actor(), before):
            if item.kind in ("page", "file"):
                held[f"{item.kind}s"].append(item.source_id)
    return _form(space, milestone, held)


def _before(space: Space, milestone: Milestone) -> Submission | None:
    return next(
        (one for one in submissions_in(actor(), space) if one.milestone_id == milestone.id and one.latest), None
    )


def _form(space: Space, milestone: Milestone, held: dict[str, Any], errors: dict[str, str] | None = None) -> str:
    there = to_choose(actor(), space)
    paths = [page.path for page in there.pages]
    return render_template(
        "submissions/hand_in.html",
        milestone=milestone,
        due=due_words(milestone.due_at),
        before=_before(space, milestone),
        pages=[
            (page, min(page.path.count("/"), 4), any(path.startswith(f"{page.path}/") for path in paths))
            for page in there.pages
        ],
        files=[(file, icon_of(file.media_type), size_words(file.size)) for file in there.files],
        held=held,
        most=MAX_NOTE,
        errors=errors or {},
        action=space_url(space.slug, "submissions", milestone.id, "hand-in"),
        **frame(space),
    )


@bp.post("/spaces/<slug>/submissions/<int:number>/hand-in")
def hand_it_in(slug: str, number: int) -> Response | str | tuple[str, int]:
    """Look at what goes and who will read it; from there, send it (`go`) or choose again (`back`)."""
    space, milestone = _asked(slug, number)
    held: dict[str, Any] = {name: numbers(name) for name in ("pages", "trees", "files")}
    held["note"] = request.form.get("note", "")
    if "back" in request.form:
        return _form(space, milestone, held)
    try:
        if "go" not in request.form:
            return _look(space, milestone, held)
        made = guarded(
            lambda: hand_in(
                actor(),
                space,
                milestone,
                pages=held["pages"],
                trees=held["trees"],
                files=held["files"],
                note=held["note"],
                told=numbers("told"),
            )
        )
    except (Invalid, Conflict) as fault:
        space, milestone = _asked(slug, number)
        status = 409 if isinstance(fault, Conflict) else 422
        return _form(space, milestone, held, fault_of(fault)), status
    flash(_("Handed in. The copy stays as it is; you can go on with the pages."), "message")
    return redirect(url_of(made), 303)


def _look(space: Space, milestone: Milestone, held: dict[str, Any]) -> str:
    """What would go, and who would read it."""
    what = chosen(actor(), space, pages=held["pages"], trees=held["trees"], files=held["files"])
    if len(held["note"]) > MAX_NOTE:
        raise Invalid("body", _("Use up to %(limit)d characters.", limit=MAX_NOTE))
    readers = readers_of(space, milestone)
    return render_template(
        "submissions/look.html",
        milestone=milestone,
        due=due_words(milestone.due_at),
        what=what,
        file_rows=[(file, icon_of(file.media_type), size_words(file.size)) for file in what.files],
        private=[one for one in (*what.pages, *what.files, *what.pictures) if one.audience == "coach"],
        readers=reader_lines(readers, space),
        outside=readers.named,
        nobody=milestone.to_sponsor and not readers.named,
        held=held,
        note=rendered(held["note"], space, actor()).html if held["note"].strip() else "",
        action=space_url(space.slug, "submissions", milestone.id, "hand-in"),
        **frame(space),
    )

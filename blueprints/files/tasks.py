"""What takes long: an archive that is unpacked, a large copy. How far it is, and what was in its way, file by file."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import abort, flash, redirect, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.doors import actor
from blueprints.files.frame import bp, crumbs, folder_url, frame
from blueprints.mishaps import said
from community.errors import CommunityError, NotFound
from community.files.models import Folder
from community.files.queries import file_numbered, folder_numbered
from community.files.task_tables import FileTask
from community.files.tasks import may_unpack, order_unpack, task_for, tasks_in
from community.spaces.models import Space


class TaskShown(NamedTuple):
    """A task as pages show it. `far` in words; `open` while it waits or runs; `bad` is how many files were left out."""

    row: FileTask
    url: str
    title: str
    far: str
    open: bool
    bad: int


def _shown(row: FileTask) -> TaskShown:
    title = _("Copying “%(name)s”", name=row.name) if row.kind == "copy" else _("Unpacking “%(name)s”", name=row.name)
    far = {
        "waiting": _("Waits its turn"),
        "running": _("%(done)d of %(total)d files", done=row.done, total=row.total),
        "done": _("Done: %(total)d files", total=row.total),
        "failed": _("Broken off: %(done)d of %(total)d files", done=row.done, total=row.total),
    }[row.state]
    bad = sum(one["bad"] for one in row.report)
    return TaskShown(row, f"/file-tasks/{row.id}", title, far, row.state in ("waiting", "running"), bad)


def tasks_shown(space: Space) -> list[TaskShown]:
    """The reader's own tasks of now, for the pages of the files of a space."""
    return [_shown(row) for row in tasks_in(actor(), space)]


def _filled(row: FileTask) -> Folder | None:
    """The folder that it fills, if the reader still sees it."""
    number = row.asked.get("made") or row.asked.get("folder")
    try:
        return folder_numbered(actor(), number) if number else None
    except NotFound:
        return None


@bp.get("/file-tasks/<int:number>")
def task(number: int) -> str:
    """How far one's own task is, and its report."""
    if number >= 2**62:
        raise NotFound()
    row = task_for(actor(), number)
    space, folder = row.space, _filled(row)
    report: list[dict[str, Any]] = [
        {
            "name": one["name"],
            "words": said(CommunityError(one["words"], **one["facts"])) if one["words"] else "",
            "bad": one["bad"],
        }
        for one in row.report
    ]
    return render_template(
        "files/task.html",
        task=_shown(row),
        report=sorted(report, key=lambda one: not one["bad"]),
        folder=folder,
        to=folder_url(space, folder),
        way=crumbs(space, folder),
        **frame(space),
    )


@bp.get("/files/<int:number>/unpack")
def unpack_form(number: int) -> str:
    """Ask before an archive is unpacked."""
    found = file_numbered(actor(), number)
    if not may_unpack(actor(), found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Unpack “%(name)s”?", name=found.name),
        words=_("What is in it comes into a new folder beside it, for the same people. The archive stays."),
        yes=_("Unpack"),
        no=_("Leave it packed"),
        back=url_of(found),
    )


@bp.post("/files/<int:number>/unpack")
def unpack(number: int) -> Response:
    """Have it unpacked, and show how far that is."""
    try:
        row = order_unpack(actor(), file_numbered(actor(), number))
    except CommunityError as fault:
        if isinstance(fault, NotFound) or not fault.sentence:
            raise
        flash(said(fault), "warn")
        return redirect(url_of(file_numbered(actor(), number)), 303)
    return redirect(f"/file-tasks/{row.id}", 303)

"""What is done to several files and folders at once, or to one: elsewhere, a copy elsewhere, a tag, into the bin."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flask import abort, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.doors import actor
from blueprints.files.frame import bp, enter, folder_url, frame
from blueprints.mishaps import said
from community.errors import CommunityError, Invalid, NotFound
from community.extensions import db
from community.files.actions import delete_file
from community.files.bin import delete_folder
from community.files.changing import tag_file
from community.files.copying import AT_ONCE, copy_file, copy_folder, size_of
from community.files.lists import folders_in_space
from community.files.media_types import served_as
from community.files.models import File, Folder
from community.files.moving import move_file, move_folder
from community.files.queries import file_numbered, folder_numbered
from community.files.tasks import order_copy
from community.files.zipping import plan_zip, stream
from community.items.tags import tags_in
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import my_spaces, space_to_enter

MOST = 500
"""Things that are picked at once."""
DEEDS = ("move", "copy", "tag", "delete")


class Place(NamedTuple):
    """A folder that things can go to: its number (0 for the top), its name, how deep it lies, and whether it may be chosen."""

    number: int
    name: str
    depth: int
    open: bool


def _refs() -> list[tuple[str, int]]:
    """What was picked, as (kind, number), each once."""
    found: dict[tuple[str, int], None] = {}
    for ref in request.values.getlist("pick")[:MOST]:
        kind, _colon, number = ref.partition(":")
        if kind in ("file", "folder") and number.isascii() and number.isdigit() and int(number) < 2**62:
            found[kind, int(number)] = None
    return list(found)


def _open(kind: str, number: int) -> File | Folder:
    return file_numbered(actor(), number) if kind == "file" else folder_numbered(actor(), number)


def _things() -> list[File | Folder]:
    """What was picked and is still there."""
    found = []
    for kind, number in _refs():
        try:
            found.append(_open(kind, number))
        except NotFound:
            continue
    return found


def _back(space: Space, things: list[File | Folder]) -> str:
    """The folder in which they lie."""
    for one in things:
        number = one.folder_id if isinstance(one, File) else one.parent_id
        try:
            return folder_url(space, folder_numbered(actor(), number) if number else None)
        except NotFound:
            break
    return space_url(space.slug, "files")


@bp.get("/spaces/<slug>/files-picked")
def picked(slug: str) -> str | Response:
    """Ask where to, which tag, or whether."""
    space = enter(slug)
    deed = request.args.get("do", "")
    if deed not in (*DEEDS, "zip"):
        abort(400)
    if deed == "zip" and "all" in request.args:
        return _archive(space, [], all_of_it=True)
    things = _things()
    if not things:
        flash(_("Choose at least one file or folder first."), "warn")
        return redirect(space_url(slug, "files"))
    return _archive(space, things) if deed == "zip" else _ask(space, deed, things)


def _archive(space: Space, things: list[File | Folder], *, all_of_it: bool = False) -> Response:
    """All of it as one archive, made while it is sent."""
    files = [one.id for one in things if isinstance(one, File)]
    folders = [one.id for one in things if isinstance(one, Folder)]
    try:
        plan = plan_zip(actor(), space, files=files, folders=folders, all_of_it=all_of_it)
    except Invalid as fault:
        flash(said(fault), "warn")
        return redirect(_back(space, things), 303)
    db.session.rollback()  # no transaction waits for somebody's slow line
    answer = Response(stream(plan, current_app.config["STORAGE"]), mimetype="application/zip", direct_passthrough=True)
    answer.headers["Content-Disposition"] = served_as("application/zip", plan.name)[1]
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _ask(space: Space, deed: str, things: list[File | Folder], refused: list[str] | None = None) -> str:
    there, places = space, []
    if deed in ("move", "copy"):
        there = _there(space)
        places = _places(there, things if deed == "move" else [])
    return render_template(
        "files/picked.html",
        deed=deed,
        things=things,
        names=[one.name for one in things[:5]],
        refs=[f"{'file' if isinstance(one, File) else 'folder'}:{one.id}" for one in things],
        there=there,
        places=places,
        spaces=_spaces(space),
        back=_back(space, things),
        refused=refused or [],
        tags=request.form.get("tags", ""),
        **frame(space),
    )


def _there(space: Space) -> Space:
    """The space that things go to: this one, unless another is chosen."""
    slug = request.values.get("to", "")
    return space_to_enter(actor(), slug) if slug and slug != space.slug else space


def _spaces(space: Space) -> list[tuple[str, str]]:
    """The spaces into which the reader may put files."""
    who = actor()
    found = [one for one in my_spaces(who) if "files" in one.tools and may(who, "upload", one)]
    if all(one.id != space.id for one in found):
        found.insert(0, space)
    return [(one.slug, one.name) for one in found]


def _places(there: Space, moved: list[File | Folder]) -> list[Place]:
    """The folders of a space; a folder does not go into itself."""
    who = actor()
    own = [f"{one.path}/" for one in moved if isinstance(one, Folder) and one.space_id == there.id]
    places = [Place(0, _("At the top"), 0, may(who, "upload", there))]
    for one in folders_in_space(who, there):
        inside = any(f"{one.path}/".startswith(path) for path in own)
        places.append(Place(one.id, one.name, one.depth, may(who, "add", one) and not inside))
    return places


@bp.post("/spaces/<slug>/files-picked")
def do_picked(slug: str) -> Response | tuple[str, int]:
    """Do it: one after the other, each by itself, so that what one refuses does not hold up the rest."""
    space = enter(slug)
    deed, form = request.form.get("do", ""), request.form
    if deed not in DEEDS:
        abort(400)
    if "look" in form:  # another space was chosen: show its folders
        return _ask(space, deed, _things()), 200
    back = _back(space, _things())
    done, refused, tasks = 0, [], []
    one_by_one = _deed(space, deed)
    for kind, number in _refs():
        name = ""
        try:
            thing = _open(kind, number)
            name = thing.name
            under_way = one_by_one(thing)
            if under_way is not None:
                tasks.append(under_way)
            else:
                done += 1
        except CommunityError as fault:
            refused.append(f"{name}: {said(fault)}" if name else said(fault))
    if done:
        flash(_told(deed, done), "message")
    if refused:
        space = enter(slug)
        left = _things()
        if left:
            return _ask(space, deed, left, refused), 422
        for sentence in refused:
            flash(sentence, "warn")
    if tasks and not done and len(tasks) == 1:
        return redirect(f"/file-tasks/{tasks[0]}", 303)
    if deed in ("move", "copy") and (done or tasks):
        there = _there(enter(slug))
        number = form.get("in", 0, type=int)
        back = folder_url(there, folder_numbered(actor(), number) if number else None)
    return redirect(back, 303)


def _deed(space: Space, deed: str) -> Callable[[File | Folder], int | None]:
    """What is done to each thing that was picked. Where a task goes on with it, its number comes back."""
    form = request.form
    tags = tags_in(form.get("tags", ""))

    def delete(thing: File | Folder) -> None:
        if isinstance(thing, File):
            delete_file(actor(), thing)
        else:
            delete_folder(actor(), thing)

    def tag(thing: File | Folder) -> None:
        if isinstance(thing, File):
            tag_file(actor(), thing, tags=[*thing.tags, *tags])

    if deed in ("delete", "tag"):
        return delete if deed == "delete" else tag
    slug, number = _there(space).slug, form.get("in", 0, type=int)

    def go(thing: File | Folder) -> int | None:
        # Read anew for each: the one before ended the transaction.
        there = space_to_enter(actor(), slug)
        into = folder_numbered(actor(), number) if number else None
        if isinstance(thing, File):
            act = move_file if deed == "move" else copy_file
            act(actor(), thing, there, folder=into, keep_both="both" in form)
            return None
        if deed == "copy":
            size = size_of(actor(), thing)
            if size.folders + size.files > AT_ONCE:
                return order_copy(actor(), thing, there, parent=into, keep_both="both" in form).id
        act_folder = move_folder if deed == "move" else copy_folder
        act_folder(actor(), thing, there, parent=into, keep_both="both" in form)
        return None

    return go


def _told(deed: str, many: int) -> str:
    if deed == "move":
        return ngettext("%(num)d thing moved.", "%(num)d things moved.", many)
    if deed == "copy":
        return ngettext("%(num)d thing copied.", "%(num)d things copied.", many)
    if deed == "tag":
        return ngettext("%(num)d file has its tag.", "%(num)d files have their tags.", many)
    return ngettext("%(num)d thing is in the bin, for 30 days.", "%(num)d things are in the bin, for 30 days.", many)

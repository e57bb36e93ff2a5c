"""Folders, and what one does to a file or folder wherever it is: its name, its readers, its place."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from blueprints.api import file_schemas, schemas
from blueprints.api.calls import Reply, based_on, call, fingerprint
from blueprints.api.files import enter
from blueprints.api.making import file_out, folder_out, phases_of, task_out
from blueprints.api.reading import LEFT, Given
from blueprints.api.schemas import Out
from blueprints.doors import actor
from blueprints.mishaps import said, status_of
from community.errors import Invalid, NotFound, _l
from community.files.actions import create_folder, describe_file
from community.files.bin import delete_folder
from community.files.changing import (
    describe_folder,
    rename_file,
    rename_folder,
    share_file,
    share_folder,
    tag_file,
)
from community.files.copying import AT_ONCE, copy_file, copy_folder, size_of
from community.files.many import (
    MOST,
    Outcome,
    copy_many,
    delete_many,
    describe_many,
    move_many,
    restore_many,
    share_many,
    tag_many,
)
from community.files.models import File, Folder
from community.files.moving import move_file, move_folder
from community.files.places import MAX_DESCRIPTION
from community.files.queries import file_numbered, folder_numbered
from community.files.tasks import order_copy
from community.items.tags import MOST as MOST_TAGS
from community.spaces.models import Space
from community.spaces.queries import space_to_enter

Name = Field(LEFT, max_length=1000)


class FolderMade(Given):
    name: str = Field(max_length=1000)
    parent: int | None = Field(None, ge=1, description="The number of the folder around it; null for the top.")
    description: str = Field("", max_length=MAX_DESCRIPTION)
    audience: schemas.SpaceAudience | None = Field(None, description="As the folder around it, when left out.")


class FolderChanges(Given):
    name: str | None = Name
    description: str | None = Field(LEFT, max_length=MAX_DESCRIPTION)
    audience: schemas.SpaceAudience | None = LEFT
    inside: bool = Field(False, description="To more people: also what in it was for the same people.")
    keep_both: bool = Field(False, description="Where the name is in use: take the next that is free.")


class FileChangesById(Given):
    name: str | None = Name
    description: str | None = Field(LEFT, max_length=MAX_DESCRIPTION)
    audience: schemas.SpaceAudience | None = LEFT
    tags: list[str] | None = Field(LEFT, max_length=MOST_TAGS)
    keep_both: bool = Field(False, description="Where the name is in use: take the next that is free.")


class Going(Given):
    space: str | None = Field(None, max_length=80, description="Another space, by its slug.")
    folder: int | None = Field(None, ge=1, description="The number of the folder it goes into; null for the top.")
    keep_both: bool = Field(False, description="Where the name is in use: take the next that is free.")


class FolderChanged(Out):
    """The folder, and how many files and folders in it have other readers now."""

    folder: file_schemas.Folder
    changed: int


class Copied(Out):
    """The copy, as far as it is there; `task` goes on with what is too much for one answer."""

    folder: file_schemas.Folder | None
    task: file_schemas.FileTask | None


class Many(Given):
    do: Literal["move", "copy", "delete", "restore", "tag", "describe", "share"]
    items: list[str] = Field(
        min_length=1, max_length=MOST, description="`file:7`, `folder:3`; for restore `removal:9`."
    )
    space: str | None = Field(None, max_length=80, description="Where they go; this space, when left out.")
    folder: int | None = Field(None, ge=1, description="The folder they go into; null for the top.")
    keep_both: bool = False
    tags: list[str] = Field([], max_length=MOST_TAGS, description="Given besides those that each has.")
    description: str = Field("", max_length=MAX_DESCRIPTION)
    audience: schemas.SpaceAudience | None = None


class One(Out):
    """What became of one: 200 and its name now, or the status and the words of why nothing happened. 202: a task goes on."""

    item: str
    name: str
    status: int
    detail: str
    task: int | None


class Results(Out):
    items: list[One]


# ---- folders


def _folder(number: int) -> Folder:
    found = folder_numbered(actor(), number)
    if "files" not in found.space.tools:
        raise NotFound()
    return found


def _version(folder: Folder) -> str:
    return fingerprint(folder.name, folder.description, folder.audience, folder.parent_id, folder.space_id)


def _reply(folder: Folder, status: int | None = None) -> Reply:
    at = f"/api/v1/folders/{folder.id}" if status == 201 else ""
    return Reply(folder_out(folder, phases_of([folder])), _version(folder), status, at)


@call("POST", "/spaces/<slug>/folders", "Make a folder", given=FolderMade, answer=file_schemas.Folder, status=201)
def make_folder(slug: str, given: FolderMade) -> Reply:
    """In another, or at the top. Nobody reads in a folder who does not see the one around it."""
    space = enter(slug)
    parent = _place(given.parent, "parent")
    made = create_folder(
        actor(), space, name=given.name, parent=parent, description=given.description, audience=given.audience
    )
    return _reply(_folder(made.id), 201)


@call("GET", "/folders/<id:number>", "A folder", answer=file_schemas.Folder)
def read_folder(number: int) -> Reply:
    """Wherever it is. What is in it: `/spaces/{slug}/files?folder=`."""
    return _reply(_folder(number))


@call(
    "PATCH", "/folders/<id:number>", "Rename, describe or share a folder",
    given=FolderChanges, answer=FolderChanged, bases=True,
)  # fmt: skip
def change_folder(number: int, given: FolderChanges) -> Reply:
    """Addresses of all in it follow its name, and the old ones lead there. For fewer people: what is in it has no more readers than
    it."""
    folder = _folder(number)
    based_on(_version(folder))
    changed = 0
    if given.name is not None:
        rename_folder(actor(), folder, name=given.name, keep_both=given.keep_both)
    if given.description is not None:
        describe_folder(actor(), _folder(number), description=given.description)
    if given.audience is not None:
        changed = share_folder(actor(), _folder(number), audience=given.audience, inside=given.inside)
    folder = _folder(number)
    return Reply(FolderChanged(folder=folder_out(folder, phases_of([folder])), changed=changed), _version(folder))


@call("DELETE", "/folders/<id:number>", "Put a folder into the bin", bases=True)
def remove_folder(number: int) -> Reply:
    """With all that is in it, for 30 days. What others made goes only when staff does it."""
    folder = _folder(number)
    based_on(_version(folder))
    delete_folder(actor(), folder)
    return Reply()


def _place(number: int | None, field: str = "folder") -> Folder | None:
    if number is None:
        return None
    try:
        return _folder(number)
    except NotFound:
        raise Invalid(field, _l("Choose a folder that is there.")) from None


def _where(given: Going | Many, thing: Space) -> tuple[Space, Folder | None]:
    """The space and the folder to which something goes. Raises Invalid."""
    space = thing
    if given.space is not None:
        try:
            space = space_to_enter(actor(), given.space)
        except NotFound:
            raise Invalid("space", _l("Choose one of your spaces.")) from None
    return space, folder_in(space, given.folder)


def folder_in(space: Space, number: int | None) -> Folder | None:
    """The folder of that number in a space, None for its top. Raises Invalid("folder")."""
    folder = _place(number)
    if folder is not None and folder.space_id != space.id:
        raise Invalid("folder", _l("Choose a folder of the space to which it goes."))
    return folder


@call("POST", "/folders/<id:number>/move", "Put a folder elsewhere", given=Going, answer=file_schemas.Folder)
def move_one_folder(number: int, given: Going) -> Reply:
    """With all that is in it, into another folder or space. Nothing has more readers than where it goes."""
    folder = _folder(number)
    space, parent = _where(given, folder.space)
    move_folder(actor(), folder, space, parent=parent, keep_both=given.keep_both)
    return _reply(_folder(number))


@call("POST", "/folders/<id:number>/copy", "Copy a folder", given=Going, answer=Copied, status=201, also=(202,))
def copy_one_folder(number: int, given: Going) -> Reply:
    """With what you see in it. 202: it is large, and a task fills it."""
    folder = _folder(number)
    space, parent = _where(given, folder.space)
    size = size_of(actor(), folder)
    if size.folders + size.files > AT_ONCE:
        task = order_copy(actor(), folder, space, parent=parent)
        return Reply(Copied(folder=None, task=task_out(task)), status=202, at=f"/api/v1/file-tasks/{task.id}")
    made = _folder(copy_folder(actor(), folder, space, parent=parent).id)
    out = Copied(folder=folder_out(made, phases_of([made])), task=None)
    return Reply(out, status=201, at=f"/api/v1/folders/{made.id}")


# ---- files, by their numbers


def file_by(number: int) -> File:
    """A file by its number, wherever it is. Raises NotFound."""
    found = file_numbered(actor(), number)
    if "files" not in found.space.tools:
        raise NotFound()
    return found


def _about(file: File, status: int | None = None) -> Reply:
    at = f"/api/v1/files/{file.id}" if status == 201 else ""
    return Reply(file_out(file, file.space.slug, phases_of([file])), file.sha256, status, at)


@call("GET", "/files/<id:number>", "What a file is, wherever it has been moved", answer=file_schemas.File)
def read_file_by_number(number: int) -> Reply:
    """Its bytes are at `content`."""
    return _about(file_by(number))


@call(
    "PATCH", "/files/<id:number>", "Rename, describe, tag or share a file",
    given=FileChangesById, answer=file_schemas.File, bases=True,
)  # fmt: skip
def change_file_by_number(number: int, given: FileChangesById) -> Reply:
    """Its old address leads to it. Never for more people than its folder."""
    file = file_by(number)
    base = file.sha256 if based_on(file.sha256) else None
    if given.name is not None:
        rename_file(actor(), file, name=given.name, keep_both=given.keep_both, base=base)
    if given.description is not None:
        describe_file(actor(), file_by(number), description=given.description, base=base)
    if given.tags is not None:
        tag_file(actor(), file_by(number), tags=given.tags)
    if given.audience is not None:
        share_file(actor(), file_by(number), audience=given.audience)
    return _about(file_by(number))


@call("POST", "/files/<id:number>/move", "Put a file elsewhere", given=Going, answer=file_schemas.File, bases=True)
def move_one_file(number: int, given: Going) -> Reply:
    """Into another folder or space, with its versions and comments. It has no more readers than where it goes."""
    file = file_by(number)
    base = file.sha256 if based_on(file.sha256) else None
    space, folder = _where(given, file.space)
    move_file(actor(), file, space, folder=folder, keep_both=given.keep_both, base=base)
    return _about(file_by(number))


@call("POST", "/files/<id:number>/copy", "Copy a file", given=Going, answer=file_schemas.File, status=201)
def copy_one_file(number: int, given: Going) -> Reply:
    """The copy is yours, begins at version 1 and has no comments. Where its name is in use it gets a number."""
    file = file_by(number)
    space, folder = _where(given, file.space)
    return _about(file_by(copy_file(actor(), file, space, folder=folder).id), 201)


# ---- many at once


def _refs(items: list[str], kinds: tuple[str, ...]) -> list[tuple[str, int]]:
    found = []
    for item in items:
        kind, _colon, number = item.partition(":")
        if kind not in kinds or not number.isascii() or not number.isdigit() or len(number) > 18:
            raise Invalid("items", _l("Write each as file:7 or folder:3."))
        found.append((kind, int(number)))
    return found


@call("POST", "/spaces/<slug>/files-many", "Do one thing to many files and folders", given=Many, answer=Results)
def do_to_many(slug: str, given: Many) -> Results:
    """Each for itself: what is refused holds up no other. 500 at most."""
    space = enter(slug)
    who = actor()
    if given.do == "restore":
        numbers = [number for _kind, number in _refs(given.items, ("removal",))]
        return Results(items=[_one(one) for one in restore_many(who, space, numbers)])
    refs = _refs(given.items, ("file", "folder"))
    if given.do in ("move", "copy"):
        there, folder = _where(given, space)
        if given.do == "copy":
            return Results(items=[_one(one) for one in copy_many(who, refs, there, folder)])
        return Results(items=[_one(one) for one in move_many(who, refs, there, folder, keep_both=given.keep_both)])
    if given.do == "tag":
        found = tag_many(who, refs, given.tags)
    elif given.do == "describe":
        found = describe_many(who, refs, given.description)
    elif given.do == "share":
        if given.audience is None:
            raise Invalid("audience", _l("Choose who can read this."))
        found = share_many(who, refs, given.audience)
    else:
        found = delete_many(who, refs)
    return Results(items=[_one(one) for one in found])


def _one(one: Outcome) -> One:
    status = status_of(one.problem) if one.problem is not None else 202 if one.task is not None else 200
    detail = said(one.problem) if one.problem is not None else ""
    return One(item=f"{one.kind}:{one.number}", name=one.name, status=status, detail=detail, task=one.task)

"""The versions of a file, the bin of a space, and archives that go out and come in."""

from __future__ import annotations

from flask import Response as FlaskResponse
from flask import current_app, request
from pydantic import AwareDatetime, Field
from werkzeug.wrappers import Response

from blueprints.api import file_schemas, schemas
from blueprints.api.calls import Reply, based_on, call
from blueprints.api.files import enter
from blueprints.api.folders import file_by
from blueprints.api.making import file_out, folder_out, phases_of, task_out, who
from blueprints.api.reading import LEFT, Given, Query, Stretch, Whole, number_cursor
from blueprints.api.refusals import Refused
from blueprints.api.schemas import Next, Out
from blueprints.doors import actor
from blueprints.giving import give
from community.errors import CommunityError, _l
from community.extensions import db
from community.files.bin import bin_of, destroy, empty_bin, kept_until, removal_for, restore
from community.files.media_types import served_as
from community.files.models import File, FileRemoval, FileVersion
from community.files.places import MAX_NOTE
from community.files.queries import file_numbered, folder_numbered
from community.files.storage import TooLarge
from community.files.tasks import order_unzip, receive_archive, task_for, tasks_of
from community.files.versions import (
    MAX_NAME,
    delete_version,
    name_version,
    restore_version,
    thin_file,
    version_numbered,
    versions_of,
)
from community.files.zipping import MOST, plan_zip, stream
from community.permissions import require
from community.ports import ports


class VersionLine(Out):
    """A version of a file that is kept. `name`: it has one, and is never thinned out. `stands`: it is the file itself."""

    number: int
    name: str
    note: str
    size: int
    media_type: str
    sha256: str = Field(description="Empty while nobody counted it.")
    by: schemas.Who
    at: AwareDatetime
    stands: bool
    content: schemas.Path


class VersionLines(Out):
    items: list[VersionLine]
    next: Next


class VersionChanges(Given):
    name: str | None = Field(LEFT, max_length=MAX_NAME)
    note: str | None = Field(LEFT, max_length=MAX_NOTE)


class VersionBack(Given):
    note: str = Field("", max_length=MAX_NOTE, description="What is new.")


class Gone(Out):
    """How many went."""

    gone: int


class ThrownFile(Out):
    """What somebody threw away at once: a file, or a folder with what was in it."""

    id: int
    kind: str
    name: str
    path: str = Field(description="Where it stood.")
    files: int = Field(description="How many of those that went you saw.")
    size: int | None = Field(description="Of a file.")
    by: schemas.Who
    at: AwareDatetime
    until: AwareDatetime = Field(description="When it goes for good.")


class FilesBin(Out):
    items: list[ThrownFile]
    next: Next


class Back(Out):
    """What came back. `moved`: its folder is gone, so it lies in the nearest that is left. `renamed`: its name was in use."""

    file: file_schemas.File | None
    folder: file_schemas.Folder | None
    moved: bool
    renamed: bool


class Chosen(Query):
    file: list[Whole] = Field([], max_length=MOST, description="Files, by their numbers.")
    folder: list[Whole] = Field([], max_length=MOST, description="Folders, with what is in them.")


class ArchiveSent(Query):
    name: str = Field("files.zip", min_length=1, max_length=255, description="What the archive is called.")
    folder: Whole | None = Field(None, ge=1, description="Where it is unpacked; the top, when left out.")
    audience: schemas.SpaceAudience | None = Field(None, description="Who can read what comes out of it.")


# ---- versions


def _version(file: File, one: FileVersion) -> VersionLine:
    return VersionLine(
        number=one.number,
        name=one.name,
        note=one.note,
        size=one.size,
        media_type=one.media_type,
        sha256=one.sha256,
        by=who(one.author),
        at=one.created_at,
        stands=one.number == file.version,
        content=f"/api/v1/files/{file.id}/versions/{one.number}",
    )


@call("GET", "/files/<id:number>/versions", "The versions of a file", query=Stretch, answer=VersionLines)
def list_versions(number: int, asked: Stretch) -> VersionLines:
    """Newest first. The last 20 are kept, then one a day for 30 days, then one a week, and each that has a name."""
    file = file_by(number)
    found = versions_of(actor(), file, before=number_cursor(asked), limit=asked.many)
    items = [_version(file, one) for one in found.items]
    return VersionLines(items=items, next=str(found.next) if found.next is not None else None)


@call("GET", "/files/<id:number>/versions/<id:version>", "The bytes of a version", gives="*/*", also=(206, 416))
def read_version(number: int, version: int) -> Response:
    """Whole, or the range that you ask for."""
    file = file_by(number)
    one = version_numbered(actor(), file, version)
    tag = one.sha256 or f"{file.id}-{one.number}"
    answer = give(key=one.storage_key, name=file.name, media_type=one.media_type, size=one.size, sha256=tag)
    if answer.status_code == 416:
        raise Refused(416, _l("The file has no such range."), headers={"Content-Range": f"bytes */{one.size}"})
    return answer


@call(
    "POST", "/files/<id:number>/versions/<id:version>/restore", "Make an earlier version the newest",
    given=VersionBack, answer=file_schemas.File, bases=True,
)  # fmt: skip
def bring_version_back(number: int, version: int, given: VersionBack) -> Reply:
    """What stands now stays below it."""
    file = file_by(number)
    base = file.sha256 if based_on(file.sha256) else None
    restore_version(actor(), file, number=version, base=base, note=given.note)
    file = file_by(number)
    return Reply(file_out(file, file.space.slug, phases_of([file])), file.sha256)


@call(
    "PATCH", "/files/<id:number>/versions/<id:version>", "Name a version, or say what was new",
    given=VersionChanges, answer=VersionLine,
)  # fmt: skip
def change_version(number: int, version: int, given: VersionChanges) -> VersionLine:
    """A version with a name is never thinned out."""
    name_version(actor(), file_by(number), number=version, name=given.name, note=given.note)
    file = file_by(number)
    return _version(file, version_numbered(actor(), file, version))


@call("DELETE", "/files/<id:number>/versions/<id:version>", "Take one earlier version away")
def remove_version(number: int, version: int) -> Reply:
    """Nothing brings it back."""
    delete_version(actor(), file_by(number), number=version)
    return Reply()


@call("POST", "/files/<id:number>/versions/thin", "Thin the versions of a file out", answer=Gone)
def thin_versions(number: int) -> Gone:
    """As it is done each night."""
    return Gone(gone=thin_file(actor(), file_by(number)))


# ---- the bin


@call("GET", "/spaces/<slug>/files-bin", "What lies in the bin of the files", query=Stretch, answer=FilesBin)
def list_files_bin(slug: str, asked: Stretch) -> FilesBin:
    """Newest first, for who writes there, as far as they saw it before."""
    lies = bin_of(actor(), enter(slug), before=number_cursor(asked), limit=asked.many)
    items = [_thrown(one, lies.counts.get(one.id, 1)) for one in lies.items]
    return FilesBin(items=items, next=str(lies.next) if lies.next is not None else None)


def _thrown(one: FileRemoval, files: int) -> ThrownFile:
    return ThrownFile(
        id=one.id,
        kind=one.kind,
        name=one.name,
        path=one.path,
        files=files,
        size=one.size if one.kind == "file" else None,
        by=who(one.remover),
        at=one.created_at,
        until=kept_until(one),
    )


@call("POST", "/spaces/<slug>/files-bin/<id:number>/restore", "Bring a file or folder back from the bin", answer=Back)
def bring_file_back(slug: str, number: int) -> Back:
    """Into the folder where it lay, or the nearest that is left."""
    back = restore(actor(), removal_for(actor(), enter(slug), number))
    if isinstance(back.thing, File):
        file = file_numbered(actor(), back.thing.id)
        out = file_out(file, slug, phases_of([file]))
        return Back(file=out, folder=None, moved=back.moved, renamed=back.renamed)
    folder = folder_numbered(actor(), back.thing.id)
    return Back(file=None, folder=folder_out(folder, phases_of([folder])), moved=back.moved, renamed=back.renamed)


@call("DELETE", "/spaces/<slug>/files-bin/<id:number>", "Take what lies in the bin away for good")
def destroy_one(slug: str, number: int) -> Reply:
    """Its versions, words and comments. Nothing brings them back."""
    destroy(actor(), removal_for(actor(), enter(slug), number))
    return Reply()


@call("DELETE", "/spaces/<slug>/files-bin", "Empty the bin of the files", answer=Gone)
def empty_files_bin(slug: str) -> Gone:
    """Of what is yours to take away, up to 200 things: ask again until none goes."""
    return Gone(gone=empty_bin(actor(), enter(slug)))


# ---- archives


@call("GET", "/spaces/<slug>/files-zip", "Files and folders as one archive", query=Chosen, gives="application/zip")
def take_files_out(slug: str, asked: Chosen) -> Response:
    """What you see of those that you choose, with all that is in the folders; all of the space, when you choose none."""
    space = enter(slug)
    all_of_it = not asked.file and not asked.folder
    plan = plan_zip(actor(), space, files=asked.file, folders=asked.folder, all_of_it=all_of_it)
    db.session.rollback()  # no transaction waits for somebody's slow line
    pieces = stream(plan, current_app.config["STORAGE"])
    kind, disposition = served_as("application/zip", plan.name)
    headers = {
        "Content-Disposition": disposition,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return FlaskResponse(pieces, headers=headers, content_type=kind)


@call(
    "POST", "/spaces/<slug>/files-zip", "Unpack an archive into a space",
    query=ArchiveSent, sends="application/zip", answer=file_schemas.FileTask, status=202, also=(413,),
)  # fmt: skip
def bring_files_in(slug: str, asked: ArchiveSent) -> Reply:
    """The body is a ZIP. A task unpacks it, each file as if you had sent it: over one of the same name it is the next version."""
    space = enter(slug)
    require(actor(), "upload", space)
    limit = current_app.config["SETTINGS"].UPLOAD_MB * 1_000_000
    if "Content-Range" in request.headers:
        raise Refused(400, _l("Send the whole file."))
    if (request.content_length or 0) > limit:
        raise TooLarge(limit)
    folder = folder_numbered(actor(), asked.folder) if asked.folder is not None else None
    db.session.rollback()  # no transaction waits for somebody's slow line
    key = receive_archive(request.stream, limit_bytes=limit)
    try:
        folder = folder_numbered(actor(), asked.folder) if asked.folder is not None else None
        task = order_unzip(actor(), enter(slug), key, name=asked.name, folder=folder, audience=asked.audience)
    except CommunityError:
        ports.storage().delete(key)
        raise
    return Reply(task_out(task_for(actor(), task.id)), status=202, at=f"/api/v1/file-tasks/{task.id}")


@call("GET", "/file-tasks", "What you have done with many files", answer=file_schemas.FileTasks)
def list_file_tasks() -> file_schemas.FileTasks:
    """The newest 20, for 7 days."""
    return file_schemas.FileTasks(items=[task_out(one) for one in tasks_of(actor())])


@call("GET", "/file-tasks/<id:number>", "How far a task is", answer=file_schemas.FileTask)
def read_file_task(number: int) -> file_schemas.FileTask:
    """Yours alone. Look at it until it is done."""
    return task_out(task_for(actor(), number))

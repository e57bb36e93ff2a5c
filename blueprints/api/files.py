"""Files: the bytes themselves, and what is said of them."""

from __future__ import annotations

from flask import current_app, redirect, request
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.api import file_schemas, schemas
from blueprints.api.calls import Reply, based_on, call, only_if_absent
from blueprints.api.making import file_out, folder_out, phases_of
from blueprints.api.reading import Flag, Given, Query, Stretch, Whole
from blueprints.api.refusals import Refused
from blueprints.doors import actor
from blueprints.giving import download
from community.errors import NotFound, _l
from community.extensions import db
from community.files.actions import delete_file, describe_file, upload_file
from community.files.incoming import receive
from community.files.models import File
from community.files.names import checked_name
from community.files.places import MAX_DESCRIPTION
from community.files.queries import file_for, files_of, folder_for, folder_numbered, folders_of, moved_from
from community.files.room import check_room
from community.files.storage import TooLarge
from community.permissions import require
from community.spaces.models import Space
from community.spaces.queries import space_to_enter


class FilesAsked(Stretch):
    folder: Whole | None = Field(None, ge=1, description="The number of a folder; the top, when left out.")


class FileAsked(Query):
    about: Flag = Field(False, description="What the file is, instead of its bytes.")


class FileSent(Query):
    audience: schemas.SpaceAudience | None = Field(None, description="Of a new file: who can read it.")
    description: str | None = Field(None, max_length=MAX_DESCRIPTION)


class FileChanges(Given):
    description: str = Field(max_length=MAX_DESCRIPTION)


def enter(slug: str) -> Space:
    """The space, if it keeps files and the caller may enter it."""
    space = space_to_enter(actor(), slug)
    if "files" not in space.tools:
        raise NotFound()
    return space


def file_at(slug: str, name: str) -> File:
    """The file at that way from the top. Raises NotFound."""
    return file_for(actor(), enter(slug), name)


def _about(file: File, status: int | None = None) -> Reply:
    slug = file.space.slug
    at = f"/api/v1{space_url(slug, 'files', file.path)}" if status == 201 else ""
    return Reply(file_out(file, slug, phases_of([file])), file.sha256, status, at)


@call(
    "GET",
    "/spaces/<slug>/files",
    "The files and folders of a space, by name",
    query=FilesAsked,
    answer=file_schemas.Files,
)
def list_files(slug: str, asked: FilesAsked) -> file_schemas.Files:
    """What lies at the top, or in a folder. The bytes of a file are at `content`; the folders come with the first stretch."""
    space = enter(slug)
    folder = folder_numbered(actor(), asked.folder) if asked.folder is not None else None
    if folder is not None and folder.space_id != space.id:
        raise NotFound()
    page = files_of(actor(), space, folder, after=asked.cursor, limit=asked.many)
    folders = folders_of(actor(), space, folder) if asked.cursor is None else []
    phases = phases_of([*page.items, *folders])
    return file_schemas.Files(
        folders=[folder_out(one, phases) for one in folders],
        items=[file_out(file, space.slug, phases) for file in page.items],
        next=page.next,
    )


@call(
    "GET", "/spaces/<slug>/files/<path:name>", "A file, or what it is",
    query=FileAsked, answer=file_schemas.File, gives="*/*", also=(206, 307, 416),
)  # fmt: skip
def read_file(slug: str, name: str, asked: FileAsked) -> Reply | Response:
    """Its bytes, whole or the range that you ask for; `?about` says what it is. The ETag is the SHA-256 of the bytes. 307: it was
    renamed or moved, and is there now."""
    space = enter(slug)
    try:
        file = file_for(actor(), space, name)
    except NotFound:
        return _elsewhere(space, name, asked)
    if asked.about:
        return _about(file)
    answer = download(file)
    if answer.status_code == 416:
        raise Refused(416, _l("The file has no such range."), headers={"Content-Range": f"bytes */{file.size}"})
    return answer


def _elsewhere(space: Space, path: str, asked: FileAsked) -> Response:
    """On to where the file that stood there went. Raises NotFound."""
    moved = moved_from(actor(), space, path)
    if not isinstance(moved, File):
        raise NotFound()
    place = f"/api/v1{space_url(moved.space.slug, 'files', moved.path)}"
    return redirect(f"{place}?about" if asked.about else place, 307)


@call(
    "PUT", "/spaces/<slug>/files/<path:name>", "Send a file",
    query=FileSent, sends="*/*", answer=file_schemas.File, bases=True, also=(201, 413),
)  # fmt: skip
def put_file(slug: str, name: str, asked: FileSent) -> Reply:
    """The bytes are the body. Over a file that exists it is its next version; `If-Match` and `If-None-Match: *` say what you
    expect there. 201: it is new."""
    space = enter(slug)
    require(actor(), "upload", space)
    way, _, name = name.strip("/").rpartition("/")
    if way:
        folder_for(actor(), space, way)
    name = checked_name(name)
    try:
        known: File | None = file_for(actor(), space, f"{way}/{name}")
    except NotFound:
        known = None
    base = _expected(known)
    limit = current_app.config["SETTINGS"].UPLOAD_MB * 1024 * 1024
    if "Content-Range" in request.headers:
        raise Refused(400, _l("Send the whole file."))
    if (request.content_length or 0) > limit:
        raise TooLarge(limit)
    check_room(space, actor().id, request.content_length or 0)
    db.session.rollback()  # no transaction waits for somebody's slow line
    came = receive(current_app.config["STORAGE"], request.stream, name, limit_bytes=limit)
    file = upload_file(
        actor(),
        enter(slug),
        name=came.name,
        stored=came.stored,
        media_type=came.media_type,
        folder=folder_for(actor(), enter(slug), way) if way else None,
        description=asked.description,
        audience=asked.audience,
        base=base,
    )
    return _about(file_at(slug, file.path), 201 if known is None and file.version == 1 else 200)


def _expected(known: File | None) -> str | None:
    """What the caller expects to replace: a SHA-256, "" for nothing, None for whatever is there. Raises Refused (412)."""
    if only_if_absent():
        if known is not None:
            raise Refused(412, _l("There is a file of this name already."))
        return ""
    if known is None:
        based_on("")
        return None
    return known.sha256 if based_on(known.sha256) else None


@call(
    "PATCH",
    "/spaces/<slug>/files/<path:name>",
    "Say what a file is",
    given=FileChanges,
    answer=file_schemas.File,
    bases=True,
)
def change_file(slug: str, name: str, given: FileChanges) -> Reply:
    """In plain words."""
    file = file_at(slug, name)
    base = file.sha256 if based_on(file.sha256) else None
    describe_file(actor(), file, description=given.description, base=base)
    return _about(file_at(slug, name))


@call("DELETE", "/spaces/<slug>/files/<path:name>", "Take a file away", bases=True)
def remove_file(slug: str, name: str) -> Reply:
    """Its name is free for another."""
    file = file_at(slug, name)
    base = file.sha256 if based_on(file.sha256) else None
    delete_file(actor(), file, base=base)
    return Reply()

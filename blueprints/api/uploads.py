"""Uploads that survive a broken line: tus 1.0.0 (core, creation, creation-with-upload, expiration, checksum, termination), for the
pages and for any tus client.

    OPTIONS /uploads            what is spoken here
    POST    /uploads            announce: Upload-Length, and Upload-Metadata with `filename`, `space` and what else is known
    HEAD    /uploads/{token}    how much is here
    PATCH   /uploads/{token}    the next bytes
    DELETE  /uploads/{token}    stop, and forget what came

Besides, in JSON: GET tells what became of an upload, and `finish` ends one that could not become a file as it was asked.
"""

from __future__ import annotations

from typing import Literal

from flask import current_app, request
from pydantic import AwareDatetime, Field
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.api import schemas
from blueprints.api.calls import Reply, bp, call
from blueprints.api.files import enter
from blueprints.api.reading import Given, Stretch
from blueprints.api.refusals import Refused
from blueprints.api.tus import (
    EXTENSIONS,
    PIECE,
    VERSION,
    WHOLE,
    Line,
    checksum,
    hang_up,
    metadata,
    promised,
    speaks_tus,
    tell,
    whole,
)
from blueprints.doors import actor
from blueprints.mishaps import said
from community.errors import CommunityError, Invalid, _l
from community.extensions import db
from community.files.queries import folder_for
from community.files.room import BOUNDS
from community.files.taking import CHECKSUMS, take
from community.files.upload_tables import Upload
from community.files.uploads import begin_upload, end_upload, file_of, finish_again, upload_for, uploads_of
from community.permissions import sees

MAX_PATH = 10_000


class UploadFile(schemas.Out):
    """The file that an upload became, and which version of it."""

    id: int
    name: str
    version: int
    url: str


class UploadFailure(schemas.Out):
    """Why it is no file. `conflict`: something else stands there by now; `lost`: it must be sent again."""

    kind: Literal["conflict", "denied", "gone", "invalid", "lost"]
    field: str
    detail: str


class UploadOut(schemas.Out):
    """An upload of yours. `sending`: bytes are missing; `finishing`: all are here and are put together, `joined` of them are;
    `done`: it is a file; `failed`: nothing was lost, say how it is to be finished."""

    id: str
    state: Literal["sending", "finishing", "done", "failed"]
    url: str
    name: str
    space: str
    folder: str | None
    length: int
    offset: int
    joined: int
    created: AwareDatetime
    expires: AwareDatetime
    file: UploadFile | None
    failure: UploadFailure | None


class Uploads(schemas.Out):
    """A stretch of what you are sending."""

    items: list[UploadOut]
    next: str | None


class Finish(Given):
    name: str | None = Field(None, min_length=1, max_length=1000, description="Another name; left out: the one it had.")
    folder: str | None = Field(
        None, max_length=MAX_PATH, description="Another folder, its way from the top; empty: the top."
    )
    next_version: bool = Field(
        False, description="Whether it becomes the next version of whatever stands there by now."
    )


def _address(upload: Upload) -> str:
    return f"{bp.url_prefix}/uploads/{upload.token}"


def _out(upload: Upload) -> UploadOut:
    file, folder, who = file_of(upload), upload.folder, actor()
    if file is not None and not sees(who, file):
        file = None  # it is for others by now, and so are its name and its place
    if folder is not None and not sees(who, folder):
        folder = None
    failure = upload.failure
    return UploadOut(
        id=upload.token,
        state=upload.state,  # type: ignore[arg-type]
        url=_address(upload),
        name=upload.name,
        space=upload.space.slug,
        folder=folder.path if folder is not None else None,
        length=upload.length,
        offset=upload.offset,
        joined=upload.joined,
        created=upload.created_at,
        expires=upload.expires_at,
        file=UploadFile(id=file.id, name=file.name, version=upload.version, url=url_of(file)) if file else None,
        failure=UploadFailure(
            kind=failure["kind"],
            field=failure["field"],
            detail=said(CommunityError(failure["sentence"], **failure["facts"])),
        )
        if failure
        else None,
    )


def _take(token: str, offset: int) -> Upload:
    """The bytes of this request. What is refused is refused before it is read."""
    line = Line()
    try:
        return take(actor(), token, offset=offset, source=line, size=promised(), checksum=checksum())
    except (CommunityError, Refused):
        db.session.rollback()
        line.drain()
        hang_up()
        raise


# ---- the calls ------------------------------------------------------------------------------------------------------


@bp.route("/uploads", methods=["OPTIONS"])
@bp.route("/uploads/<token>", methods=["OPTIONS"])
def upload_options(token: str = "") -> Response:
    """What is spoken here (tus 1.0.0, "OPTIONS")."""
    answer: Response = current_app.response_class(status=204)
    answer.headers["Tus-Version"] = VERSION
    answer.headers["Tus-Extension"] = EXTENSIONS
    answer.headers["Tus-Checksum-Algorithm"] = ",".join(CHECKSUMS)
    if BOUNDS.file:
        answer.headers["Tus-Max-Size"] = str(BOUNDS.file)
    answer.headers["Allow"] = "OPTIONS, GET, HEAD, POST, PATCH, DELETE"
    return answer


@call("GET", "/uploads", "What you are sending", query=Stretch, answer=Uploads)
def list_uploads(asked: Stretch) -> Uploads:
    """Uploads of yours that are no file yet, the newest first: those that wait for more bytes, and those that failed."""
    before = asked.cursor
    if before is not None and not WHOLE.fullmatch(before):
        raise Invalid("cursor", _l("Send the cursor as you got it."))
    found, more = uploads_of(actor(), before=int(before) if before else None, limit=asked.many)
    return Uploads(items=[_out(upload) for upload in found], next=str(more) if more else None)


@call("POST", "/uploads", "Begin an upload", sends="*/*", answer=UploadOut, status=201, also=(412, 460))
def begin_sending() -> Reply:
    """tus 1.0.0: creation, with or without the first bytes. Upload-Length says how large the file is; Upload-Metadata names it
    (`filename`) and its `space`, and may say the `folder` (its way from the top), `description`, `audience`, `note`, and `base`,
    the SHA-256 of the version that it replaces. Whatever would be refused is refused here, before a byte is sent."""
    speaks_tus()
    if "Upload-Defer-Length" in request.headers:
        raise Refused(400, _l("Say how large the file is: Upload-Length."), field="Upload-Length")
    length, words = whole("Upload-Length"), metadata()
    space = enter(words.get("space", ""))
    upload = begin_upload(
        actor(),
        space,
        name=words.get("filename") or words.get("name") or "",
        length=length,
        folder=folder_for(actor(), space, words["folder"]) if words.get("folder", "").strip("/") else None,
        description=words.get("description"),
        audience=words.get("audience") or None,
        base=words.get("base"),
        note=words.get("note", ""),
    )
    if request.mimetype == PIECE and (request.content_length or 0) > 0:
        upload = _take(upload.token, 0)
    tell(upload)
    return Reply(_out(upload), at=_address(upload))


@call("GET", "/uploads/<token>", "What became of an upload", answer=UploadOut, also=(410,))
def read_upload(token: str) -> Reply:
    """How far it is, and where its file is. HEAD tells the offset alone, as tus wants it."""
    upload = upload_for(actor(), token)
    tell(upload)
    return Reply(_out(upload))


@call("PATCH", "/uploads/<token>", "Send the next bytes", sends="*/*", also=(410, 412, 423, 460))
def send_bytes(token: str) -> Reply:
    """tus 1.0.0: the bytes from Upload-Offset on, as application/offset+octet-stream. Upload-Checksum may say what they must give
    (sha256 or sha1): then they count together or not at all. A line that breaks leaves what came; HEAD says how much."""
    return _patch(token)


def _patch(token: str) -> Reply:
    speaks_tus()
    if request.mimetype != PIECE:
        raise Refused(415, _l("Send application/offset+octet-stream."))
    upload = _take(token, whole("Upload-Offset"))
    tell(upload)
    return Reply()


@call("DELETE", "/uploads/<token>", "Stop an upload", also=(410, 412))
def stop_upload(token: str) -> Reply:
    """tus 1.0.0: termination. What came is forgotten; a file that it became stays."""
    return _stop(token)


def _stop(token: str) -> Reply:
    speaks_tus()
    end_upload(actor(), token)
    return Reply()


@call(
    "POST", "/uploads/<token>", "Send bytes or stop, for who can only POST", sends="*/*", also=(405, 410, 412, 423, 460)
)
def send_otherwise(token: str) -> Reply:
    """X-HTTP-Method-Override says which is meant: PATCH or DELETE."""
    meant = request.headers.get("X-HTTP-Method-Override", "").upper()
    if meant not in ("PATCH", "DELETE"):
        raise Refused(405, _l("Say PATCH or DELETE in X-HTTP-Method-Override."), headers={"Allow": "PATCH, DELETE"})
    return _patch(token) if meant == "PATCH" else _stop(token)


@call("POST", "/uploads/<token>/finish", "Finish what failed", given=Finish, answer=UploadOut, also=(410,))
def finish_upload(token: str, given: Finish) -> Reply:
    """Under another name, in another folder, as the next version of what stands there by now, or as it was asked, when what
    stood in the way is gone. Not a byte is sent again."""
    space, place = upload_for(actor(), token).space, None
    if given.folder is not None:
        way = given.folder.strip("/")
        place = folder_for(actor(), space, way).id if way else 0
    upload = finish_again(actor(), token, name=given.name, as_next=given.next_version, folder_id=place)
    return Reply(_out(upload))

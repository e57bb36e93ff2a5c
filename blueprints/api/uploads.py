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

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from datetime import UTC
from email.utils import format_datetime
from typing import Literal

from flask import after_this_request, current_app, request
from pydantic import AwareDatetime, Field
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.api import schemas
from blueprints.api.calls import Reply, bp, call
from blueprints.api.reading import Given, Stretch
from blueprints.api.refusals import Refused
from blueprints.doors import actor
from blueprints.mishaps import problem, said
from community.errors import CommunityError, Invalid, NotFound, _l
from community.extensions import db
from community.files.finishing import Busy
from community.files.room import BOUNDS, NoRoom
from community.files.upload_tables import Upload
from community.files.uploads import (
    CHECKSUMS,
    Checksum,
    Damaged,
    Gone,
    TooMuch,
    WrongOffset,
    begin_upload,
    end_upload,
    file_of,
    finish_again,
    take,
    upload_for,
    uploads_of,
)
from community.spaces.queries import space_to_enter

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
PIECE = "application/offset+octet-stream"
QUIET = 60.0  # seconds without a byte, after which a line is taken for broken
DRAINED = 1024 * 1024  # bytes of a refused piece that are read, so that its sender sees the refusal
_WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)
_WORDS = ("filename", "name", "space", "folder", "audience", "description", "base", "note", "filetype", "type")


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
    next_version: bool = Field(
        False, description="Whether it becomes the next version of whatever stands there by now."
    )


def _address(upload: Upload) -> str:
    return f"{bp.url_prefix}/uploads/{upload.token}"


def _out(upload: Upload) -> UploadOut:
    file = file_of(upload)
    failure = upload.failure
    return UploadOut(
        id=upload.token,
        state=upload.state,  # type: ignore[arg-type]
        url=_address(upload),
        name=upload.name,
        space=upload.space.slug,
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


# ---- the words of tus -----------------------------------------------------------------------------------------------


def _speaks_tus() -> None:
    """The client must say that it speaks our version. Raises Refused (412)."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Refused(412, _l("Send Tus-Resumable: 1.0.0."), headers={"Tus-Version": VERSION})


def _whole(name: str) -> int:
    """A header that holds a number of bytes. Raises Refused (400)."""
    raw = request.headers.get(name, "")
    if not _WHOLE.fullmatch(raw):
        raise Refused(400, _l("Send %(name)s with a whole number of bytes."), facts={"name": name}, field=name)
    return int(raw)


def _metadata() -> dict[str, str]:
    """The words of Upload-Metadata: a key, a blank and base64 of UTF-8, with commas between. Raises Refused (400)."""
    words: dict[str, str] = {}
    bad = Refused(400, _l("Upload-Metadata holds words that cannot be read."), field="Upload-Metadata")
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if not key and not value:
            continue
        if not key or key in words:
            raise bad
        try:
            words[key] = b64decode(value.strip(), validate=True).decode()
        except (NotBase64, ValueError):
            raise bad from None
        if key in _WORDS and any(sign in words[key] for sign in "\x00"):
            raise bad
    return words


def _checksum() -> Checksum | None:
    """What Upload-Checksum says. Raises Refused (400)."""
    raw = request.headers.get("Upload-Checksum")
    if raw is None:
        return None
    algorithm, _, value = raw.strip().partition(" ")
    if algorithm not in CHECKSUMS:
        names = ", ".join(CHECKSUMS)
        raise Refused(
            400, _l("Use one of these checksums: %(names)s."), facts={"names": names}, field="Upload-Checksum"
        )
    try:
        digest = b64decode(value, validate=True)
    except (NotBase64, ValueError):
        digest = b""
    if len(digest) != {"sha256": 32, "sha1": 20}[algorithm]:
        raise Refused(400, _l("Upload-Checksum holds no checksum."), field="Upload-Checksum")
    return Checksum(algorithm, digest)


def _tell(upload: Upload) -> None:
    """Put what tus tells of an upload into the answer."""
    token, offset, length = upload.token, upload.offset, upload.length
    expires = format_datetime(upload.expires_at.astimezone(UTC), usegmt=True)
    words = {"filename": upload.name, "space": upload.space.slug}
    metadata = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in words.items())

    @after_this_request
    def put(answer: Response) -> Response:
        answer.headers["Upload-Offset"] = str(offset)
        answer.headers["Upload-Length"] = str(length)
        answer.headers["Upload-Expires"] = expires
        if request.method in ("GET", "HEAD"):
            answer.headers["Upload-Metadata"] = metadata
            answer.headers["Cache-Control"] = "no-store"
        if answer.status_code == 201:
            answer.headers["Location"] = f"{bp.url_prefix}/uploads/{token}"
        return answer


@bp.after_request
def _speak(answer: Response) -> Response:
    """Every answer about uploads says which version is spoken."""
    if request.path.startswith(f"{bp.url_prefix}/uploads"):
        answer.headers["Tus-Resumable"] = VERSION
    return answer


class _Line:
    """The body of a request. Where the line breaks or falls silent it ends, with what came until then."""

    def __init__(self) -> None:
        request.max_content_length = 1 << 62  # how much may come is the upload's to say
        self._stream = request.stream
        sock = request.environ.get("gunicorn.socket")
        if sock is not None:
            sock.settimeout(QUIET)

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except (ClientDisconnected, OSError):
            return b""

    def drain(self) -> None:
        """Read a little of what nobody wants, so that who sends it gets to read the answer."""
        left = DRAINED
        while left > 0 and (piece := self.read(min(left, 65536))):
            left -= len(piece)


def _take(token: str, offset: int) -> Upload:
    """The bytes of this request. What is refused is refused before it is read."""
    line = _Line()
    try:
        checksum = _checksum()
        return take(actor(), token, offset=offset, source=line, size=_promised(), checksum=checksum)
    except (CommunityError, Refused):
        db.session.rollback()
        line.drain()
        _hang_up()
        raise


def _promised() -> int | None:
    """How many bytes follow; None where the sender does not know yet ("Transfer-Encoding: chunked")."""
    if request.content_length is None and "Transfer-Encoding" not in request.headers:
        return 0
    return request.content_length


def _hang_up() -> None:
    @after_this_request
    def close(answer: Response) -> Response:
        answer.headers["Connection"] = "close"
        return answer


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
    if before is not None and not _WHOLE.fullmatch(before):
        raise Invalid("cursor", _l("Send the cursor as you got it."))
    found, more = uploads_of(actor(), before=int(before) if before else None, limit=asked.many)
    return Uploads(items=[_out(upload) for upload in found], next=str(more) if more else None)


@call("POST", "/uploads", "Begin an upload", sends="*/*", answer=UploadOut, status=201, also=(412, 460))
def begin_sending() -> Reply:
    """tus 1.0.0: creation, with or without the first bytes. Upload-Length says how large the file is; Upload-Metadata names it
    (`filename`) and its `space`, and may say `description`, `audience`, `note`, and `base`, the SHA-256 of the version that it
    replaces. Whatever would be refused is refused here, before a byte is sent."""
    _speaks_tus()
    if "Upload-Defer-Length" in request.headers:
        raise Refused(400, _l("Say how large the file is: Upload-Length."), field="Upload-Length")
    length, words = _whole("Upload-Length"), _metadata()
    space = space_to_enter(actor(), words.get("space", ""))
    if "files" not in space.tools:
        raise NotFound()
    upload = begin_upload(
        actor(),
        space,
        name=words.get("filename") or words.get("name") or "",
        length=length,
        description=words.get("description"),
        audience=words.get("audience") or None,
        base=words.get("base"),
        note=words.get("note", ""),
    )
    if request.mimetype == PIECE and (request.content_length or 0) > 0:
        upload = _take(upload.token, 0)
    _tell(upload)
    return Reply(_out(upload), at=_address(upload))


@call("GET", "/uploads/<token>", "What became of an upload", answer=UploadOut, also=(410,))
def read_upload(token: str) -> Reply:
    """How far it is, and where its file is. HEAD tells the offset alone, as tus wants it."""
    upload = upload_for(actor(), token)
    _tell(upload)
    return Reply(_out(upload))


@call("PATCH", "/uploads/<token>", "Send the next bytes", sends="*/*", also=(410, 412, 423, 460))
def send_bytes(token: str) -> Reply:
    """tus 1.0.0: the bytes from Upload-Offset on, as application/offset+octet-stream. Upload-Checksum may say what they must give
    (sha256 or sha1): then they count together or not at all. A line that breaks leaves what came; HEAD says how much."""
    return _patch(token)


def _patch(token: str) -> Reply:
    _speaks_tus()
    if request.mimetype != PIECE:
        raise Refused(415, _l("Send application/offset+octet-stream."))
    upload = _take(token, _whole("Upload-Offset"))
    _tell(upload)
    return Reply()


@call("DELETE", "/uploads/<token>", "Stop an upload", also=(410, 412))
def stop_upload(token: str) -> Reply:
    """tus 1.0.0: termination. What came is forgotten; a file that it became stays."""
    return _stop(token)


def _stop(token: str) -> Reply:
    _speaks_tus()
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
    """Under another name, as the next version of what stands there by now, or as it was asked, when what stood in the way is gone.
    Not a byte is sent again."""
    upload = finish_again(actor(), token, name=given.name, as_next=given.next_version)
    return Reply(_out(upload))


# ---- what is refused ------------------------------------------------------------------------------------------------


@bp.errorhandler(Busy)
def _busy(fault: Busy) -> Response:
    db.session.rollback()
    answer = problem(423, said(fault))
    answer.headers["Retry-After"] = "3"
    return answer


@bp.errorhandler(WrongOffset)
def _wrong_offset(fault: WrongOffset) -> Response:
    db.session.rollback()
    answer = problem(409, said(fault))
    answer.headers["Upload-Offset"] = str(fault.offset)
    return answer


@bp.errorhandler(TooMuch)
def _too_much(fault: TooMuch) -> Response:
    db.session.rollback()
    return problem(413, said(fault), field=fault.field)


@bp.errorhandler(NoRoom)
def _no_room(fault: NoRoom) -> Response:
    db.session.rollback()
    return problem(413, said(fault), field=fault.field, free=fault.free)


@bp.errorhandler(Damaged)
def _damaged(fault: Damaged) -> Response:
    db.session.rollback()
    answer = problem(460, said(fault), field=fault.field)
    answer.status = "460 Checksum Mismatch"
    return answer


@bp.errorhandler(Gone)
def _gone(fault: Gone) -> Response:
    db.session.rollback()
    return problem(410, said(fault))

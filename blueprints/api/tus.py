"""The words of tus 1.0.0: what its headers say, what comes over the line, and how refusals are told.

The protocol: https://tus.io/protocols/resumable-upload (1.0.0).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from datetime import UTC
from email.utils import format_datetime

from flask import after_this_request, current_app, request
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Response

from blueprints.api.calls import bp
from blueprints.api.refusals import Refused
from blueprints.mishaps import problem, said
from community.errors import _l
from community.extensions import db
from community.files.finishing import Busy
from community.files.room import NoRoom
from community.files.storage import Away
from community.files.storage import NoRoom as Full
from community.files.taking import CHECKSUMS, Checksum, Damaged, TooMuch, WrongOffset
from community.files.upload_tables import Upload
from community.files.uploads import Gone

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
PIECE = "application/offset+octet-stream"
QUIET = 60.0  # seconds without a byte, after which a line is taken for broken
DRAINED = 1024 * 1024  # bytes of a refused piece that are read, so that its sender sees the refusal
WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)
_WORDS = ("filename", "name", "space", "folder", "audience", "description", "base", "note", "filetype", "type")


def speaks_tus() -> None:
    """The client must say that it speaks our version. Raises Refused (412)."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Refused(412, _l("Send Tus-Resumable: 1.0.0."), headers={"Tus-Version": VERSION})


def whole(name: str) -> int:
    """A header that holds a number of bytes. Raises Refused (400)."""
    raw = request.headers.get(name, "")
    if not WHOLE.fullmatch(raw):
        raise Refused(400, _l("Send %(name)s with a whole number of bytes."), facts={"name": name}, field=name)
    return int(raw)


def metadata() -> dict[str, str]:
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


def checksum() -> Checksum | None:
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


def tell(upload: Upload) -> None:
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


class Line:
    """The body of a request. Where the line breaks or falls silent it ends, with what came until then; so it does where this
    process is to stop.
    """

    def __init__(self) -> None:
        request.max_content_length = 1 << 62  # how much may come is the upload's to say
        self._stream, self._duties = request.stream, current_app.extensions["duties"]
        sock = request.environ.get("gunicorn.socket")
        if sock is not None:
            sock.settimeout(QUIET)

    def read(self, size: int, /) -> bytes:
        if self._duties.ending:
            hang_up()
            return b""
        try:
            return self._stream.read(size)
        except (ClientDisconnected, OSError):
            return b""

    def drain(self) -> None:
        """Read a little of what nobody wants, so that who sends it gets to read the answer."""
        left = DRAINED
        while left > 0 and (piece := self.read(min(left, 65536))):
            left -= len(piece)


def promised() -> int | None:
    """How many bytes follow; None where the sender does not know yet ("Transfer-Encoding: chunked")."""
    if request.content_length is None and "Transfer-Encoding" not in request.headers:
        return 0
    return request.content_length


def hang_up() -> None:
    @after_this_request
    def close(answer: Response) -> Response:
        answer.headers["Connection"] = "close"
        return answer


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


@bp.errorhandler(Full)
def _full(fault: Full) -> Response:
    db.session.rollback()
    return problem(507, said(fault), field=fault.field)


@bp.errorhandler(Away)
def _away(fault: Away) -> Response:
    db.session.rollback()
    answer = problem(503, said(fault), field=fault.field)
    answer.headers["Retry-After"] = "60"
    return answer


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

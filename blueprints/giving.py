"""How bytes leave the house: one way for files, their old versions, what hangs on a post, and pictures that were made of them.

The caller has opened the door first: whoever comes here may read them (QUALITY 25). Bytes leave with `nosniff`, a sandbox policy
and a disposition that only four picture types may soften (QUALITY 53); one range is answered (RFC 9110 section 14).

    give(key=…, name=…, media_type=…, size=…, sha256=…)      the answer
    download(file)                                           the same, of anything that has these five
"""

from __future__ import annotations

from typing import Any, BinaryIO, Protocol

from flask import Response, current_app, request
from werkzeug.http import quote_etag

from community.files.media_types import served_as
from community.files.storage import CHUNK, Section

SANDBOX = "default-src 'none'; sandbox"
SECONDS = 60
"""For which an address of the object storage is good: long enough to follow it, and a download that has begun goes on."""


class Held(Protocol):
    """Kept bytes with a name: a file, a version of one, an attachment."""

    storage_key: str
    name: str
    media_type: str
    size: int
    sha256: str


def download(held: Held) -> Response:
    """The bytes of something that was found through its door."""
    return give(key=held.storage_key, name=held.name, media_type=held.media_type, size=held.size, sha256=held.sha256)


def give(*, key: str, name: str, media_type: str, size: int, sha256: str, cache: str = "private, no-cache") -> Response:
    """The bytes under a key, whole or the one range that was asked for. More ranges than one get the whole (RFC 9110, 14.2).

    `size` in bytes and `sha256` are those of the content, `cache` is its Cache-Control. Raises Missing, Away.
    """
    kind, disposition = served_as(media_type, name)
    headers = {
        "Content-Type": kind,
        "Content-Disposition": disposition,
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": quote_etag(sha256),
        "Cache-Control": cache,
    }
    if request.if_none_match.contains(sha256):
        return Response(status=304, headers={k: v for k, v in headers.items() if not k.startswith("Content-T")})
    start, end, status = 0, size, 200
    asked = request.range
    fresh = "If-Range" not in request.headers or request.if_range.etag == sha256
    if asked is not None and asked.units == "bytes" and len(asked.ranges) == 1 and fresh:
        span = asked.range_for_length(size)
        if span is None:
            return Response(status=416, headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"})
        start, end, status = span[0], span[1], 206
    sent = _by_another(key, kind, disposition, headers)
    if sent is not None:
        return sent
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status=status, headers=headers)
    content = _handed(current_app.config["STORAGE"].open(key, start, end))
    return Response(content, status=status, headers=headers, direct_passthrough=True)


class _Handed:
    """A part of a file of this machine that the server has the kernel send (`sendfile`): it asks for `fileno`, sends from where the
    file stands as many bytes as Content-Length says, and reads where it cannot.
    """

    def __init__(self, part: Section) -> None:
        self.read, self.fileno, self.close = part.read, part.descriptor, part.close


def _handed(content: BinaryIO) -> Any:
    """The bytes in the way in which the server sends them with the least work (PEP 3333, `wsgi.file_wrapper`)."""
    wrapper = request.environ.get("wsgi.file_wrapper")
    return wrapper(_Handed(content), CHUNK) if wrapper is not None and isinstance(content, Section) else content


def _by_another(key: str, kind: str, disposition: str, headers: dict[str, str]) -> Response | None:
    """The answer that has a front server or the object storage send the bytes, ranges included; None where we do it ourselves."""
    settings, storage = current_app.config["SETTINGS"], current_app.config["STORAGE"]
    how = settings.SEND_FILES
    if how.startswith("nginx:") and "X-Forwarded-For" in request.headers:  # it came through the front server
        return Response(headers={**headers, "X-Accel-Redirect": how.removeprefix("nginx:") + storage.place_of(key)})
    if how == "signed" and disposition.startswith("attachment") and request.method == "GET" and _is_plain():
        where = storage.address_of(key, media_type=kind, disposition=disposition, seconds=SECONDS)
        return Response(status=302, headers={"Location": where, "Cache-Control": "private, no-store"})
    return None


def _is_plain() -> bool:
    """Whether nothing is asked that only we can answer: the object storage knows another ETag."""
    return not any(name in request.headers for name in ("If-Range", "If-Match", "If-Unmodified-Since"))

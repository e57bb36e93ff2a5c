"""The bytes of a file, given back so that nothing in them can act.

A download goes through the permission check each time (QUALITY 25), answers ranges (RFC 9110 section 14) and leaves with
`nosniff`, a sandbox policy and a disposition that only four picture types may soften (QUALITY 53).
"""

from __future__ import annotations

from flask import Response, current_app, request
from werkzeug.http import quote_etag
from werkzeug.wrappers import Response as Answer

from community.files.media_types import served_as
from community.files.models import File

SANDBOX = "default-src 'none'; sandbox"


def download(found: File) -> Answer:
    """The bytes, whole or the one range that was asked for. More ranges than one get the whole (RFC 9110, 14.2)."""
    kind, disposition = served_as(found.media_type, found.name)
    headers = {
        "Content-Type": kind,
        "Content-Disposition": disposition,
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": quote_etag(found.sha256),
        "Cache-Control": "private, no-cache",
    }
    if request.if_none_match.contains(found.sha256):
        return Response(status=304, headers={k: v for k, v in headers.items() if not k.startswith("Content-T")})
    start, end, status = 0, found.size, 200
    asked = request.range
    fresh = "If-Range" not in request.headers or request.if_range.etag == found.sha256
    if asked is not None and asked.units == "bytes" and len(asked.ranges) == 1 and fresh:
        span = asked.range_for_length(found.size)
        if span is None:
            return Response(status=416, headers={"Content-Range": f"bytes */{found.size}", "Accept-Ranges": "bytes"})
        start, end, status = span[0], span[1], 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status=status, headers=headers)
    content = current_app.config["STORAGE"].open(found.storage_key, start, end)
    return Response(content, status=status, headers=headers, direct_passthrough=True)

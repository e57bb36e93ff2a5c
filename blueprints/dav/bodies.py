"""The XML that programs send, read before anything else reads it (QUALITY 45): short, shallow, without a document type, so that no
entity is ever expanded and nothing outside is fetched.
"""

from __future__ import annotations

import io
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from flask import request
from wsgidav.dav_error import HTTP_BAD_REQUEST, DAVError

LONGEST = 64 * 1024
"""Bytes. A PROPFIND that names every property that there is has two thousand."""
DEEPEST = 16
MOST = 1_000
"""Elements."""


def checked_body(environ: dict[str, Any]) -> None:
    """Put the body of the request, whole and known to be harmless, where WsgiDAV reads it. Raises DAVError (400, 413)."""
    is_there = request.content_length is not None or request.environ.get("wsgi.input_terminated")
    body = request.stream.read(LONGEST + 1) if is_there else b""
    if len(body) > LONGEST:
        raise DAVError(413)
    if body:
        _refuse_harmful(body)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))


def _refuse_harmful(body: bytes) -> None:
    depth = count = 0
    try:
        for event, _element in iterparse(io.BytesIO(body), events=("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            count += 1
            if depth > DEEPEST or count > 2 * MOST:
                raise DAVError(HTTP_BAD_REQUEST)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as fault:
        raise DAVError(HTTP_BAD_REQUEST) from fault

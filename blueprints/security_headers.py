"""The policy that goes out with every answer (ASVS V3.4, V14.3): pages, errors, assets, downloads, socket handshakes.

The fixed headers are set outermost, in WSGI, so that no answer escapes them, whoever made it. A view may be stricter:
what it sets itself stays (a download sets its own sandboxed `Content-Security-Policy`). What depends on the reader
(`Cache-Control`, `Vary`) is set by Flask.

`/csp-reports` takes what browsers report about broken policy, and writes one line to the log for each, a few a minute.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, request

log = logging.getLogger(__name__)

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types fragments worker",
        "report-uri /csp-reports",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "X-Frame-Options": "DENY",
}

REPORT_BYTES = 8_192
REPORTS_A_MINUTE = 20

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Outermost:
    """WSGI: adds what an answer does not say itself."""

    def __init__(self, app: Wsgi, headers: dict[str, str]) -> None:
        self.app = app
        self.headers = headers

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if environ.get("PATH_INFO", "").startswith(
                "/assets/"
            ):  # the same for everybody, whoever read a session on the way
                headers = [pair for pair in headers if pair[0].lower() not in ("vary", "set-cookie")]
            said = {name.lower() for name, _value in headers}
            headers = headers + [(name, value) for name, value in self.headers.items() if name.lower() not in said]
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return self.app(environ, start)


def _keep_personal_pages_out_of_caches(answer: Response) -> Response:
    """Nothing made for one reader may be kept by a browser's or a proxy's cache (CVE-2023-30861 and its kin)."""
    if request.endpoint in ("asset", "static"):
        return answer
    answer.vary.update(("Cookie", "Authorization", "Accept-Language"))
    if answer.mimetype in ("text/html", "application/json", "application/problem+json"):
        answer.headers["Cache-Control"] = "no-store"
    elif "private" not in answer.headers.get("Cache-Control", ""):
        answer.headers["Cache-Control"] = "private, no-cache"
    return answer


class _Tap:
    """Lets a few things a minute through, for what anybody can send."""

    def __init__(self, a_minute: int) -> None:
        self.a_minute, self.minute, self.seen = a_minute, 0, 0

    def open(self) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self.minute:
            self.minute, self.seen = minute, 0
        self.seen += 1
        return self.seen <= self.a_minute


_reports = _Tap(REPORTS_A_MINUTE)


def csp_reports() -> Response:
    """Note what a browser refused by policy: cut short, one line each, and only so many a minute."""
    answer = Response(status=204)
    if not _reports.open() or (request.content_length or REPORT_BYTES + 1) > REPORT_BYTES:
        return answer
    try:
        report = json.loads(request.get_data(cache=False)).get("csp-report", {})
        facts = {
            name: str(report.get(name, ""))[:200] for name in ("document-uri", "effective-directive", "blocked-uri")
        }
    except (ValueError, AttributeError, RecursionError):
        return answer
    log.warning("a browser refused something by policy: %s", json.dumps(facts))
    return answer


def init_app(app: Flask) -> None:
    """Put the headers on every answer of `app`. Call it last: what else wraps the application is then inside, and
    the CSRF protection that browsers' reports are exempt from is there.

    `Strict-Transport-Security` goes out always: browsers heed it over https only (RFC 6797 section 8.1).
    """
    app.wsgi_app = _Outermost(app.wsgi_app, HEADERS)  # type: ignore[method-assign, assignment]
    app.after_request(_keep_personal_pages_out_of_caches)
    app.add_url_rule("/csp-reports", "csp_reports", csp_reports, methods=["POST"])
    if "csrf" in app.extensions:
        app.extensions["csrf"].exempt(csp_reports)

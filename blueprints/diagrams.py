"""Where diagrams are drawn: a page of our own in a frame that may touch nothing.

A diagram is kept as the words it is written in, and reads as those where no script runs. On a page that holds one,
static/js/reading.js opens a frame for it; the frame has no origin (sandbox), no network and no forms, gets the words by a
message and answers how high the drawing is. What the library that draws needs, and what our pages never allow (styles within
the page), is allowed in there alone: the policy of the page itself gets one word more, that it may hold frames of this site,
and every other page refuses to be one.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, send_from_directory
from werkzeug.wrappers import Response as BaseResponse

from blueprints.face import STATIC
from blueprints.security_headers import POLICY

bp = Blueprint("diagrams", __name__)

MARK = b'class="language-mermaid"'
SCRIPTS = {"draw.js": ("js", "draw.js"), "mermaid.js": ("vendor/mermaid", "mermaid.tiny.js")}


@bp.get("/diagram")
def frame() -> Response:
    """The frame. Says nothing of anybody, and is the same for everybody."""
    here = request.host_url.rstrip("/")
    answer = Response(render_template("parts/diagram.html"), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            f"script-src {here}/diagram/",
            "style-src 'unsafe-inline'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
            "sandbox allow-scripts",
        )
    )
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@bp.get("/diagram/<name>")
def script(name: str) -> BaseResponse:
    """The two scripts of the frame, which has no origin and may therefore fetch only what anybody may."""
    if name not in SCRIPTS:
        return Response(status=404)
    folder, file = SCRIPTS[name]
    answer = send_from_directory(STATIC / folder, file, conditional=True)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


@bp.after_app_request
def _allow_frames_where_a_diagram_is(answer: Response) -> Response:
    if answer.mimetype != "text/html" or answer.is_streamed or "Content-Security-Policy" in answer.headers:
        return answer
    if MARK in answer.get_data():
        answer.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return answer

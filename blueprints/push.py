"""Notices in browsers: the settings of it, the worker that shows them, and what makes the site an app that can be installed."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response, flash, jsonify, redirect, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from blueprints.accounts import form_page
from blueprints.doors import actor
from blueprints.face import STATIC
from blueprints.settings import device
from community.errors import Invalid, NotFound
from community.ports import ports
from community.push import browsers
from community.push.keys import public_of

bp = Blueprint("push", __name__)

SIZES = (192, 512)  # pixels, of static/icon-*.png


@cache
def _held(name: str) -> bytes:
    return (STATIC / name).read_bytes()


@bp.get("/sw.js")
def worker() -> BaseResponse:
    """The worker, at the root, for it may act for what lies below its own address only. Browsers ask for a newer one each time."""
    answer = Response(_held("sw.js"), mimetype="text/javascript")
    answer.add_etag()
    return answer.make_conditional(request)


@bp.get("/icon-<int:size>.png")
def icon(size: int) -> BaseResponse:
    """The mark as a picture, where an address has to stay the same."""
    if size not in SIZES:
        raise NotFound()
    answer = Response(_held(f"icon-{size}.png"), mimetype="image/png")
    answer.add_etag()
    return answer.make_conditional(request)


@bp.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a system needs to know to install the site as an app."""
    answer = jsonify(
        name="Cohortium",
        short_name="Cohortium",
        id="/",
        start_url="/",
        scope="/",
        display="standalone",
        background_color="#faf9f6",
        theme_color="#0d5967",
        icons=[
            {"src": f"/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any maskable"}
            for size in SIZES
        ],
    )
    answer.mimetype = "application/manifest+json"
    return answer


@bp.get("/settings/push")
def index() -> BaseResponse:
    """My browsers, and the button that adds this one."""
    return _page()


def _page(fault: Invalid | None = None) -> BaseResponse:
    return form_page(
        "settings/push.html",
        fault,
        browsers=browsers.browsers_of(actor()),
        key=public_of(ports.push_key()),
        device=device,
    )


@bp.post("/settings/push")
def add() -> BaseResponse:
    """Push to this browser from now on."""
    form = request.form
    try:
        browsers.add_browser(
            actor(),
            session_id=current_user.session_id,
            endpoint=form.get("endpoint", ""),
            p256dh=form.get("p256dh", ""),
            auth=form.get("auth", ""),
            agent=request.headers.get("User-Agent", ""),
        )
    except Invalid as fault:
        return _page(fault)
    flash(_("From now on this browser tells you what is for you."), "ok")
    return redirect("/settings/push", 303)


@bp.post("/settings/push/<int:number>/end")
def end(number: int) -> BaseResponse:
    """Push to a browser no more."""
    browsers.end_browser(actor(), number)
    flash(_("That browser tells you nothing any more."), "ok")
    return redirect("/settings/push", 303)

"""What a link to the outside opens, for whoever holds it: signed out, with no session and no cookie but the one that remembers that
a password was right.

Every answer asks anew what the maker of the link may do now (community/sharing/queries.py). What never was, has ended, was revoked
or may no longer be shared is the same page, to the byte.
"""

from __future__ import annotations

import hmac
import time
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, current_app, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from blueprints.cards import icon_of
from blueprints.face import size_words
from blueprints.files.frame import limit_bytes
from blueprints.files.one import text_of
from blueprints.giving import download
from blueprints.mishaps import said
from community.errors import Conflict, Invalid, NotFound
from community.files.drawn import captions_beside, content_of, part_of, preview_of_file
from community.files.drops import collects
from community.files.incoming import Received, receive
from community.files.media_types import INLINE, served_as
from community.files.models import File, Folder
from community.files.previews import SOUNDS, VIDEOS
from community.files.zipping import stream
from community.people import passwords
from community.people.throttle import account_door, address_door, give_back, take
from community.permissions import SYSTEM
from community.ports import ports
from community.sharing.actions import add_through, rename_through, replace_through, use_share
from community.sharing.models import Share
from community.sharing.queries import Opened, file_in, files_in, folder_in, folders_in, opened, way_in, zip_of

bp = Blueprint("outside", __name__)

OPEN_FOR = 12 * 3600
"""Seconds that a right password is remembered."""
COOKIE = "cohortium-link"
SANDBOX = "default-src 'none'; sandbox"


@bp.after_request
def _keep_quiet(answer: Response) -> Response:
    """Nobody finds it by searching, no other site hears of it, and nothing of it is kept on the way."""
    answer.headers["Cache-Control"] = "private, no-store"
    if (
        answer.mimetype != "text/html"
    ):  # a form of a page with that policy comes from nowhere, and `doors` takes none such
        answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer


class Locked(Exception):
    """The link asks for its password first."""


@bp.errorhandler(Locked)
def _ask_for_password(_fault: Locked) -> Answer:
    return Response(_password(), status=401)


def _password(sentence: str = "") -> str:
    token = (request.view_args or {})["token"]
    return render_template("outside/password.html", to=f"/s/{token}", sentence=sentence)


def _open(token: str) -> Opened:
    """What the link opens. Raises NotFound, Locked."""
    found = opened(token)
    if found.share.password_hash is not None and not _is_unlocked(found.share):
        raise Locked()
    return found


def _proof(share: Share, until: int) -> str:
    words = f"{share.id}:{until}:{share.password_hash}"
    return f"{until}.{ports.sign('share-password', words.encode()).hex()}"


def _is_unlocked(share: Share) -> bool:
    until, _point, _rest = request.cookies.get(COOKIE, "").partition(".")
    if not until.isascii() or not until.isdigit() or len(until) > 12 or int(until) < time.time():
        return False
    return hmac.compare_digest(request.cookies[COOKIE].encode(), _proof(share, int(until)).encode())


@bp.get("/s/<token>")
def link(token: str) -> str:
    """Who shared it, what it is, and until when."""
    found = _open(token)
    use_share(SYSTEM, found.share)
    return _page(_open(token))


@bp.post("/s/<token>")
def unlock(token: str) -> Answer | tuple[str, int]:
    """Try a password. Tries are counted for the link, and for the address that they come from."""
    found = opened(token)
    share = found.share
    if share.password_hash is not None:
        doors = account_door("share", str(share.id)), address_door("share", request.remote_addr or "")
        kept, number = share.password_hash, share.id
        take(doors)
        if not passwords.verify(kept, request.form.get("password", "")[:2_000]):
            return _password(_("This is not the password of this link. Ask who sent it to you.")), 401
        give_back(*doors)
        share = opened(token).share
        if share.id != number or share.password_hash != kept:
            raise NotFound()
    answer = redirect(f"/s/{token}", 303)
    if share.password_hash is not None:
        answer.set_cookie(
            COOKIE,
            _proof(share, int(time.time()) + OPEN_FOR),
            max_age=OPEN_FOR,
            path=f"/s/{token}",
            secure=current_app.config["SETTINGS"].https,
            httponly=True,
            samesite="Lax",
        )
    return answer


@bp.get("/s/<token>/folders/<int:number>")
def folder(token: str, number: int) -> str:
    """A folder below the one that was shared."""
    found = _open(token)
    return _page(found, folder_in(found, number))


@bp.get("/s/<token>/files/<int:number>")
def file(token: str, number: int) -> str:
    """What can be seen of a file, and the way to its bytes."""
    found = _open(token)
    return _page(found, file_in(found, number))


@bp.get("/s/<token>/files/<int:number>/content")
def content(token: str, number: int) -> Answer:
    """The bytes. Of a link that hides the download only what a page shows of itself."""
    found = _open(token)
    one = file_in(found, number)
    if found.share.hides_download and not _is_picture(one):
        raise NotFound()
    return download(one)


@bp.get("/s/<token>/files/<int:number>/preview/<int:page>")
def sheet(token: str, number: int, page: int) -> Answer:
    """A picture of a page of a file, or of a picture (0)."""
    one = file_in(_open(token), number)
    found = part_of(content_of(one), "sheet", page)
    with ports.storage().open(found.storage_key) as drawn:
        answer = Response(drawn.read(), mimetype="image/webp")
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@bp.get("/s/<token>/folders/<int:number>/zip")
def export_folder(token: str, number: int) -> Answer:
    """All that the link shows of a folder, as one archive."""
    found = _open(token)
    if found.share.hides_download:
        raise NotFound()
    plan = zip_of(found, folder_in(found, number))
    return Response(
        stream(plan, ports.storage()),
        mimetype="application/zip",
        headers={
            "Content-Disposition": served_as("application/zip", plan.name)[1],
            "X-Content-Type-Options": "nosniff",
        },
    )


@bp.post("/s/<token>/folders/<int:number>/files")
def add_files(token: str, number: int) -> Answer | tuple[str, int]:
    """Files for the folder, with the name of who sends them; what is refused is told file by file."""
    found = _open(token)
    if not found.allows("upload"):
        raise NotFound()
    folder_in(found, number)
    sent = [one for one in request.files.getlist("files") if one.filename]
    sender, refused, kept = request.form.get("sender", ""), list[str](), 0
    if not sent:
        refused.append(_("Choose at least one file."))
    wrong = ""
    for one in sent:
        name = (one.filename or "").replace("\\", "/").rsplit("/", 1)[-1]
        try:
            came = _receive(one.stream, name)
            now = _open(token)
            add_through(now.actor, now.share, folder=folder_in(now, number), came=came, sender=sender)
            kept += 1
        except Invalid as fault:
            if fault.field == "sender":
                wrong = said(fault)
                break
            refused.append(f"{name}: {said(fault)}")
    now = _open(token)
    if wrong or refused:
        return _page(now, folder_in(now, number), sender=sender, wrong=wrong, refused=refused, kept=kept), 422
    return redirect(f"{_address(now, folder_in(now, number))}?sent={kept}", 303)


@bp.post("/s/<token>/files/<int:number>/content")
def replace_file(token: str, number: int) -> Answer | tuple[str, int]:
    """A newer version of a file."""
    found = _open(token)
    if not found.allows("edit"):
        raise NotFound()
    one, form = file_in(found, number), request.form
    sent = request.files.get("files")
    try:
        if sent is None or not sent.filename:
            raise Invalid("file", _("Choose the new version."))
        came = _receive(sent.stream, one.name)
        now = _open(token)
        seen = {"sender": form.get("sender", ""), "base": form.get("base", "")}
        replace_through(now.actor, now.share, file=file_in(now, number), came=came, **seen)
    except (Invalid, Conflict) as fault:
        now = _open(token)
        field = getattr(fault, "field", "file")
        wrong = said(fault) if field == "sender" else ""
        refused = [] if wrong else [said(fault)]
        page = _page(now, file_in(now, number), sender=form.get("sender", ""), wrong=wrong, refused=refused)
        return page, 409 if isinstance(fault, Conflict) else 422
    return redirect(f"/s/{token}/files/{number}?sent=1", 303)


@bp.post("/s/<token>/files/<int:number>/rename")
def rename(token: str, number: int) -> Answer | tuple[str, int]:
    """Another name for a file."""
    found = _open(token)
    if not found.allows("edit"):
        raise NotFound()
    name = request.form.get("name", "")
    try:
        rename_through(found.actor, found.share, file=file_in(found, number), name=name)
    except (Invalid, Conflict) as fault:
        now = _open(token)
        page = _page(now, file_in(now, number), name=name, misnamed=said(fault))
        return page, 409 if isinstance(fault, Conflict) else 422
    now = _open(token)
    return redirect(_address(now, file_in(now, number)), 303)


def _receive(stream: Any, name: str) -> Received:
    return receive(ports.storage(), stream, name, limit_bytes=limit_bytes())


def _is_picture(one: File) -> bool:
    return served_as(one.media_type, one.name)[0] in INLINE


def _played(found: Opened, file: File) -> dict[str, Any] | None:
    """What a video or a sound is played with, None for other files and where its bytes are not given: its tag, and its captions,
    each an address and a language, as far as they are shared too.
    """
    if found.share.hides_download or file.media_type not in {**VIDEOS, **SOUNDS}:
        return None
    captions = []
    for one, language in captions_beside(found.actor, file):
        try:
            number = file_in(found, one.id).id
        except NotFound:
            continue
        captions.append((f"/s/{(request.view_args or {})['token']}/files/{number}/content", language))
    return {"tag": "audio" if file.media_type in SOUNDS else "video", "captions": captions}


def _address(found: Opened, thing: File | Folder) -> str:
    token = (request.view_args or {})["token"]
    if thing.id == found.thing.id and type(thing) is type(found.thing):
        return f"/s/{token}"
    return f"/s/{token}/{'files' if isinstance(thing, File) else 'folders'}/{thing.id}"


def _page(
    found: Opened,
    thing: File | Folder | None = None,
    *,
    sender: str = "",
    wrong: str = "",
    refused: list[str] | None = None,
    kept: int = 0,
    name: str | None = None,
    misnamed: str = "",
) -> str:
    """A file or a folder, as a link shows it."""
    thing = thing if thing is not None else found.thing
    here = thing if isinstance(thing, Folder) else thing.folder
    top = found.thing
    way = []
    if isinstance(top, Folder) and here is not None:
        steps = way_in(found, here)
        way = [(one.name, _address(found, one)) for one in (steps if isinstance(thing, File) else steps[:-1])]
    facts: dict[str, Any] = {
        "thing": thing,
        "organisation": current_app.config["SETTINGS"].ORGANISATION,
        "share": found.share,
        "maker": found.maker,
        "way": way,
        "url": _address(found, thing),
        "may_add": isinstance(thing, Folder) and found.allows("upload") and not collects(thing),
        "may_replace": isinstance(thing, File) and found.allows("edit"),
        "sent": kept or min(request.args.get("sent", 0, type=int), 999),
        "sender": sender,
        "wrong": wrong,
        "name": thing.name if name is None else name,
        "misnamed": misnamed,
        "refused": refused or [],
        "limit": size_words(limit_bytes()),
        "token_url": f"/s/{(request.view_args or {})['token']}",
    }
    if isinstance(thing, Folder):
        page = files_in(found, thing, after=request.args.get("after"))
        facts["folders"] = (
            [] if request.args.get("after") else [(one, _address(found, one)) for one in folders_in(found, thing)]
        )
        facts["files"] = [(one, _address(found, one), icon_of(one.media_type)) for one in page.items]
        facts["zip_url"] = "" if found.share.hides_download else f"{facts['token_url']}/folders/{thing.id}/zip"
        facts["more"] = quote(page.next, safe="") if page.next else ""
        return render_template("outside/folder.html", **facts)
    facts["content_url"] = f"{facts['token_url']}/files/{thing.id}/content"
    facts["picture"] = _is_picture(thing)
    drawn = preview_of_file(thing)
    parts = sorted((one for one in drawn.parts if one.what == "sheet"), key=lambda one: one.page) if drawn else []
    facts["sheets"] = [(f"{facts['token_url']}/files/{thing.id}/preview/{one.page}", one) for one in parts]
    facts["text"] = text_of(thing)
    facts["played"] = _played(found, thing)
    return render_template("outside/file.html", **facts)

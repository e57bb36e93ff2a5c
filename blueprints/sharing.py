"""Links to the outside, for those who make them: of a file, of a folder, and all of a space."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import site_url, space_url, url_of
from blueprints.cards import space_head
from blueprints.doors import actor
from blueprints.mishaps import said
from blueprints.shapes import MenuItem
from community.errors import Invalid
from community.files.drops import collects
from community.files.models import File, Folder
from community.files.queries import file_numbered, folder_numbered
from community.kinds import card_of
from community.notifications.reading import mark_read_about
from community.permissions import Actor, may, require, things_for
from community.sharing import rules
from community.sharing.actions import create_share, revoke_share
from community.sharing.models import Share
from community.sharing.queries import asleep, share_numbered, shares_in, shares_of, token_of
from community.spaces.models import Space
from community.spaces.queries import space_to_enter

bp = Blueprint("sharing", __name__)


def rights_words(rights: str) -> str:
    """What one may do with a link."""
    return {
        "view": _("Look and download"),
        "upload": _("Look, download and add files"),
        "edit": _("Look, download, add, replace and rename files"),
    }[rights]


def share_menu(who: Actor, thing: File | Folder) -> list[MenuItem]:
    """The way to the links of a file or folder, for the menu of its row."""
    if not rules.are_allowed() or not may(who, "link", thing):
        return []
    return [(_("Share by link"), f"/{card_of(thing).name}s/{thing.id}/shares", "link", False)]


class LinksShown(NamedTuple):
    """How many links lead to a file or folder, of those that the reader may know of, and where they are."""

    many: int
    url: str


def links_to(who: Actor, thing: File | Folder) -> LinksShown | None:
    """The line about links beside a file or folder, for who may make one. One query."""
    if not rules.are_allowed() or not may(who, "link", thing):
        return None
    return LinksShown(len(shares_of(who, thing)), f"/{card_of(thing).name}s/{thing.id}/shares")


def _rows(shares: list[Share], names: dict[tuple[str, int], Any] | None = None) -> list[dict[str, Any]]:
    who = actor()
    things = names if names is not None else things_for(who, [(one.object_kind, one.object_id) for one in shares])
    sleeping = asleep(shares, things)
    return [
        {
            "share": one,
            "thing": things.get((one.object_kind, one.object_id)),
            "rights": rights_words(one.rights),
            "sleeps": one.id in sleeping,
            "may_revoke": may(who, "revoke", one),
            "link": link_of(one),
        }
        for one in shares
    ]


def link_of(share: Share) -> str:
    """The whole address, for its maker; "" for others."""
    token = token_of(actor(), share)
    return f"{site_url()}/s/{token}" if token else ""


def _frame(space: Space) -> dict[str, Any]:
    return {
        "space": space,
        "head": space_head(actor(), space, "files", slim=True),
        "files_url": space_url(space.slug, "files"),
        "place": "team" if space.kind == "team" else "spaces",
    }


def _of(thing: File | Folder, *, fault: Invalid | None = None, status: int = 200) -> tuple[str, int]:
    """The links of one thing, and the form that makes another."""
    require(actor(), "link", thing)
    kind = card_of(thing).name
    shares = shares_of(actor(), thing)
    form = request.form
    choices = ["view", "upload", "edit"] if isinstance(thing, Folder) and not collects(thing) else ["view"]
    if isinstance(thing, File):
        choices.append("edit")
    words = {**{right: rights_words(right) for right in choices}}
    if isinstance(thing, File) and "edit" in words:
        words["edit"] = _("Look, download and replace it")
    html = render_template(
        "sharing/thing.html",
        thing=thing,
        kind=kind,
        url=f"/{kind}s/{thing.id}/shares",
        back=url_of(thing),
        rows=_rows(shares, {(kind, thing.id): thing}),
        rights=[(right, words[right], "") for right in choices],
        typed={
            "rights": form.get("rights", "view"),
            "days": form.get("days", str(rules.usual())),
            "note": form.get("note", ""),
            "hides_download": "hides_download" in form,
        },
        wrong=fault.field if fault else "",
        sentence=said(fault) if fault else "",
        longest=rules.longest(),
        **_frame(thing.space),
    )
    return html, status


@bp.get("/files/<int:number>/shares")
def of_file(number: int) -> tuple[str, int]:
    """The links of a file."""
    return _of(file_numbered(actor(), number))


@bp.get("/folders/<int:number>/shares")
def of_folder(number: int) -> tuple[str, int]:
    """The links of a folder."""
    return _of(folder_numbered(actor(), number))


@bp.post("/files/<int:number>/shares")
def make_for_file(number: int) -> Response | tuple[str, int]:
    """Make a link to a file."""
    return _make(lambda: file_numbered(actor(), number))


@bp.post("/folders/<int:number>/shares")
def make_for_folder(number: int) -> Response | tuple[str, int]:
    """Make a link to a folder."""
    return _make(lambda: folder_numbered(actor(), number))


def _make(door: Any) -> Response | tuple[str, int]:
    form = request.form
    try:
        days = form.get("days", "").strip()
        made = create_share(
            actor(),
            door(),
            rights=form.get("rights", "view"),
            password=form.get("password", ""),
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else (None if not days else 0),
            hides_download="hides_download" in form,
            note=form.get("note", ""),
        )
    except Invalid as fault:
        return _of(door(), fault=fault, status=422)
    flash(_("The link is there. Copy it and send it to who should have it."), "message")
    return redirect(f"/shares/{made.id}", 303)


@bp.get("/spaces/<slug>/shares")
def of_space(slug: str) -> str:
    """All links of a space, for those who write there."""
    space = space_to_enter(actor(), slug)
    shares = shares_in(actor(), space)
    return render_template("sharing/space.html", rows=_rows(shares), **_frame(space))


@bp.get("/shares/<int:number>")
def one(number: int) -> str:
    """One link: its maker can copy it, and sees what came of it."""
    share = share_numbered(actor(), number)
    mark_read_about(actor(), "share", share.id)
    row = _rows([share])[0]
    return render_template("sharing/one.html", row=row, back=url_of(row["thing"]), **_frame(share.space))


@bp.get("/shares/<int:number>/revoke")
def revoke_form(number: int) -> str:
    """Ask before a link dies."""
    share = share_numbered(actor(), number)
    require(actor(), "revoke", share)
    return render_template(
        "parts/confirm.html",
        title=_("Revoke this link?"),
        words=_("Whoever holds it can open nothing any more, at once. This cannot be taken back."),
        yes=_("Revoke"),
        back=f"/{share.object_kind}s/{share.object_id}/shares",
        risk=True,
    )


@bp.post("/shares/<int:number>/revoke")
def revoke(number: int) -> Response:
    """Make a link useless."""
    share = share_numbered(actor(), number)
    kind, thing = share.object_kind, share.object_id
    revoke_share(actor(), share)
    flash(_("The link no longer works."), "message")
    return redirect(f"/{kind}s/{thing}/shares", 303)

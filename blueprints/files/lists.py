"""A folder, or the top: what is in it, sorted and narrowed as its address says, as a list or in pictures."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import current_app, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import space_url
from blueprints.cards import asks_coach, audience_choices, icon_of
from blueprints.doors import actor
from blueprints.drops import drops_among, notice_of
from blueprints.face import A_YEAR, number, size_words
from blueprints.file_previews import thumb_urls_of
from blueprints.files.frame import bp, bytes_url, crumbs, enter, folder_url, frame, limit_bytes
from blueprints.files.tasks import tasks_shown
from blueprints.rooms import meter_of
from blueprints.shapes import FileRow, MenuItem
from blueprints.sharing import links_to, share_menu
from blueprints.working import holders_of
from community.errors import NotFound
from community.files.links import host_of, title_of
from community.files.lists import COUNTED, COUNTED_BELOW, KINDS, SORTS, count_in, items_in, list_of, sorted_folders
from community.files.models import File, Folder
from community.files.queries import folder_for, folders_of, senders_of
from community.files.room import room_of
from community.files.tasks import may_unpack
from community.items.rules import default_audience
from community.people.models import Person
from community.permissions import WRITERS, may
from community.spaces.models import Space

VIEWS = ("list", "grid")
MOST_FOLDERS = 1_000


def kind_words(kind: str) -> str:
    """A quick filter as people call it."""
    return {
        "": _("All"),
        "pictures": _("Pictures"),
        "films": _("Films and sound"),
        "documents": _("Documents"),
        "sheets": _("Sheets"),
        "slides": _("Slides"),
    }[kind]


@bp.get("/spaces/<slug>/files")
def index(slug: str) -> Response:
    """What is at the top of the files of a space, and the form that sends more."""
    return folder_page(enter(slug))


def folder_page(space: Space, folder: Folder | None = None, **more: Any) -> Response:
    """The page of a folder, or of the top. A view that is chosen here is kept in this browser."""
    answer = make_response(drawn(space, folder, **more))
    if request.args.get("view") in VIEWS:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        answer.set_cookie("files-view", request.args["view"], max_age=A_YEAR, samesite="Lax", secure=secure)
    return answer


def drawn(space: Space, folder: Folder | None = None, *, refused: list[str] | None = None, chosen: str = "") -> str:
    """The same as HTML; `refused` tells what an upload without scripts could not keep."""
    who, asked = actor(), request.args
    sort = asked["sort"] if asked.get("sort") in SORTS else "name"
    kind = asked["kind"] if asked.get("kind") in KINDS else ""
    view = asked.get("view") or request.cookies.get("files-view", "")
    after = asked.get("after")
    total = count_in(who, space, folder, kind=kind)
    page = list_of(who, space, folder, sort=sort, kind=kind, after=after, count=total)
    senders = senders_of(page.items)
    folders = [] if after or kind else sorted_folders(folders_of(who, space, folder), sort)[:MOST_FOLDERS]
    many = items_in(who, folders)
    here = folder_url(space, folder)
    shown = {"sort": "" if sort == "name" else sort, "kind": kind}

    def at(**changes: str) -> str:
        words = {name: value for name, value in {**shown, **changes}.items() if value}
        return f"{here}?{urlencode(words)}" if words else here

    collecting, notice = drops_among(folders, space), notice_of(folder, space) if folder else None
    rows = [folder_row(one, space, many.get(one.id, 0), collecting.get(one.id, "")) for one in folders]
    thumbs, holders = thumb_urls_of(page.items) if view == "grid" else {}, holders_of(page.items)
    rows += [
        file_row(file, space, senders.get(file.id), thumbs.get(file.id, ""), holders.get(file.id, ""))
        for file in page.items
    ]
    return render_template(
        "files/index.html",
        folder=folder,
        folder_url=here,
        way=crumbs(space, folder)[:-1],
        rows=rows,
        grid=view == "grid",
        views=[(one, at(view=one)) for one in VIEWS],
        sorts={by: (at(sort=_turn(by, sort)), _direction(by, sort)) for by in ("name", "changed", "size")},
        kinds=[(one, kind_words(one), at(kind=one), None) for one in ("", *KINDS)] if total or kind else [],
        kind=kind,
        more=at(after=page.next) if page.next else "",
        first=here if after else "",
        total=total,
        total_words=_counted(total),
        held=_held(len(folders), total),
        shown=len(page.items),
        drop=notice,
        rare=rare_menu(space, folder, collects=notice is not None, any_=bool(rows)),
        tasks=tasks_shown(space),
        links=links_to(who, folder) if folder is not None else None,
        may_upload=may(who, "upload", space) and (folder is None or may(who, "add", folder)),
        choices=audience_choices(space),
        chosen=chosen,
        refused=refused or [],
        limit=size_words(limit_bytes()),
        picks=who.roles.get(space.id) in WRITERS and space.id not in who.reach.archived,
        room=meter_of(room_of(space)) if may(who, "upload", space) else None,
        bin_url=space_url(space.slug, "files-trash") if who.roles.get(space.id) in WRITERS else "",
        **frame(space),
    )


def rare_menu(space: Space, folder: Folder | None, *, collects: bool, any_: bool) -> list[MenuItem]:
    """What one does now and then where one is: to the folder, or with the files of a space, `any_` of which are there."""
    who = actor()
    writes = who.roles.get(space.id) in WRITERS
    menu: list[MenuItem] = []
    if may(who, "upload", space) and not collects and (folder is None or may(who, "add", folder)):
        inside = f"?in={folder.id}" if folder else ""
        menu.append((_("Add a link"), f"{space_url(space.slug, 'links/new')}{inside}", "link", False))
    if may(who, "guide", space) and not collects:
        inside = f"?folder={folder.id}" if folder else ""
        menu.append((_("Collect files"), f"{space_url(space.slug, 'drops/new')}{inside}", "inbox", False))
    if folder is not None:
        menu += [
            *([("", None, "", False)] if menu else []),
            *folder_menu(folder, space),
        ]
    menu += [*([("", None, "", False)] if menu else [])]
    if folder is None:
        if any_:
            everything = f"{space_url(space.slug, 'files-picked')}?all=1&do=zip"
            menu.append((_("Download all as ZIP"), everything, "download", False))
        menu.append((_("From the stream"), space_url(space.slug, "from-stream"), "rss", False))
        if writes:
            menu.append((_("Links to the outside"), space_url(space.slug, "shares"), "external-link", False))
    menu.append((_("Files as a drive"), "/settings/drive", "monitor-smartphone", False))
    if writes:
        menu.append((_("Bin"), space_url(space.slug, "files-trash"), "trash-2", False))
    return menu


def _turn(by: str, sort: str) -> str:
    """The sort that a press on a column leads to: turned round where it is sorted by already."""
    turned = f"-{by}" if sort == by else by
    return "" if turned == "name" else turned


def _direction(by: str, sort: str) -> str:
    if sort.lstrip("-") != by:
        return ""
    return "descending" if sort.startswith("-") else "ascending"


def _counted(files: int) -> str:
    """How many files there are, as far as they are counted."""
    return _("more than %(number)s", number=number(COUNTED)) if files > COUNTED else number(files)


def _items(many: int) -> str:
    """How much is in a folder of the list."""
    if many > COUNTED_BELOW:
        return _("more than %(number)s items", number=number(COUNTED_BELOW))
    return ngettext("%(num)d item", "%(num)d items", many)


def _held(folders: int, files: int) -> str:
    """How much is in a folder, in words."""
    parts = []
    if folders:
        parts.append(ngettext("%(num)d folder", "%(num)d folders", folders))
    if files > COUNTED:
        parts.append(_("more than %(number)s files", number=number(COUNTED)))
    elif files:
        parts.append(ngettext("%(num)d file", "%(num)d files", files))
    return ", ".join(parts)


def file_menu(file: File) -> list[MenuItem]:
    """What one can do to a file, for the button in its line."""
    url, who = bytes_url(file), actor()
    menu: list[MenuItem] = [
        *([(_("Open at %(host)s", host=host_of(file.href)), file.href, "external-link", False)] if file.href else []),
        (_("Download"), url, "download", False),
        (_("About this file"), f"{url}?about", "info", False),
        *share_menu(who, file),
        *asks_coach(who, f"file:{file.id}", file.space),
        (_("What reaches you"), f"/notifications/level/file/{file.id}", "bell", False),
    ]
    picked = f"{space_url(file.space.slug, 'files-picked')}?pick=file:{file.id}&do="
    if may(who, "rename", file):
        menu += [
            ("", None, "", False),
            (_("Rename"), f"/files/{file.id}/rename", "pencil", False),
            (_("Move"), f"{picked}move", "folder-input", False),
        ]
    menu.append((_("Copy"), f"{picked}copy", "copy", False))
    if may(who, "describe", file):
        menu.append((_("Tag"), f"{picked}tag", "tag", False))
    if may_unpack(who, file):
        menu.append((_("Unpack"), f"/files/{file.id}/unpack", "archive", False))
    if may(who, "delete", file):
        menu += [("", None, "", False), (_("Delete"), f"/files/{file.id}/delete", "trash-2", True)]
    return menu


def file_row(file: File, space: Space, sender: Person | None = None, thumb_url: str = "", held_by: str = "") -> FileRow:
    """A file as the list draws it."""
    differs = file.audience != default_audience(space)
    return FileRow(
        key=str(file.id),
        name=title_of(file.name) if file.href else file.name,
        url=f"{bytes_url(file)}?about",
        icon=icon_of(file.media_type),
        changed_at=file.updated_at,
        changed_by=(sender or file.author).name,
        size_words=host_of(file.href) or size_words(file.size),
        note=" · ".join(words for words in (_("late") if file.late else "", file.description) if words),
        version=file.version,
        audience=file.audience if differs else "",
        space_name=space.name if differs else "",
        space_kind=space.kind if differs else "",
        menu=file_menu(file),
        ref=f"file:{file.id}",
        aside_url=f"/files/{file.id}/beside",
        content_url=bytes_url(file),
        thumb_url=thumb_url,
        held_by=held_by,
    )


def folder_row(folder: Folder, space: Space, many: int, collects: str = "") -> FileRow:
    """A folder as the list draws it."""
    differs = folder.audience != default_audience(space)
    return FileRow(
        key=f"folder-{folder.id}",
        name=folder.name,
        url=folder_url(space, folder),
        icon="folder",
        changed_at=folder.updated_at,
        changed_by=folder.author.name,
        size_words=_items(many),
        note=" · ".join(words for words in (collects, folder.description) if words),
        audience=folder.audience if differs else "",
        space_name=space.name if differs else "",
        space_kind=space.kind if differs else "",
        menu=folder_menu(folder, space),
        ref=f"folder:{folder.id}",
        is_folder=True,
    )


def folder_menu(folder: Folder, space: Space) -> list[MenuItem]:
    """What one can do to a folder, for the button in its line."""
    who = actor()
    picked = f"{space_url(space.slug, 'files-picked')}?pick=folder:{folder.id}&do="
    menu: list[MenuItem] = [*share_menu(who, folder)]
    if may(who, "change", folder):
        menu += [
            (_("Change this folder"), f"/folders/{folder.id}/rename", "pencil", False),
            (_("Move"), f"{picked}move", "folder-input", False),
        ]
    menu.append((_("Copy"), f"{picked}copy", "copy", False))
    menu.append((_("Download as ZIP"), f"{picked}zip", "download", False))
    menu.append((_("What reaches you"), f"/notifications/level/folder/{folder.id}", "bell", False))
    if may(who, "delete", folder):
        menu += [("", None, "", False), (_("Delete"), f"{picked}delete", "trash-2", True)]
    return menu


def gone(space: Space, path: str) -> tuple[str, int] | None:
    """The page that says that there is no folder of that name any more, below the nearest one that is there; None where nothing of
    the way is left, or it was a file that was asked for.
    """
    names = path.strip("/").split("/")
    if "\x00" in path or "." in names[-1]:
        return None
    around: Folder | None = None
    for depth in range(len(names) - 1, 0, -1):
        try:
            around = folder_for(actor(), space, "/".join(names[:depth]))
            break
        except NotFound:
            continue
    words = render_template(
        "files/gone.html",
        name=names[-1],
        nearest=around.name if around is not None else _("Files"),
        back=folder_url(space, around),
        way=crumbs(space, around),
        **frame(space),
    )
    return words, 404

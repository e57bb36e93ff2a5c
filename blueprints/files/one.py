"""The page of a file: what it is, who can see it, what was said about it; and what stands beside it in a list."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.cards import icon_of, space_title
from blueprints.comments import comment_on, comments_alone, talk_of, with_marks
from blueprints.doors import actor
from blueprints.face import size_words
from blueprints.file_previews import dress_areas, viewer_of
from blueprints.files.frame import bp, bytes_url, crumbs, enter, folder_url, frame, limit_bytes
from blueprints.files.lists import file_menu, folder_page, gone
from blueprints.files.versions import versions_shown
from blueprints.giving import download
from blueprints.mishaps import said
from blueprints.shapes import MenuItem
from blueprints.sharing import links_to
from blueprints.working import working_on
from community.errors import Invalid, NotFound
from community.files.actions import delete_file, describe_file
from community.files.links import host_of, title_of
from community.files.models import File, Folder
from community.files.names import extension
from community.files.queries import file_numbered, found_at, moved_from, senders_of
from community.files.text import AS_THEY_ARE, may_have_text, text_of_file
from community.files.uses import uses_of
from community.kinds import card_of
from community.locks.queries import locks_on
from community.markup import stored
from community.microblog.models import Post
from community.notifications.reading import mark_read_about
from community.permissions import may
from community.spaces.models import Space
from community.wiki.models import Page


@bp.get("/spaces/<slug>/files/<path:path>")
def file(slug: str, path: str) -> Response | str | tuple[str, int]:
    """What stands at this way from the top: a folder, or the bytes of a file; `?about` is the page about a file."""
    space = enter(slug)
    try:
        found = found_at(actor(), space, path)
    except NotFound:
        return _elsewhere(space, path)
    if isinstance(found, Folder):
        return folder_page(space, found)
    if request.args.keys() & {"about", "reply", "after", "version"}:
        return about(found)
    return download(found)


def _elsewhere(space: Space, path: str) -> Response | tuple[str, int]:
    """Nothing stands there: on to where it went, else to say so. Raises NotFound where a file was asked for."""
    try:
        moved = moved_from(actor(), space, path)
    except NotFound:
        nothing = gone(space, path)
        if nothing is None:
            raise
        return nothing
    query = request.query_string.decode("ascii", "replace")
    if isinstance(moved, File) and "about" not in request.args:
        return redirect(bytes_url(moved), 302)
    return redirect(url_of(moved) if isinstance(moved, File) or not query else f"{url_of(moved)}?{query}", 302)


@bp.get("/files/<int:number>")
def by_number(number: int) -> Response:
    """Its page, wherever it has been moved: an address to keep."""
    return redirect(url_of(file_numbered(actor(), number)))


def facts_of(found: File) -> dict[str, Any]:
    """What both the page of a file and what stands beside it in a list tell."""
    who = actor()
    return {
        "file": found,
        "space_words": space_title(found.space),
        "url": f"/files/{found.id}",
        "content_url": bytes_url(found),
        "title": title_of(found.name) if found.href else found.name,
        "host": host_of(found.href),
        "kind": _kind_words(found),
        "sender": senders_of([found]).get(found.id, found.author),
        "lock": locks_on([found]).get(found.id),
        "may_replace": may(who, "replace", found),
        "may_delete": may(who, "delete", found),
    }


def about(
    found: File,
    *,
    draft: str = "",
    error: str = "",
    description: str | None = None,
    wrong: tuple[str, str] = ("", ""),
    note: str = "",
) -> str:
    """The page of a file. What was refused comes back: `wrong` names the field and holds the sentence."""
    text = text_of(found)
    alone = comments_alone(found, html=text.get("words") if text else None)
    if alone is not None:
        return alone
    who, space = actor(), found.space
    mark_read_about(who, "file", found.id)
    talk, working = talk_of(found, draft=draft, error=error), working_on(found)
    view = viewer_of(found, said_here=[card.id for card in talk["comments"]])
    dress_areas(talk["comments"], view)
    if text and text.get("words") and view.kind == "table":
        view.kind = ""  # its words stand below as a table, and can be commented on
    if text and "words" in text:
        text["words"] = with_marks(text["words"], talk)
    return render_template(
        "files/about.html",
        description=found.description if description is None else description,
        wrong=wrong[0],
        sentence=wrong[1],
        note=note,
        talk=talk,
        view=view,
        moves=found.media_type == "image/gif",
        working=working,
        text=text,
        may_describe=may(who, "describe", found),
        limit=size_words(limit_bytes()),
        page_url=url_of(found),
        menu=_menu(found, may_say=working["may_say"]),
        links=links_to(who, found),
        uses=uses_shown(found),
        **versions_shown(found, _before()),
        way=crumbs(space, found.folder),
        **facts_of(found),
        **frame(space),
    )


def _kind_words(found: File) -> str:
    """What kind of file it is, by its content, with the ending of its name: `Picture, PNG`."""
    words = {
        "image": _("Picture"),
        "film": _("Film or sound"),
        "file-spreadsheet": _("Sheet"),
        "presentation": _("Slides"),
        "file-text": _("Text"),
        "external-link": _("Link"),
    }.get(icon_of(found.media_type), _("File"))
    ending = extension(found.name)[1:].upper()
    return f"{words}, {ending}" if ending and not found.href else words


def _menu(found: File, *, may_say: bool) -> list[MenuItem]:
    """What one can do to it besides what its page shows itself."""
    shown = (url_of(found), found.href) if found.href else (url_of(found), bytes_url(found))
    says: list[MenuItem] = (
        [(_("I am working on this"), f"/files/{found.id}/working", "pencil", False)] if may_say else []
    )
    return says + [one for one in file_menu(found) if one[1] is None or one[1] not in shown]


class UsesShown(NamedTuple):
    """Where a file is used, each as the kind of what leads there, itself, and its address. `more`: there are others."""

    rows: list[tuple[str, Page | Post, str]]
    more: bool


def uses_shown(found: File) -> UsesShown:
    """Pages and posts that lead to a file or show it, of those that the reader sees."""
    uses = uses_of(actor(), found)
    rows: list[Page | Post] = [*uses.pages, *uses.posts]
    return UsesShown([(card_of(one).name, one, url_of(one)) for one in rows], uses.more)


def _before() -> int | None:
    """Where an earlier stretch of the versions begins."""
    before = request.args.get("versions", type=int)
    return before if before and 0 < before < 2**31 else None


def text_of(found: File) -> dict[str, Any] | None:
    """The text of a document, for beneath its page; None for files in which nobody looks for any."""
    if not may_have_text(found):
        return None
    kept, is_text = text_of_file(found), found.media_type in AS_THEY_ARE
    if kept is None or (is_text and not kept.body):
        return None if is_text else {"state": "waits"}
    return {
        "state": kept.state,
        "parts": kept.part_kind,
        "count": kept.page_count,
        "words": stored(kept.body_html),
    }


@bp.get("/files/<int:number>/beside")
def beside(number: int) -> str:
    """What a list shows at its side of the file that is chosen in it: preview, facts, what one can do."""
    found = file_numbered(actor(), number)
    view = viewer_of(found)
    picture = view.sheets[0].url if view.sheets else view.poster
    return render_template(
        "files/_beside.html", page_url=url_of(found), space=found.space, picture=picture, **facts_of(found)
    )


@bp.post("/files/<int:number>")
def describe(number: int) -> Response | tuple[str, int]:
    """Say what a file is."""
    found = file_numbered(actor(), number)
    words = request.form.get("description", "")
    try:
        describe_file(actor(), found, description=words)
    except Invalid as fault:
        found = file_numbered(actor(), number)
        return about(found, description=words, wrong=(fault.field, said(fault))), 422
    flash(_("Saved."), "message")
    return redirect(url_of(found), 303)


@bp.get("/files/<int:number>/delete")
def delete_form(number: int) -> str:
    """Ask before a file goes."""
    found = file_numbered(actor(), number)
    if not may(actor(), "delete", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Delete “%(title)s”?", title=found.name),
        words=_("It goes to the bin for 30 days. Until then it can be brought back."),
        yes=_("Delete file"),
        back=url_of(found),
        risk=True,
    )


@bp.post("/files/<int:number>/delete")
def delete(number: int) -> Response:
    """Take a file away."""
    found = file_numbered(actor(), number)
    back = folder_url(found.space, found.folder)
    delete_file(actor(), found)
    flash(_("It is in the bin, for 30 days."), "message")
    return redirect(back, 303)


@bp.post("/files/<int:number>/comments")
def comment(number: int) -> Response | tuple[str, int]:
    """Say something about a file."""
    return comment_on(lambda: file_numbered(actor(), number), about)

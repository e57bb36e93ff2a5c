"""What was thrown away in the files of a space, and how it comes back."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.doors import actor
from blueprints.face import size_words
from blueprints.files.frame import bp, enter, folder_url, frame
from community.files.bin import bin_of, destroy, empty_bin, kept_until, removal_for, restore
from community.files.models import File, FileRemoval
from community.permissions import WRITERS, may
from community.spaces.models import Space


def bin_url(space: Space) -> str:
    """The bin of the files of a space."""
    return space_url(space.slug, "files-trash")


def _name(removal: FileRemoval) -> str:
    return removal.path.rsplit("/", 1)[-1]


@bp.get("/spaces/<slug>/files-trash")
def bin_page(slug: str) -> str:
    """What lies in the bin."""
    space, who = enter(slug), actor()
    if who.roles.get(space.id) not in WRITERS:
        abort(403)
    before = request.args.get("before", type=int)
    lies = bin_of(who, space, before=before if before and 0 < before < 2**62 else None)
    rows = [
        {
            "removal": one,
            "name": _name(one),
            "way": one.path.rpartition("/")[0],
            "until": kept_until(one),
            "size": size_words(one.size) if one.kind == "file" else "",
            "count": lies.counts.get(one.id),
            "may_restore": may(who, "restore", one),
            "may_destroy": may(who, "destroy", one),
        }
        for one in lies.items
    ]
    return render_template(
        "files/bin.html",
        rows=rows,
        more=lies.next,
        bin_url=bin_url(space),
        may_empty=any(row["may_destroy"] for row in rows),
        **frame(space),
    )


@bp.post("/spaces/<slug>/files-trash/<int:number>/restore")
def bin_restore(slug: str, number: int) -> Response:
    """Bring something back, into the folder where it lay or the nearest one that is left."""
    space = enter(slug)
    back = restore(actor(), removal_for(actor(), space, number))
    if back.moved:
        flash(_("It is back, in another folder: the one it lay in is gone."), "warn")
    elif back.renamed:
        flash(_("It is back as “%(name)s”: its name was in use.", name=back.thing.name), "warn")
    else:
        flash(_("“%(name)s” is back.", name=back.thing.name), "message")
    thing = back.thing
    return redirect(url_of(thing) if isinstance(thing, File) else folder_url(enter(slug), thing), 303)


@bp.get("/spaces/<slug>/files-trash/<int:number>/delete")
def bin_destroy_form(slug: str, number: int) -> str:
    """Ask before something goes for good."""
    space = enter(slug)
    removal = removal_for(actor(), space, number)
    if not may(actor(), "destroy", removal):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Delete “%(title)s” for good?", title=_name(removal)),
        words=_("Its versions and comments are gone then. Nothing brings them back."),
        yes=_("Delete for good"),
        back=bin_url(space),
        risk=True,
    )


@bp.post("/spaces/<slug>/files-trash/<int:number>/delete")
def bin_destroy(slug: str, number: int) -> Response:
    """Take something away for good."""
    space = enter(slug)
    destroy(actor(), removal_for(actor(), space, number))
    flash(_("Gone for good."), "message")
    return redirect(bin_url(enter(slug)), 303)


@bp.get("/spaces/<slug>/files-trash/delete")
def bin_empty_form(slug: str) -> str:
    """Ask before the bin is emptied."""
    space = enter(slug)
    if actor().roles.get(space.id) not in WRITERS:
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Empty the bin?"),
        words=_("What is yours to delete in it is gone for good then: files, their versions and comments."),
        yes=_("Empty the bin"),
        back=bin_url(space),
        risk=True,
    )


@bp.post("/spaces/<slug>/files-trash/delete")
def bin_empty(slug: str) -> Response:
    """Take away for good what lies in the bin and is the reader's to take."""
    gone = empty_bin(actor(), enter(slug))
    flash(ngettext("%(num)d thing is gone for good.", "%(num)d things are gone for good.", gone), "message")
    return redirect(bin_url(enter(slug)), 303)

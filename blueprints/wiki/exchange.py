"""Taking pages out and bringing pages in. What is short is done at once; what is long is a job, and a page tells how far it is."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as Answer

from blueprints.addresses import space_url
from blueprints.doors import actor
from blueprints.face import size_words
from blueprints.language import language
from blueprints.mishaps import said
from blueprints.wiki.frame import bp, enter, fault_of, frame
from community.errors import CommunityError, Conflict, Invalid, NotFound, TooMany
from community.exchange import keeping
from community.exchange.bundle import bundle_of, extent
from community.exchange.exporting import FORMATS
from community.files.media_types import disposition
from community.permissions import may
from community.spaces.models import Space
from community.wiki.queries import page_for

SANDBOX = "default-src 'none'; sandbox"
OPEN = ("waiting", "running", "reading")


def _choices() -> list[tuple[str, str, str]]:
    return [
        ("pdf", "PDF", _("To print or to send, with a contents.")),
        ("html", "HTML", _("One file that opens in any browser, pictures in it, without a connection.")),
        (
            "markdown",
            "Markdown",
            _("A ZIP of the texts as they were written, with their files. Can be brought in again."),
        ),
        ("text", _("Plain text"), _("The words alone.")),
    ]


def _asked(values: Any) -> tuple[str, bool, str]:
    """The path, whether what is below comes along, and the format."""
    root = values.get("path", "").strip("/")
    return root, values.get("below", "1" if not root else "") == "1", values.get("format", "pdf")


@bp.get("/spaces/<slug>/wiki-export")
def taking_form(slug: str) -> str:
    """In which form, and how much of it."""
    space = enter(slug)
    root, _below, _kind = _asked(request.args)
    page = page_for(actor(), space, root) if root else None
    count, _characters = extent(actor(), space, root=root, whole=True)
    if not count:
        raise NotFound()
    return render_template(
        "wiki/export.html",
        page=page,
        root=root,
        count=count,
        choices=_choices(),
        back=_back(slug, root),
        **frame(space),
    )


def _back(slug: str, root: str) -> str:
    return space_url(slug, "wiki", root) if root else space_url(slug, "wiki") + "?action=index"


@bp.get("/spaces/<slug>/wiki-export/file")
def export_file(slug: str) -> Answer | str:
    """The export, when it is short; else the question whether it should be made ready."""
    space, who = enter(slug), actor()
    root, below, kind = _asked(request.args)
    if kind not in FORMATS:
        raise NotFound()
    if keeping.is_short(who, space, root=root, whole=below):
        bundle = bundle_of(who, space, root=root, whole=below, language=language())
        if keeping.fits_now(bundle):
            try:
                name, media_type, stream = keeping.export_now(bundle, kind)
            except Invalid as fault:
                flash(said(fault), "warn")
                return redirect(url_for("wiki.taking_form", slug=slug, path=root or None), 303)
            return given_out(name, media_type, None, stream)
    count, _characters = extent(who, space, root=root, whole=below)
    return render_template(
        "parts/confirm.html",
        title=ngettext("Make an export of %(num)d page ready?", "Make an export of %(num)d pages ready?", count),
        words=_("That takes a moment. You can go on meanwhile; the file can be fetched once, for a day."),
        yes=_("Make it ready"),
        no=_("Back"),
        back=url_for("wiki.taking_form", slug=slug, path=root or None),
        action=url_for("wiki.export", slug=slug),
        fields={"path": root, "below": "1" if below else "", "format": kind},
    )


def given_out(name: str, media_type: str, size: int | None, stream: Any) -> Response:
    """Bytes of an export as a download that no browser runs."""
    answer = Response(stream, mimetype=media_type, direct_passthrough=True)
    answer.headers["Content-Disposition"] = disposition("attachment", name)
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["Cache-Control"] = "private, no-store"
    if size is None:
        size = stream.seek(0, 2)
        stream.seek(0)
    answer.headers["Content-Length"] = str(size)
    return answer


@bp.post("/spaces/<slug>/wiki-export")
def export(slug: str) -> Answer:
    """Have a long export made."""
    space = enter(slug)
    root, below, kind = _asked(request.form)
    try:
        row = keeping.ask_export(actor(), space, root=root, whole=below, kind=kind, language=language())
    except (Invalid, TooMany) as fault:
        flash(said(fault), "warn")
        return redirect(url_for("wiki.taking_form", slug=slug, path=root or None), 303)
    return redirect(url_for("wiki.exchange", number=row.id), 303)


# ---- in -------------------------------------------------------------------------------------------------------------


@bp.get("/spaces/<slug>/wiki-import")
def import_form(slug: str) -> str:
    """What, and where it should stand."""
    space = enter(slug)
    if not may(actor(), "write", space):
        abort(403)
    return _import(space, {"under": request.args.get("under", ""), "over": "beside"})


def _import(space: Space, held: dict[str, str], error: CommunityError | None = None) -> str:
    return render_template(
        "wiki/import.html",
        held=held,
        limit=size_words(_limit()),
        overs=[
            ("beside", _("Keep both"), _("The new page gets a number behind its address.")),
            ("update", _("Make it the next revision"), _("What stood there stays in the history.")),
        ],
        **_fault(error),
        **frame(space),
    )


def _fault(error: CommunityError | None) -> dict[str, str]:
    if error is None or isinstance(error, Invalid):
        return fault_of(error)
    return {"wrong": "file", "sentence": said(error)}


def _limit() -> int:
    megabytes: int = current_app.config["SETTINGS"].UPLOAD_MB
    return megabytes * 1_000_000


@bp.post("/spaces/<slug>/wiki-import")
def bring(slug: str) -> Answer | tuple[str, int]:
    """Read what was sent, and show what would become of it."""
    space, form = enter(slug), request.form
    if not may(actor(), "write", space):
        abort(403)
    held = {"under": form.get("under", ""), "over": form.get("over", "beside")}
    sent = request.files.get("files")
    try:
        if sent is None or not sent.filename:
            raise Invalid("file", _("Choose at least one file."))
        name = sent.filename.replace("\\", "/").rsplit("/", 1)[-1]
        stored = current_app.config["STORAGE"].put_loose(sent.stream, limit_bytes=_limit())
        row = keeping.begin_import(
            actor(), enter(slug), name=name, stored=stored, under=held["under"], over=held["over"]
        )
    except Invalid as fault:
        at = Invalid("under" if fault.field == "path" else fault.field, fault.sentence, **fault.facts)
        return _import(enter(slug), held, at), 422
    except TooMany as fault:
        return _import(enter(slug), held, fault), 429
    return redirect(url_for("wiki.exchange", number=row.id), 303)


# ---- both -----------------------------------------------------------------------------------------------------------


@bp.get("/exchange/<int(max=9223372036854775807):number>")
def exchange(number: int) -> str:
    """How far it is; the plan of an import; what became of it, and what failed."""
    row = keeping.exchange_for(actor(), number)
    slug = row.space.slug
    return render_template(
        "wiki/exchange.html",
        row=row,
        runs=row.state in OPEN,
        pages=row.asked.get("pages", ()),
        files=row.asked.get("files", ()),
        good=[(one["name"], space_url(slug, "wiki", one["path"])) for one in row.report if not one["bad"]],
        bad=[(one["name"], said(CommunityError(one["words"], **one["facts"]))) for one in row.report if one["bad"]],
        back=space_url(slug, "wiki") + "?action=index",
        again=url_for("wiki.import_form" if row.kind == "import" else "wiki.taking_form", slug=slug),
        **frame(enter(slug)),
    )


@bp.post("/exchange/<int(max=9223372036854775807):number>")
def go_on(number: int) -> Answer:
    """Say yes to the plan of an import, or let it be."""
    row = keeping.exchange_for(actor(), number)
    slug = row.space.slug
    try:
        if request.form.get("do") == "drop":
            keeping.drop(actor(), number)
            return redirect(space_url(slug, "wiki") + "?action=index", 303)
        keeping.start_import(actor(), number)
    except Conflict as fault:
        flash(said(fault), "warn")
    return redirect(url_for("wiki.exchange", number=number), 303)


@bp.post("/exchange/<int(max=9223372036854775807):number>/file")
def fetch(number: int) -> Answer:
    """The export, once."""
    try:
        name, media_type, size, stream = keeping.take(actor(), number)
    except Conflict as fault:
        flash(said(fault), "warn")
        return redirect(url_for("wiki.exchange", number=number), 303)
    return given_out(name, media_type, size, stream)

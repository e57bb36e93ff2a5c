"""Pages out of a wiki and into it, and its templates."""

from __future__ import annotations

from typing import Any, Literal

from flask import current_app, request
from pydantic import AwareDatetime, Field
from werkzeug.wrappers import Response

from blueprints.api import schemas
from blueprints.api.calls import Reply, call
from blueprints.api.making import page_line, phases_of
from blueprints.api.reading import Flag, Given, Query
from blueprints.api.refusals import Refused
from blueprints.api.wiki import enter
from blueprints.doors import actor
from blueprints.language import language
from blueprints.mishaps import said
from blueprints.wiki.exchange import given_out
from community.errors import CommunityError, _l
from community.exchange import keeping
from community.exchange.models import Exchange
from community.extensions import db
from community.files.storage import TooLarge
from community.permissions import require
from community.wiki.paths import MAX_PATH
from community.wiki.templates import templates_for

Form = Literal["pdf", "html", "markdown", "text"]


class ExportAsked(Given):
    format: Form = "markdown"
    path: str = Field("", max_length=MAX_PATH, description="The page at the top; the whole wiki, when left out.")
    below: bool = Field(True, description="Whether the pages below it come along.")


class ImportSent(Query):
    name: str = Field("pages.zip", min_length=1, max_length=255, description="Of the file: its ending says what it is.")
    under: str = Field("", max_length=MAX_PATH, description="The path that the pages are put below.")
    update: Flag = Field(
        False, description="Make a page that stands at the same path its next revision; else both stay."
    )


class ReportLine(schemas.Out):
    """One thing of an import or export: what came to be, or what failed and why."""

    name: str
    failed: bool
    words: str
    path: str | None


class PlannedPage(schemas.Out):
    """A page that an import would make."""

    source: str
    path: str
    title: str
    tags: list[str]
    known: bool


class ExchangeOut(schemas.Out):
    """An export or import of yours, and how far it is."""

    id: int
    kind: Literal["export", "import"]
    state: Literal["planned", "waiting", "reading", "running", "done", "failed", "taken"]
    space: str
    name: str
    size: int
    done: int
    total: int
    pages: list[PlannedPage]
    report: list[ReportLine]
    created: AwareDatetime
    expires: AwareDatetime


def _out(row: Exchange, status: int | None = None) -> Reply:
    body = ExchangeOut(
        id=row.id,
        kind=row.kind,  # type: ignore[arg-type]
        state=row.state,  # type: ignore[arg-type]
        space=row.space.slug,
        name=row.name,
        size=row.size,
        done=row.done,
        total=row.total,
        pages=[
            PlannedPage(**{name: one[name] for name in PlannedPage.model_fields}) for one in row.asked.get("pages", ())
        ],
        report=[_line(one) for one in row.report],
        created=row.created_at,
        expires=row.expires_at,
    )
    return Reply(body, status=status, at=f"/api/v1/exchanges/{row.id}" if status == 201 else "")


def _line(one: dict[str, Any]) -> ReportLine:
    words = said(CommunityError(one["words"], **one["facts"])) if one["words"] else ""
    return ReportLine(name=one["name"], failed=one["bad"], words=words, path=one.get("path"))


@call("POST", "/spaces/<slug>/exports", "Take pages out", given=ExportAsked, answer=ExchangeOut, status=201)
def take_out(slug: str, given: ExportAsked) -> Reply:
    """A page, what is below it, or a whole wiki, as you may read it when it is made. Look at it until it is done."""
    space = enter(slug)
    row = keeping.ask_export(
        actor(), space, root=given.path.strip("/"), whole=given.below, kind=given.format, language=language()
    )
    return _out(keeping.exchange_for(actor(), row.id), 201)


@call(
    "POST", "/spaces/<slug>/imports", "Bring pages in",
    query=ImportSent, sends="*/*", answer=ExchangeOut, status=201, also=(413,),
)  # fmt: skip
def bring_in(slug: str, asked: ImportSent) -> Reply:
    """The body is a ZIP, Markdown, HTML or a Word document. The answer is what would become of it: nothing is changed before you
    start it."""
    require(actor(), "write", enter(slug))
    limit = current_app.config["SETTINGS"].UPLOAD_MB * 1024 * 1024
    if "Content-Range" in request.headers:
        raise Refused(400, _l("Send the whole file."))
    if (request.content_length or 0) > limit:
        raise TooLarge(limit)
    db.session.rollback()  # no transaction waits for somebody's slow line
    stored = current_app.config["STORAGE"].put_loose(request.stream, limit_bytes=limit)
    over = "update" if asked.update else "beside"
    row = keeping.begin_import(actor(), enter(slug), name=asked.name, stored=stored, under=asked.under, over=over)
    return _out(keeping.exchange_for(actor(), row.id), 201)


@call("GET", "/exchanges/<id:number>", "An export or import of yours", answer=ExchangeOut)
def read_exchange(number: int) -> Reply:
    """How far it is, what it would do, what came of it."""
    return _out(keeping.exchange_for(actor(), number))


@call("POST", "/exchanges/<id:number>/start", "Say yes to an import", answer=ExchangeOut, also=(409,))
def start_exchange(number: int) -> Reply:
    """What was planned is carried out, as you may write at that moment."""
    return _out(keeping.start_import(actor(), number))


@call("POST", "/exchanges/<id:number>/file", "Fetch an export, once", gives="*/*", also=(409,))
def fetch_exchange(number: int) -> Response:
    """Its bytes; afterwards they are gone here."""
    return given_out(*keeping.take(actor(), number))


@call("DELETE", "/exchanges/<id:number>", "Let an export or import be", also=(409,))
def drop_exchange(number: int) -> Reply:
    """Its bytes go. What runs goes on to its end."""
    keeping.drop(actor(), number)
    return Reply()


@call("GET", "/spaces/<slug>/templates", "What a new page can begin with", answer=schemas.Pages)
def list_templates(slug: str) -> schemas.Pages:
    """Pages of this space and of those above it that are templates, as far as you may read them."""
    pages = templates_for(actor(), enter(slug))
    phases = phases_of(pages)
    return schemas.Pages(items=[page_line(page, page.space.slug, phases) for page in pages], next=None)

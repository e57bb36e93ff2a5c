"""The wiki of a space: pages by their path, and what they were before."""

from __future__ import annotations

import re
from typing import Annotated

from flask import abort, redirect, request
from pydantic import BeforeValidator, Field

from blueprints.addresses import space_url
from blueprints.api import schemas
from blueprints.api.branches import Branch, branch_of
from blueprints.api.calls import Reply, based_on, call, made_once, only_if_absent
from blueprints.api.making import page_line, page_out, phases_of, revision_line, revision_out
from blueprints.api.reading import LEFT, Flag, Given, Query, Stretch, number_cursor, whole
from blueprints.api.refusals import Refused
from blueprints.doors import actor
from community.errors import Invalid, NotFound, _l
from community.items.tags import MOST, checked_tags
from community.items.writing import rendered
from community.markup import MAX_BODY
from community.spaces.models import Space
from community.spaces.queries import space_to_enter
from community.wiki.actions import MAX_SUMMARY, create_page, delete_page, edit_page, rename_page, restore_revision
from community.wiki.backlinks import backlinks_of
from community.wiki.bin import remove_revision
from community.wiki.links import moved_to, with_links
from community.wiki.models import Page
from community.wiki.paths import MAX_PATH, MAX_TITLE
from community.wiki.queries import page_for, pages_of, revision_for, revisions_of
from community.wiki.saving import Clash, save_page
from community.wiki.tags import tag_page
from community.wiki.templates import set_template, template_for

RevisionNumber = Annotated[int, Field(ge=1, lt=2**31), BeforeValidator(whole)]


Tag = Annotated[str, Field(min_length=1, max_length=80)]
Tags = Annotated[list[Tag], Field(max_length=MOST)]


class NewPage(Given):
    title: str = Field(min_length=1, max_length=MAX_TITLE)
    body: str | None = Field(
        None, min_length=1, max_length=MAX_BODY, description="Markdown; needed without a template."
    )
    template: int | None = Field(None, ge=1, lt=2**53, description="The number of a template: its words, its tags.")
    tags: Tags | None = Field(None, description="Names, or names with a value: status=ready.")
    path: str | None = Field(
        None,
        max_length=MAX_PATH,
        description="Made of the title, when left out; below this one, when it ends in a slash.",
    )
    summary: str = Field("", max_length=MAX_SUMMARY)
    audience: schemas.SpaceAudience | None = None


class PageText(Given):
    body: str = Field(min_length=1, max_length=MAX_BODY, description="Markdown.")
    title: str | None = Field(None, min_length=1, max_length=MAX_TITLE, description="Stays, or is made of the path.")
    summary: str = Field("", max_length=MAX_SUMMARY, description="What changed, and why.")
    tags: Tags | None = Field(None, description="Stay, when left out.")
    audience: schemas.SpaceAudience | None = Field(None, description="Of a new page: who can read it.")
    merge: bool = Field(
        False,
        description="Over an older state: merge what others saved since. 409 with their text where both changed the same words.",
    )


class PageMove(Given):
    path: str = Field(LEFT, min_length=1, max_length=MAX_PATH)
    title: str = Field(LEFT, min_length=1, max_length=MAX_TITLE)
    tags: Tags = Field(LEFT)
    template: schemas.Template = Field(LEFT, description="Whether others begin from it.")


class Restoring(Given):
    revision: int = Field(ge=1, lt=2**31)
    summary: str = Field("", max_length=MAX_SUMMARY)


class PageAsked(Stretch):
    history: Flag = Field(False, description="The saved states of the page instead, newest first.")
    rev: RevisionNumber | None = Field(None, description="The page as it was saved with this number instead.")
    backlinks: Flag = Field(False, description="The pages whose words lead to it instead, without their words.")
    below: Flag = Field(False, description="The pages below it instead, in the order of the tree.")


class Removing(Query):
    below: Flag = Field(False, description="With the pages below it that you see. Without, they stand one step higher.")
    rev: RevisionNumber | None = Field(None, description="Only the words that were saved with this number.")


class PagesAsked(Stretch):
    tree: Flag = Field(False, description="Only those on top, in the order of the tree.")


def enter(slug: str) -> Space:
    """The space, if it keeps a wiki and the caller may enter it."""
    space = space_to_enter(actor(), slug)
    if "wiki" not in space.tools:
        raise NotFound()
    return space


def page_at(slug: str, path: str) -> Page:
    """The page at a path of a space. Raises NotFound."""
    return page_for(actor(), enter(slug), path)


def version_of(page: Page) -> str:
    """The state of a page from which an edit starts."""
    return f"r{page.id}-{page.revision}"


_version = version_of


def _page(page: Page, slug: str, status: int | None = None) -> Reply:
    html = str(with_links(actor(), page.space, page.body_html))
    at = f"/api/v1{space_url(slug, 'wiki', page.path)}" if status == 201 else ""
    return Reply(page_out(page, slug, phases_of([page]), html), _version(page), status, at)


@call(
    "GET",
    "/spaces/<slug>/wiki",
    "The pages of a space, by path",
    query=PagesAsked,
    answer=schemas.Pages,
    others=(Branch,),
)
def list_pages(slug: str, asked: PagesAsked) -> schemas.Pages | Branch:
    """Without their words."""
    space = enter(slug)
    if asked.tree:
        return branch_of(space, None, asked)
    after = asked.cursor
    page = pages_of(actor(), space, after=after, limit=asked.many)
    phases = phases_of(page.items)
    return schemas.Pages(items=[page_line(one, space.slug, phases) for one in page.items], next=page.next)


@call("POST", "/spaces/<slug>/wiki", "Write a new page", given=NewPage, answer=schemas.Page, status=201, once=True)
def write_page(slug: str, given: NewPage) -> Reply:
    """Where its title says, with a number behind it when that is taken, or at `path`."""
    space = enter(slug)
    values = given.model_dump(exclude={"template"})
    if given.template is not None:
        began = template_for(actor(), space, given.template)
        values["body"] = given.body or (began.body if began else "")
        values["tags"] = given.tags if given.tags is not None or began is None else began.tags
    values |= {"body": values["body"] or "", "tags": values["tags"] or ()}
    made = made_once(lambda: create_page(actor(), space, **values))
    return _page(page_for(actor(), enter(slug), made.path), slug, 201)


@call(
    "GET", "/spaces/<slug>/wiki/<path:path>", "A page, its history, or what it was",
    query=PageAsked, answer=schemas.Page, others=(schemas.Revisions, schemas.Revision, schemas.Pages, Branch), also=(302,),
)  # fmt: skip
def read_page(slug: str, path: str, asked: PageAsked) -> Reply:
    """`?history` gives the list of its saved states, `?rev=7` one of them, `?backlinks` the pages that link to it, `?below` those
    that stand below it. An address that the page had leads to the one that it has (302)."""
    space = enter(slug)
    try:
        page = page_for(actor(), space, path)
    except NotFound:
        moved = moved_to(actor(), space, path.strip("/"))
        if moved is None:
            raise
        query = f"?{request.query_string.decode('ascii', 'replace')}" if request.query_string else ""
        abort(redirect(f"/api/v1{space_url(moved.space.slug, 'wiki', moved.path)}{query}"))
    if asked.below:
        return Reply(branch_of(space, page, asked))
    if asked.backlinks:
        links = backlinks_of(actor(), page, after=number_cursor(asked) or 0, limit=asked.many)
        phases = phases_of(links.items)
        lines = [page_line(one, one.space.slug, phases) for one in links.items]
        return Reply(schemas.Pages(items=lines, next=str(links.next) if links.next is not None else None))
    if asked.rev is not None:
        revision = revision_for(actor(), page, asked.rev)
        html = str(with_links(actor(), page.space, str(rendered(revision.body, page.space).html)))
        return Reply(revision_out(revision, html))
    if asked.history:
        history = revisions_of(actor(), page, before=number_cursor(asked), limit=asked.many)
        after = str(history.next) if history.next is not None else None
        return Reply(schemas.Revisions(items=[revision_line(one) for one in history.items], next=after))
    return _page(page, slug)


@call(
    "PUT", "/spaces/<slug>/wiki/<path:path>", "Save a page",
    given=PageText, answer=schemas.Page, bases=True, also=(201, 409, 428),
)  # fmt: skip
def put_page(slug: str, path: str, given: PageText) -> Reply:
    """Over a page that exists only with the ETag that you read, in If-Match: nobody's words are lost. 201: it is new."""
    space = enter(slug)
    try:
        page = page_for(actor(), space, path)
    except NotFound:
        return _put_new(space, path, given)
    if only_if_absent():
        raise Refused(412, _l("There is a page here already."))
    if given.audience not in (None, page.audience):
        raise Invalid("audience", _l("Who can read a page is chosen when it is made."))
    if given.merge:
        _merge(page, given)
        return _page(page_for(actor(), enter(slug), path), slug)
    based_on(_version(page), needed=True)
    tags = checked_tags(given.tags) if given.tags is not None else page.tags
    edit_page(actor(), page, body=given.body, title=given.title, summary=given.summary, base=page.revision)
    tag_page(actor(), page, tags=tags)
    return _page(page_for(actor(), enter(slug), path), slug)


def _merge(page: Page, given: PageText) -> None:
    """Save on top of what stands, whatever state of this page the caller read. Raises Refused (409 with both texts, 412, 428)."""
    tags = "".join(tag for tag in request.if_match.as_set(include_weak=True) if tag)  # `""` is read as None
    read = re.fullmatch(rf"r{page.id}-([1-9][0-9]{{0,8}})(\..*)?", tags)
    if read is None:
        based_on(_version(page), needed=True)
    base = int(read[1]) if read is not None else page.revision
    title = given.title if given.title is not None else _title_at(page, base)
    try:
        save_page(actor(), page, title=title, body=given.body, base=base, summary=given.summary)
    except Clash as clash:
        places = [{"mine": "\n".join(part.mine), "theirs": "\n".join(part.theirs)} for part in clash.merged.conflicts]
        raise Refused(409, clash.sentence, theirs=clash.theirs, revision=clash.base, places=places) from None


def _title_at(page: Page, number: int) -> str:
    """The title that the caller read, and so left as it is."""
    try:
        return revision_for(actor(), page, number).title
    except NotFound:
        return page.title


def _put_new(space: Space, path: str, given: PageText) -> Reply:
    based_on("")
    title = given.title or path.strip("/").rsplit("/", 1)[-1].replace("-", " ").capitalize()
    page = create_page(
        actor(),
        space,
        title=title,
        body=given.body,
        path=path,
        summary=given.summary,
        audience=given.audience,
        tags=given.tags or (),
    )
    return _page(page_for(actor(), space, page.path), space.slug, 201)


@call(
    "PATCH",
    "/spaces/<slug>/wiki/<path:path>",
    "Move, rename or mark a page",
    given=PageMove,
    answer=schemas.Page,
    bases=True,
)
def move_page(slug: str, path: str, given: PageMove) -> Reply:
    """Another path, another title, other tags; a template or no longer one."""
    page = page_at(slug, path)
    based = based_on(_version(page))
    sent = given.sent()
    tags, template = sent.pop("tags", None), sent.pop("template", None)
    wanted = checked_tags(tags) if tags is not None else None
    if sent or (wanted is None and template is None):
        page = rename_page(actor(), page, base=page.revision if based else None, **sent)
    if wanted is not None:
        page = tag_page(actor(), page, tags=wanted)
    if template is not None:
        page = set_template(actor(), page, template=template)
    return _page(page_for(actor(), enter(slug), page.path), slug)


@call("DELETE", "/spaces/<slug>/wiki/<path:path>", "Take a page away", query=Removing, bases=True)
def remove_page(slug: str, path: str, asked: Removing) -> Reply:
    """Into the bin of its wiki. Its path is free for another. `?rev=7` takes the words of one earlier state away, for good."""
    page = page_at(slug, path)
    if asked.rev is not None:
        remove_revision(actor(), page, number=asked.rev)
        return Reply()
    based = based_on(_version(page))
    delete_page(actor(), page, base=page.revision if based else None, with_below=asked.below)
    return Reply()


@call(
    "POST", "/spaces/<slug>/wiki/<path:path>/restore", "Make an earlier state the newest",
    given=Restoring, answer=schemas.Page, bases=True, also=(428,),
)  # fmt: skip
def restore_page(slug: str, path: str, given: Restoring) -> Reply:
    """Nothing in between is lost. Needs If-Match, as saving does."""
    page = page_at(slug, path)
    based_on(_version(page), needed=True)
    restore_revision(actor(), page, number=given.revision, base=page.revision, summary=given.summary)
    return _page(page_for(actor(), enter(slug), path), slug)

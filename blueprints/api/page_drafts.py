"""What somebody has not saved yet, of pages. For its author alone."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blueprints.api.calls import Reply, call
from blueprints.api.making import slugs_of
from blueprints.api.reading import Given
from blueprints.api.schemas import Next, Out
from blueprints.api.wiki import enter
from blueprints.doors import actor
from community.markup import MAX_BODY
from community.permissions import door
from community.wiki.actions import MAX_SUMMARY
from community.wiki.drafts import Words, drop_draft, keep_draft, keep_new, page_draft_for, page_drafts_of
from community.wiki.models import Page, PageDraft
from community.wiki.paths import MAX_PATH, MAX_TITLE


class PageDraftOut(Out):
    """Words for a page that are not saved yet. Nobody else sees them. `page` is None where there is no page (any more), `base` the
    revision that they were made on."""

    id: int
    space: str | None
    page: int | None
    title: str
    body: str
    summary: str
    path: str
    base: int
    updated: AwareDatetime


class PageDrafts(Out):
    items: list[PageDraftOut]
    next: Next


class Kept(Out):
    """What is kept now: nothing where that stands already, or where there were no words."""

    draft: PageDraftOut | None


class DraftText(Given):
    body: str = Field(max_length=MAX_BODY, description="Markdown.")
    title: str = Field("", max_length=MAX_TITLE)
    summary: str = Field("", max_length=MAX_SUMMARY)
    base: int = Field(ge=1, lt=2**31, description="The revision that the words were made on.")


class NewDraft(Given):
    body: str = Field("", max_length=MAX_BODY, description="Markdown.")
    title: str = Field("", max_length=MAX_TITLE)
    path: str = Field("", max_length=MAX_PATH, description="Where the page is to stand. Each has one draft.")


def _out(draft: PageDraft, slugs: dict[int, str]) -> PageDraftOut:
    return PageDraftOut(
        id=draft.id,
        space=slugs.get(draft.space_id),
        page=draft.page_id,
        title=draft.title,
        body=draft.body,
        summary=draft.summary,
        path=draft.path,
        base=draft.base,
        updated=draft.updated_at,
    )


@call("GET", "/page-drafts", "What you have not saved yet of pages", answer=PageDrafts)
def list_page_drafts() -> PageDrafts:
    """The newest first."""
    found = page_drafts_of(actor())
    slugs = slugs_of(draft.space_id for draft in found)
    return PageDrafts(items=[_out(draft, slugs) for draft in found], next=None)


@call("PUT", "/pages/<id:number>/draft", "Keep what you make of a page", given=DraftText, answer=Kept)
def keep_page_draft(number: int, given: DraftText) -> Kept:
    """One a page; saving the page throws it away."""
    page = door(actor(), Page, Page.id == number)
    kept = keep_draft(actor(), page, Words(given.body, given.title, given.summary, base=given.base))
    return _kept(kept)


@call(
    "POST", "/spaces/<slug>/page-drafts", "Keep what is to become a page",
    given=NewDraft, answer=Kept, status=200,
)  # fmt: skip
def keep_new_draft(slug: str, given: NewDraft) -> Kept:
    """One for each path of a space."""
    return _kept(keep_new(actor(), enter(slug), Words(given.body, given.title, path=given.path), at=given.path))


def _kept(draft: PageDraft | None) -> Kept:
    return Kept(draft=_out(draft, slugs_of([draft.space_id])) if draft is not None else None)


@call("DELETE", "/page-drafts/<id:number>", "Throw a draft of a page away")
def drop_page_draft(number: int) -> Reply:
    """It is gone."""
    drop_draft(actor(), page_draft_for(actor(), number).place)
    return Reply()

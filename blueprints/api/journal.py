"""The journal: your own entries, what others shared with you, and the questions that wait for an answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from blueprints.api import schemas
from blueprints.api.calls import Reply, based_on, call, made_once
from blueprints.api.making import entry_out, entry_whole, phases_of, slugs_of
from blueprints.api.reading import LEFT, Given, Stretch, number_cursor
from blueprints.doors import actor
from blueprints.language import language
from community.errors import Invalid, NotFound, _l
from community.journal.actions import MAX_TITLE, delete_entry, revise_entry, write_entry
from community.journal.models import Entry
from community.journal.queries import (
    entries_shared_with,
    entry_for,
    my_entries,
    people_by_handle,
    people_named,
)
from community.markup import MAX_BODY
from community.programme.queries import open_prompts, prompt_for
from community.spaces.models import Space
from community.spaces.queries import space_to_enter

Handles = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=200)]


class EntriesAsked(Stretch):
    whose: Literal["mine", "shared"] = Field("mine", description="Your own, or what others shared with you.")


class NewEntry(Given):
    title: str = Field(min_length=1, max_length=MAX_TITLE)
    body: str = Field(min_length=1, max_length=MAX_BODY, description="Markdown.")
    audience: schemas.Audience = "only_me"
    space: str | None = Field(None, max_length=60, description="Whose people or coach can read it.")
    people: Handles = Field([], description="The handles of those who can read it, when the audience is `people`.")
    prompt: int | None = Field(None, ge=1, lt=10**18, description="The question that it answers.")


class EntryChanges(Given):
    title: str = Field(LEFT, min_length=1, max_length=MAX_TITLE)
    body: str = Field(LEFT, min_length=1, max_length=MAX_BODY, description="Markdown.")
    audience: schemas.Audience = Field(LEFT)
    space: str | None = Field(None, max_length=60)
    people: Handles = Field(LEFT)


def _version(entry: Entry) -> str:
    return f"e{entry.id}-{entry.version}"


def _entry(entry: Entry, status: int | None = None) -> Reply:
    body = entry_whole(entry, phases_of([entry]), people_named(actor(), entry))
    return Reply(body, _version(entry), status, f"/api/v1/journal/{entry.id}" if status == 201 else "")


def _space(slug: str | None) -> Space | None:
    try:
        return space_to_enter(actor(), slug) if slug else None
    except NotFound:
        raise Invalid("space", _l("Choose one of your spaces.")) from None


def _people(handles: list[str]) -> list[int]:
    wanted = {handle.strip().lstrip("@").casefold() for handle in handles} - {""}
    found = people_by_handle(actor(), list(wanted))
    if len(found) < len(wanted):
        raise Invalid("people", _l("Choose people whom you can find in the list of people."))
    return [person.id for person in found]


@call("GET", "/journal", "Journal entries, newest first", query=EntriesAsked, answer=schemas.Entries)
def list_entries(asked: EntriesAsked) -> schemas.Entries:
    """Your own; with `whose=shared` what others shared with you."""
    which = my_entries if asked.whose == "mine" else entries_shared_with
    page = which(actor(), before=number_cursor(asked), limit=asked.many)
    phases = phases_of(page.items)
    after = str(page.next) if page.next is not None else None
    return schemas.Entries(items=[entry_out(entry, phases) for entry in page.items], next=after)


@call("POST", "/journal", "Write a journal entry", given=NewEntry, answer=schemas.EntryWhole, status=201, once=True)
def write(given: NewEntry) -> Reply:
    """Only for you, unless you say who else can read it."""
    who = actor()
    space, people = _space(given.space), _people(given.people)
    prompt = None
    if given.prompt is not None:
        try:
            prompt = prompt_for(who, given.prompt)
        except NotFound:
            raise Invalid("prompt", _l("Choose a question that was put to you.")) from None
    made = made_once(
        lambda: write_entry(
            who,
            title=given.title,
            body=given.body,
            audience=given.audience,
            space=space,
            people=people,
            prompt=prompt,
        )
    )
    return _entry(entry_for(who, made.id), 201)


@call("GET", "/journal/prompts", "Questions that wait for your answer", query=Stretch, answer=schemas.Prompts)
def list_prompts(asked: Stretch) -> schemas.Prompts:
    """The one that closes first in front."""
    found = open_prompts(actor())
    slugs = slugs_of(prompt.space_id for prompt in found)
    items = [
        schemas.Prompt(
            id=prompt.id,
            space=slugs.get(prompt.space_id),
            text=prompt.text(language()),
            audience=prompt.audience,
            opens=prompt.opens_at,
            closes=prompt.closes_at,
        )
        for prompt in found
    ]
    return schemas.Prompts(items=items, next=None)


@call("GET", "/journal/<id:number>", "A journal entry", answer=schemas.EntryWhole)
def read_entry(number: int) -> Reply:
    """Yours, or one that was shared with you."""
    return _entry(entry_for(actor(), number))


@call(
    "PATCH", "/journal/<id:number>", "Change a journal entry", given=EntryChanges, answer=schemas.EntryWhole, bases=True
)
def change_entry(number: int, given: EntryChanges) -> Reply:
    """Its words, who can read it, or both at once. What you leave out stays as it is."""
    who = actor()
    entry = entry_for(who, number)
    based_on(_version(entry))
    sent = given.sent()
    values: dict[str, Any] = {
        "title": sent.get("title", entry.title),
        "body": sent.get("body", entry.body),
        "audience": sent.get("audience", entry.audience),
        "space": _space(sent["space"]) if "space" in sent else entry.space,
        "people": _people(sent["people"]) if "people" in sent else [one.id for one in people_named(who, entry)],
    }
    revise_entry(who, entry, base=entry.version, **values)
    return _entry(entry_for(who, number))


@call("DELETE", "/journal/<id:number>", "Take a journal entry away", bases=True)
def remove_entry(number: int) -> Reply:
    """For its author."""
    entry = entry_for(actor(), number)
    based = based_on(_version(entry))
    delete_entry(actor(), entry, base=entry.version if based else None)
    return Reply()

"""What can happen to journal entries. They begin as their author's alone; narrowing holds from the same moment on."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.comments.models import Comment, place_of_comments
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.items.models import AUDIENCES, Grant
from community.items.rules import check_audience, name_people
from community.items.writing import put_words
from community.journal.models import Entry
from community.markup import clean_text
from community.people.models import Person
from community.permissions import Actor, listing, require
from community.programme.models import Prompt
from community.spaces.models import Space
from community.spaces.queries import current_phase_id, my_cohorts

MAX_TITLE = 200


@action
def write_entry(
    actor: Actor,
    *,
    title: str,
    body: str,
    audience: str = "only_me",
    space: Space | None = None,
    people: Collection[int] = (),
    prompt: Prompt | None = None,
) -> Entry:
    """Write an entry. `people` are the ids of those who may read it when the audience is `people`.

    Raises Invalid (title, body, audience, space, people), Denied for who has no account, NotFound for a question that
    was not put to the actor.
    """
    if not actor.is_signed_in:
        raise Denied()
    if prompt is not None and prompt.space_id not in actor.roles:
        raise NotFound()
    at = now()
    entry = Entry(
        author_id=actor.id,
        title=_title(title),
        prompt_id=prompt.id if prompt else None,
        phase_id=_phase(actor, prompt),
        version=1,
        created_at=at,
        updated_at=at,
    )
    named = _address(actor, entry, audience, space, people)
    mentions = put_words(actor, entry, clean_text(body), _place(entry))
    db.session.add(entry)
    db.session.flush()
    name_people("entry", entry.id, named)
    record("entry.written", actor, entry, audience=entry.audience, mentions=mentions)
    return entry


@action
def edit_entry(actor: Actor, entry: Entry, *, title: str, body: str, base: int) -> Entry:
    """Change the words of an entry that was read as version `base`. The same words again change nothing.

    Raises Conflict with the words and the version that stand when `base` is stale; Invalid (title, body), Denied,
    NotFound.
    """
    require(actor, "edit", entry)
    _lock(entry)
    title, body = _title(title), clean_text(body)
    if (title, body) == (entry.title, entry.body):
        nothing_changed()
        return entry
    _refuse_stale(entry, base)
    mentions = put_words(actor, entry, body, _place(entry))
    entry.title, entry.version, entry.updated_at = title, entry.version + 1, now()
    record("entry.edited", actor, entry, mentions=mentions)
    return entry


@action
def share_entry(
    actor: Actor, entry: Entry, *, audience: str, space: Space | None = None, people: Collection[int] = ()
) -> Entry:
    """Choose anew who can read an entry, wider or narrower. Raises Invalid (audience, space, people), Denied, NotFound."""
    require(actor, "share", entry)
    _lock(entry)
    before = (entry.audience, entry.space_id, _named(entry))
    named = _address(actor, entry, audience, space, people)
    if before == (entry.audience, entry.space_id, named):
        nothing_changed()
        return entry
    name_people("entry", entry.id, named)
    if entry.space_id != before[1]:
        db.session.expire(entry, ["space"])
        # A comment stands where its entry stands, so that it is told and counted nowhere else.
        db.session.execute(
            update(Comment)
            .where(Comment.parent_kind == "entry", Comment.parent_id == entry.id)
            .values(space_id=place_of_comments(entry.space_id))
        )
    entry.version, entry.updated_at = entry.version + 1, now()
    record("entry.shared", actor, entry, audience=entry.audience, was=before[0])
    return entry


@action
def revise_entry(
    actor: Actor,
    entry: Entry,
    *,
    title: str,
    body: str,
    audience: str,
    space: Space | None = None,
    people: Collection[int] = (),
    base: int,
) -> Entry:
    """Change the words of an entry and who can read it, both or neither: `edit_entry` and `share_entry` in one.

    Raises Conflict when `base` is not the version that stands; else as those two do.
    """
    require(actor, "edit", entry)
    _lock(entry)
    _refuse_stale(entry, base)
    edit_entry(actor, entry, title=title, body=body, base=base)
    db.session.flush()  # the next step reads the row again
    return share_entry(actor, entry, audience=audience, space=space, people=people)


@action
def delete_entry(actor: Actor, entry: Entry, *, base: int | None = None) -> None:
    """Take an entry away, with whoever was named to read it. Raises Conflict when `base` is given and another version
    stands, Denied, NotFound.
    """
    require(actor, "delete", entry)
    _lock(entry)
    _refuse_stale(entry, base)
    name_people("entry", entry.id, [])
    entry.deleted_at = entry.updated_at = now()
    record("entry.deleted", actor, entry)


def _refuse_stale(entry: Entry, base: int | None) -> None:
    if base is not None and base != entry.version:
        raise Conflict(
            _l("This entry was changed in another window while you were writing. Compare, then save again."),
            theirs=entry.body,
            base=entry.version,
        )


def _title(title: str) -> str:
    title = " ".join(clean_text(title).split())
    if not title:
        raise Invalid("title", _l("Give the entry a title."))
    if len(title) > MAX_TITLE:
        raise Invalid("title", _l("Use a shorter title: up to 200 characters."))
    return title


def _phase(actor: Actor, prompt: Prompt | None) -> int | None:
    """The phase in which it is written: of the question that it answers, else of the newest cohort of its author."""
    if prompt is not None:
        return current_phase_id(db.session.get(Space, prompt.space_id))
    cohorts = my_cohorts(actor)
    return current_phase_id(cohorts[0]) if cohorts else None


def _place(entry: Entry) -> Space | None:
    return db.session.get(Space, entry.space_id) if entry.space_id is not None else None


def _named(entry: Entry) -> list[int]:
    stmt = select(Grant.person_id).where(Grant.object_kind == "entry", Grant.object_id == entry.id)
    return sorted(db.session.scalars(stmt))


def _address(actor: Actor, entry: Entry, audience: str, space: Space | None, people: Collection[int]) -> list[int]:
    """Set audience and space; gives the ids of the named. An entry for oneself or for named people is in no space, so
    that not even its existence is told there.
    """
    if audience in ("only_me", "people"):
        space = None
    if space is not None and space.id not in actor.roles:
        raise Invalid("space", _l("Choose one of your spaces."))
    if space is not None and space.is_archived and space.id != entry.space_id:
        raise Invalid("space", _l("This space is archived, so nothing new can be shared there."))
    if audience == "organisation" and actor.site_role == "guest":
        raise Invalid("audience", _l("Guests share with the people of a space."))
    entry.audience = check_audience(audience, space, allowed=AUDIENCES)
    entry.space_id = space.id if space is not None else None
    if audience != "people":
        return []
    wanted = set(people) - {actor.id}
    seen = {person.id for person in listing(actor, select(Person).where(Person.id.in_(wanted)), Person)}
    if not wanted:
        raise Invalid("people", _l("Name at least one person who can read this."))
    if wanted - seen:
        raise Invalid("people", _l("Choose people whom you can find in the list of people."))
    return sorted(seen)


def _lock(entry: Entry) -> None:
    """Read the entry again and hold its row."""
    columns = ["title", "body", "version", "audience", "space_id", "deleted_at", "author_id"]
    db.session.refresh(entry, columns, with_for_update=True)
    if entry.deleted_at is not None:
        raise NotFound()

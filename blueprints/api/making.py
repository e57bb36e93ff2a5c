"""From a thing to the shape that leaves the house. Nothing here asks the database for one thing at a time: whoever makes a
list fetches what all of it needs first (`Phases`, `places_of`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from blueprints.addresses import picture_url, space_url, url_of
from blueprints.api import file_schemas, schemas
from blueprints.doors import actor
from blueprints.mishaps import said
from community.clock import now
from community.comments.models import Anchor, Comment
from community.comments.regions import CONFORMS
from community.errors import CommunityError
from community.extensions import db
from community.files.models import File, Folder
from community.files.task_tables import FileTask
from community.journal.models import Entry
from community.microblog.models import Attachment, LinkPreview, PostDraft
from community.microblog.polls import PollShown
from community.microblog.queries import FeedItem
from community.people.models import Person
from community.permissions import listing
from community.spaces.models import Space
from community.spaces.queries import phase_keys
from community.wiki.models import Page, Revision

Phases = Mapping[int, str]


def phases_of(items: Iterable[Any]) -> Phases:
    """The keys of the phases that some things were made in. One query."""
    return phase_keys(item.phase_id for item in items)


def slugs_of(space_ids: Iterable[int | None]) -> dict[int, str]:
    """The names of some spaces by id, as far as the reader sees them. One query, none for nothing."""
    wanted = set(space_ids) - {None}
    if not wanted:
        return {}
    return {space.id: space.slug for space in listing(actor(), select(Space).where(Space.id.in_(wanted)), Space)}


def people_by_id(ids: Iterable[int | None]) -> dict[int, Person]:
    """Some people by id. For names beside what the reader sees. One query, none for nothing."""
    wanted = set(ids) - {None}
    if not wanted:
        return {}
    return {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(wanted)))}


def page_of(thing: Any, slug: str | None) -> str:
    """The page of a thing, or of its space when it has none of its own."""
    try:
        return url_of(thing)
    except TypeError:
        return space_url(slug) if slug else "/"


def who(person: Person) -> schemas.Who:
    return schemas.Who(handle=person.handle, name=person.name)


def maybe(person: Person | None) -> schemas.Who | None:
    return who(person) if person is not None else None


def person_out(person: Person) -> schemas.Person:
    return schemas.Person(
        handle=person.handle,
        name=person.name,
        url=url_of(person),
        headline=person.headline,
        location=person.location,
        skills=list(person.skills),
        picture=picture_url(person),
    )


def _item(item: Any, slug: str | None, url: str, phases: Phases) -> dict[str, Any]:
    return {
        "id": item.id,
        "url": url,
        "space": slug,
        "author": who(item.author),
        "audience": item.audience,
        "phase": phases.get(item.phase_id),
        "created": item.created_at,
        "updated": item.updated_at,
        "comments": item.comment_count,
    }


def post_out(held: FeedItem, phases: Phases) -> schemas.Post:
    post = held.post
    slug = post.space.slug
    return schemas.Post(
        **_item(post, slug, space_url(slug, "posts", post.id), phases),
        kind=post.kind,
        body=post.body,
        html=post.body_html,
        edited=post.edited_at,
        reactions=held.reactions,
        mine=[name for name in held.reactions if name in held.mine],
        pinned=post.pinned_at is not None and (post.pinned_until is None or post.pinned_until > now()),
        hidden=post.hidden_at is not None,
        archived=post.archived_at is not None,
        locked=post.locked_at is not None,
        shares=held.shared.id if held.shared is not None else None,
        answer=post.accepted_comment_id,
        poll=_poll(held.poll) if held.poll is not None else None,
        praised=[who(person) for person in held.praised],
        files=[_attachment(file, f"/api/v1/posts/{post.id}/files/{file.id}") for file in held.files],
        preview=_preview(held.preview) if held.preview is not None else None,
    )


def _poll(poll: PollShown) -> schemas.Poll:
    return schemas.Poll(
        several=poll.several,
        open=poll.open,
        closes=poll.closes_at,
        closed=poll.closed,
        people=poll.people,
        options=[
            schemas.PollOption(
                id=option.id,
                words=option.words,
                mine=option.mine,
                votes=option.votes,
                voters=[who(person) for person in option.voters] if option.voters is not None else None,
            )
            for option in poll.options
        ],
    )


def _attachment(file: Attachment, content: str) -> schemas.Attachment:
    return schemas.Attachment(
        id=file.id, name=file.name, media_type=file.media_type, size=file.size, alt=file.alt, content=content
    )


def _preview(held: LinkPreview) -> schemas.Preview:
    return schemas.Preview(link=held.url, title=held.title, description=held.description, site=held.site)


def draft_out(draft: PostDraft) -> schemas.Draft:
    return schemas.Draft(
        id=draft.id,
        space=draft.space.slug,
        state=draft.state,
        kind=draft.kind,
        body=draft.body,
        publish=draft.publish_at,
        problem=gettext(draft.problem) if draft.problem else "",
        updated=draft.updated_at,
    )


_MOTIVATIONS = {
    "": "commenting",
    "question": "questioning",
    "must_answer": "questioning",
    "suggestion": "editing",
    "praise": "assessing",
}


def _target(anchor: Anchor, url: str) -> schemas.Target | None:
    if not (anchor.exact or anchor.region):
        return None  # its words are not told to this reader
    return schemas.Target(
        source=url,
        made_on=anchor.made_on,
        revision=anchor.revision,
        lost=anchor.orphaned_at,
        selector=[schemas.Fragment(conformsTo=CONFORMS, value=anchor.region)]
        if anchor.region
        else [
            schemas.TextQuote(exact=anchor.words or anchor.exact, prefix=anchor.prefix, suffix=anchor.suffix),
            schemas.TextPosition(start=anchor.begins, end=anchor.ends),
        ],
    )


def comment_out(comment: Comment, phases: Phases, url: str = "", anchor: Anchor | None = None) -> schemas.Comment:
    return schemas.Comment(
        id=comment.id,
        url=f"{url}#comment-{comment.id}" if url else url_of(comment),
        on=f"{comment.parent_kind}:{comment.parent_id}",
        reply_to=comment.reply_to_id,
        author=who(comment.author),
        as_role=comment.as_role or None,
        body=comment.body,
        html=comment.body_html,
        phase=phases.get(comment.phase_id or 0),
        created=comment.created_at,
        updated=comment.updated_at,
        edited=comment.edited_at,
        purpose=comment.purpose,
        motivation="replying" if comment.reply_to_id else _MOTIVATIONS[comment.purpose],
        audience=comment.audience,
        held=comment.held_at,
        state=comment.state if comment.is_thread else None,
        state_since=comment.state_at if comment.is_thread else None,
        target=_target(anchor, (url or url_of(comment)).split("#")[0]) if anchor is not None else None,
        replacement=anchor.replacement if anchor is not None else None,
    )


def _page(page: Page, slug: str, phases: Phases) -> dict[str, Any]:
    return {
        **_item(page, slug, space_url(slug, "wiki", page.path), phases),
        "path": page.path,
        "title": page.title,
        "revision": page.revision,
        "editor": who(page.editor),
        "tags": list(page.tags),
        "template": page.template,
    }


def page_line(page: Page, slug: str, phases: Phases) -> schemas.PageLine:
    return schemas.PageLine(**_page(page, slug, phases))


def page_out(page: Page, slug: str, phases: Phases, html: str) -> schemas.Page:
    return schemas.Page(**_page(page, slug, phases), body=page.body, html=html)


def revision_line(revision: Revision) -> schemas.RevisionLine:
    return schemas.RevisionLine(**_revision(revision))


def revision_out(revision: Revision, html: str) -> schemas.Revision:
    return schemas.Revision(**_revision(revision), body=revision.body, html=html)


def _revision(revision: Revision) -> dict[str, Any]:
    return {
        "number": revision.number,
        "title": revision.title,
        "summary": revision.summary,
        "author": who(revision.author),
        "created": revision.created_at,
        "removed": revision.removed_at is not None,
    }


def file_out(file: File, slug: str, phases: Phases) -> file_schemas.File:
    place = space_url(slug, "files", file.path)
    return file_schemas.File(
        **_item(file, slug, f"{place}?about", phases),
        name=file.name,
        path=file.path,
        folder=file.folder_id,
        description=file.description,
        tags=list(file.tags),
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        version=file.version,
        href=file.href,
        content=f"/api/v1{place}",
    )


def folder_out(folder: Folder, phases: Phases) -> file_schemas.Folder:
    return file_schemas.Folder(
        id=folder.id,
        url=url_of(folder),
        space=folder.space.slug,
        name=folder.name,
        path=folder.path,
        parent=folder.parent_id,
        description=folder.description,
        author=who(folder.author),
        audience=folder.audience,
        phase=phases.get(folder.phase_id or 0),
        created=folder.created_at,
        updated=folder.updated_at,
    )


def task_out(task: FileTask) -> file_schemas.FileTask:
    return file_schemas.FileTask(
        id=task.id,
        kind=task.kind,
        state=task.state,
        space=task.space.slug,
        name=task.name,
        done=task.done,
        total=task.total,
        report=[
            file_schemas.FileTaskLine(
                name=one["name"],
                failed=one["bad"],
                words=said(CommunityError(one["words"], **one["facts"])) if one["words"] else "",
            )
            for one in task.report
        ],
        created=task.created_at,
    )


def entry_out(entry: Entry, phases: Phases) -> schemas.Entry:
    return schemas.Entry(**_entry(entry, phases))


def entry_whole(entry: Entry, phases: Phases, people: Iterable[Person]) -> schemas.EntryWhole:
    return schemas.EntryWhole(**_entry(entry, phases), people=[person.handle for person in people])


def _entry(entry: Entry, phases: Phases) -> dict[str, Any]:
    return {
        **_item(entry, entry.space.slug if entry.space else None, url_of(entry), phases),
        "title": entry.title,
        "body": entry.body,
        "html": entry.body_html,
        "prompt": entry.prompt_id,
    }

"""Who works on a file, and links to documents that are kept elsewhere."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blueprints.api import file_schemas, schemas
from blueprints.api.calls import Reply, call
from blueprints.api.files import enter
from blueprints.api.folders import file_by, folder_in
from blueprints.api.making import file_out, phases_of, who
from blueprints.api.reading import Given
from blueprints.doors import actor
from community.clock import now
from community.files.linking import put_link
from community.files.links import LONGEST
from community.files.models import File
from community.files.places import MAX_DESCRIPTION
from community.locks.actions import MAX_NOTE, lock_thing, unlock
from community.locks.queries import locks_against


class LinkMade(Given):
    href: str = Field(max_length=LONGEST, description="Where the document is: https only.")
    title: str = Field("", max_length=200, description="The name of its host, when left out.")
    folder: int | None = Field(None, ge=1, description="The number of the folder that it goes into; null for the top.")
    description: str = Field("", max_length=MAX_DESCRIPTION)
    audience: schemas.SpaceAudience | None = Field(None, description="As the folder around it, when left out.")


class Working(Given):
    until: AwareDatetime = Field(description="At most 31 days from now.")
    note: str = Field("", max_length=MAX_NOTE, description="To the others.")


@call(
    "POST", "/spaces/<slug>/links", "Put a link among the files", given=LinkMade, answer=file_schemas.File, status=201
)
def make_link(slug: str, given: LinkMade) -> Reply:
    """To a document that is kept elsewhere; who may open it is decided there. It is a file whose `href` says where that is."""
    space = enter(slug)
    made = put_link(
        actor(),
        space,
        href=given.href,
        title=given.title,
        folder=folder_in(space, given.folder),
        description=given.description,
        audience=given.audience,
    )
    file = file_by(made.id)
    return Reply(file_out(file, slug, phases_of([file])), file.sha256, at=f"/api/v1/files/{file.id}")


def _locks(file: File) -> file_schemas.Locks:
    return file_schemas.Locks(
        items=[
            file_schemas.Lock(
                id=lock.id,
                by=who(lock.person),
                by_hand=lock.by_hand,
                note=lock.note,
                since=lock.created_at,
                until=lock.expires_at,
            )
            for lock in locks_against(file)
        ]
    )


@call("GET", "/files/<id:number>/locks", "Who works on a file", answer=file_schemas.Locks)
def list_locks(number: int) -> file_schemas.Locks:
    """People who said so, and programs that have it open on a drive. While others do, you cannot replace, rename or move it."""
    return _locks(file_by(number))


@call("PUT", "/files/<id:number>/lock", "Say that you work on a file", given=Working, answer=file_schemas.Locks)
def put_lock(number: int, given: Working) -> file_schemas.Locks:
    """The others cannot replace it until then, or until you end it. Said again it changes the note and the time."""
    lock_thing(actor(), file_by(number), lasts=given.until - now(), by_hand=True, note=given.note)
    return _locks(file_by(number))


@call("DELETE", "/files/<id:number>/locks/<id:lock>", "Work on a file no longer")
def end_lock(number: int, lock: int) -> Reply:
    """Yours; of others for who looks after the space. One that has ended already changes nothing."""
    unlock(actor(), lock, thing=file_by(number))
    return Reply()

"""Links to the outside, and folders that collect."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from blueprints.addresses import space_url
from blueprints.api import file_schemas
from blueprints.api.calls import Reply, call
from blueprints.api.files import enter
from blueprints.api.reading import Given, Stretch, number_cursor
from blueprints.doors import actor
from blueprints.sharing import link_of
from community.errors import NotFound
from community.files.drop_actions import close_drop, create_drop
from community.files.drops import counts_in, states_of
from community.files.models import Folder
from community.files.queries import folder_for, found_at
from community.files.stream import from_stream
from community.permissions import things_for
from community.sharing.actions import create_share, revoke_share
from community.sharing.models import Share
from community.sharing.queries import asleep, share_numbered, shares_in
from community.spaces.models import Space


class NewShare(Given):
    path: str = Field(max_length=4_000, description="Of a file or folder, from the top.")
    rights: Literal["view", "upload", "edit"] = "view"
    password: str = Field("", max_length=1_024)
    days: int | None = Field(None, description="How long it lives; 30 when you do not say.")
    hides_download: bool = Field(False, description="Things are only shown. A hint, no lock.")
    note: str = Field("", max_length=1_000, description="To who opens it.")


class NewDrop(Given):
    path: str = Field(max_length=4_000, description="Of the new folder, from the top.")
    closes: AwareDatetime
    wanted: int = Field(0, ge=0, le=100, description="Files from each; 0: as many as they like.")
    takes_late: bool = False
    stays_apart: bool = Field(False, description="Each sees theirs alone when it has closed, too.")
    description: str = Field("", max_length=2_000)


def _shown(shares: list[Share]) -> list[file_schemas.LinkOut]:
    who = actor()
    things = things_for(who, [(one.object_kind, one.object_id) for one in shares])
    sleeping = asleep(shares, things)
    return [
        file_schemas.LinkOut(
            id=one.id,
            to=things[one.object_kind, one.object_id].path,
            kind=one.object_kind,
            rights=one.rights,
            password=one.password_hash is not None,
            hides_download=one.hides_download,
            note=one.note,
            by=one.author.handle,
            created=one.created_at,
            expires=one.expires_at,
            opens=one.id not in sleeping,
            used=one.used,
            last_used=one.used_at,
            received=one.received,
            link=link_of(one) or None,
        )
        for one in shares
    ]


@call("GET", "/spaces/<slug>/stream-files", "What came with posts", query=Stretch, answer=file_schemas.StreamFiles)
def list_stream_files(slug: str, asked: Stretch) -> file_schemas.StreamFiles:
    """The newest first, of the posts that you see. The bytes are at `content`."""
    found = from_stream(actor(), enter(slug), before=number_cursor(asked), limit=asked.many + 1)
    part = found[: asked.many]
    return file_schemas.StreamFiles(
        items=[
            file_schemas.StreamFile(
                id=held.id,
                post=post.id,
                by=post.author.handle,
                name=held.name,
                media_type=held.media_type,
                size=held.size,
                sha256=held.sha256,
                created=held.created_at,
                content=f"/api/v1/posts/{post.id}/files/{held.id}",
            )
            for held, post in part
        ],
        next=str(part[-1].attachment.id) if len(found) > len(part) else None,
    )


@call("GET", "/spaces/<slug>/shares", "Links to the outside", query=Stretch, answer=file_schemas.LinksOut)
def list_shares(slug: str, asked: Stretch) -> file_schemas.LinksOut:
    """The newest first, for who writes in the space. `link` is for who made it."""
    found = shares_in(actor(), enter(slug), after=number_cursor(asked), limit=asked.many + 1)
    part = found[: asked.many]
    return file_schemas.LinksOut(items=_shown(part), next=str(part[-1].id) if len(found) > len(part) else None)


@call(
    "POST",
    "/spaces/<slug>/shares",
    "Share a file or folder by a link",
    given=NewShare,
    answer=file_schemas.LinkOut,
    status=201,
)
def make_share(slug: str, given: NewShare) -> Reply:
    """It opens as much as you may open, for as long as you may."""
    made = create_share(
        actor(),
        found_at(actor(), enter(slug), given.path),
        rights=given.rights,
        password=given.password,
        days=given.days,
        hides_download=given.hides_download,
        note=given.note,
    )
    return Reply(_shown([share_numbered(actor(), made.id)])[0])


@call("DELETE", "/spaces/<slug>/shares/<id:number>", "Revoke a link")
def revoke_share_of(slug: str, number: int) -> Reply:
    """At once. For who made it, and for the staff."""
    space = enter(slug)
    share = share_numbered(actor(), number)
    if share.space_id != space.id:
        raise NotFound()
    revoke_share(actor(), share)
    return Reply()


def _drop(folder: Folder, space: Space) -> file_schemas.Drop:
    found = states_of(actor(), [folder]).get(folder.id)
    if found is None:
        raise NotFound()
    counts = counts_in(actor(), folder)
    return file_schemas.Drop(
        path=folder.path,
        closes=found.drop.closes_at,
        closed=found.closed,
        wanted=found.drop.wanted,
        mine=found.mine,
        takes_late=found.drop.takes_late,
        stays_apart=found.drop.stays_apart,
        sent=[file_schemas.DropCount(handle=person.handle, name=person.name, files=sent) for person, sent in counts],
    )


@call(
    "POST", "/spaces/<slug>/drops", "Make a folder that collects", given=NewDrop, answer=file_schemas.Drop, status=201
)
def make_drop(slug: str, given: NewDrop) -> Reply:
    """Each member sends theirs and sees theirs alone, until it closes. For who guides the space."""
    space = enter(slug)
    way, _, name = given.path.strip("/").rpartition("/")
    made = create_drop(
        actor(),
        space,
        name=name,
        parent=folder_for(actor(), space, way) if way else None,
        closes_at=given.closes,
        wanted=given.wanted,
        takes_late=given.takes_late,
        stays_apart=given.stays_apart,
        description=given.description,
    )
    space = enter(slug)
    folder = folder_for(actor(), space, made.path)
    return Reply(_drop(folder, space), at=f"/api/v1{space_url(slug, 'drops', folder.path)}")


@call("GET", "/spaces/<slug>/drops/<path:path>", "How far a folder is that collects", answer=file_schemas.Drop)
def read_drop(slug: str, path: str) -> file_schemas.Drop:
    """What you sent; for who guides the space also how much each has sent."""
    space = enter(slug)
    return _drop(folder_for(actor(), space, path), space)


@call("DELETE", "/spaces/<slug>/drops/<path:path>", "Close a folder that collects")
def close_drop_at(slug: str, path: str) -> Reply:
    """Now. What was sent stays; for who guides the space."""
    close_drop(actor(), folder_for(actor(), enter(slug), path))
    return Reply()

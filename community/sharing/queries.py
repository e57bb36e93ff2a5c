"""Links to the outside: those that an actor may know of, and what one opens for whoever holds it.

A link does nothing that its maker could not do now (QUALITY 31): it is asked each time who they are, what they see, and whether
they may share it still.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import joinedload

from community.activity.models import Activity
from community.clock import now
from community.errors import NotFound
from community.extensions import db
from community.files.models import SHOWN, File, Folder
from community.files.queries import Files
from community.files.zipping import Plan, plan_zip
from community.items.models import AUDIENCES
from community.kinds import card_of, kind_named
from community.people.models import Person
from community.permissions import Actor, door, listing, may
from community.ports import ports
from community.sharing import rules
from community.sharing.models import RIGHTS, Share
from community.spaces.models import Space
from community.spaces.queries import actor_for, actors_for

LIST = 200
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_WITH = (joinedload(Share.author), joinedload(Share.space))


def token_from(seed: str) -> str:
    """The token that belongs to 32 random bytes (in hexadecimal): 256 bits that only this house can make, in base64url."""
    return base64.urlsafe_b64encode(ports.sign("share", bytes.fromhex(seed))).decode().rstrip("=")


def hashed(token: str) -> str:
    """What the database knows of a token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_of(actor: Actor, share: Share) -> str | None:
    """The token, for its maker, to copy it again. None for others, and where the key of the house was changed since."""
    if not may(actor, "copy", share):
        return None
    token = token_from(share.seed)
    return token if hashed(token) == share.token_hash else None


def share_numbered(actor: Actor, number: int) -> Share:
    """The link, with maker and space. Raises NotFound."""
    return door(actor, Share, Share.id == number, options=_WITH)


def shares_of(actor: Actor, thing: File | Folder) -> list[Share]:
    """The links of a file or folder that are neither revoked nor ended, the newest first, with maker and space."""
    stmt = select(Share).where(Share.object_kind == card_of(thing).name, Share.object_id == thing.id, *_standing())
    return listing(actor, stmt.order_by(Share.id.desc()).limit(LIST).options(*_WITH), Share)


def shares_in(actor: Actor, space: Space, *, after: int | None = None, limit: int = LIST) -> list[Share]:
    """The links of a space that are neither revoked nor ended, the newest first, with maker and space."""
    stmt = select(Share).where(Share.space_id == space.id, *_standing())
    if after is not None:
        stmt = stmt.where(Share.id < after)
    return listing(actor, stmt.order_by(Share.id.desc()).limit(limit).options(*_WITH), Share)


def _standing() -> tuple[ColumnElement[bool], ...]:
    return Share.revoked_at.is_(None), Share.expires_at > now()


def asleep(shares: Sequence[Share], things: dict[tuple[str, int], File | Folder]) -> set[int]:
    """Those of these links that open nothing because their maker may not share the thing now. `things` by kind and id."""
    makers = actors_for({share.author_id for share in shares})
    hidden = _hidden_since(shares, things)
    return {
        share.id
        for share in shares
        if share.author_id not in makers
        or share.id in hidden
        or (thing := things.get((share.object_kind, share.object_id))) is None
        or not _may_still(makers[share.author_id], share, thing)
    }


def _hidden_since(shares: Sequence[Share], things: dict[tuple[str, int], File | Folder]) -> set[int]:
    """Those of these links whose thing is for fewer people than when they were made, as the log knows: what a link shows never
    follows a folder to where fewer look. One query.
    """
    lines = select(Activity.object_id, Activity.data).where(
        Activity.object_kind == "share",
        Activity.object_id.in_([share.id for share in shares]),
        Activity.verb == "share.created",
    )
    then = {row[0]: row[1].get("audience") for row in db.session.execute(lines)}
    found = set()
    for share in shares:
        was, thing = then.get(share.id), things.get((share.object_kind, share.object_id))
        if was and thing is not None and AUDIENCES.index(thing.audience) < AUDIENCES.index(was):
            found.add(share.id)
    return found


def _may_still(maker: Actor, share: Share, thing: File | Folder) -> bool:
    return (
        rules.are_allowed()
        and share.revoked_at is None
        and share.expires_at > now()
        and "files" in share.space.tools
        and may(maker, "link", thing)
    )


@dataclass(frozen=True)
class Opened:
    """What a token leads to. `actor` is the maker as they are now: nothing is read or written with other rights than theirs."""

    share: Share
    maker: Person
    actor: Actor
    thing: File | Folder

    def allows(self, right: str) -> bool:
        """Whether the link gives this right, or a wider one."""
        return RIGHTS.index(self.share.rights) >= RIGHTS.index(right)


def opened(token: str) -> Opened:
    """What this token opens now. Raises NotFound, the same for a token that never was, has ended, was revoked, whose maker may no
    longer share what it leads to, or leads to what is for fewer people by now.
    """
    if not _TOKEN.fullmatch(token):
        raise NotFound()
    stmt = select(Share).where(Share.token_hash == hashed(token)).options(*_WITH)
    return opened_by(db.session.scalars(stmt).one_or_none())


def opened_by(share: Share | None) -> Opened:
    """As `opened`, for a link that is known. Raises NotFound."""
    if share is None:
        raise NotFound()
    card = kind_named(share.object_kind)
    stmt = select(card.model).where(card.model.id == share.object_id).options(*card.options())
    thing = db.session.scalars(stmt).unique().one_or_none()
    maker = actor_for(share.author)
    if thing is None or thing.space_id != share.space_id or not _may_still(maker, share, thing):
        raise NotFound()
    if _hidden_since([share], {(share.object_kind, share.object_id): thing}):
        raise NotFound()
    return Opened(share, share.author, maker, thing)


def _as_wide(folder: Folder) -> tuple[str, ...]:
    """Audiences that are no narrower than that of a folder."""
    return AUDIENCES[AUDIENCES.index(folder.audience) :]


def _below(folder: Folder) -> ColumnElement[bool]:
    """Folders within a folder, at any depth."""
    escaped = re.sub(r"([\\%_])", r"\\\1", folder.path)
    return and_(Folder.space_id == folder.space_id, Folder.path.like(f"{escaped}/%", escape="\\"))


def folder_in(found: Opened, number: int) -> Folder:
    """A folder that the link shows: the one it leads to, or one below that is for as many people. Raises NotFound."""
    root = found.thing
    if not isinstance(root, Folder):
        raise NotFound()
    if root.id == number:
        return root
    folder = door(
        found.actor,
        Folder,
        Folder.id == number,
        _below(root),
        Folder.audience.in_(_as_wide(root)),
        options=kind_named("folder").options(),
    )
    if not folder.path.startswith(f"{root.path}/"):  # LIKE looks over capitals on SQLite
        raise NotFound()
    return folder


def file_in(found: Opened, number: int) -> File:
    """A file that the link shows: the one it leads to, or one in the folder. Raises NotFound."""
    root = found.thing
    if isinstance(root, File):
        if root.id != number:
            raise NotFound()
        return root
    file = door(
        found.actor,
        File,
        File.id == number,
        File.audience.in_(_as_wide(root)),
        File.gathered.in_(SHOWN),
        options=kind_named("file").options(),
    )
    if file.folder_id is None:
        raise NotFound()
    folder_in(found, file.folder_id)
    return file


def folders_in(found: Opened, folder: Folder) -> list[Folder]:
    """The folders right below one that the link shows, by name: those that are for as many people as what was shared."""
    root = folder_in(found, found.thing.id)
    stmt = select(Folder).where(Folder.parent_id == folder.id, Folder.audience.in_(_as_wide(root)))
    return sorted(listing(found.actor, stmt, Folder), key=lambda one: one.name.casefold())


def files_in(found: Opened, folder: Folder, *, after: str | None = None, limit: int = LIST) -> Files:
    """The files right in a folder that the link shows, by name: those for as many people as what was shared, and none that is
    still kept from others.
    """
    root = folder_in(found, found.thing.id)
    stmt = (
        select(File)
        .where(File.folder_id == folder.id, File.audience.in_(_as_wide(root)), File.gathered.in_(SHOWN))
        .options(*kind_named("file").options())
        .order_by(File.path_key)
        .limit(limit + 1)
    )
    if after is not None:
        stmt = stmt.where(File.path_key > after)
    items = listing(found.actor, stmt, File)
    return Files(items[:limit], items[limit - 1].path_key if len(items) > limit else None)


def zip_of(found: Opened, folder: Folder) -> Plan:
    """What an archive of a folder holds that the link shows: the same as `folders_in` and `files_in`, all the way down. Raises
    Invalid("items") where there is too much.
    """
    root = folder_in(found, found.thing.id)
    return plan_zip(found.actor, found.share.space, folders=[folder.id], audiences=_as_wide(root))


def way_in(found: Opened, folder: Folder) -> list[Folder]:
    """The folders from what was shared down to this one, both included."""
    way = [folder]
    while way[0].id != found.thing.id and way[0].parent_id is not None:
        way.insert(0, folder_in(found, way[0].parent_id))
    return way

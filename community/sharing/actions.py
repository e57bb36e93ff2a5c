"""What can happen to links to the outside, and by them."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select, update

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Denied, Invalid, _l
from community.extensions import db
from community.files.actions import upload_file
from community.files.changing import rename_file
from community.files.drops import collects
from community.files.incoming import Received
from community.files.models import File, Folder
from community.files.names import checked_name, extension
from community.files.places import free_name
from community.kinds import card_of
from community.markup import clean_text
from community.people import passwords
from community.permissions import SYSTEM, Actor, require
from community.ports import ports
from community.sharing import rules
from community.sharing.models import RIGHTS, Share
from community.sharing.queries import Opened, file_in, folder_in, hashed, opened_by, token_from
from community.spaces.models import Space
from community.spaces.turns import take_turn

MAX_NOTE = 1_000
MAX_SENDER = 80
TOLD_EVERY = timedelta(hours=1)
"""How often the log hears that a link is used."""


@action
def create_share(
    actor: Actor,
    thing: File | Folder,
    *,
    rights: str = "view",
    password: str = "",
    days: int | None = None,
    hides_download: bool = False,
    note: str = "",
) -> Share:
    """Make a link to a file or folder, for so many days (by default `rules.usual()`). `rights`: `view`; `upload` adds files to a
    folder; `edit` also replaces what is there. With `hides_download` things are only shown.
    Raises Invalid (rights, password, days, note), Denied, NotFound.
    """
    require(actor, "link", thing)
    if not rules.are_allowed():
        raise Denied(_l("There are no links to the outside in this house."))
    if rights not in RIGHTS or (rights == "upload" and isinstance(thing, File)):
        raise Invalid("rights", _l("Choose what one may do with this link."))
    if rights != "view" and isinstance(thing, Folder) and collects(thing):
        raise Invalid(
            "rights", _l("This folder collects from the people here. A link can only show what all of them see.")
        )
    days = rules.usual() if days is None else days
    if not 1 <= days <= rules.longest():
        raise Invalid("days", _l("A link lives from 1 to %(longest)d days."), longest=rules.longest())
    note = clean_text(note).strip()
    if len(note) > MAX_NOTE:
        raise Invalid("note", _l("Use up to %(limit)d characters."), limit=MAX_NOTE)
    if password:
        passwords.check_strength(password, words=(thing.name,))
    seed = secrets.token_hex(32)
    share = Share(
        space_id=thing.space_id,
        author_id=actor.id,
        object_kind=card_of(thing).name,
        object_id=thing.id,
        token_hash=hashed(token_from(seed)),
        seed=seed,
        rights=rights,
        password_hash=passwords.hash(password) if password else None,
        hides_download=hides_download,
        note=note,
        created_at=now(),
        expires_at=now() + timedelta(days=days),
    )
    db.session.add(share)
    record("share.created", actor, share, rights=rights, days=days, audience=thing.audience)
    return share


@action
def revoke_share(actor: Actor, share: Share) -> None:
    """Make a link useless, at once. Raises Denied, NotFound."""
    require(actor, "revoke", share)
    db.session.refresh(share, ["revoked_at"], with_for_update=True)
    if share.revoked_at is not None:
        nothing_changed()
        return
    share.revoked_at = now()
    record("share.revoked", actor, share)


@action
def use_share(actor: Actor, share: Share) -> None:
    """Count that somebody opened the page of a link. The log hears of it once an hour. For the house itself. Raises Denied."""
    if not actor.is_system:
        raise Denied()
    at = now()
    db.session.execute(
        update(Share)
        .where(Share.id == share.id)
        .values(used=Share.used + 1, used_at=at)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(share, ["told_at", "used", "used_at"])
    if share.told_at is not None and at - share.told_at < TOLD_EVERY:
        nothing_changed()
        return
    share.told_at = at
    record("share.used", actor, share)


@action
def add_through(actor: Actor, share: Share, *, folder: Folder, came: Received, sender: str) -> File:
    """Make what somebody sent by a link a new file of its space, with the rights of the link's maker, who is the `actor`; it never
    replaces another. Who sent it, as they called themselves, is kept with the version.
    Raises Invalid (name, sender, file), Denied, NotFound when the link opens this no longer.
    """
    found = _opened(actor, share, "upload")
    folder = folder_in(found, folder.id)
    if collects(folder):
        raise Denied()
    sender = _sender(sender)
    _count(share, came)
    space = db.session.get_one(Space, share.space_id)
    take_turn(space.id)
    file = upload_file(
        actor,
        space,
        name=free_name(space, came.name, folder, keep_both=True),
        stored=came.stored,
        media_type=came.media_type,
        folder=folder,
        base="",
        note=_told(found, sender),
    )
    record("share.received", SYSTEM, share, file=file.id)
    return file


@action
def replace_through(actor: Actor, share: Share, *, file: File, came: Received, sender: str, base: str) -> File:
    """Make what somebody sent by a link the next version of a file, with the rights of the link's maker, who is the `actor`.
    `base` is the SHA-256 of the version that they saw. Raises Conflict, Invalid, Denied, NotFound.
    """
    found = _opened(actor, share, "edit")
    file = file_in(found, file.id)
    sender = _sender(sender)
    _count(share, came)
    file = upload_file(
        actor,
        db.session.get_one(Space, share.space_id),
        name=file.name,
        stored=came.stored,
        media_type=came.media_type,
        folder=file.folder,
        base=base,
        note=_told(found, sender),
    )
    record("share.received", SYSTEM, share, file=file.id)
    return file


@action
def rename_through(actor: Actor, share: Share, *, file: File, name: str) -> File:
    """Give a file another name by a link, with the rights of the link's maker, who is the `actor`. It keeps its ending, which says
    what it is. Raises Invalid("name"), Conflict, Denied, NotFound.
    """
    found = _opened(actor, share, "edit")
    file = file_in(found, file.id)
    name, ending = checked_name(name), extension(file.name)
    if extension(name) != ending:
        raise Invalid("name", _l("Leave “%(ending)s” at its end: it says what kind of file this is."), ending=ending)
    was = file.name
    file = rename_file(actor, file, name=name)
    if file.name != was:
        record("share.renamed", SYSTEM, share, file=file.id)
    return file


def _opened(actor: Actor, share: Share, right: str) -> Opened:
    """The link as it is now, its row held. Raises NotFound when it opens nothing, or not this."""
    stmt = select(Share).where(Share.id == share.id).options(*card_of(Share).options())
    found = opened_by(
        db.session.scalars(stmt.with_for_update(of=Share).execution_options(populate_existing=True)).one_or_none()
    )
    if found.actor.id != actor.id or not found.allows(right):
        raise Denied()
    return found


def _count(share: Share, came: Received) -> None:
    """Bounds of what comes in by one link."""
    share.received, share.received_bytes = share.received + 1, share.received_bytes + came.stored.size
    if share.received > rules.MOST_FILES or share.received_bytes > rules.MOST_BYTES:
        raise Invalid("file", _l("This link has taken in as much as it can. Ask for a new one."))


def _sender(words: str) -> str:
    words = " ".join(clean_text(words).split())
    if not words:
        raise Invalid("sender", _l("Say who you are, so that they know whom it is from."))
    if len(words) > MAX_SENDER:
        raise Invalid("sender", _l("Use up to %(limit)d characters."), limit=MAX_SENDER)
    return words


def _told(found: Opened, sender: str) -> str:
    return ports.say(_l("Through a link, from %(name)s"), found.maker.language, name=sender)

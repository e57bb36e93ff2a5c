"""The card of a link to the outside: those who write in its space and see what it leads to know that it is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from community.activity.models import Activity
from community.extensions import db
from community.files.kind import file_visible, folder_visible
from community.files.models import File, Folder
from community.items.rules import is_author, is_staff
from community.kinds import Kind, kind_named, register
from community.permissions import WRITERS, Actor
from community.sharing.models import Share


def share_visible(actor: Actor) -> ColumnElement[bool]:
    """Who writes in the space and sees the file or folder. What is deleted has no links while it is."""
    places = [space for space, role in actor.roles.items() if role in WRITERS]
    files = select(File.id).where(File.id == Share.object_id, file_visible(actor))
    folders = select(Folder.id).where(Folder.id == Share.object_id, folder_visible(actor))
    there = or_(
        and_(Share.object_kind == "file", files.exists()), and_(Share.object_kind == "folder", folders.exists())
    )
    return and_(Share.space_id.in_(places), there)


def _scopes(share: Share) -> frozenset[str]:
    """As what it leads to; where all of the space see that, those who write there."""
    card = kind_named(share.object_kind)
    thing = db.session.get(card.model, share.object_id)
    if thing is None:
        return frozenset()
    tokens = card.scopes(thing)
    wide = {f"s{share.space_id}:members", f"s{share.space_id}:organisation"}
    return frozenset({f"s{share.space_id}:writers"}) if tokens & wide else tokens


def _export(share: Share) -> dict[str, Any]:
    return {
        "to": f"{share.object_kind}:{share.object_id}",
        "rights": share.rights,
        "note": share.note,
        "created": share.created_at.isoformat(),
        "expires": share.expires_at.isoformat(),
        "used": share.used,
    }


def _hears(line: Activity, share: Share) -> Iterable[tuple[int, str]]:
    return [(share.author_id, "received")] if line.verb == "share.received" else []


CARD = register(
    Kind(
        name="share",
        model=Share,
        visible=share_visible,
        verbs={"copy": is_author, "revoke": is_author | is_staff},
        scopes=_scopes,
        export=_export,
        hears=_hears,
        options=lambda: (joinedload(Share.author), joinedload(Share.space)),
    )
)

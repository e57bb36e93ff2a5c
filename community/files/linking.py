"""Puts a link to a document elsewhere among the files of a space (`links` says what such a file is)."""

from __future__ import annotations

import io

from community.errors import Conflict, Invalid, _l
from community.files.actions import upload_file
from community.files.incoming import receive
from community.files.links import ENDING, checked_href, host_of, shortcut
from community.files.models import File, Folder
from community.permissions import Actor, require
from community.ports import ports
from community.spaces.models import Space

_LARGEST = 10_000
"""Bytes of a link."""


def put_link(
    actor: Actor,
    space: Space,
    *,
    href: str,
    title: str = "",
    folder: Folder | None = None,
    description: str = "",
    audience: str | None = None,
) -> File:
    """Put a link into a folder, or at the top of a space. Without a title it is called after the host that it leads to.

    Raises Invalid (`href`, `title`, description, audience), Denied, NotFound.
    """
    require(actor, "upload", space)
    href = checked_href(href)
    name = f"{title.strip() or host_of(href)}{ENDING}"
    try:
        came = receive(ports.storage(), io.BytesIO(shortcut(href)), name, limit_bytes=_LARGEST)
        return upload_file(
            actor,
            space,
            name=came.name,
            stored=came.stored,
            media_type=came.media_type,
            folder=folder,
            description=description,
            audience=audience,
            base="",
        )
    except Conflict:
        raise Invalid("title", _l("There is a link of this name already. Choose another title.")) from None
    except Invalid as fault:
        if fault.field != "name":
            raise
        raise Invalid("title", fault.sentence, **fault.facts) from None

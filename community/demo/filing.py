"""What people of the story do with files: folders, versions, links, what is collected, thrown away and shared. The bytes come in
by the door that all bytes come through.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from community.comments.regions import Region, region_from, sheets_of
from community.extensions import db
from community.files.actions import create_folder, delete_file, upload_file
from community.files.changing import tag_file
from community.files.drop_actions import create_drop
from community.files.incoming import receive
from community.files.links import ENDING, checked_href, shortcut
from community.files.models import File, Folder
from community.files.preview_jobs import draw_at_once
from community.files.queries import folder_for
from community.files.storage import Storage
from community.permissions import Actor
from community.sharing.actions import create_share
from community.spaces.models import Space

LARGEST = 1024 * 1024  # bytes of a file in the story


class Filing:
    """`does` names what can be done by the word of a beat; each takes who does it, where, to what, and the words of the beat."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.does = {
            "folder": self.folder,
            "drop": self.drop,
            "upload": self.upload,
            "bin": self.bin,
            "share": self.share,
        }

    def folder(self, actor: Actor, space: Space, _thing: Any, words: dict[str, Any]) -> Folder:
        above, _, name = words["path"].rpartition("/")
        parent = _folder(actor, space, above)
        return create_folder(actor, space, name=name, parent=parent, description=words["description"])

    def drop(self, actor: Actor, space: Space, _thing: Any, words: dict[str, Any]) -> Folder:
        return create_drop(actor, space, **words)

    def upload(self, actor: Actor, space: Space, _thing: Any, words: dict[str, Any]) -> File:
        tags, name, where = words.pop("tags", ()), words.pop("name"), words.pop("folder")
        source: Path | None = words.pop("source", None)
        if source is None:
            content, name = shortcut(checked_href(words.pop("href"))), f"{name}{ENDING}"
        else:
            content = source.read_bytes()
        came = receive(self.storage, io.BytesIO(content), name, limit_bytes=LARGEST)
        file = upload_file(
            actor,
            space,
            name=came.name,
            stored=came.stored,
            media_type=came.media_type,
            folder=_folder(actor, space, where),
            **words,
        )
        if tags:
            db.session.flush()
            tag_file(actor, file, tags=tags)
        return file

    def bin(self, actor: Actor, _space: Space, thing: Any, _words: dict[str, Any]) -> None:
        delete_file(actor, thing)

    def share(self, actor: Actor, _space: Space, thing: Any, words: dict[str, Any]) -> None:
        create_share(actor, thing, **words)


def area_of(file: File, area: str) -> Region | None:
    """An area of what is to be seen of a file, which is drawn first. None where this machine cannot draw it: then it is said of the
    whole.
    """
    draw_at_once(file)
    db.session.flush()
    return region_from(area) if sheets_of(file) is not None else None


def _folder(actor: Actor, space: Space, path: str) -> Folder | None:
    return folder_for(actor, space, path) if path else None

"""What the API gives of files: files and folders, what is done with many of them, links to the outside, folders that collect."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blueprints.api.schemas import Audience, Item, Next, Out, Path, Who


class File(Item):
    """A file: what it is. Its bytes are at `content`."""

    name: str
    path: str = Field(description="Its way from the top of the files of its space.")
    folder: int | None = Field(description="The number of its folder; null at the top.")
    description: str
    tags: list[str]
    media_type: str
    size: int
    sha256: str
    version: int
    href: str = Field(description="Of a link: where the document is. Empty for all others.")
    content: Path


class Folder(Out):
    """A folder of a space. `parent` is the number of the one around it, null at the top."""

    id: int
    url: Path
    space: str
    name: str
    path: str
    parent: int | None
    description: str
    author: Who
    audience: Audience
    phase: str | None
    created: AwareDatetime
    updated: AwareDatetime


class Files(Out):
    """A stretch of the files of a folder; the folders in it stand in the first one."""

    folders: list[Folder]
    items: list[File]
    next: Next


class Lock(Out):
    """Somebody works on a file. `by_hand`: they said so; else a program of theirs has it open."""

    id: int
    by: Who
    by_hand: bool
    note: str
    since: AwareDatetime
    until: AwareDatetime


class Locks(Out):
    items: list[Lock]


class FileTaskLine(Out):
    """What is to be said of one file of a task."""

    name: str
    failed: bool
    words: str


class FileTask(Out):
    """What is done with many files: `kind` is copy or unzip, `state` waiting, running, done or failed; `done` of `total` files."""

    id: int
    kind: str
    state: str
    space: str
    name: str
    done: int
    total: int
    report: list[FileTaskLine]
    created: AwareDatetime


class FileTasks(Out):
    items: list[FileTask]


class LinkOut(Out):
    """A link to the outside. `link` is for who made it; `opens` is false while its maker may not share what it leads to."""

    id: int
    to: str
    kind: str
    rights: str
    password: bool
    hides_download: bool
    note: str
    by: str
    created: AwareDatetime
    expires: AwareDatetime
    opens: bool
    used: int
    last_used: AwareDatetime | None
    received: int
    link: str | None


class LinksOut(Out):
    items: list[LinkOut]
    next: Next


class StreamFile(Out):
    """A file that came with a post. As visible as the post."""

    id: int
    post: int
    by: str
    name: str
    media_type: str
    size: int
    sha256: str
    created: AwareDatetime
    content: str


class StreamFiles(Out):
    items: list[StreamFile]
    next: Next


class DropCount(Out):
    """How many files somebody sent to a folder that collects."""

    handle: str
    name: str
    files: int


class Drop(Out):
    """A folder that collects until a moment. `mine` counts what you sent; `sent` is for who guides the space."""

    path: str
    closes: AwareDatetime
    closed: bool
    wanted: int
    mine: int
    takes_late: bool
    stays_apart: bool
    sent: list[DropCount]

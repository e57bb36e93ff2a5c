"""One thing done to many files and folders: each for itself, so that what is refused holds up no other, with a result for each.

move_many(actor, refs, space, folder)      refs are pairs of kind and number: ("file", 7), ("folder", 3)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from community.errors import CommunityError, Invalid, NotFound, _l
from community.extensions import db
from community.files.actions import delete_file, describe_file
from community.files.bin import delete_folder, removal_for, restore
from community.files.changing import describe_folder, share_file, share_folder, tag_file
from community.files.copying import AT_ONCE, copy_file, copy_folder, size_of
from community.files.models import File, Folder
from community.files.moving import move_file, move_folder
from community.files.queries import file_numbered, folder_numbered
from community.files.tasks import order_copy
from community.permissions import Actor
from community.spaces.models import Space
from community.spaces.queries import space_to_enter

MOST = 500
"""Things at once."""
Ref = tuple[str, int]


class Outcome(NamedTuple):
    """What became of one: `name` as it is called now, "" when it is not theirs to know; `problem` says why nothing happened, None
    when it did. `task` is the number of the job that goes on with it.
    """

    kind: str
    number: int
    name: str
    problem: CommunityError | None = None
    task: int | None = None


def thing_numbered(actor: Actor, kind: str, number: int) -> File | Folder:
    """A file or folder by its kind and number. Raises NotFound."""
    if kind == "file":
        return file_numbered(actor, number)
    if kind == "folder":
        return folder_numbered(actor, number)
    raise NotFound()


def _each(actor: Actor, refs: Sequence[Ref], do: Callable[[Any], int | None]) -> list[Outcome]:
    if len(refs) > MOST:
        raise Invalid("items", _l("Choose up to %(limit)d at once."), limit=MOST)
    found = []
    for kind, number in dict.fromkeys(refs):
        name = ""
        try:
            thing = thing_numbered(actor, kind, number)
            name = thing.name
            task = do(thing)
            found.append(Outcome(kind, number, thing.name or name, None, task))
        except CommunityError as fault:
            db.session.rollback()
            actor.refresh()
            found.append(Outcome(kind, number, name, fault))
    return found


def _place(actor: Actor, space: Space, folder: Folder | None) -> Callable[[], tuple[Space, Folder | None]]:
    """Where things go, read anew for each: the one before may have ended the session."""
    slug, number = space.slug, folder.id if folder is not None else None
    return lambda: (space_to_enter(actor, slug), folder_numbered(actor, number) if number is not None else None)


def move_many(
    actor: Actor, refs: Sequence[Ref], space: Space, folder: Folder | None = None, *, keep_both: bool = False
) -> list[Outcome]:
    """Put many into a folder of a space, or at its top."""
    place = _place(actor, space, folder)

    def do(thing: File | Folder) -> None:
        there, into = place()
        if isinstance(thing, File):
            move_file(actor, thing, there, folder=into, keep_both=keep_both)
        else:
            move_folder(actor, thing, there, parent=into, keep_both=keep_both)

    return _each(actor, refs, do)


def copy_many(actor: Actor, refs: Sequence[Ref], space: Space, folder: Folder | None = None) -> list[Outcome]:
    """Copies of many in a folder of a space, or at its top. A large folder is copied by a job, whose number the result says."""
    place = _place(actor, space, folder)

    def do(thing: File | Folder) -> int | None:
        there, into = place()
        if isinstance(thing, File):
            copy_file(actor, thing, there, folder=into)
            return None
        size = size_of(actor, thing)
        if size.folders + size.files > AT_ONCE:
            return order_copy(actor, thing, there, parent=into).id
        copy_folder(actor, thing, there, parent=into)
        return None

    return _each(actor, refs, do)


def delete_many(actor: Actor, refs: Sequence[Ref]) -> list[Outcome]:
    """Put many into the bin."""

    def do(thing: File | Folder) -> None:
        if isinstance(thing, File):
            delete_file(actor, thing)
        else:
            delete_folder(actor, thing)

    return _each(actor, refs, do)


def tag_many(actor: Actor, refs: Sequence[Ref], tags: Iterable[str]) -> list[Outcome]:
    """Give many files these tags besides their own. Folders have none."""
    more = list(tags)

    def do(thing: File | Folder) -> None:
        if isinstance(thing, Folder):
            raise Invalid("items", _l("A folder has no tags. Choose the files in it."))
        tag_file(actor, thing, tags=[*thing.tags, *more])

    return _each(actor, refs, do)


def describe_many(actor: Actor, refs: Sequence[Ref], description: str) -> list[Outcome]:
    """Say the same of many."""

    def do(thing: File | Folder) -> None:
        if isinstance(thing, File):
            describe_file(actor, thing, description=description)
        else:
            describe_folder(actor, thing, description=description)

    return _each(actor, refs, do)


def share_many(actor: Actor, refs: Sequence[Ref], audience: str) -> list[Outcome]:
    """Choose who reads many."""

    def do(thing: File | Folder) -> None:
        if isinstance(thing, File):
            share_file(actor, thing, audience=audience)
        else:
            share_folder(actor, thing, audience=audience)

    return _each(actor, refs, do)


def restore_many(actor: Actor, space: Space, numbers: Sequence[int]) -> list[Outcome]:
    """Bring many back from the bin of a space, by the numbers of their removals."""
    if len(numbers) > MOST:
        raise Invalid("items", _l("Choose up to %(limit)d at once."), limit=MOST)
    slug, found = space.slug, []
    for number in dict.fromkeys(numbers):
        name = ""
        try:
            removal = removal_for(actor, space_to_enter(actor, slug), number)
            name = removal.name
            found.append(Outcome("removal", number, restore(actor, removal).thing.name))
        except CommunityError as fault:
            db.session.rollback()
            actor.refresh()
            found.append(Outcome("removal", number, name, fault))
    return found

"""MOVE and COPY between real files and what programs put down for a moment. Office programs save like this: write the new text
under a name of their own, give the document another name of their own, give the new text the name of the document. What comes
under the name of a document is its next version, so that its history and what was said of it stay.
"""

from __future__ import annotations

from wsgidav.dav_error import HTTP_FORBIDDEN, HTTP_NOT_FOUND, DAVError

from blueprints.dav import paths
from blueprints.dav.paths import Found, Names
from blueprints.dav.receiving import kind_under
from blueprints.doors import actor
from community.drive.actions import copy_file_to, copy_folder_to, move_file_to, move_folder_to, save_file
from community.drive.models import Scratch
from community.drive.scratch import put_down, scratch_in, take_up
from community.files.queries import file_numbered, folder_numbered, stored_of
from community.files.storage import Stored


def copy_or_move(source: Found, goal: Names, around: Found, over: Found | None, *, is_move: bool, whole: bool) -> None:
    """Bring what stands at `source` to the names of `goal`, in the folder `around`, over what stands there. `whole`: with all that
    is in it. Raises CommunityError, DAVError (403)."""
    to_aside = paths.aside(goal)
    if source.scratch is not None and to_aside:
        _aside_to_aside(source, goal, around, is_move=is_move)
    elif source.scratch is not None:
        _aside_to_real(source.scratch, goal, around, over, is_move=is_move, way=_way(source.names, source))
    elif to_aside:
        _real_to_aside(source, goal, around, is_move=is_move)
    else:
        _real_to_real(source, goal, around, over, is_move=is_move, whole=whole)


def _way(names: Names, there: Found) -> tuple[int | None, Names]:
    return (there.space.id, names[1:]) if there.space is not None else (None, names)


def _stored(scratch: Scratch) -> Stored:
    assert scratch.storage_key is not None
    return Stored(scratch.storage_key, scratch.sha256, scratch.size)


def _aside_to_aside(source: Found, goal: Names, around: Found, *, is_move: bool) -> None:
    scratch, who = source.scratch, actor()
    assert scratch is not None
    here, there = _way(source.names, source), _way(goal, around)
    if scratch.storage_key is None:
        inside = scratch_in(who, *here)
        put_down(who, *there, stored=None)
        for one in inside:
            names = (*source.names, one.name)
            _aside_to_aside(
                Found(names, source.space, scratch=one), (*goal, one.name), Found(goal, around.space), is_move=False
            )
    else:
        stored, media_type, stands_for = _stored(scratch), scratch.media_type, scratch.stands_for
        put_down(who, *there, stored=stored, media_type=media_type, stands_for=stands_for)
    if is_move:
        take_up(who, *here)


def _aside_to_real(
    scratch: Scratch, goal: Names, around: Found, over: Found | None, *, is_move: bool, way: tuple[int | None, Names]
) -> None:
    """What was put down becomes a file, or the next version of the one that has this name. A document that a program gives its own
    name back was never away."""
    if scratch.storage_key is None or around.space is None or (over is not None and over.file is None):
        raise DAVError(HTTP_FORBIDDEN)
    stored = _stored(scratch)
    media_type = kind_under(goal[-1], stored)
    save_file(actor(), around.space, folder=around.folder, name=goal[-1], stored=stored, media_type=media_type)
    if is_move:
        take_up(actor(), *way)


def _real_to_aside(source: Found, goal: Names, around: Found, *, is_move: bool) -> None:
    """The file stays where it is for everybody; for this person's programs it has another name for a while."""
    file = source.file
    if file is None:
        raise DAVError(HTTP_FORBIDDEN)
    stored = stored_of(file)
    put_down(
        actor(), *_way(goal, around), stored=stored, media_type=file.media_type, stands_for=file.id if is_move else None
    )


def _real_to_real(source: Found, goal: Names, around: Found, over: Found | None, *, is_move: bool, whole: bool) -> None:
    who, space, name = actor(), around.space, goal[-1]
    if space is None:
        raise DAVError(HTTP_FORBIDDEN)
    in_the_way = None if over is None else over.file or over.folder
    if source.file is not None:
        file = file_numbered(who, source.file.id)
        do = move_file_to if is_move else copy_file_to
        do(who, file, space=space, folder=around.folder, name=name, over=in_the_way)
    elif source.folder is not None:
        folder = folder_numbered(who, source.folder.id)
        if is_move:
            move_folder_to(who, folder, space=space, parent=around.folder, name=name, over=in_the_way)
        else:
            copy_folder_to(who, folder, space=space, parent=around.folder, name=name, over=in_the_way, whole=whole)
    else:
        raise DAVError(HTTP_NOT_FOUND)

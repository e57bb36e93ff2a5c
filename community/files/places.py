"""Where files and folders stand: whether a name is free there, who may read there at most, and what lies below.

Part of actions: none of it asks for more rights than it says. Whoever gives a name holds the turn of the space (`spaces.turns`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import aliased

from community.clock import now
from community.comments.models import Comment, place_of_comments
from community.errors import Conflict, Invalid, NotFound, _l
from community.extensions import db
from community.files.models import File, FileAlias, FileRemoval, Folder
from community.files.names import LONGEST, checked_name, extension, folder_key
from community.files.queries import path_key
from community.files.weights import into_the_bin, weigh
from community.items.models import AUDIENCES
from community.items.rules import check_audience, default_audience
from community.markup import clean_text
from community.permissions import Actor, require
from community.spaces.models import Space

MAX_DESCRIPTION = 2_000
MAX_NOTE = 300
DEEPEST = 32
"""Folders within folders."""
CHOOSABLE = ("coach", "space", "organisation")
"""Audiences of files and folders, narrowest first."""
_AS_IT_IS = {"synchronize_session": False}
_STANDS = ["name", "path", "path_key", "parent_id", "depth", "audience", "deleted_at", "space_id", "author_id"]
_LIES = ["name", "path_key", "folder_id", "audience", "description", "sha256", "deleted_at", "space_id", "author_id"]


# Who reads


def widest_in(space: Space, folder: Folder | None) -> str:
    """The widest audience of what stands in a folder, or at the top."""
    return folder.audience if folder is not None else default_audience(space)


def fitting(wanted: str, space: Space, folder: Folder | None) -> str:
    """An audience, as narrow as where it goes."""
    return min(wanted, widest_in(space, folder), key=AUDIENCES.index)


def audience_in(audience: str | None, space: Space, folder: Folder | None) -> str:
    """Who reads what is made in a folder: as chosen, else as its folder, and never more people than see the folder.
    Raises Invalid("audience").
    """
    wanted = check_audience(audience or widest_in(space, folder), space, allowed=CHOOSABLE)
    return fitting(wanted, space, folder)


# Rows that are held


def lock_folder(actor: Actor, space: Space, folder: Folder | None, verb: str = "add") -> None:
    """Read a folder of this space again and hold its row, so that nothing is put where it no longer is. Raises NotFound, Denied."""
    if folder is None:
        return
    db.session.refresh(folder, _STANDS, with_for_update=True)
    if folder.deleted_at is not None or folder.space_id != space.id:
        raise NotFound()
    actor.sees.discard(("folder", folder.id))
    require(actor, verb, folder)


def lock_file(file: File) -> None:
    """Read the file again and hold its row. Raises NotFound."""
    db.session.refresh(file, _LIES, with_for_update=True)
    if file.deleted_at is not None:
        raise NotFound()


def refuse_stale(file: File, base: str | None) -> None:
    """Raises Conflict when another version stands than the one with this checksum."""
    if base is not None and base != file.sha256:
        raise Conflict(_l("Somebody changed this file meanwhile. Look at it, then send yours again."))


def checked_description(words: str) -> str:
    """Raises Invalid("description")."""
    words = clean_text(words).strip()
    if len(words) > MAX_DESCRIPTION:
        raise Invalid(
            "description", _l("Use up to %(limit)d characters; a longer text is a page."), limit=MAX_DESCRIPTION
        )
    return words


def checked_note(words: str) -> str:
    """What is new in a version, on one line. Raises Invalid("note")."""
    words = " ".join(clean_text(words).split())
    if len(words) > MAX_NOTE:
        raise Invalid("note", _l("Use up to %(limit)d characters to say what is new."), limit=MAX_NOTE)
    return words


# Names


def path_in(folder: Folder | None, name: str) -> str:
    """The way from the top to something of that name in a folder."""
    return f"{folder.path}/{name}" if folder is not None else name


def file_named(space: Space, name: str, folder: Folder | None) -> File | None:
    """The file of that name there, its row held."""
    key = path_key(name, folder.id if folder is not None else None)
    stmt = select(File).where(File.space_id == space.id, File.path_key == key)
    return db.session.scalars(stmt.with_for_update().execution_options(populate_existing=True)).one_or_none()


def is_folder(space: Space, name: str, folder: Folder | None) -> bool:
    """Whether a folder stands there."""
    stmt = select(Folder.id).where(Folder.space_id == space.id, Folder.path_key == folder_key(path_in(folder, name)))
    return db.session.scalar(stmt) is not None


def is_file(space: Space, name: str, folder: Folder | None) -> bool:
    """Whether a file stands there."""
    key = path_key(name, folder.id if folder is not None else None)
    return db.session.scalar(select(File.id).where(File.space_id == space.id, File.path_key == key)) is not None


def refuse_taken(space: Space, name: str, folder: Folder | None) -> None:
    """A file and a folder of one name in one place could not be told apart by their address. Raises Invalid("name")."""
    if is_folder(space, name, folder):
        raise Invalid("name", _l("Use another name: this one is in use."))


def numbered(name: str, number: int) -> str:
    """`Planner.docx` → `Planner (2).docx`, no longer than a name may be."""
    tail = name[len(name) - len(extension(name)) :] if extension(name) else ""
    mark = f" ({number})"
    stem = name[: len(name) - len(tail)].encode()[: LONGEST - len(mark) - len(tail.encode())].decode("utf-8", "ignore")
    return checked_name(f"{stem.rstrip()}{mark}{tail}")


def free_name(space: Space, name: str, folder: Folder | None, *, keep_both: bool, mine: Any = None) -> str:
    """The name, when nothing else than `mine` has it there; with `keep_both` the next one that is free: `Planner (2).docx`.
    Raises Invalid("name").
    """
    if not _is_taken(space, name, folder, mine):
        return name
    if not keep_both:
        raise Invalid(
            "name",
            _l("“%(name)s” is there already. Keep both as “%(other)s”, or choose another name."),
            name=name,
            other=_next_free(space, name, folder, mine),
        )
    return _next_free(space, name, folder, mine)


def _next_free(space: Space, name: str, folder: Folder | None, mine: Any) -> str:
    number, step = 2, 1
    while _is_taken(space, numbered(name, number), folder, mine):
        number += step
        step = min(step * 2, 64)  # a hundred of one name are found in a dozen looks
    return numbered(name, number)


def _is_taken(space: Space, name: str, folder: Folder | None, mine: Any) -> bool:
    key = path_key(name, folder.id if folder is not None else None)
    file = db.session.scalar(select(File.id).where(File.space_id == space.id, File.path_key == key))
    if file is not None and not (isinstance(mine, File) and mine.id == file):
        return True
    stmt = select(Folder.id).where(Folder.space_id == space.id, Folder.path_key == folder_key(path_in(folder, name)))
    other = db.session.scalar(stmt)
    return other is not None and not (isinstance(mine, Folder) and mine.id == other)


# What lies below


def branch(folder_id: int, *, gone: bool = False, removal_id: int | None = None) -> Select[Any]:
    """The numbers of a folder and of all folders below it; with `gone` also of those that lie in the bin, with `removal_id` of
    those alone that were thrown away with it."""
    tree = select(Folder.id.label("id")).where(Folder.id == folder_id).cte(recursive=True)
    lower = aliased(Folder)
    step = select(lower.id).join(tree, lower.parent_id == tree.c.id)
    if removal_id is not None:
        step = step.where(lower.removal_id == removal_id)
    elif not gone:
        step = step.where(lower.deleted_at.is_(None))
    return select(tree.union_all(step).c.id)


def files_below(folder_id: int, *, gone: bool = False) -> ColumnElement[bool]:
    """The files in a folder, however deep."""
    inside = File.folder_id.in_(branch(folder_id, gone=gone))
    return inside if gone else and_(inside, File.deleted_at.is_(None))


def deepest_below(folder: Folder) -> int:
    """How many folders lie in each other below this one."""
    stmt = select(func.max(Folder.depth)).where(Folder.id.in_(branch(folder.id)))
    return (db.session.scalar(stmt) or folder.depth) - folder.depth


def put_paths(folder: Folder) -> None:
    """Give all folders below one the way from the top that follows from its own. One look and one statement for many."""
    stmt = select(Folder.id, Folder.parent_id, Folder.name).where(Folder.id.in_(branch(folder.id)))
    rows = db.session.execute(stmt.order_by(Folder.depth, Folder.id)).all()
    at: dict[int, tuple[str, int]] = {folder.id: (folder.path, folder.depth)}
    made = []
    waiting = [row for row in rows if row.id != folder.id]
    below: dict[int, list[Any]] = {}
    for row in waiting:
        below.setdefault(row.parent_id, []).append(row)
    todo = [folder.id]
    while todo:
        parent = todo.pop()
        for row in below.get(parent, ()):
            path, depth = f"{at[parent][0]}/{row.name}", at[parent][1] + 1
            at[row.id] = path, depth
            made.append({"number": row.id, "to": path, "key": folder_key(path), "deep": depth})
            todo.append(row.id)
    if made:
        table = Folder.__table__
        one = update(table).where(table.c.id == bindparam("number"))
        values: dict[str, Any] = {"path": bindparam("to"), "path_key": bindparam("key"), "depth": bindparam("deep")}
        db.session.execute(one.values(**values), made)


def narrow_below(folder: Folder, to: str | None = None) -> int:
    """Let nobody read in a folder who does not see it, what lies in the bin included. Gives how many files and folders that stand
    there have fewer readers now.
    """
    cap = to or folder.audience
    wider = AUDIENCES[AUDIENCES.index(cap) + 1 :]
    if not wider:
        return 0
    changed = 0
    inside = branch(folder.id, gone=True)
    for model, here in (
        (Folder, and_(Folder.id.in_(inside), Folder.id != folder.id)),
        (File, File.folder_id.in_(inside)),
    ):
        mine = and_(here, model.audience.in_(wider))
        stands = select(func.count()).select_from(model).where(mine, model.deleted_at.is_(None))
        changed += db.session.scalar(stands) or 0
        db.session.execute(update(model).where(mine).values(audience=cap), execution_options=_AS_IT_IS)
    forget()
    return changed


def forget() -> None:
    """Files and folders that the session holds read anew where they stand and who reads them."""
    db.session.flush()
    for held in list(db.session.identity_map.values()):
        if isinstance(held, Folder):
            db.session.expire(held, [*_STANDS, "removal_id"])
        elif isinstance(held, File):
            db.session.expire(held, [*_LIES, "removal_id", "folder"])


# Addresses that lead on


def keep_address(space_id: int, path: str, *, file: File | None = None, folder: Folder | None = None) -> None:
    """Let the way from the top that something had lead to it from now on."""
    key = folder_key(path)
    db.session.execute(
        delete(FileAlias).where(FileAlias.space_id == space_id, FileAlias.path_key == key), execution_options=_AS_IT_IS
    )
    numbers = {"file_id": file.id if file else None, "folder_id": folder.id if folder else None}
    db.session.execute(insert(FileAlias).values(space_id=space_id, path_key=key, **numbers))


def bring_comments(file_ids: Select[Any], space: Space, left: int) -> None:
    """What was said about files that go to another space stands there from now on; what was for the coaches of the old space alone
    does not come to those of the new one."""
    hung = (Comment.parent_kind == "file", Comment.parent_id.in_(file_ids), Comment.space_id == left)
    values = {"space_id": place_of_comments(space.id)}
    db.session.execute(update(Comment).where(*hung).values(**values), execution_options=_AS_IT_IS)


# The bin


def throw_file(actor: Actor, file: File) -> FileRemoval:
    """Put a file into the bin of its space. Its row is held. Part of an action."""
    gone = FileRemoval(
        space_id=file.space_id,
        kind="file",
        file_id=file.id,
        path=path_in(db.session.get(Folder, file.folder_id) if file.folder_id else None, file.name),
        files=1,
        size=file.size,
        author_id=file.author_id,
        remover_id=actor.id or file.author_id,
        created_at=now(),
    )
    db.session.add(gone)
    into_the_bin(file.space_id or 0, weigh(File.id == file.id))
    db.session.flush()
    file.path_key, file.removal_id = f"/{file.id}", gone.id  # no name begins with a slash
    file.deleted_at = file.updated_at = gone.created_at
    return gone

"""What runs for somebody: an export that waits for its turn, an import that was read and waits for a yes. No action of the
community: it is theirs, and nobody else sees it. What it changes in a wiki, it changes by actions.

Bytes are kept for a day; an export is fetched once, and its bytes go as soon as they went out.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, Any

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from community.clock import now
from community.errors import CommunityError, Conflict, Denied, Invalid, NotFound, TooMany, _l
from community.exchange.bundle import Bundle, bundle_of, extent
from community.exchange.exporting import FORMATS, file_name, write
from community.exchange.importing import ACCEPTED, Plan, Upload, carry_out, ending, line, plan_of
from community.exchange.models import Exchange
from community.extensions import db, write_unit
from community.files.storage import Storage, Stored
from community.jobs.work import enqueue
from community.people.models import Person
from community.permissions import Actor, require, seen_among
from community.ports import ports
from community.spaces.models import Space
from community.spaces.queries import actor_for, space_to_enter

KEPT_FOR = timedelta(days=1)
FORGOTTEN_AFTER = timedelta(days=14)
SHORT_PAGES, SHORT_CHARACTERS, SHORT_BYTES = 12, 200_000, 20_000_000
"""What is done at once; more is a job."""
SHORT_UPLOAD, SHORT_EFFORT = 1_500_000, 1_500_000
MOST_WAITING = 3
"""Of one person, at the same time."""
MAX_EXPORT = 600_000_000
_MEMORY = 4_000_000
"""Bytes of an export or upload that are held in memory; more lie in a temporary file."""


# ---- out ------------------------------------------------------------------------------------------------------------


def is_short(actor: Actor, space: Space, *, root: str, whole: bool) -> bool:
    """Whether an export is made while one waits."""
    pages, characters = extent(actor, space, root=root, whole=whole)
    return pages <= SHORT_PAGES and characters <= SHORT_CHARACTERS


def export_now(bundle: Bundle, kind: str) -> tuple[str, str, IO[bytes]]:
    """Name, media type and bytes of an export. Raises Invalid("format")."""
    _known(kind)
    into = tempfile.SpooledTemporaryFile(_MEMORY)  # noqa: SIM115 - the caller closes it
    write(bundle, kind, into, ports.storage())  # type: ignore[arg-type]
    into.seek(0)
    return file_name(bundle, kind), FORMATS[kind][0], into


def fits_now(bundle: Bundle) -> bool:
    """Whether the files of a bundle are few enough bytes to be packed while one waits."""
    return sum(held.size for held in bundle.files.values()) <= SHORT_BYTES


def ask_export(actor: Actor, space: Space, *, root: str, whole: bool, kind: str, language: str) -> Exchange:
    """Have an export made by a job. Raises Invalid("format"), NotFound for pages that are not there, TooMany."""
    _known(kind)
    space_id = space.id
    pages, _characters = extent(actor, space, root=root, whole=whole)
    if not pages:
        raise NotFound()
    asked = {"root": root, "whole": whole, "format": kind, "language": language}
    return _begin(actor, space_id, "export", "waiting", asked=asked, total=pages)


def _known(kind: str) -> None:
    if kind not in FORMATS:
        raise Invalid("format", _l("Choose one of these."))


def _begin(actor: Actor, space_id: int, kind: str, state: str, **facts: Any) -> Exchange:
    if actor.id is None:
        raise NotFound()
    with write_unit():
        open_ones = select(Exchange.id).where(
            Exchange.person_id == actor.id,
            Exchange.state.in_(("waiting", "running", "reading")),
            Exchange.expires_at > now(),
        )
        if len(db.session.scalars(open_ones.limit(MOST_WAITING)).all()) >= MOST_WAITING:
            raise TooMany(60, _l("Something of yours is still running. Wait until it is done."))
        at = now()
        row = Exchange(
            person_id=actor.id,
            space_id=space_id,
            kind=kind,
            state=state,
            created_at=at,
            expires_at=at + KEPT_FOR,
            **facts,
        )
        db.session.add(row)
        db.session.flush()
        if state in ("waiting", "reading"):
            enqueue("exchange.run", {"exchange": row.id, "state": state})
    return row


def run_export(row: Exchange, storage: Storage) -> None:
    """Make an export, as its person may read at this moment."""
    number, asked = row.id, dict(row.asked)
    actor = _actor(row)
    space = db.session.get_one(Space, row.space_id)
    try:
        require(actor, "enter", space)
        bundle = bundle_of(actor, space, root=asked["root"], whole=asked["whole"], language=asked["language"])
    except CommunityError as fault:
        end(number, "failed", [line("", fault)])
        return
    db.session.rollback()
    with tempfile.TemporaryFile() as into:
        try:
            write(bundle, asked["format"], into, storage, _counter(number))
            into.seek(0)
            stored = storage.put_loose(into, limit_bytes=MAX_EXPORT)
        except CommunityError as fault:
            end(number, "failed", [line("", fault)])
            return
    report = [line(name, _l("This file did not fit.")) for name in bundle.left_out]
    end(
        number,
        "done",
        report,
        name=file_name(bundle, asked["format"]),
        media_type=FORMATS[asked["format"]][0],
        storage_key=stored.key,
        size=stored.size,
        asked=asked | {"pages_taken": [leaf.id for leaf in bundle.leaves]},
    )


def take(actor: Actor, number: int) -> tuple[str, str, int, IO[bytes]]:
    """Name, media type, size and bytes of an export that is done: once. Raises NotFound, Conflict when it was taken, or when
    some of it is not the actor's to read any more.
    """
    row = exchange_for(actor, number)
    if row.kind != "export":
        raise NotFound()
    key = row.storage_key
    refs = {("page", page_id) for page_id in row.asked.get("pages_taken", ())}
    if seen_among(actor, refs) != refs:
        raise Conflict(_l("What you may read has changed since. Make the export again."))
    facts = (row.name, row.media_type, row.size)
    with write_unit():
        mine = update(Exchange).where(Exchange.id == number, Exchange.state == "done", Exchange.storage_key == key)
        taken = db.session.execute(mine.values(state="taken", storage_key="")).rowcount if key else 0  # type: ignore[attr-defined]
        if not taken:
            raise Conflict(_l("This link was used, or has run out. Make the export again."))
    storage = ports.storage()
    into = tempfile.SpooledTemporaryFile(_MEMORY)  # noqa: SIM115 - the caller closes it
    with storage.open(key) as stream:
        while piece := stream.read(128 * 1024):
            into.write(piece)
    into.seek(0)
    storage.delete(key)
    return (*facts, into)


# ---- in -------------------------------------------------------------------------------------------------------------


def begin_import(
    actor: Actor, space: Space, *, name: str, stored: Stored, under: str = "", over: str = "beside"
) -> Exchange:
    """Read an upload and plan what would become of it. A large one is read by a job. The bytes are let go of when it is refused.
    Raises Invalid (file, under, over), Denied, TooMany.
    """
    require(actor, "write", space)
    space_id = space.id
    storage = ports.storage()
    try:
        if ending(name) not in ACCEPTED:
            raise Invalid("file", _l("Send a ZIP file, Markdown, HTML or a Word document (.docx)."))
        asked: dict[str, Any] = {"under": under, "over": over}
        facts = {"name": name[:255], "storage_key": stored.key, "size": stored.size}
        if stored.size > SHORT_UPLOAD:
            return _begin(actor, space_id, "import", "reading", asked=asked, **facts)
        with upload_of(storage, stored.key, name) as upload:
            if upload.effort() > SHORT_EFFORT:
                return _begin(actor, space_id, "import", "reading", asked=asked, **facts)
            plan = plan_of(actor, space, upload, under=under, over=over)
        return _begin(
            actor,
            space_id,
            "import",
            "planned",
            asked=asked | plan.told(),
            report=plan.report,
            total=_size(plan),
            **facts,
        )
    except Exception:
        storage.delete(stored.key)
        raise


def _size(plan: Plan) -> int:
    return len(plan.pages) + len(plan.files)


@contextmanager
def upload_of(storage: Storage, key: str, name: str) -> Iterator[Upload]:
    with tempfile.SpooledTemporaryFile(_MEMORY) as copy, storage.open(key) as stream:
        while piece := stream.read(128 * 1024):
            copy.write(piece)
        copy.seek(0, io.SEEK_SET)
        yield Upload(name, copy)  # type: ignore[arg-type]


def read_import(row: Exchange, storage: Storage) -> None:
    """Plan an import that was too large to be read at once."""
    number, name, key, asked = row.id, row.name, row.storage_key, dict(row.asked)
    actor, space = _actor(row), db.session.get_one(Space, row.space_id)
    try:
        with upload_of(storage, key, name) as upload:
            plan = plan_of(actor, space, upload, under=asked["under"], over=asked["over"])
    except CommunityError as fault:
        storage.delete(key)
        end(number, "failed", [line(name, fault)], storage_key="")
        return
    end(number, "planned", plan.report, asked=asked | plan.told(), total=_size(plan))


def start_import(actor: Actor, number: int) -> Exchange:
    """Say yes to a plan. Raises NotFound, Conflict when it was started before or its bytes are gone."""
    row = exchange_for(actor, number)
    if row.kind != "import":
        raise NotFound()
    with write_unit():
        mine = update(Exchange).where(Exchange.id == number, Exchange.state == "planned", Exchange.expires_at > now())
        if not db.session.execute(mine.values(state="waiting", done=0)).rowcount:  # type: ignore[attr-defined]
            raise Conflict(_l("This import was started already, or has run out. Send it again."))
        enqueue("exchange.run", {"exchange": number, "state": "waiting"}, unique_key=f"exchange:{number}:go")
    db.session.expire_all()
    return exchange_for(actor, number)


def drop(actor: Actor, number: int) -> None:
    """Forget a plan, or an export that one does not want. What runs goes on to its end. Raises NotFound."""
    row = exchange_for(actor, number)
    key = row.storage_key
    if row.state in ("waiting", "running", "reading"):
        raise Conflict(_l("Something of yours is still running. Wait until it is done."))
    with write_unit():
        db.session.delete(db.session.merge(row))
    if key:
        ports.storage().delete(key)


def run_import(row: Exchange, storage: Storage) -> None:
    """Carry a plan out, as its person may write at this moment."""
    number, name, key, asked, space_id, person_id = (
        row.id,
        row.name,
        row.storage_key,
        row.asked,
        row.space_id,
        row.person_id,
    )
    planned = list(row.report)

    def again() -> Actor:
        person = db.session.get_one(Person, person_id)
        if person.status != "active":
            raise Denied()
        return actor_for(person)

    try:
        with upload_of(storage, key, name) as upload:
            report = carry_out(
                again(),
                space_id,
                upload,
                asked,
                key=f"import:{number}",
                storage=storage,
                again=again,
                progress=_counter(number),
            )
    except CommunityError as fault:
        end(number, "failed", [*planned, line(name, fault)], storage_key="")
    else:
        end(number, "done", [*planned, *report], storage_key="")
    storage.delete(key)


# ---- both -----------------------------------------------------------------------------------------------------------


def exchange_for(actor: Actor, number: int) -> Exchange:
    """One's own export or import, with its space, as long as one may enter that. Raises NotFound."""
    stmt = (
        select(Exchange)
        .where(Exchange.id == number, Exchange.person_id == actor.id)
        .options(joinedload(Exchange.space))
    )
    row = db.session.scalars(stmt).one_or_none()
    if row is None or actor.id is None:
        raise NotFound()
    space_to_enter(actor, row.space.slug)
    return row


def _actor(row: Exchange) -> Actor:
    person = db.session.get_one(Person, row.person_id)
    if person.status != "active":
        raise Denied()
    return actor_for(person)


def _counter(number: int) -> Callable[[int], None]:
    """Keeps how far it is, at most every few things."""
    told = -10

    def count(done: int) -> None:
        nonlocal told
        if done - told >= 5:
            told = done
            with write_unit():
                db.session.execute(update(Exchange).where(Exchange.id == number).values(done=done))

    return count


def end(number: int, state: str, report: list[dict[str, Any]], **facts: Any) -> None:
    with write_unit():
        row = db.session.get(Exchange, number, populate_existing=True)
        if row is None:
            return
        row.state, row.report = state, report[:2_000]
        row.expires_at = now() + KEPT_FOR
        for name, value in facts.items():
            setattr(row, name, value)
        if state == "done":
            row.done = row.total


def sweep() -> None:
    """Let go of bytes that nobody fetched, and forget what is long over."""
    at = now()
    stmt = select(Exchange.id, Exchange.storage_key).where(Exchange.expires_at < at, Exchange.storage_key != "")
    late = db.session.execute(stmt.limit(500)).all()
    db.session.rollback()
    for number, key in late:
        with write_unit():
            gone = update(Exchange).where(Exchange.id == number, Exchange.storage_key == key)
            db.session.execute(gone.values(storage_key="", state="failed"))
        ports.storage().delete(key)
    with write_unit():
        db.session.query(Exchange).filter(Exchange.expires_at < at - FORGOTTEN_AFTER).delete()

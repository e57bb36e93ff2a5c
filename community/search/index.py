"""The index: documents in, hits out. One writer at a time, any number of readers in any number of processes.

On disk: `CURRENT` names the folder of the index in use (`v1-3f9a…`); a rebuild makes another beside it and swaps the
name. Each `apply` is one Whoosh commit that holds the documents and the cursor of the log, so that after a crash both
are there or neither. Nothing is forced to the disk: after a power cut the index is found damaged, and rebuilt.

Reading never raises for a missing or damaged index: it finds nothing, and `status()` asks for a rebuild.
"""

from __future__ import annotations

import errno
import re
import secrets
import shutil
import time
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from community.search.analysis import analyse
from community.search.documents import Change, Document
from community.search.query import ParsedQuery, parse, topic_value
from community.search.ranking import Results, Snapshot, search, suggestion, with_filters
from community.search.segments import SCHEMA, Damaged, Folder, Segment

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh.index import TOC, FileIndex
    from whoosh.reading import SegmentReader
    from whoosh.util.filelock import FileLock, try_for

FORMAT = 1
"""Raise it when what is indexed changes: older indexes then ask for a rebuild."""
NAME = "MAIN"
MANY_SEGMENTS = 12
PATIENCE = 5.0  # seconds to wait for another writer
MAX_HITS, MAX_OFFSET = 100, 10_000
_HOME = re.compile(r"v\d+-[0-9a-f]{12}")
_CURSOR_REF = "cursor"  # no ref of a thing: it has no colon
# No right to read, too many open files: no fault of the index.
_PASSING = {errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE}
_EMPTY = Snapshot((), ("", -1), 0)


class Busy(Exception):
    """Another process writes to the index, or it cannot be opened just now. Try again later."""


class NeedsRebuild(Exception):
    """There is no index to write to, or it is damaged: call `rebuild` first."""


@dataclass(frozen=True)
class Status:
    """How the index is. `cursor` is the last line of the log in it; `trouble` is None, "missing", "damaged", or
    "unreadable" when this process may not open its files."""

    documents: int
    deleted: int
    segments: int
    cursor: int
    bytes: int
    trouble: str | None

    @property
    def needs_rebuild(self) -> bool:
        return self.trouble in ("missing", "damaged")


class SearchIndex:
    """The search index in a folder. One object a process is enough: it is safe for threads, and cheap to make."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self._snapshot = _EMPTY
        self._loading = Lock()

    # ---- reading

    def search(
        self,
        query: ParsedQuery | str,
        scopes: frozenset[str],
        *,
        kinds: Collection[str] | None = None,
        space_ids: Collection[int] | None = None,
        author: str | None = None,
        phases: Collection[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        sort: Literal["relevance", "newest"] = "relevance",
        offset: int = 0,
        limit: int = 20,
        topics: bool = False,
    ) -> Results:
        """What somebody with these scopes finds. Filters are None for "all"; an empty collection matches nothing.

        `topics`: count these too.

        `since` ≤ created < `until`. At most `MAX_HITS` hits from `MAX_OFFSET` on. An empty query finds nothing,
        unless there is a filter: then everything that passes it, newest first. Sees each commit from any process at
        once. Raises Invalid("q") for a text that is too long or has a date that is none.
        """
        asked = parse(query) if isinstance(query, str) else query
        asked = with_filters(
            asked,
            {
                "kind": kinds,
                "space": None if space_ids is None else [str(number) for number in space_ids],
                "author": [author] if author else None,
                "phase": phases,
            },
        )
        asked = replace(
            asked,
            since=max(filter(None, (asked.since, since)), default=None),
            until=min(filter(None, (asked.until, until)), default=None),
        )
        newest = sort == "newest"
        offset, limit = max(0, min(offset, MAX_OFFSET)), max(0, min(limit, MAX_HITS))
        try:
            snapshot = self._current()
            if snapshot is _EMPTY:
                return Results(unavailable=True)
            results = search(snapshot, asked, scopes, newest=newest, offset=offset, limit=limit, topics=topics)
            if results.total == 0 or results.relaxed:
                results = replace(results, suggestion=self._suggestion(snapshot, asked, scopes))
            return results
        except Damaged:
            self._flag_damage()
            return Results(unavailable=True)

    def _suggestion(self, snapshot: Snapshot, asked: ParsedQuery, scopes: frozenset[str]) -> str | None:
        better = suggestion(snapshot, asked, scopes)
        if better is None:
            return None
        again = parse(better[:400])
        again = replace(again, filters=asked.filters, unwanted=asked.unwanted, since=asked.since, until=asked.until)
        return better if search(snapshot, again, scopes, limit=1, relax=False).total else None

    def cursor(self) -> int:
        """The last line of the log that is in the index; 0 when there is none. Ask again before each batch."""
        return self._current().cursor

    def status(self) -> Status:
        """How the index is."""
        snapshot = self._current()
        home = self._home()
        counts = [(segment.size, len(deleted)) for segment, deleted in snapshot.parts]
        trouble = None
        if snapshot is _EMPTY:
            trouble = "missing" if home is None else "damaged" if self._is_damaged(home) else "unreadable"
        return Status(
            documents=max(0, sum(size - deleted for size, deleted in counts) - (snapshot is not _EMPTY)),
            deleted=sum(deleted for _, deleted in counts),
            segments=len(counts),
            cursor=snapshot.cursor,
            bytes=sum(file.stat().st_size for file in home.iterdir() if file.is_file()) if home else 0,
            trouble=trouble,
        )

    # ---- writing

    def apply(self, changes: Iterable[Change], cursor: int) -> None:
        """Write a batch and the cursor in one commit: after a crash all of it is there, or nothing.

        Of several changes to one ref the last counts. Applying a batch twice changes nothing.
        Raises Busy, and NeedsRebuild on a missing or damaged index.
        """
        latest = {change.ref: change for change in changes}
        with self._writing(timeout=PATIENCE):
            snapshot = self._current()
            home = self._home()
            if home is None or self._is_damaged(home):
                raise NeedsRebuild(str(self.folder))
            if snapshot is _EMPTY:
                raise Busy(f"{self.folder} cannot be read now")
            opened = {segment.id: segment for segment, _ in snapshot.parts}
            with _commit(home, _drop_emptied) as writer:
                for old in writer.segments:
                    for ref in (*latest, _CURSOR_REF):
                        for number in opened[old.segment_id()].numbers_of(ref):
                            old.delete_document(number)
                for change in latest.values():
                    if isinstance(change, Document):
                        writer.add_document(**_fields(change))
                writer.add_document(ref=[_CURSOR_REF], cursor=cursor)

    def rebuild(self, documents: Iterable[Document], cursor: int) -> int:
        """Make a new index beside the old one, which serves until the swap. Returns how many documents it has.

        Read `cursor` from the log before the documents: what changes meanwhile is then read once more. Raises Busy.
        """
        with self._writing(timeout=PATIENCE):
            home = self.folder / f"v{FORMAT}-{secrets.token_hex(6)}"
            home.mkdir()
            count = 0
            try:
                FileIndex.create(Folder(str(home)), SCHEMA, NAME)
                with _commit(home, _drop_emptied) as writer:
                    for document in documents:
                        writer.add_document(**_fields(document))
                        count += 1
                    writer.add_document(ref=[_CURSOR_REF], cursor=cursor)
                fresh = self.folder / "CURRENT.new"
                fresh.write_text(home.name, encoding="ascii")
                fresh.replace(self.folder / "CURRENT")
            except BaseException:
                shutil.rmtree(home, ignore_errors=True)
                raise
            self._sweep()
            return count

    def optimize_if_idle(self) -> bool:
        """Merge small segments when there are many, and those with many deletions. Returns whether it did.

        For a reader of the log that has nothing left to read: it takes about 2 ms a document. Does nothing while
        another process writes.
        """
        try:
            with self._writing(timeout=0.0):
                snapshot = self._current()
                home = self._home()
                if home is None or not _is_untidy(snapshot):
                    return False
                with _commit(home, _merge_small):
                    pass
                return True
        except (Busy, Damaged):
            return False

    @contextmanager
    def _writing(self, timeout: float) -> Iterator[None]:
        """Be the only writer, of all threads and processes. Raises Busy after `timeout` seconds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(self.folder / "WRITER"))
        if not try_for(lock.acquire, timeout=timeout, delay=0.05):
            raise Busy(str(self.folder))
        try:
            yield
        finally:
            lock.release()

    def _sweep(self) -> None:
        """Remove the folders of other indexes: old ones, and what a killed rebuild left."""
        current = self._home()
        for path in self.folder.iterdir():
            if _HOME.fullmatch(path.name) and path != current:
                shutil.rmtree(path, ignore_errors=True)

    # ---- the snapshot

    def _home(self) -> Path | None:
        """The folder of the index in use, None when there is none of this format."""
        try:
            name = (self.folder / "CURRENT").read_text(encoding="ascii")
        except (OSError, ValueError):
            return None
        known = _HOME.fullmatch(name) and name.startswith(f"v{FORMAT}-")
        return self.folder / name if known else None

    def _current(self) -> Snapshot:
        """The index as it is now; nothing (`_EMPTY`) when it is missing or damaged."""
        failed: list[tuple[str, int]] = []
        while len(failed) < 30:
            home = self._home()
            if home is None or self._is_damaged(home):
                return _EMPTY
            key = (home.name, TOC._latest_generation(Folder(str(home)), NAME))
            if self._snapshot.key == key:
                return self._snapshot
            try:
                with self._loading:
                    if self._snapshot.key != key:
                        self._snapshot = _load(home, key, self._snapshot)
                    return self._snapshot
            except FileNotFoundError:  # A writer replaced what we were about to open, unless it is the same again.
                failed.append(key)
                if failed.count(key) > 3:
                    break
                time.sleep(0.005)
            except OSError as error:
                if error.errno in _PASSING:
                    return _EMPTY
                break
            except Exception:  # Whoosh and pickle can raise anything on a damaged file.
                break
        self._flag_damage()
        return _EMPTY

    def _flag_damage(self) -> None:
        """Leave a mark for every process, gone with the next rebuild."""
        home = self._home()
        self._snapshot = _EMPTY
        try:
            if home is not None:
                (home / "DAMAGED").touch()
        except OSError:  # Reading only: who writes will find out.
            pass

    @staticmethod
    def _is_damaged(home: Path | None) -> bool:
        return home is not None and (home / "DAMAGED").exists()


def _load(home: Path, key: tuple[str, int], before: Snapshot) -> Snapshot:
    """Open a commit, with the segments that were open already. Raises whatever a damaged file makes Whoosh raise."""
    known = {segment.id: segment for segment, _ in before.parts} if before.key[0] == key[0] else {}
    storage = Folder(str(home))
    try:
        contents = TOC.read(storage, NAME, gen=key[1], schema=SCHEMA)
    finally:
        storage.close_all()
    parts = []
    cursor = None
    for part in contents.segments:
        segment = known.get(part.segment_id()) or Segment(str(home), part)
        deleted = frozenset(part.deleted_docs())
        parts.append((segment, deleted))
        for number in segment.numbers_of(_CURSOR_REF):
            if number not in deleted:
                cursor = segment.stored(number)["cursor"]
    if cursor is None:
        raise Damaged(f"{home}: no cursor")
    return Snapshot(parts, key, cursor)


@contextmanager
def _commit(home: Path, policy: Any) -> Iterator[Any]:
    """A Whoosh writer whose work is committed at the end of the block, or not at all."""
    writer = FileIndex(Folder(str(home)), SCHEMA, NAME).writer(limitmb=128)
    try:
        yield writer
        writer.commit(mergetype=policy)
    except BaseException:
        if not writer.is_closed:
            writer.cancel()
        raise


def _drop_emptied(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge policy of a commit: merge nothing, forget segments of which everything is deleted."""
    return [segment for segment in segments if segment.doc_count() > 0]


def _merge_small(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge policy of a quiet moment: keep the large, mostly living segments, make one of all others."""
    total = sum(segment.doc_count_all() for segment in segments)
    kept = []
    for segment in segments:
        if segment.doc_count_all() > total / 4 and not _is_worn(segment.doc_count_all(), segment.deleted_count()):
            kept.append(segment)
        else:
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
    return kept


def _is_untidy(snapshot: Snapshot) -> bool:
    worn = any(_is_worn(segment.size, len(deleted)) for segment, deleted in snapshot.parts)
    return worn or len(snapshot.parts) > MANY_SEGMENTS


def _is_worn(size: int, deleted: int) -> bool:
    return deleted > max(50, size / 4)


def _fields(document: Document) -> Mapping[str, Any]:
    """A document as the index takes it: every value a list of ready terms."""
    words = analyse(document.title, document.body, document.language)
    facts = {
        "kind": document.kind.casefold(),
        "space": "" if document.space_id is None else str(document.space_id),
        "author": document.author.casefold(),
        "phase": document.phase,
        "language": words.language,
    }
    return {
        "ref": [document.ref],
        "_stored_ref": document.ref,
        "scope": sorted(document.scopes),
        "topic": sorted({topic_value(topic) for topic in document.topics}),
        "title": words.title,
        "stem": words.stems,
        "word": words.words,
        "created": int(document.created.timestamp()) * 1_000_000 + document.created.microsecond,
        **{name: [value] for name, value in facts.items() if value},
    }

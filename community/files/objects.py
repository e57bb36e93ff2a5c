"""Bytes in a bucket of an S3-compatible object storage: `ab/abcdef…` for what is kept, `incoming/` for what is not whole yet,
`swept/` for what nobody names and will soon be gone, as on a disk.

An object is there when its request was answered, whole or not at all. What fits into one part is put where it belongs at once;
what is larger goes up in parts under another name, for only its end tells its key, and is copied there by the server. Reading
asks for one window after the other, so that a slow reader holds no connection. Every request ends within its time; a server that
does not answer is left alone for a while (`Breaker`), and the house says so at once instead of waiting each time.

Parts of an upload whose process was killed stay with the server, which lists them nowhere: give the bucket a rule that ends
uploads which were left unfinished.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from community.errors import Invalid, _l
from community.files.signing import Signer
from community.files.storage import (
    CHUNK,
    CONTENT,
    LOOSE,
    Away,
    Held,
    Missing,
    NoRoom,
    Reading,
    Source,
    Stored,
    chunks,
    is_key,
    loose_key,
)

log = logging.getLogger(__name__)

PART = 6 * 1024 * 1024
"""Bytes of a part; 10,000 of them are the most that an object can have."""
AT_ONCE = 2
"""Parts of one upload that are under way together."""
COPIED = 5 * 1024**3
"""The largest object that the server copies in one request, in bytes (S3 API, CopyObject)."""
FIRST_WINDOW, WINDOW = 1024 * 1024, 4 * 1024 * 1024
CONNECT, ANSWER, COPY = timedelta(seconds=3), timedelta(seconds=30), timedelta(minutes=10)
_FULL = (
    "QuotaExceeded",
    "StorageFull",
    "InsufficientStorage",
    "507 ",
    "EntityTooLarge",
    "No space left",
    "not enough space",
)


class Breaker:
    """Lets nobody knock at a door that did not open `failures` times in a row, for `rest` seconds; then one may try."""

    def __init__(self, failures: int = 3, rest: float = 10.0) -> None:
        self.failures, self.rest = failures, rest
        self._failed, self._closed_until = 0, 0.0
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Raises Away while nobody may knock."""
        with self._lock:
            if self._failed < self.failures:
                return
            at = time.monotonic()
            if at < self._closed_until:
                raise Away()
            self._closed_until = at + self.rest  # this one tries, the others wait for what becomes of it

    def opened(self) -> None:
        with self._lock:
            self._failed = 0

    def stayed_shut(self) -> None:
        with self._lock:
            self._failed += 1
            self._closed_until = time.monotonic() + self.rest


class ObjectStorage:
    """A bucket, or the part of one under a prefix.

    `options` are those of S3Store besides `bucket` and `prefix`: endpoint, region, access_key_id, secret_access_key …
    """

    def __init__(self, bucket: str, *, prefix: str = "", **options: Any) -> None:
        self._options = {"bucket": bucket, "prefix": prefix or None, **options}
        self._store, self._copier = self._connected(ANSWER), self._connected(COPY)
        self.breaker = Breaker()
        self.signer = Signer(bucket, prefix, options)

    def _connected(self, within: timedelta) -> S3Store:
        endpoint = str(self._options.get("endpoint") or "")
        return S3Store(
            **self._options,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": CONNECT,
                "timeout": within,
            },
            retry_config={
                "max_retries": 2,
                "retry_timeout": timedelta(seconds=8),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=1),
                    "base": 2,
                },
            },
        )

    def _ask(self, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """A request. Raises Missing, NoRoom, Away."""
        self.breaker.enter()
        try:
            answer = _aside(call, *args, **options)
        except FileNotFoundError:
            self.breaker.opened()
            raise Missing() from None
        except (BaseError, OSError, ValueError) as error:
            words = str(error).split("\n\nDebug source")[0]
            log.error("storage: %s", words)
            if any(sign in words for sign in _FULL):
                raise NoRoom() from error
            if "Server returned non-2xx status code: 4" in words:
                self.breaker.opened()  # it answers, although with no
            else:
                self.breaker.stayed_shut()
            raise Away() from error
        self.breaker.opened()
        return answer

    # ---- in

    def put(self, stream: Source, *, limit_bytes: int) -> Stored:
        return self._take(chunks(stream, limit_bytes))

    def put_loose(self, stream: Source, *, limit_bytes: int) -> Stored:
        return self._take(chunks(stream, limit_bytes), loose_key())

    def put_back(self, key: str, stream: Source) -> None:
        place = _place(key)
        if LOOSE.fullmatch(key) and self._is_at(place):
            return
        self._take(iter(lambda: stream.read(CHUNK), b""), key)

    def _take(self, pieces: Iterable[bytes], key: str | None = None) -> Stored:
        """Keep what comes, under its checksum or the key that is given; content that is not what its key says is not kept."""
        digest, held, size, draft = hashlib.sha256(), bytearray(), 0, None
        try:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                held += piece
                if len(held) >= PART:
                    draft = draft or _Draft(self)
                    draft.write(bytes(held))
                    held.clear()
            stored = Stored(key or digest.hexdigest(), digest.hexdigest(), size)
            if CONTENT.fullmatch(stored.key) and stored.key != stored.sha256:
                raise Invalid("file", _l("These bytes are not what they were."))
            if draft is None:
                self._ask(obstore.put, self._store, _place(stored.key), bytes(held), use_multipart=False)
                return stored
            if held:
                draft.write(bytes(held))
            draft.finish()
            self._copy(draft.path, _place(stored.key), size)
        except BaseException:
            if draft is not None:
                draft.give_up()
            raise
        draft.give_up()
        return stored

    def _copy(self, there: str, here: str, size: int) -> None:
        """By the server; what it takes for too large goes through our hands, a window at a time."""
        if size <= COPIED:
            self._ask(obstore.copy, self._copier, there, here)
            return
        writer = self._ask(obstore.open_writer, self._store, here, buffer_size=PART, max_concurrency=AT_ONCE)
        for start in range(0, size, PART):
            window = self._ask(obstore.get_range, self._store, there, start=start, end=min(start + PART, size))
            self._ask(writer.write, window)
        self._ask(writer.close)

    # ---- out

    def _found(self, key: str, ask: Callable[[str], Any]) -> Any:
        """What `ask` says of where it lies. What is being taken back meanwhile is looked for once more. Raises Missing."""
        place = _place(key)
        for path in (place, f"swept/{key}"):
            try:
                return ask(path)
            except Missing:
                continue
        return ask(place)

    def _head(self, key: str) -> Any:
        return self._found(key, lambda path: self._ask(obstore.head, self._store, path))

    def _is_at(self, path: str) -> bool:
        try:
            self._ask(obstore.head, self._store, path)
        except Missing:
            return False
        return True

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        stop = start + FIRST_WINDOW if end is None else min(start + FIRST_WINDOW, end)
        came = (
            self._found(key, lambda path: self._ask(_beginning, self._store, path, start, stop))
            if start < stop
            else None
        )
        size, first = came or (int(self._head(key)["size"]), memoryview(b""))
        return _Windows(self, key, start, size if end is None else min(end, size), first)  # type: ignore[return-value]

    def window(self, key: str, start: int, end: int) -> memoryview:
        """Some bytes of what is kept; there are that many. Raises Missing."""

        def ask(path: str) -> Any:
            return self._ask(obstore.get_range, self._store, path, start=start, end=end)

        return memoryview(self._found(key, ask))

    def exists(self, key: str) -> bool:
        try:
            self._head(key)
        except Missing:
            return False
        return True

    def size(self, key: str) -> int:
        return int(self._head(key)["size"])

    def delete(self, key: str) -> None:
        if LOOSE.fullmatch(key):
            self._forget(_place(key), f"swept/{key}")

    def _forget(self, *paths: str) -> None:
        for path in paths:
            try:
                self._ask(obstore.delete, self._store, path)
            except Missing:
                continue

    def check(self) -> None:
        self._ask(obstore.put, self._store, "incoming/check", b"ok", use_multipart=False)

    def address_of(self, key: str, *, media_type: str, disposition: str, seconds: int) -> str:
        """Where a browser fetches it from the object storage itself, for so many seconds. Raises Missing."""

        def ask(path: str) -> str:
            self._ask(obstore.head, self._store, path)
            return path

        return self.signer.address(self._found(key, ask), media_type, disposition, seconds)

    # ---- for the sweep

    def _listed(self, prefix: str | None = None) -> Iterator[Mapping[str, Any]]:
        found = iter(obstore.list(self._store, prefix=prefix))
        while batch := self._ask(next, found, None):
            yield from batch

    def held(self) -> Iterator[Held]:
        for one in self._listed():
            folder, _, key = one["path"].rpartition("/")
            if is_key(key) and folder == key[:2]:
                yield _held(one)

    def keys(self) -> Iterator[str]:
        return (held.key for held in self.held())

    def held_aside(self) -> Iterator[Held]:
        return (held for held in map(_held, self._listed("swept")) if is_key(held.key))

    def set_aside(self, key: str) -> None:
        self._move(_place(key), f"swept/{key}")

    def take_back(self, key: str) -> None:
        self._move(f"swept/{key}", _place(key))

    def _move(self, there: str, here: str) -> None:
        """The copy first: at no moment is it nowhere."""
        try:
            size = int(self._ask(obstore.head, self._store, there)["size"])
            self._copy(there, here, size)
        except Missing:
            return
        self._forget(there)

    def drop(self, key: str) -> None:
        if is_key(key):
            self._forget(f"swept/{key}")

    def tidy(self, older_than: float = 86_400) -> int:
        limit, removed = time.time() - older_than, 0
        for one in list(self._listed("incoming")):
            if one["last_modified"].timestamp() <= limit:
                self._forget(one["path"])
                removed += 1
        return removed


class _Draft:
    """What goes up in parts, under a name of its own."""

    def __init__(self, storage: ObjectStorage) -> None:
        self.path = f"incoming/{secrets.token_hex(16)}"
        self._storage, self._whole = storage, False
        self._writer = storage._ask(
            obstore.open_writer, storage._store, self.path, buffer_size=PART, max_concurrency=AT_ONCE
        )

    def write(self, part: bytes) -> None:
        self._storage._ask(self._writer.write, part)

    def finish(self) -> None:
        self._whole = True
        self._storage._ask(self._writer.close)

    def give_up(self) -> None:
        """Forget it: parts are let go of only with the whole. Whoever is away keeps it, for `tidy`."""
        try:
            if not self._whole:
                self.finish()
            self._storage._forget(self.path)
        except (Away, NoRoom):
            log.warning("storage: %s is left behind", self.path)


class _Windows(Reading):
    """A part of an object, fetched a window at a time; the first one came with its size."""

    def __init__(self, storage: ObjectStorage, key: str, start: int, end: int, first: memoryview) -> None:
        super().__init__()
        self._storage, self._key, self._at, self._end = storage, key, start + len(first), end
        self._left = first

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        if not self._left and self._at < self._end:
            end = min(self._at + WINDOW, self._end)
            self._left = self._storage.window(self._key, self._at, end)
            self._at = end
        piece, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def _beginning(store: S3Store, path: str, start: int, stop: int) -> tuple[int, memoryview] | None:
    """The size of an object and its bytes from `start` to `stop` or its end, in one request; None when there are none there."""
    try:
        answer = obstore.get(store, path, options={"range": (start, stop)})
    except BaseError as error:
        if "code: 416" in str(error):
            return None
        raise
    return answer.meta["size"], memoryview(answer.bytes())


def _place(key: str) -> str:
    """Where a key lies in the bucket. Raises Missing for no key of ours."""
    if not is_key(key):
        raise Missing()
    return f"{key[:2]}/{key}"


def _held(one: Mapping[str, Any]) -> Held:
    return Held(one["path"].rpartition("/")[2], int(one["size"]), one["last_modified"].timestamp())


def _aside(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Do it here; where gevent runs the process, in a thread beside it, for its loop must not wait."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return call(*args, **options)
    from gevent import get_hub

    return get_hub().threadpool.apply(call, args, options)


def storage_in_bucket(url: str, environ: Mapping[str, str] = os.environ) -> ObjectStorage:
    """The storage of `s3://KEY:SECRET@bucket?endpoint_url=…&region=…&prefix=…`. What is left out comes from the environment
    (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL).

    :raises ValueError: one sentence that names the setting.
    """
    parts = urlsplit(url)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    bucket = parts.netloc.rpartition("@")[2]
    unknown = asked.keys() - {"endpoint_url", "region", "prefix"}
    if parts.scheme != "s3" or not bucket or unknown:
        raise ValueError("STORAGE_URL must be s3://bucket?endpoint_url=…&region=…&prefix=… (or file:// and a folder).")
    given = {
        "endpoint": asked.get("endpoint_url") or environ.get("AWS_ENDPOINT_URL"),
        "region": asked.get("region") or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        "access_key_id": unquote(parts.username or "") or environ.get("AWS_ACCESS_KEY_ID"),
        "secret_access_key": unquote(parts.password or "") or environ.get("AWS_SECRET_ACCESS_KEY"),
        "session_token": None if parts.username else environ.get("AWS_SESSION_TOKEN"),
    }
    prefix = (asked.get("prefix") or parts.path).strip("/")
    try:
        return ObjectStorage(bucket, prefix=prefix, **{name: value for name, value in given.items() if value})
    except (BaseError, ValueError) as error:
        raise ValueError(f"STORAGE_URL names a bucket that cannot be used: {str(error).splitlines()[0]}") from error

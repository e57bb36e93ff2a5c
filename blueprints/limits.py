"""How much one caller may ask of the house (ASVS 2.4.1): a wide limit on everything, narrower ones on what costs.

A caller is a session, an API token, or an address of the network. Counts live in Redis when there is one, so that several
processes count together; when Redis is away, and without one, each process counts for itself.

No route needs to remember its limit: whatever changes something is counted as a post, and the words of the route's name say
when it is something else (`files.upload`, `api.search`, `admin.invite`). Each route counts by itself.

Tries of passwords are counted elsewhere, in the database, per account and per address: community/people/throttle.py.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from functools import lru_cache

from flask import Flask, current_app, request, session
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter, RateLimitExceeded
from limits import parse
from limits.storage import MemoryStorage

from community.config import Settings
from community.errors import TooMany

log = logging.getLogger(__name__)

EVERYTHING = "3000 per minute"
POST = "120 per minute; 2000 per hour"
UPLOAD = "300 per minute; 5000 per hour"
SEARCH = "120 per minute"
INVITE = "30 per minute; 300 per hour"
DRIVE = "2000 per minute; 60000 per hour"
LETTER = "60 per hour"
EXPORT = "20 per hour"

# The first that fits the name of a route, for reading (True) or for changing (False), says what its calls are.
_NAMES: tuple[tuple[re.Pattern[str], bool, str], ...] = (
    (re.compile(r"^dav\."), False, DRIVE),
    (re.compile(r"search"), True, SEARCH),
    (re.compile(r"export|portfolio"), True, EXPORT),
    (re.compile(r"accounts\.(forgotten|join)"), False, LETTER),
    (re.compile(r"invit"), False, INVITE),
    (re.compile(r"(^|[._])(file|upload|picture)"), False, UPLOAD),
    (re.compile(r""), False, POST),
)
_FREE = frozenset({"static", "asset", "csp_reports", "health.alive", "health.ready", "health.metrics"})


class Counts(MemoryStorage):
    """Counts in this process. The library's own starts a thread at each count to forget what is over; this one forgets it while it
    counts, once a minute.
    """

    STORAGE_SCHEME = ["counts"]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: str) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._one, self._swept_at = threading.Lock(), time.time()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count once more, and say how often that was since the count began, `expiry` seconds ago at most."""
        at = time.time()
        with self._one:
            if at - self._swept_at > 60:
                self._swept_at = at
                for old in [held for held, until in self.expirations.items() if until <= at]:
                    self.storage.pop(old, None)
                    self.expirations.pop(old, None)
            if self.expirations.get(key, 0) <= at:
                self.storage[key], self.expirations[key] = 0, at + expiry
            self.storage[key] += amount
            return self.storage[key]


def caller() -> str:
    """Who is counted: asks no database, for it is asked before every page. The session's cookie is signed, so that
    nobody can count as somebody else."""
    token = session.get("_user_id")
    if not token and request.path.startswith("/dav/") and request.authorization is not None:
        # Several people behind one line; tries of passwords are counted elsewhere, whatever name they come with.
        token = f"{request.remote_addr} {request.authorization.username}"
    if not token and request.path.startswith("/api/"):  # elsewhere a token is no name: anybody can make one up
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            token = ""
    if token:
        return hashlib.sha256(str(token).encode()).hexdigest()[:32]
    return f"address:{request.remote_addr}"


@lru_cache(maxsize=2_000)
def limit_of(endpoint: str, method: str) -> str:
    """The narrow limit of a route, as `limits` writes it; empty when it has none."""
    reads = method in ("GET", "HEAD", "OPTIONS")
    return next((limit for name, reading, limit in _NAMES if reading == reads and name.search(endpoint)), "")


def _narrow() -> str:
    return limit_of(request.endpoint or "", request.method)


class Counter(Limiter):
    """Flask-Limiter's, with a short way for pages without a narrow limit: most of what is read. It counts the same under the same
    name; what is too much, or a storage that is away, goes the long way, which counts it once more. The API says what is left, and
    goes the long way always.
    """

    _wide = parse(EVERYTHING)

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        is_plain = callable_name is None and in_middleware and not self._storage_dead
        if is_plain and not request.path.startswith("/api/") and not _narrow():
            if not self.enabled or _is_free():
                return
            try:
                if self.limiter.hit(self._wide, self._key_prefix, caller(), "global"):
                    return
            except Exception:
                log.debug("counts are away", exc_info=True)
        super()._check_request_limit(callable_name, in_middleware)


limiter = Counter(
    key_func=caller,
    application_limits=[EVERYTHING],
    default_limits=[_narrow],
    in_memory_fallback_enabled=True,
)


@limiter.request_filter
def _is_free() -> bool:
    """Files of ours, and the questions of a front server, are not counted."""
    return request.endpoint in _FREE or not current_app.config["COUNT_CALLERS"]


def init_app(app: Flask, settings: Settings) -> None:
    """Count from now on. In tests nothing is counted until COUNT_CALLERS is set."""
    app.config.setdefault("COUNT_CALLERS", settings.APP_ENV != "testing")
    app.config.setdefault("RATELIMIT_STORAGE_URI", settings.REDIS_URL or "counts://")
    app.config.setdefault("RATELIMIT_STRATEGY", "fixed-window")
    app.config.setdefault("RATELIMIT_KEY_PREFIX", "cohortium")
    limiter.init_app(app)

    @app.errorhandler(RateLimitExceeded)
    def refused(_fault: RateLimitExceeded) -> ResponseReturnValue:
        worn = limiter.current_limit
        wait = max(1, int(worn.reset_at - time.time()) + 1) if worn is not None else 60
        return app.handle_user_exception(TooMany(wait))

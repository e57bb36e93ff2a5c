"""How much one caller may ask of the house (ASVS 2.4.1): a wide limit on everything, narrower ones on what costs.

A caller is a session, an API token, or an address of the network. Counts live in Redis when there is one, so that several
processes count together; when Redis is away, and without one, each process counts for itself.

    @bp.post("/posts")
    @limits.post            post, upload, search, invite, letter: one count for each, shared by all routes that carry it
    def write(): …

Tries of passwords are counted elsewhere, in the database, per account and per address: community/people/throttle.py.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any

from flask import Flask, current_app, request, session
from flask_limiter import Limiter, RequestLimit

from community.config import Settings
from community.errors import TooMany

EVERYTHING = "3000 per minute"
POST = "40 per minute; 600 per hour"
UPLOAD = "240 per minute; 3000 per hour"
SEARCH = "120 per minute"
INVITE = "30 per minute; 300 per hour"
LETTER = "30 per hour"

_FREE = frozenset({"static", "asset", "health.alive", "health.ready", "health.metrics"})


def caller() -> str:
    """Who is counted: asks no database, for it is asked before every page. The session's cookie is signed, so that
    nobody can count as somebody else."""
    token = session.get("_user_id")
    if not token:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            token = ""
    if token:
        return hashlib.sha256(str(token).encode()).hexdigest()[:32]
    return f"address:{request.remote_addr}"


def _refuse(limit: RequestLimit) -> None:
    raise TooMany(max(1, int(limit.reset_at - time.time()) + 1))


limiter = Limiter(key_func=caller, on_breach=_refuse, default_limits=[EVERYTHING], in_memory_fallback_enabled=True)

post: Any = limiter.shared_limit(
    POST, scope="post", override_defaults=False, methods=["POST", "PUT", "PATCH", "DELETE"]
)
upload: Any = limiter.shared_limit(UPLOAD, scope="upload", override_defaults=False, methods=["POST", "PUT"])
search: Any = limiter.shared_limit(SEARCH, scope="search", override_defaults=False)
invite: Any = limiter.shared_limit(INVITE, scope="invite", override_defaults=False, methods=["POST"])
letter: Any = limiter.shared_limit(LETTER, scope="letter", override_defaults=False, methods=["POST"])


@limiter.request_filter
def _is_free() -> bool:
    """Files of ours, and the questions of a front server, are not counted."""
    return request.endpoint in _FREE or not current_app.config["COUNT_CALLERS"]


def init_app(app: Flask, settings: Settings) -> None:
    """Count from now on. In tests nothing is counted until COUNT_CALLERS is set."""
    app.config.setdefault("COUNT_CALLERS", settings.APP_ENV != "testing")
    app.config.setdefault("RATELIMIT_STORAGE_URI", settings.REDIS_URL or "memory://")
    app.config.setdefault("RATELIMIT_STRATEGY", "fixed-window")
    app.config.setdefault("RATELIMIT_KEY_PREFIX", "cohortium")
    limiter.init_app(app)

"""Words to browsers: `push(person_id, title, body, url, tag)`. Encrypted to each browser (RFC 8291): its service reads nothing.

A push service holds what it cannot deliver for a day, and only the newest of each `tag` (Topic). A browser that is gone is
forgotten.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import os
from datetime import timedelta
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from sqlalchemy import delete, select, update

from community import egress
from community.clock import now
from community.extensions import db, write_unit
from community.ports import ports
from community.push.keys import decoded
from community.push.models import PushBrowser

log = logging.getLogger(__name__)

TTL = timedelta(days=1)
TITLE, BODY = 120, 300  # characters; a push service takes 4 KB at most
_GONE = frozenset({403, 404, 410})  # ended by its browser; or asked for by another key of ours


class NotNow(OSError):
    """A push service could not be reached or was busy: try again."""


def push(person_id: int, title: str, body: str, url: str, tag: str) -> int:
    """Show this to a person in every browser where they want it; how many took it. `url` is a path of this site; what comes
    later with the same `tag` takes its place. Call it in a job, not inside a write unit: raises NotNow when a browser has to be
    tried again, which then may show it again in its place, silently.
    """
    ids = list(db.session.scalars(select(PushBrowser.id).where(PushBrowser.person_id == person_id)))
    reached, missed = 0, ""
    for browser_id in ids:
        try:
            reached += push_to(browser_id, title, body, url, tag)
        except NotNow as fault:
            missed = str(fault)
    if missed:
        raise NotNow(missed)
    return reached


def push_to(browser_id: int, title: str, body: str, url: str, tag: str) -> bool:
    """Show this in one browser; whether its push service took it. Raises NotNow."""
    browser = db.session.get(PushBrowser, browser_id)
    if browser is None:
        return False
    words = {"title": _cut(title, TITLE), "body": _cut(body, BODY), "url": url, "tag": tag}
    endpoint, handling = browser.endpoint, _handling(browser, tag)
    payload = _sealed(json.dumps(words, ensure_ascii=False).encode(), browser)
    db.session.rollback()  # nothing is held while the world is asked
    try:
        status = egress.post(endpoint, payload, {**_credentials(endpoint), **handling})
    except egress.Refused:
        status = 404
    except OSError as fault:
        raise NotNow(f"{urlsplit(endpoint).hostname}: {type(fault).__name__}") from fault
    if status in _GONE:
        with write_unit():
            db.session.execute(delete(PushBrowser).where(PushBrowser.id == browser_id))
        return False
    if status == 429 or status >= 500:
        raise NotNow(f"{urlsplit(endpoint).hostname}: status {status}")
    if not 200 <= status < 300:
        log.warning("a push service answered %d", status)
        return False
    with write_unit():
        db.session.execute(update(PushBrowser).where(PushBrowser.id == browser_id).values(reached_at=now()))
    return True


def _cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _sealed(payload: bytes, browser: PushBrowser) -> bytes:
    """The payload as only this browser can read it."""
    sealed: bytes = http_ece.encrypt(
        payload,
        salt=os.urandom(16),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=decoded(browser.p256dh),
        auth_secret=decoded(browser.auth),
        version="aes128gcm",
    )
    return sealed


def _credentials(endpoint: str) -> dict[str, str]:
    """Who we are, for this push service and the next hours (RFC 8292)."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now() + timedelta(hours=12)).timestamp()),
        "sub": f"mailto:{ports.mail_from}",
    }
    signed: dict[str, str] = Vapid02.from_raw(ports.push_key().encode()).sign(claims)
    return signed


def _handling(browser: PushBrowser, tag: str) -> dict[str, str]:
    # Named by the secret of the browser: a push service learns neither what a message is about nor who else got it.
    named = hmac.digest(decoded(browser.auth), tag.encode(), "sha256")
    topic = base64.urlsafe_b64encode(named)[:32].decode()
    return {
        "TTL": str(int(TTL.total_seconds())),
        "Topic": topic,
        "Urgency": "normal",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }

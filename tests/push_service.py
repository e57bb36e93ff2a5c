"""A real push service for tests: it takes what the house posts and, as the browser would, opens it."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from community.push.keys import coded


@dataclass
class Pushed:
    """One message that arrived: where, with which headers, sealed."""

    path: str
    headers: dict[str, str]
    body: bytes


class Device:
    """A browser's half of a subscription."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = os.urandom(16)

    @property
    def p256dh(self) -> str:
        return coded(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    @property
    def auth(self) -> str:
        return coded(self.secret)

    def open(self, pushed: Pushed) -> dict[str, Any]:
        """The words of a message, if it was sealed for this browser."""
        words = http_ece.decrypt(pushed.body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        found: dict[str, Any] = json.loads(words)
        return found


class PushService:
    """Answers 201, or what `answers` holds for a path. `came` is what arrived."""

    def __init__(self) -> None:
        self.came: list[Pushed] = []
        self.answers: dict[str, int] = {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.came.append(Pushed(self.path, dict(self.headers.items()), body))
                self.send_response(service.answers.get(self.path, 201))
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def is_signed(pushed: Pushed) -> bool:
    """Whether a message holds credentials that its own public key made."""
    return bool(Vapid02.verify(pushed.headers["Authorization"]))

"""What a process answers, by its role: `live` nothing but sockets and `/healthz`; `all` pages and sockets side by side, so that
neither starves the other. Plain WSGI, around the application.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from community.config import Settings
from community.readers import Duties, duties_of

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
SOCKETS = "/socket.io/"

# Each open socket of a process with threads holds one of its 256 (.serve/gunicorn.py): the rest is for pages.
MOST_SOCKETS = {"all": 200, "live": 3_500}


def _refuse(start_response: Callable[..., Any], status: str, sentence: str, *more: tuple[str, str]) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), *more])
    return [sentence.encode()]


class FewerSockets:
    """Refuses a connection of `/socket.io/` when there are too many, for pages must still find a thread; and when the process is
    about to end, for it waits for whoever is connected.
    """

    def __init__(self, app: Wsgi, most: int, duties: Duties) -> None:
        self.app = app
        self.duties = duties
        self._free = threading.BoundedSemaphore(most)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(SOCKETS):
            return self.app(environ, start_response)
        if self.duties.ending or not self._free.acquire(blocking=False):
            return _refuse(start_response, "503 Service Unavailable", "Try again soon.\n", ("Retry-After", "2"))
        try:
            return self.app(environ, start_response)  # an open socket ends with this call
        finally:
            self._free.release()


class OnlySockets:
    """Answers sockets and `/healthz`; pages are somebody else's."""

    def __init__(self, app: Wsgi) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(SOCKETS) or environ["PATH_INFO"] == "/healthz":
            return self.app(environ, start_response)
        return _refuse(start_response, "404 Not Found", "Only sockets here.\n")


class OneAtATime:
    """Computes one page at a time. Threads that compute side by side in one interpreter hold each other up: taking turns, a page
    costs two thirds of the processor time, and the slowest hundredth comes three times as soon. Who writes need not wait for
    those who read, and computes beside the page whose turn it is. The turn ends with the view: what is streamed is sent
    outside of it, so that a slow reader keeps nobody waiting.
    """

    def __init__(self, app: Wsgi) -> None:
        self.app = app
        self._turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ["PATH_INFO"].startswith(SOCKETS):
            return self.app(environ, start_response)
        with self._turn:
            return self.app(environ, start_response)


def init_app(app: Flask, settings: Settings) -> None:
    """Wrap the application as its role asks. After the sockets, before the headers."""
    wsgi: Wsgi = app.wsgi_app
    if settings.ROLE == "all":
        wsgi = OneAtATime(wsgi)
    if settings.ROLE == "live":
        wsgi = OnlySockets(wsgi)
    if settings.ROLE in MOST_SOCKETS:
        wsgi = FewerSockets(wsgi, MOST_SOCKETS[settings.ROLE], duties_of(app))
    app.wsgi_app = wsgi  # type: ignore[method-assign,assignment]

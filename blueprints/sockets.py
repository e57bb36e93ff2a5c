"""The Socket.IO server, bounded: what a stranger sends is small, text, not too much, and never our error.

Rooms, packets and the transport are Socket.IO's own; here stands only where they trust a client more than we do.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import socketio
from engineio.exceptions import EngineIOError
from flask import Flask
from flask_socketio import SocketIO
from socketio.packet import BINARY_ACK, BINARY_EVENT, Packet

from community.config import Settings

LARGEST_MESSAGE = 8_192  # bytes of one message from a client


class Bucket:
    """Lets `burst` things through at once and then `rate` a second."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst, self.left, self.at = rate, burst, burst, time.monotonic()

    def take(self) -> bool:
        at = time.monotonic()
        self.left = min(self.burst, self.left + (at - self.at) * self.rate)
        self.at = at
        if self.left < 1:
            return False
        self.left -= 1
        return True


class _Rooms(socketio.Manager):
    """Socket.IO's own rooms, made safe for threads: one joins while another leaves and a third is told."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()

    def basic_enter_room(self, *args: Any, **kwargs: Any) -> None:
        with self._lock:
            super().basic_enter_room(*args, **kwargs)

    def basic_leave_room(self, *args: Any, **kwargs: Any) -> None:
        with self._lock:
            super().basic_leave_room(*args, **kwargs)

    def basic_disconnect(self, *args: Any, **kwargs: Any) -> None:
        with self._lock:
            super().basic_disconnect(*args, **kwargs)

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        with self._lock:
            found = list(super().get_participants(namespace, room))
        yield from found


class _Text(Packet):  # type: ignore[misc]
    """Packets without attachments: nobody makes us keep bytes for a message that never becomes whole."""

    uses_binary_events = False

    def decode(self, encoded_packet: str) -> int:
        count: int = super().decode(encoded_packet)
        if count or self.packet_type in (BINARY_EVENT, BINARY_ACK):
            raise ValueError("a packet with attachments")
        return 0


def _bounded(io: SocketIO) -> None:
    """Bound what a connection may send before anything reads it; close one that sends garbage or does not stop."""
    engine = io.server.eio
    handle = engine.handlers["message"]

    def message(number: str, data: object) -> None:
        connection = engine.sockets.get(number)
        if connection is None:
            return
        if not connection.session.setdefault("bucket", Bucket(rate=10, burst=80)).take():
            connection.close(wait=False, abort=True)
            return
        try:
            handle(number, data)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            connection.close(wait=False, abort=True)  # not the protocol

    engine.on("message", message)
    send = engine.send_packet

    def send_packet(number: str, packet: Any) -> None:
        with contextlib.suppress(EngineIOError):  # one that closes at this moment keeps nothing from the others
            send(number, packet)

    engine.send_packet = send_packet

    class Small(engine._async["websocket"]):  # type: ignore[misc,name-defined]
        """A WebSocket that stops reading a message where it grows too large."""

        def __init__(self, handler: Any, server: Any) -> None:
            super().__init__(handler, server)
            self.server_args["max_message_size"] = LARGEST_MESSAGE

    engine._async = {**engine._async, "websocket": Small}


def _mode() -> str:
    """gevent where the server runs on it (the live role), threads elsewhere."""
    monkey = sys.modules.get("gevent.monkey")
    return "gevent" if monkey is not None and monkey.is_module_patched("socket") else "threading"


def server(app: Flask, settings: Settings) -> SocketIO:
    """A server on `/socket.io/` of the application, which only pages of this site may open."""
    quiet = logging.getLogger("cohortium.engine")
    quiet.setLevel(logging.CRITICAL)  # what strangers send is not our error
    io = SocketIO(
        app,
        async_mode=_mode(),
        manage_session=False,
        client_manager=_Rooms(),
        serializer=_Text,
        async_handlers=False,
        cors_allowed_origins=[settings.BASE_URL.rstrip("/")] if settings.BASE_URL else None,
        cors_credentials=False,
        max_http_buffer_size=LARGEST_MESSAGE,
        http_compression=False,
        ping_interval=25,
        ping_timeout=20,
        logger=quiet,
        engineio_logger=quiet,
    )
    _bounded(io)
    return io

"""Where several live processes tell each other who is here: a few keys in Redis that end by themselves. Without Redis, or while
it is away, each process tells of its own people only.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterable
from typing import Any

import redis

from community.live.presence import Face, News

log = logging.getLogger(__name__)

PREFIX = "cohortium:here"
EVERY = 1.5  # seconds between two exchanges
LIVES = 10  # seconds that what a process said holds
PAUSE = 30.0  # seconds of rest after Redis did not answer
LARGEST = 2_000_000  # characters that are read of one process


class RedisBoard:
    """Each process keeps one key of its own, as JSON, and reads those of the others."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, decode_responses=True)
        self._me = uuid.uuid4().hex
        self._due = 0.0
        self._typing: dict[str, dict[int, Face]] = {}
        self._theirs = News()

    def exchange(self, mine: News) -> News:
        """Say and hear, at most once in a while; in between the others are as they were, without their typing."""
        for room, faces in mine.typing.items():
            self._typing.setdefault(room, {}).update(faces)
        at = time.monotonic()
        if at < self._due:
            return News(self._theirs.here, self._theirs.reading)
        self._due = at + EVERY
        try:
            self._theirs = self._talk(mine)
        except (redis.RedisError, OSError) as fault:
            log.info("Redis does not answer, so each live process tells of its own people: %s", fault)
            self._due = at + PAUSE
            self._theirs = News()
        self._typing = {}
        return self._theirs

    def _talk(self, mine: News) -> News:
        said = {
            "here": sorted(mine.here),
            "reading": {room: _written(faces) for room, faces in mine.reading.items()},
            "typing": {room: _written(faces) for room, faces in self._typing.items()},
        }
        pipe = self._redis.pipeline(transaction=False)
        pipe.set(f"{PREFIX}:{self._me}", json.dumps(said), ex=LIVES)
        pipe.sadd(PREFIX, self._me)
        pipe.smembers(PREFIX)
        others = sorted(set(pipe.execute()[2]) - {self._me})
        heard = News()
        held: list[Any] = self._redis.mget([f"{PREFIX}:{other}" for other in others]) if others else []
        for other, text in zip(others, held, strict=True):
            if text is None:  # that process has ended
                self._redis.srem(PREFIX, other)
            elif len(text) <= LARGEST:
                _read_into(heard, text)
        return heard


def _written(faces: dict[int, Face]) -> list[list[Any]]:
    return [[face.id, face.handle, face.name] for face in faces.values()]


def _faces(rows: Iterable[Any]) -> dict[int, Face]:
    return {int(number): Face(int(number), str(handle), str(name)) for number, handle, name in rows}


def _read_into(heard: News, text: str) -> None:
    try:
        said = json.loads(text)
        heard.here |= {int(person) for person in said["here"]}
        for room, rows in said["reading"].items():
            heard.reading[room].update(_faces(rows))
        for room, rows in said["typing"].items():
            heard.typing[room].update(_faces(rows))
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        log.warning("another live process said something odd: %s", fault)

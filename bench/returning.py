"""The live role is restarted under many open sockets: how long until the last of them is back and has what it missed.

The clients wait as static/js/live.js does: half a second to two seconds, more or less, and longer after each failure.
"""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from bench.crowd import Ear, come_in
from bench.house import House, progress
from bench.load import one_by_one
from bench.pages import new_post
from bench.servers import SITE, gunicorn
from bench.table import Row, row

SOCKETS, POSTS = 500, 3
ROOM = "space:commons"


def _back(port: int, token: str, after: int) -> tuple[float, int]:
    """When one socket was back, and how many pointers it was given of those that it missed."""
    base, tries = 0.5 + 1.5 * random.random(), 0
    while True:
        time.sleep(min(30.0, base * 2**tries) * (1 + 0.7 * (2 * random.random() - 1)))
        tries += 1
        try:
            ear = Ear(port)
            ear.wait_for("0")
            ear.say(f'40{{"token":"{token}"}}')
            ear.wait_for("40")
            ear.say(f'420["watch",{{"room":"{ROOM}","after":{after}}}]')
            answer = ear.wait_for("430")
        except OSError:
            continue
        ear.socket.close()
        return time.monotonic(), answer.count('"post.created"')


def measure(house: House) -> list[Row]:
    """Seconds from the start of the new process until half of the sockets, and the last, were back; each with all posts."""
    progress(f"Letting {SOCKETS} sockets in")
    with gunicorn(SITE, "web", house.env) as web:
        with gunicorn(SITE, "live", house.env) as live:
            port = live.port
            ears = [come_in(port, house.tokens[number % len(house.tokens)], ROOM) for number in range(SOCKETS)]
            ears[0].say(f'421["watch",{{"room":"{ROOM}"}}]')
            after = int(ears[0].wait_for("431").split('"last":')[1].split("}")[0].split(",")[0])
        for ear in ears:
            ear.socket.close()
        one_by_one(web.port, [new_post(house, 90_000 + number) for number in range(POSTS)], POSTS, 201)
        progress(f"{SOCKETS} sockets come back")
        threading.stack_size(512 * 1024)
        with ThreadPoolExecutor(SOCKETS) as pool:
            began = time.monotonic()
            waiting = [
                pool.submit(_back, port, house.tokens[number % len(house.tokens)], after) for number in range(SOCKETS)
            ]
            with gunicorn(SITE, "live", house.env, port=port):
                found = [one.result(60) for one in waiting]
        threading.stack_size(0)
    lost = sum(missed != POSTS for _, missed in found)
    if lost:
        raise RuntimeError(f"{lost} of {SOCKETS} sockets were not given the {POSTS} posts that they missed")
    times = sorted(at - began for at, _ in found)
    return [
        row(f"{SOCKETS} sockets back after a restart: half", house.scale, "s", [times[SOCKETS // 2]]),
        row(f"{SOCKETS} sockets back after a restart: last", house.scale, "s", [times[-1]]),
    ]

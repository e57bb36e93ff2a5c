"""Memory of each role, after its start and after work; and the time from the start of a process until it can serve."""

from __future__ import annotations

from contextlib import ExitStack

from bench.delivery import run
from bench.house import House, progress
from bench.load import one_by_one, request
from bench.pages import PAGES, new_post
from bench.servers import BARE, Server, gunicorn, worker
from bench.table import Row, row

SITE = "wsgi:app"
SOCKETS = 200


def measure_memory(house: House) -> list[Row]:
    """Megabytes (RSS): value after work, ceiling the bare view's process, min after the start."""
    progress("Memory of each role")
    with ExitStack() as stack:
        roles: dict[str, Server] = {
            "web": stack.enter_context(gunicorn(SITE, "web", house.env, until="/readyz")),
            "live": stack.enter_context(gunicorn("bench.site:app", "live", house.env)),
            "worker": stack.enter_context(worker(house.env)),
        }
        bare = stack.enter_context(gunicorn(BARE, "web", house.env))
        before = {name: server.memory() for name, server in roles.items()}
        poster = stack.enter_context(gunicorn("bench.site:app", "web", house.env))
        _work(house, roles["web"])
        _crowd(house, roles["live"], poster)
        rows = [_memory(house, name, before[name], server, bare) for name, server in roles.items()]
    with (
        gunicorn(SITE, "all", house.env, until="/readyz") as whole,
        gunicorn(BARE, "web", house.env) as bare,
    ):
        start = whole.memory()
        _work(house, whole)
        rows.append(_memory(house, "all", start, whole, bare))
    return rows


def _memory(house: House, role: str, start: float, server: Server, bare: Server) -> Row:
    """One row of two figures: at the start (min) and after work (max and value)."""
    now = server.memory()
    held = row(f"memory of role {role} after work (min: at start)", house.scale, "MB", [now], [bare.memory()], digits=0)
    return Row(**{**held.__dict__, "min": round(start), "max": round(now)})


def _work(house: House, server: Server) -> None:
    for name in PAGES:
        one_by_one(
            server.port, [request("GET", house.path(name), f"Cookie: {cookie}") for cookie in house.cookies], 60, 200
        )
    searches = [
        request("GET", f"/search?q=proces+{number}", f"Cookie: {house.cookies[number]}") for number in range(20)
    ]
    one_by_one(server.port, searches, 20, 200)
    one_by_one(server.port, [new_post(house, 900_000 + server.port * 20 + number) for number in range(20)], 20, 201)


def _crowd(house: House, live: Server, poster: Server) -> None:
    posts = [new_post(house, 800_000 + number).decode("latin-1") for number in range(5)]
    target = {"port": live.port, "trigger_port": poster.port, "tokens": house.tokens, "watch": "space:commons"}
    run({"sockets": SOCKETS, "rounds": 5, "targets": [{**target, "triggers": posts}]})


def measure_start(house: House) -> list[Row]:
    """Milliseconds from the start of gunicorn until /readyz answers 200, beside the bare view's."""
    times: list[float] = []
    bare_times: list[float] = []
    for number in range(4):
        progress(f"Cold start, {number + 1} of 4")
        with gunicorn(SITE, "all", house.env, until="/readyz") as server:
            times.append(1000 * server.seconds)
        with gunicorn(BARE, "web", house.env, until="/readyz") as server:
            bare_times.append(1000 * server.seconds)
    return [row("cold start until /readyz, role all", house.scale, "ms", times[1:], bare_times[1:], digits=0)]

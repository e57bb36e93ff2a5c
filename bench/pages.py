"""Pages and posting over HTTP, each beside the bare view under the same server, a round of one and a round of the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from bench.data import READER
from bench.house import House, progress
from bench.load import one_by_one, request, together
from bench.servers import BARE, SITE, Server, gunicorn
from bench.table import Row, row
from community.extensions import db

PAGES = {
    "feed": "feed page",
    "stream": "space stream page",
    "post": "post page, 50 comments",
    "wiki": "wiki page",
    "worked": "wiki page, 200 revisions and 300 threads",
}
ROUNDS = 5
AT_ONCE = 4  # connections: as many as a web process has threads


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    """The statements that a block sends to the database from this process."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    with house.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def queries(house: House, name: str) -> int:
    """How many statements a page takes, the second time: what is kept for the process is there then."""
    client = house.app.test_client(use_cookies=False)
    for _ in range(2):
        with counted(house) as seen:
            answer = client.get(house.path(name), headers={"Cookie": house.cookies[0]})
        assert answer.status_code == 200, (name, answer.status_code)
    return len(seen)


def _cpu(server: Server, requests: list[bytes], count: int) -> float:
    """Milliseconds of the server's processor time for one request, over so many."""
    before = server.cpu()
    one_by_one(server.port, requests, count, 200)
    return 1000 * (server.cpu() - before) / count


def measure(house: House, only: str) -> list[Row]:
    """Two rows for each page: processor time of one request, and how many are answered a second at four connections."""
    rows = []
    bare_page = [request("GET", "/")]
    with gunicorn(SITE, "web", house.env) as site, gunicorn(BARE, "web", house.env) as bare:
        for name, words in PAGES.items():
            if only not in ("", "pages", name):
                continue
            wanted = [request("GET", house.path(name), f"Cookie: {cookie}") for cookie in house.cookies]
            one_by_one(site.port, wanted, 30, 200)
            one_by_one(bare.port, bare_page, 30, 200)
            dear: list[float] = []
            dear_bare: list[float] = []
            quick: list[float] = []
            quick_bare: list[float] = []
            for number in range(ROUNDS):
                progress(f"{words}, round {number + 1} of {ROUNDS}")
                dear.append(_cpu(site, wanted, 120))
                dear_bare.append(_cpu(bare, bare_page, 500))
                quick.append(together(site.port, wanted, AT_ONCE, 0.6))
                quick_bare.append(together(bare.port, bare_page, AT_ONCE, 0.6))
            held = queries(house, name)
            rows.append(row(f"{words}, signed in: CPU", house.scale, "ms", dear, dear_bare, held))
            rows.append(row(f"{words}, signed in: rate", house.scale, "1/s", quick, quick_bare, held, digits=0))
    return rows


def new_post(house: House, number: int) -> bytes:
    """A post through the API, each time by somebody else than the reader: nobody writes more than 40 a minute."""
    others = [token for place, token in enumerate(house.tokens, 1) if place != READER]
    body = json.dumps(
        {"body": f"Number {number}: the planner of **tonight** hands over at seven, as we said."}
    ).encode()
    return request(
        "POST",
        "/api/v1/spaces/commons/posts",
        f"Authorization: Bearer {others[number % len(others)]}",
        "Content-Type: application/json",
        f"Idempotency-Key: bench-{number}",
        body=body,
    )


def measure_create(house: House) -> list[Row]:
    """Creating a post through the API beside one commit of one row in a bare view: seconds on the clock, one by one."""
    commit = [request("POST", "/commit")]
    took: list[float] = []
    bare_took: list[float] = []
    dear: list[float] = []
    dear_bare: list[float] = []
    with gunicorn(SITE, "web", house.env) as site, gunicorn(BARE, "web", house.env) as bare:
        number = 0
        for part in range(ROUNDS + 1):
            progress(f"Creating posts, round {part + 1} of {ROUNDS + 1}")
            posts = [new_post(house, number + place) for place in range(40)]
            number += len(posts)
            before, before_bare = site.cpu(), bare.cpu()
            times = sorted(one_by_one(site.port, posts, len(posts), 201))
            bare_times = sorted(one_by_one(bare.port, commit, 200, 200))
            if part:  # the first round warms up
                took.append(1000 * times[len(times) // 2])
                bare_took.append(1000 * bare_times[len(bare_times) // 2])
                dear.append(1000 * (site.cpu() - before) / len(posts))
                dear_bare.append(1000 * (bare.cpu() - before_bare) / len(bare_times))
    with counted(house) as seen:
        method, path, token = "POST", "/api/v1/spaces/commons/posts", house.tokens[READER]
        answer = house.app.test_client().open(
            path, method=method, json={"body": "One more."}, headers={"Authorization": f"Bearer {token}"}
        )
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return [
        row("create a post, API: time", house.scale, "ms", took, bare_took, len(seen)),
        row("create a post, API: CPU", house.scale, "ms", dear, dear_bare, len(seen)),
    ]

"""Search beside the bare index: the same words, the same files, Whoosh's own searcher, the best ten, no rights asked."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random

from sqlalchemy import select

from bench.data import READER
from bench.house import House, progress
from bench.load import one_by_one, request
from bench.pages import counted
from bench.servers import BARE, SITE, gunicorn
from bench.table import Row, row
from bench.words import PLAIN, SMALL
from community.extensions import db
from community.microblog.models import Post
from community.people.models import Person
from community.permissions import Actor
from community.search import queries
from community.search.analysis import form_of
from community.search.place import index_in
from community.search.segments import SCHEMA, Folder
from community.spaces.queries import actor_for

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh.index import FileIndex
    from whoosh.query import And, Or, Term
    from whoosh.searching import Searcher

ROUNDS, EACH = 5, 60


def _asked(house: House) -> Iterator[str]:
    """What people look for: one or two words of a text, neither the commonest, which tell nothing, nor always a rare one."""
    random = Random(2026)
    with house.app.app_context():
        texts = db.session.scalars(select(Post.body).where(Post.id % (7 * house.scale) == 0)).all()
    common = {*SMALL, *PLAIN}
    while True:
        words = [word for word in re.findall(r"[a-z]{4,}", random.choice(texts).lower()) if word not in common]
        if len(words) > 1:
            yield " ".join(random.sample(words, random.choice((1, 1, 2))))


def _median(of: list[float]) -> float:
    return sorted(of)[len(of) // 2]


def _bare(searcher: Searcher, words: str) -> int:
    """The best ten documents that have every word in one of its stems."""
    asked = And([Or([Term("stem", stem) for stem in form_of(word).stems]) for word in words.split()])
    return len([hit["ref"] for hit in searcher.search(asked, limit=10) if hit])


def _timed(do: Callable[[str], object], words: str) -> float:
    began = time.process_time()
    do(words)
    return 1000 * (time.process_time() - began)


def measure(house: House) -> list[Row]:
    """Processor time of one search: in the index with the reader's rights, and as the page answers it. The median of 60
    searches a round, each searched in all ways before the next.
    """
    index = index_in(house.index)
    home = house.index / (house.index / "CURRENT").read_text()
    searcher = FileIndex(Folder(str(home)), SCHEMA, "MAIN").searcher()
    asked = _asked(house)
    rounds: list[list[float]] = [[], [], []]
    with house.app.test_request_context():
        scopes = actor_for(db.session.get_one(Person, READER)).scopes

        def whole(words: str) -> None:
            queries.search(actor, house.index, words, limit=10)

        def begin() -> Actor:
            """The reader, as a request knows them before it asks anything: who they are and where they may go."""
            db.session.remove()
            found = actor_for(db.session.get_one(Person, READER))
            assert found.roles
            return found

        ways: list[Callable[[str], object]] = [
            lambda words: _bare(searcher, words),
            lambda words: index.search(words, scopes, limit=10),
            whole,
        ]
        for number in range(ROUNDS + 1):
            progress(f"Searching, round {number + 1} of {ROUNDS + 1}")
            times: list[list[float]] = [[], [], []]
            for words in islice(asked, EACH):
                actor = begin()
                for place, way in enumerate(ways):
                    times[place].append(_timed(way, words))
            if number:  # the first round reads what is kept of each segment
                for place in range(3):
                    rounds[place].append(_median(times[place]))
        actor = begin()
        with counted(house) as seen:
            whole("proces")
    searcher.close()
    bare, engine, shown = rounds
    return [
        row("search with permissions, in the index", house.scale, "ms", engine, bare),
        row("search with permissions, hits and excerpts", house.scale, "ms", shown, bare, len(seen)),
        *_page(house, asked),
    ]


def _page(house: House, asked: Iterator[str]) -> list[Row]:
    """The page over HTTP, beside the bare view."""
    wanted = [
        request("GET", "/search?q=" + next(asked).replace(" ", "+"), f"Cookie: {cookie}") for cookie in house.cookies
    ]
    dear: list[float] = []
    dear_bare: list[float] = []
    bare_page = [request("GET", "/")]
    with gunicorn(SITE, "web", house.env) as site, gunicorn(BARE, "web", house.env) as bare:
        one_by_one(site.port, wanted, 20, 200)
        one_by_one(bare.port, bare_page, 20, 200)
        for number in range(ROUNDS):
            progress(f"The page of search, round {number + 1} of {ROUNDS}")
            mine = wanted[number * 60 : number * 60 + 60]
            before, before_bare = site.cpu(), bare.cpu()
            one_by_one(site.port, mine, len(mine), 200)
            one_by_one(bare.port, bare_page, 400, 200)
            dear.append(1000 * (site.cpu() - before) / len(mine))
            dear_bare.append(1000 * (bare.cpu() - before_bare) / 400)
    return [row("search page, signed in: CPU", house.scale, "ms", dear, dear_bare)]

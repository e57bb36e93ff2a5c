"""The data set: rows as the actions make them, made in bulk, since through the actions it would take an hour.

Everything is sized by `scale`, except what one person sees of it: the reader is in 25 spaces at every scale, and a space of
theirs holds about as much. So a page that grows dear with the scale has a fault. `check()` holds samples against the real thing.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import insert, text

from bench.words import Text, Writer, check
from community.activity.models import Activity, Cursor
from community.activity.outbox import all_readers
from community.clock import frozen, now
from community.comments.models import Comment
from community.extensions import db, is_sqlite, write_unit
from community.kinds import kind_named, split_ref
from community.markup import RENDER_VERSION
from community.microblog.models import REACTIONS, Post, Reaction
from community.notifications.models import Notification
from community.people.models import Person
from community.permissions import SYSTEM
from community.phases.actions import set_phases
from community.search.documents import Document
from community.spaces.actions import create_space
from community.spaces.models import Membership, Space
from community.wiki.models import Page, Revision

DAYS = 60
READER, UNREAD, LONG_THREAD = 1, 12, 50
REVISIONS, THREADS = 200, 300
COMMONS = 1  # the first space: everybody is in it
CHUNK = 5_000
FIRST = "Noor Samir Fatma Kwame Joost Thandiwe Anna Pieter Mei Ingrid Rik Dev Gus Lotte Bram Sanne Yusuf Elif Tomas Ada".split()
LAST = (
    "van der Velden,El Idrissi,Yıldırım,Mensah,Wiersma,Nkosi,de Wit,Hoekstra,Baas,Solheim,Terpstra,Anand,Okafor".split(
        ","
    )
)

Say = Callable[[str, float], None]
"""Told what is being made and how much of it is done, 0 to 1."""
Row = dict[str, Any]


@dataclass
class Made:
    """What was made, by id, while it is made."""

    scale: int
    random: Random = field(default_factory=lambda: Random(14))
    writer: Writer = field(default_factory=Writer)
    spaces: dict[int, Row] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    roles: dict[tuple[int, int], str] = field(default_factory=dict)
    handles: dict[int, str] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    team: int = 0
    thread: int = 0  # the post with fifty comments, in the reader's team
    page: int = 0  # a page there
    worked: int = 0  # another, with REVISIONS and THREADS


def fill(scale: int, say: Say) -> Made:
    """Fill an empty database that has its tables. Answers what the bench must find again, and what search must know."""
    made = Made(scale)
    _people(made)
    _spaces(made)
    _memberships(made)
    _items(made, say)
    with write_unit():
        last = db.session.scalar(text("SELECT max(id) FROM activity"))
        for reader in all_readers():
            if reader.place is None:
                db.session.add(Cursor(reader=reader.name, last_id=last, failures=0))
    if not is_sqlite():
        _wind_sequences()
        db.session.execute(text("ANALYZE"))
        db.session.commit()
    return made


def _put(model: Any, rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), CHUNK):
        with write_unit():
            db.session.execute(insert(model), rows[start : start + CHUNK])


def _wind_sequences() -> None:
    """Rows came with ids of their own: tell PostgreSQL's counters."""
    for table in ("person", "membership", "post", "comment", "page", "activity", "notification"):
        db.session.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        )


# ---- people and places


def _people(made: Made) -> None:
    count = 50 * made.scale
    born = now() - timedelta(days=DAYS + 1)
    rows, log = [], []
    for number in range(1, count + 1):
        name = f"{FIRST[number % len(FIRST)]} {LAST[(number // 7) % len(LAST)]}"
        handle = made.handles[number] = f"person.{number}"
        rows.append(
            {
                "id": number,
                "email": f"person.{number}@bench.example",
                "name": name,
                "handle": handle,
                "password_hash": "-",  # nobody signs in by password here
                "site_role": "member",
                "status": "active",
                "language": "en",
                "time_zone": "Europe/Amsterdam",
                "location": made.random.choice(("Groningen", "Accra", "Utrecht", "Oslo")),
                "headline": "Planner, night shift",
                "skills": ["planning"] if number % 5 == 0 else [],
                "created_at": born,
            }
        )
        log.append(_line("person.created", None, "person", number, None, born, status="active"))
        made.documents.append(
            Document(
                ref=f"person:{number}",
                kind="person",
                title=name,
                body="\n".join([rows[-1]["headline"], rows[-1]["location"], ", ".join(rows[-1]["skills"]), ""]),
                scopes=frozenset({"organisation", f"p{number}"}),
                space_id=None,
                author=handle,
                created=born,
            )
        )
    _put(Person, rows)
    _put(Activity, log)


def _spaces(made: Made) -> None:
    """For each scale a programme with a cohort, its seven teams, ten themes and ten projects; one commons for all."""
    owner = db.session.get_one(Person, READER + 1)
    new = partial(create_space, SYSTEM, owner=owner)
    with frozen(now() - timedelta(days=DAYS + 1)):
        _keep(made, new(kind="commons", name="Commons", visibility="organisation", join_policy="open"))
        for part in range(made.scale):
            programme = new(kind="programme", name=f"Programme {part + 1}")
            cohort = new(kind="cohort", name=f"Cohort {part + 1}", parent=programme)
            _keep(made, programme)
            _keep(made, cohort)
            for team in range(7):
                name = f"Team {part * 7 + team + 1}"
                _keep(made, new(kind="team", name=name, parent=cohort, question="How do we halve the waiting list?"))
            for place in range(10):
                number = part * 10 + place + 1
                _keep(made, new(kind="theme", name=f"Theme {number}", visibility="organisation", join_policy="open"))
                _keep(made, new(kind="project", name=f"Project {number}"))
    for space_id, row in made.spaces.items():
        if row["kind"] == "cohort":
            set_phases(SYSTEM, db.session.get_one(Space, space_id), _phases(now().date()))
    made.spaces = {key: {**row, "phase": _phase_of(key)} for key, row in made.spaces.items()}
    db.session.expunge_all()


def _keep(made: Made, space: Space) -> None:
    made.spaces[space.id] = {"kind": space.kind, "open": space.visibility == "organisation", "above": space.parent_id}
    card = kind_named("space")
    assert card.document is not None
    made.documents.append(card.document(space))
    made.members[space.id].append(READER + 1)
    made.roles[space.id, READER + 1] = "owner"


def _phases(today: date) -> list[dict[str, object]]:
    day = timedelta(days=1)
    return [
        {"key": "pre", "name": "Pre-campus", "starts_on": today - 90 * day, "ends_on": today - 65 * day},
        {"key": "campus", "name": "Campus", "starts_on": today - 64 * day, "ends_on": today + 2 * day},
        {"key": "post", "name": "Post-campus", "starts_on": today + 6 * day, "ends_on": today + 89 * day},
    ]


def _phase_of(space_id: int) -> int | None:
    space = db.session.get_one(Space, space_id)
    return db.session.get_one(Space, space.cohort_id).phase_id if space.cohort_id else None


def _memberships(made: Made) -> None:
    """The reader is a member of the first team and coaches the second; everybody else has a team and five places more."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for space_id, row in made.spaces.items():
        by_kind[row["kind"]].append(space_id)
    made.team = by_kind["team"][0]
    wanted = {READER: [(space_id, "member") for space_id in by_kind["theme"][:10] + by_kind["project"][:10]]}
    wanted[READER] += [(made.team, "member"), (by_kind["team"][1], "coach")]
    wanted[READER] += [(by_kind["cohort"][0], "member"), (by_kind["programme"][0], "member")]
    for person in range(READER + 2, 50 * made.scale + 1):
        mine = [by_kind["team"][person % len(by_kind["team"])]]
        mine += made.random.sample(by_kind["theme"], 3) + made.random.sample(by_kind["project"], 2)
        wanted[person] = [(space_id, "member") for space_id in mine]
    rows, log = [], []
    since = now() - timedelta(days=DAYS)
    for person, places in wanted.items():
        for space_id, role in [(COMMONS, "member"), *places]:
            rows.append({"space_id": space_id, "person_id": person, "role": role, "since": since})
            log.append(_line("member.added", None, "space", space_id, space_id, since, person=person, role=role))
            made.members[space_id].append(person)
            made.roles[space_id, person] = role
    assert sum(row["person_id"] == READER for row in rows) == 25
    _put(Membership, rows)
    _put(Activity, log)


# ---- what people wrote


def _line(
    verb: str, actor: int | None, kind: str, object_id: int, space_id: int | None, at: datetime, **facts: Any
) -> Row:
    return {
        "verb": verb,
        "actor_id": actor,
        "object_kind": kind,
        "object_id": object_id,
        "space_id": space_id,
        "data": facts,
        "created_at": at,
    }


@dataclass
class _Pile:
    """Rows that wait to be put, by table."""

    rows: dict[Any, list[Row]] = field(default_factory=lambda: defaultdict(list))
    next_id: Counter[Any] = field(default_factory=Counter)
    threads: dict[tuple[str, int], list[int]] = field(default_factory=lambda: defaultdict(list))  # first comments

    def add(self, model: Any, row: Row) -> int:
        self.next_id[model] += 1
        self.rows[model].append({"id": self.next_id[model], **row})
        return self.next_id[model]


def _items(made: Made, say: Say) -> None:
    """Posts, pages and comments in the order of time, the last fifty comments on one post."""
    kinds = ["post"] * (2_000 * made.scale - 20) + ["page"] * 2_000 * made.scale
    kinds += ["comment"] * (20_000 * made.scale - LONG_THREAD)
    made.random.shuffle(kinds)
    kinds = ["post"] * 20 + kinds + ["comment"] * LONG_THREAD
    pile = _Pile()
    pile.next_id[Activity] = db.session.scalar(text("SELECT max(id) FROM activity"))
    posts: list[Row] = []
    pages: list[Row] = []
    start, step = now() - timedelta(days=DAYS), timedelta(days=DAYS) / (len(kinds) + 1)
    open_post: Row | None = None
    for number, kind in enumerate(kinds):
        at = start + step * number
        if kind == "comment":
            last = number >= len(kinds) - LONG_THREAD
            if last and open_post is None:
                open_post = next(post for post in reversed(posts) if post["space_id"] == made.team)
            on_page = bool(pages) and not last and made.random.random() < 0.1
            parent = open_post or made.random.choice(pages if on_page else posts)
            _comment(made, pile, "page" if on_page else "post", parent, at)
        elif kind == "post":
            posts.append(_post(made, pile, at))
        else:
            pages.append(_page(made, pile, at))
        if number % 2_000 == 0:
            say("Writing posts, comments and pages", number / len(kinds))
    assert open_post is not None
    made.thread = open_post["id"]
    made.page = next(page for page in reversed(pages) if page["space_id"] == made.team)["id"]
    made.worked = next(p for p in reversed(pages) if p["space_id"] == made.team and p["id"] != made.page)["id"]
    _work_on(made, pile, pages[made.worked - 1])
    for row in [row for row in pile.rows[Notification] if row["person_id"] == READER][-UNREAD:]:
        row["read_at"] = None
    for place, (model, rows) in enumerate(pile.rows.items()):
        say("Keeping them", place / len(pile.rows))
        _put(model, rows)


def _place(made: Made) -> tuple[int, int]:
    """A space and somebody who writes there: a fifth of everything is said in the commons."""
    space_id = COMMONS if made.random.random() < 0.2 else made.random.choice(list(made.spaces))
    return space_id, made.random.choice(made.members[space_id])


def _item(made: Made, said: Text, space_id: int, author: int, at: datetime) -> Row:
    return {
        "space_id": space_id,
        "author_id": author,
        "phase_id": made.spaces[space_id]["phase"],
        "audience": "organisation" if made.spaces[space_id]["open"] else "space",
        "body": said.body,
        "body_html": said.html,
        "excerpt": said.excerpt,
        "render_version": RENDER_VERSION,
        "comment_count": 0,
        "created_at": at,
        "updated_at": at,
        "deleted_at": None,
    }


def _scopes(made: Made, space_id: int) -> frozenset[str]:
    return frozenset({f"s{space_id}:organisation" if made.spaces[space_id]["open"] else f"s{space_id}:members"})


def _document(made: Made, kind: str, item_id: int, title: str, said: str, row: Row, space_id: int) -> None:
    made.documents.append(
        Document(
            ref=f"{kind}:{item_id}",
            kind=kind,
            title=title,
            body=said,
            scopes=_scopes(made, space_id),
            space_id=space_id,
            author=made.handles[row["author_id"]],
            created=row["created_at"],
            phase=str(row["phase_id"]) if row["phase_id"] else None,
        )
    )


def _post(made: Made, pile: _Pile, at: datetime) -> Row:
    (space_id, author), said = _place(made), made.writer.post()
    kind = made.random.choices(("discussion", "question"), (9, 1))[0]
    row = {**_item(made, said, space_id, author, at), "kind": kind, "edited_at": None}
    post_id = pile.add(Post, row)
    pile.add(Activity, _line("post.created", author, "post", post_id, space_id, at, mentions=[]))
    _document(made, "post", post_id, "", said.said, row, space_id)
    for person in made.random.sample(made.members[space_id], min(2, len(made.members[space_id]))):
        name = made.random.choice(REACTIONS)
        pile.add(Reaction, {"post_id": post_id, "person_id": person, "name": name, "created_at": at})
    return pile.rows[Post][-1]


def _page(made: Made, pile: _Pile, at: datetime) -> Row:
    (space_id, author), said, title = _place(made), made.writer.page(), made.writer.title()
    number = pile.next_id[Page] + 1
    row = {
        **_item(made, said, space_id, author, at),
        "path": f"{title.lower().replace(' ', '-')}-{number}",
        "title": title,
        "revision": 1,
        "editor_id": author,
    }
    page_id = pile.add(Page, row)
    kept = {"page_id": page_id, "number": 1, "author_id": author, "title": title, "body": said.body}
    pile.add(Revision, {**kept, "summary": "", "created_at": at})
    pile.add(Activity, _line("page.created", author, "page", page_id, space_id, at, mentions=[], revision=1))
    _document(made, "page", page_id, title, said.said, row, space_id)
    return pile.rows[Page][-1]


def _work_on(made: Made, pile: _Pile, page: Row) -> None:
    """The page of a team that has worked on it for a year."""
    kept = next(row for row in pile.rows[Revision] if row["page_id"] == page["id"])
    for number in range(2, REVISIONS + 1):
        pile.add(Revision, {**{name: value for name, value in kept.items() if name != "id"}, "number": number})
    page["revision"] = REVISIONS
    for _ in range(THREADS):
        pile.threads["page", page["id"]].clear()
        _comment(made, pile, "page", page, now())


def _comment(made: Made, pile: _Pile, kind: str, parent: Row, at: datetime) -> None:
    space_id, said = parent["space_id"], made.writer.comment()
    author = made.random.choice(made.members[space_id])
    row = {
        name: value
        for name, value in _item(made, said, space_id, author, at).items()
        if name not in ("audience", "comment_count")
    }
    as_role = "coach" if made.roles.get((space_id, author)) == "coach" else ""
    known = pile.threads[kind, parent["id"]]
    above = made.random.choice(known) if known and made.random.random() < 0.3 else None
    row |= {"parent_kind": kind, "parent_id": parent["id"], "as_role": as_role, "reply_to_id": above, "edited_at": None}
    comment_id = pile.add(Comment, row)
    if above is None:
        known.append(comment_id)
    parent["comment_count"] += 1
    line = pile.add(Activity, _line("comment.created", author, "comment", comment_id, space_id, at, mentions=[]))
    _document(made, "comment", comment_id, "", said.said, row, space_id)
    if parent["author_id"] != author:
        told = {"person_id": parent["author_id"], "activity_id": line, "actor_id": author, "verb": "comment.created"}
        told |= {"object_kind": "comment", "object_id": comment_id, "space_id": space_id, "reason": "comment"}
        told |= {"thread_kind": kind, "thread_id": parent["id"]}
        pile.add(Notification, {**told, "created_at": at, "read_at": at})


# ---- is it as the house would have made it?


def samples(made: Made) -> Iterator[Document]:
    """Some of the documents, from everywhere."""
    yield from Random(1).sample(made.documents, 60)


def proved(made: Made) -> str:
    """Hold samples against the cards and the renderer. Answers a fingerprint of what search was given.

    Raises AssertionError when the data set is not what the house would make.
    """
    for given in samples(made):
        name, number = split_ref(given.ref)
        card = kind_named(name)
        assert card.document is not None
        obj = db.session.get_one(card.model, number, options=card.options())
        assert card.document(obj) == given, (card.document(obj), given)
        if name in ("post", "page", "comment"):
            check(Text(obj.body, obj.body_html, given.body, obj.excerpt))
    return hashlib.sha256("".join(document.ref for document in made.documents).encode()).hexdigest()[:8]

"""Looks the house over: `flask doctor`. Each finding is one sentence."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text

from community.activity import outbox
from community.clock import now
from community.config import Settings
from community.extensions import db
from community.files.finds import finds_of
from community.files.incoming import guards
from community.jobs.models import Job
from community.mailroom.models import Mail
from community.migrations_state import head, in_database
from community.people.models import Person
from community.search.place import index_in


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is well, and in words."""

    what: str
    good: bool
    words: str


def examine(settings: Settings, storage: Any) -> Iterator[Finding]:
    """Look at everything, one finding a thing; a check that fails is itself a finding."""
    checks: tuple[tuple[str, Callable[[], tuple[bool, str]]], ...] = (
        ("database", _database),
        ("schema", _schema),
        ("storage", lambda: _storage(storage)),
        ("scanner", _scanner),
        ("index", lambda: _index(settings)),
        ("readers", _readers),
        ("jobs", _jobs),
        ("mail", _mail),
        ("disk", lambda: _disk(settings)),
        ("administrator", _administrator),
    )
    for what, check in checks:
        try:
            good, words = check()
        except Exception as fault:  # whatever it is, it is what is wrong
            good, words = False, f"{type(fault).__name__}: {fault}"
        yield Finding(what, good, words)


def _database() -> tuple[bool, str]:
    db.session.execute(text("SELECT 1"))
    return True, f"{db.engine.dialect.name} answers"


def _schema() -> tuple[bool, str]:
    have, want = in_database(), head()
    return have == want, "up to date" if have == want else f"at {have}, wants {want}: run flask db upgrade"


def _storage(storage: Any) -> tuple[bool, str]:
    storage.check()
    return True, "can be written"


def _scanner() -> tuple[bool, str]:
    scanner = guards.now.scanner
    if scanner is None:
        return True, "none is set"
    fault, way = scanner.check(), "come in all the same" if scanner.fails_open else "are refused"
    if fault:
        return False, f"{scanner.name} does not answer, so files {way}: {fault}"
    found = finds_of(timedelta(days=7))
    told = (
        f"; it found {', '.join(sorted(set(found))[:5])} in {len(found)} uploads of the last seven days"
        if found
        else ""
    )
    return True, f"{scanner.name} answers{told}"


def _index(settings: Settings) -> tuple[bool, str]:
    behind = outbox.last_id() - index_in(settings.search_folder).cursor()
    return behind < 10_000, f"{behind} lines behind" if behind else "in step with the log"


def _readers() -> tuple[bool, str]:
    failing = [f"{s.name} ({s.error})" for s in outbox.status() if s.error]
    return not failing, "all go on" if not failing else "stopped: " + "; ".join(failing)


def _jobs() -> tuple[bool, str]:
    lost = db.session.scalar(select(func.count()).select_from(Job).where(Job.given_up_at.is_not(None))) or 0
    return lost == 0, "none given up" if not lost else f"{lost} given up"


def _mail() -> tuple[bool, str]:
    stuck = select(func.count(), func.max(Mail.answer)).where(
        Mail.state == "waiting", Mail.created_at < now() - timedelta(hours=1)
    )
    count, answer = db.session.execute(stuck).one()
    return (
        not count,
        f"{count} wait for more than an hour: {answer or 'does a worker run?'}" if count else "nothing waits",
    )


def _disk(settings: Settings) -> tuple[bool, str]:
    free = shutil.disk_usage(settings.search_folder.parent).free
    return free > 500 * 1024**2, f"{free // 1024**2} MB free"


def _administrator() -> tuple[bool, str]:
    stmt = select(func.count()).select_from(Person)
    count = db.session.scalar(stmt.where(Person.site_role == "administrator", Person.status == "active")) or 0
    return count > 0, f"{count} active" if count else "none: run flask users create --role administrator"

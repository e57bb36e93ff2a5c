"""What follows a line of the log for those who are watching: which pointer goes to which rooms, and whose rights to look at
again. No sockets here: `blueprints/live.py` has those.

A pointer says that something happened, never what: `{"id": 981, "verb": "post.created", "object": "post:12", "actor": "noor",
"space": "noorderlicht"}`; a comment also says what it hangs on (`"on": "post:12"`). The words come through the normal door.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from community.activity.models import Activity
from community.activity.queries import PRIVATE_VERBS
from community.clock import now
from community.extensions import db
from community.kinds import by_kind, hangs_on, kind_named
from community.live.watches import FEED, MESSAGES
from community.messages.models import Participant
from community.notifications.models import Notification
from community.people.models import Person, Session, Token
from community.people.sessions import IDLE
from community.spaces.models import Space

# A gap that is longer than this is not filled: the client reads the page anew.
LONGEST_GAP = 1_000


@dataclass(frozen=True)
class Pointer:
    """One message and the rooms it goes to. Nobody hears it when there is no room."""

    id: int
    rooms: frozenset[str]
    message: dict[str, Any]


class _BeforeItsEnd:
    """A thing that was deleted or taken back as it was, so that those who could see it hear that it is gone."""

    deleted_at = held_at = None

    def __init__(self, thing: Any) -> None:
        self._thing = thing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._thing, name)


def pointers(lines: Sequence[Activity]) -> list[Pointer]:
    """The pointers of a batch of the log, in its order. What concerns accounts is nobody's to watch."""
    lines = [line for line in lines if line.verb not in PRIVATE_VERBS]
    things = _things(lines)
    handles = _names(Person.handle, Person.id, {line.actor_id for line in lines})
    slugs = _names(Space.slug, Space.id, {line.space_id for line in lines})
    made = []
    for line in lines:
        thing = things.get((line.object_kind, line.object_id))
        if thing is None:
            continue
        message: dict[str, Any] = {
            "id": line.id,
            "verb": line.verb,
            "object": line.ref,
            "actor": handles.get(line.actor_id),
            "space": slugs.get(line.space_id),
        }
        on = hangs_on(thing)
        if on is not None:
            message["on"] = f"{on[0]}:{on[1]}"
        made.append(Pointer(line.id, _rooms_of(line, thing, message.get("on")), message))
    return made


def _rooms_of(line: Activity, thing: Any, on: str | None) -> frozenset[str]:
    places = [line.ref]
    if on is not None:
        places.append(on)
    if line.object_kind in ("conversation", "message"):
        places.append(MESSAGES)
    if line.space_id is not None:
        places += [f"s{line.space_id}", FEED]
    shown = _BeforeItsEnd(thing) if line.verb.endswith((".deleted", ".recalled")) else thing
    tokens = kind_named(line.object_kind).scopes(shown)
    return frozenset(f"{token}@{place}" for token in tokens for place in places)


def _things(lines: Iterable[Activity]) -> dict[tuple[str, int], Any]:
    """What the lines speak of: one query for each kind that occurs."""
    found: dict[tuple[str, int], Any] = {}
    for name, ids in by_kind((line.object_kind, line.object_id) for line in lines).items():
        model = kind_named(name).model
        for thing in db.session.scalars(select(model).where(model.id.in_(ids))).unique():
            found[name, thing.id] = thing
    return found


def _names(column: Any, key: Any, ids: Collection[int | None]) -> dict[int | None, str]:
    known = {one for one in ids if one is not None}
    if not known:
        return {}
    return {row[0]: row[1] for row in db.session.execute(select(key, column).where(key.in_(known)))}


def missed(after: int, up_to: int, rooms: Collection[str], space_id: int | None) -> list[dict[str, Any]] | None:
    """The messages of (after, up_to] for somebody in these rooms, oldest first: what they would have got. None when the
    gap is too long to be filled.
    """
    if after >= up_to:
        return []
    stmt = select(Activity).where(Activity.id > after, Activity.id <= up_to)
    if space_id is not None:
        stmt = stmt.where(Activity.space_id == space_id)
    lines = db.session.scalars(stmt.order_by(Activity.id).limit(LONGEST_GAP + 1)).all()
    if len(lines) > LONGEST_GAP:
        return None
    mine = set(rooms)
    return [pointer.message for pointer in pointers(lines) if not mine.isdisjoint(pointer.rooms)]


@dataclass
class Recheck:
    """Whose rights may have changed: these people's, and those of who watches one of these spaces or things."""

    people: set[int] = field(default_factory=set)
    spaces: set[int] = field(default_factory=set)
    things: set[str] = field(default_factory=set)
    everybody: bool = False

    def __bool__(self) -> bool:
        return bool(self.people or self.spaces or self.things or self.everybody)


_OF_A_PERSON = frozenset(
    {
        "person.updated",
        "person.disabled",
        "person.enabled",
        "person.role-changed",
        "person.password-changed",
        "person.signed-out",
        "session.ended",
        "token.revoked",
    }
)


def rechecks(lines: Iterable[Activity]) -> Recheck:
    """Whose rights these lines may have changed."""
    found = Recheck()
    for line in lines:
        if line.verb.startswith(("member.", "conversation.")) and isinstance(line.data.get("person"), int):
            found.people.add(line.data["person"])
        elif line.verb in ("person.blocked", "person.unblocked"):
            found.people |= {line.object_id, line.data["other"]}
        elif line.verb in _OF_A_PERSON:
            found.people.add(line.object_id)
        elif line.verb == "space.updated" and "visibility" in line.data.get("changed", ()):
            found.spaces.add(line.object_id)
        elif line.verb in (
            "post.moved",
            "page.moved",
        ):  # who watched it where it was may have a right to it where it is
            found.spaces.add(line.data["left"])
        elif line.verb == "entry.shared":  # also when it is taken back: who typed below it must not be told any more
            found.things.add(line.ref)
        elif line.verb in ("phase.started", "phase.undone", "programme.imported"):
            found.everybody = True  # many roles at once, and rarely
    return found


def unread_counts(person_ids: Collection[int]) -> dict[int, int]:
    """How many notifications each of these people has not read; nought included."""
    counts = dict.fromkeys(person_ids, 0)
    ids = sorted(counts)
    for start in range(0, len(ids), 500):
        stmt = (
            select(Notification.person_id, func.count())
            .where(
                Notification.person_id.in_(ids[start : start + 500]),
                Notification.read_at.is_(None),
                Notification.in_app.is_(True),
                Notification.hidden.is_(False),
            )
            .group_by(Notification.person_id)
        )
        counts.update((row[0], row[1]) for row in db.session.execute(stmt))
    return counts


def waiting_talks(person_ids: Collection[int]) -> dict[int, int]:
    """In how many conversations something waits for each of these people; nought included."""
    counts = dict.fromkeys(person_ids, 0)
    ids = sorted(counts)
    for start in range(0, len(ids), 500):
        stmt = (
            select(Participant.person_id, func.count())
            .where(Participant.person_id.in_(ids[start : start + 500]), Participant.last_id > Participant.read_id)
            .group_by(Participant.person_id)
        )
        counts.update((row[0], row[1]) for row in db.session.execute(stmt))
    return counts


def living(session_ids: Collection[int], token_ids: Collection[int]) -> tuple[set[int], set[int]]:
    """Which of these sessions and tokens still let their person in."""
    at = now()
    sessions = (
        select(Session.id)
        .join(Person, Person.id == Session.person_id)
        .where(Person.status == "active", Session.expires_at > at, Session.seen_at > at - IDLE)
    )
    tokens = (
        select(Token.id)
        .join(Person, Person.id == Token.person_id)
        .where(Person.status == "active", Token.expires_at > at, Token.revoked_at.is_(None))
    )
    return _among(sessions, Session.id, session_ids), _among(tokens, Token.id, token_ids)


def _among(stmt: Any, column: Any, ids: Collection[int]) -> set[int]:
    wanted = sorted(ids)
    found: set[int] = set()
    for start in range(0, len(wanted), 500):
        found |= set(db.session.scalars(stmt.where(column.in_(wanted[start : start + 500]))))
    return found

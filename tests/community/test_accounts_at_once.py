"""Several at the same door at the same moment, in threads of their own, on either database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from community.errors import CommunityError
from community.extensions import db, write_unit
from community.people import actions, entry, throttle, tokens
from community.people.models import Person, Session
from community.people.queries import person_by_email
from community.permissions import ANONYMOUS, SYSTEM
from community.spaces.actions import accept_invitation, create_invitation
from community.spaces.models import Invitation
from tests.world import World

FRESH = "zeven natte honden op de dijk"


def all_at_once(app: Flask, deeds: list[Callable[[], Any]]) -> Counter[str]:
    """Do all of it together; count what came of it: the name of each refusal, or "done"."""
    came: Counter[str] = Counter()
    start = Barrier(len(deeds))

    def do(deed: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait(30)
            try:
                deed()
                came["done"] += 1
            except CommunityError as fault:
                came[type(fault).__name__] += 1
            finally:
                db.session.remove()

    threads = [Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    db.session.rollback()
    db.session.expire_all()
    return came


def test_sixteen_guesses_at_once_are_sixteen_tries(app: Flask, world: World) -> None:
    db.session.rollback()

    def guess(n: int) -> Callable[[], Any]:
        return lambda: entry.prove("noor@waterland.example", f"guess {n}", address=f"192.0.2.{n}")

    came = all_at_once(app, [guess(n) for n in range(16)])
    assert came == {"Invalid": throttle.PER_ACCOUNT, "TooMany": 16 - throttle.PER_ACCOUNT}


def test_the_last_place_of_a_link_goes_to_one(app: Flask, world: World) -> None:
    invitation, _ = create_invitation(world.actor("pieter_jan"), world.space("getij"), seats=1)
    invitation_id = invitation.id
    db.session.rollback()

    def come(name: str) -> Callable[[], Any]:
        return lambda: accept_invitation(world.actor(name), db.session.get_one(Invitation, invitation_id))

    came = all_at_once(app, [come(name) for name in ("dev", "samir", "fatma", "kwame")])
    assert came == {"done": 1, "NotFound": 3}
    assert db.session.get_one(Invitation, invitation_id).used == 1


def test_a_letter_opened_twice_makes_one_account_with_one_password(app: Flask, world: World) -> None:
    person = actions.create_person(SYSTEM, email="asli@waterland.example", name="Aslı Demir")
    with write_unit():
        secret = tokens.new_ticket(person.id, "join")
    db.session.rollback()

    def join(n: int) -> Callable[[], Any]:
        return lambda: actions.join(ANONYMOUS, secret, password=f"{FRESH} {n}", name=f"Aslı {n}")

    assert all_at_once(app, [join(n) for n in range(4)]) == {"done": 1, "NotFound": 3}
    came_in = person_by_email("asli@waterland.example")
    assert came_in is not None and came_in.status == "active"


def test_two_administrators_cannot_demote_each_other(app: Flask, world: World) -> None:
    actions.change_site_role(world.actor("rik"), world.person("dev"), site_role="administrator")
    db.session.rollback()

    def demote(by: str, whom: str) -> Callable[[], Any]:
        return lambda: actions.change_site_role(world.actor(by), world.person(whom), site_role="member")

    all_at_once(app, [demote("rik", "dev"), demote("dev", "rik")])
    stmt = select(func.count()).select_from(Person).where(Person.site_role == "administrator")
    assert (db.session.scalar(stmt) or 0) >= 1


def test_signing_in_while_the_account_is_closed_leaves_no_session(app: Flask, world: World) -> None:
    def sign_in() -> None:
        actions.sign_in(ANONYMOUS, world.person("noor"))

    def close() -> None:
        actions.disable_person(world.actor("rik"), world.person("noor"))

    db.session.rollback()
    all_at_once(app, [sign_in, close, sign_in, sign_in])
    assert world.person("noor").status == "disabled"
    living = select(func.count()).select_from(Session).where(Session.person_id == world.person_ids["noor"])
    assert db.session.scalar(living) == 0

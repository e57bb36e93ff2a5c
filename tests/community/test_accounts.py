"""Accounts as the domain keeps them: who comes in, who no longer does, and what the tables know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from community.activity.models import Activity
from community.clock import frozen, now
from community.errors import Conflict, Denied, Invalid, NotFound, TooMany
from community.extensions import db, write_unit
from community.jobs.models import Job
from community.jobs.work import run_one
from community.people import actions, entry, mailings, passwords, sessions, throttle, tokens
from community.people.models import Attempt, Person, Session, Ticket, Token
from community.people.pasting import read_people
from community.people.queries import people_for, person_by_email, person_for, sessions_for, tokens_for
from community.permissions import ANONYMOUS, SYSTEM
from community.ports import Letter, ports
from community.spaces.actions import accept_invitation, create_invitation, remove_member, revoke_invitation
from community.spaces.models import Membership
from community.spaces.queries import invitation_of
from tests.world import PASSWORD, World

FRESH = "zeven natte honden op de dijk"


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any], str]]:
    """Letters as (kind, facts, language), instead of being sent."""
    sent: list[tuple[str, dict[str, Any], str]] = []

    def compose(kind: str, facts: dict[str, Any], language: str) -> Letter:
        sent.append((kind, facts, language))
        return Letter(facts["to"], kind, "", "")

    monkeypatch.setattr(ports, "compose", compose)
    monkeypatch.setattr(ports, "carry", lambda letter: None)
    return sent


def work() -> None:
    while run_one():
        pass


def secret_in(path: str) -> str:
    return path.rpartition("/")[2]


# Making and finding people


def test_only_who_looks_after_the_site_makes_people(world: World) -> None:
    for name in ("noor", "pieter_jan", "gus"):
        with pytest.raises(Denied):
            actions.create_person(world.actor(name), email="new@waterland.example", name="New")
    made = actions.create_person(world.actor("rik"), email="New@Waterland.Example", name="  Nieuwe   Collega ")
    assert (made.email, made.name, made.status, made.password_hash) == (
        "new@waterland.example",
        "Nieuwe Collega",
        "invited",
        None,
    )


@pytest.mark.parametrize(
    "twin",
    ["noor@waterland.example ", "NOOR@waterland.example", "ｎｏｏｒ@waterland.example", "noor\u200b@waterland.example"],
)
def test_a_look_alike_of_an_address_is_the_same_account(world: World, twin: str) -> None:
    assert person_by_email(twin) is not None
    with pytest.raises(Conflict):
        actions.create_person(SYSTEM, email=twin, name="Somebody Else")


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("email", {"email": "no address"}),
        ("name", {"name": " \u200b\n"}),
        ("name", {"name": "n" * 121}),
        ("language", {"language": "fr"}),
        ("time_zone", {"time_zone": "../etc/passwd"}),
        ("skills", {"skills": [f"skill {n}" for n in range(21)]}),
        ("site_role", {"site_role": "system"}),
        ("handle", {"handle": "admin"}),
        ("password", {"password": "short"}),
        ("password", {"password": "Ada-Lovelace-1"}),
    ],
)
def test_a_field_that_cannot_be_used_is_named(world: World, field: str, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as fault:
        actions.create_person(SYSTEM, **{"email": "ada@waterland.example", "name": "Ada Lovelace", **given})
    assert fault.value.field == field
    assert person_by_email("ada@waterland.example") is None


def test_namesakes_get_handles_of_their_own(world: World) -> None:
    twin = actions.create_person(SYSTEM, email="noor2@waterland.example", name="Noor van der Velden")
    assert twin.handle == "noor.van-der-velden-2"


def test_people_are_found_by_name_place_and_without_accents(world: World) -> None:
    boss = world.actor("rik")
    actions.create_person(
        SYSTEM, email="ragnhild@waterland.example", name="Ragnhild Øvergård", location="Oslo", password=PASSWORD
    )
    for q in ("ragnhild", "OVERGARD", "øvergård", "oslo"):
        assert [p.name for p in people_for(boss, q).people] == ["Ragnhild Øvergård"], q
    assert people_for(boss, "100%").people == []
    assert people_for(boss, "waterland.example").people, "administrators look for e-mails"
    assert not people_for(world.actor("noor"), "waterland.example").people, "colleagues do not"


def test_a_list_of_people_goes_on_where_it_stopped(world: World) -> None:
    seen: list[str] = []
    before = None
    while True:
        page = people_for(world.actor("rik"), before=before, limit=5)
        seen += [person.name for person in page.people]
        if page.next is None:
            break
        before = page.next.handle
    assert len(seen) == len(set(seen)) == len(world.everybody)
    assert seen == sorted(seen, key=str.lower)


def test_a_guest_of_no_space_finds_only_themself(world: World) -> None:
    assert [p.name for p in people_for(world.actor("gus")).people] == ["Gus Okafor"]
    with pytest.raises(NotFound):
        person_for(world.actor("gus"), "noor.van-der-velden")


def test_somebody_changes_themself_and_nobody_else(world: World) -> None:
    noor = world.person("noor")
    actions.update_person(world.actor("noor"), noor, about="I like **loops**.", skills=["loops", " Loops ", "queues"])
    assert noor.skills == ["loops", "queues"]
    assert "<strong>loops</strong>" in noor.about_html
    with pytest.raises(Denied):
        actions.update_person(world.actor("samir"), noor, headline="Silly")
    for sly in ("site_role", "status", "email", "password_hash", "id", "handle"):
        with pytest.raises(TypeError):
            actions.update_person(world.actor("noor"), noor, **{sly: "administrator"})


# Signing in


def test_a_session_is_kept_as_a_hash_and_ends_by_itself(world: World) -> None:
    noor = world.person("noor")
    token = actions.sign_in(ANONYMOUS, noor, address="192.0.2.7", agent="Firefox")
    kept = db.session.scalars(select(Session)).one()
    assert token not in (kept.token_hash, kept.agent) and len(token) >= 43
    assert sessions.session_of(token) is kept
    start = now()
    with frozen(start + timedelta(days=13, hours=23)):
        assert sessions.session_of(token) is not None
        sessions.touch(kept.id, noor.id)
    for visit in range(2, 5):  # every 13 days, until the absolute end
        with frozen(start + timedelta(days=13 * visit)):
            assert sessions.session_of(token) is not None
            sessions.touch(kept.id, noor.id)
    with frozen(start + timedelta(days=60, seconds=1)):
        assert sessions.session_of(token) is None


def test_a_session_unused_for_fourteen_days_is_over(world: World) -> None:
    token = actions.sign_in(ANONYMOUS, world.person("noor"))
    with frozen(now() + timedelta(days=14, minutes=1)):
        assert sessions.session_of(token) is None
        with write_unit():
            sessions.sweep()
        assert db.session.scalar(select(func.count()).select_from(Session)) == 0


def test_presence_is_noted_once_an_hour_and_to_the_hour_without_a_line_in_the_log(world: World) -> None:
    noor = world.person("noor")
    actions.sign_in(ANONYMOUS, noor)
    session = db.session.scalars(select(Session)).one()
    first, lines = session.seen_at, db.session.scalar(select(func.count()).select_from(Activity))
    with frozen(first + timedelta(minutes=59)):
        sessions.touch(session.id, noor.id)
        assert db.session.get_one(Session, session.id).seen_at == first
    with frozen(first + timedelta(minutes=61)):
        sessions.touch(session.id, noor.id)
        db.session.expire_all()
        assert db.session.get_one(Session, session.id).seen_at > first
        assert noor.seen_at is not None and (noor.seen_at.minute, noor.seen_at.second) == (0, 0)
    assert db.session.scalar(select(func.count()).select_from(Activity)) == lines


def test_ten_wrong_tries_close_an_account_for_a_while(world: World) -> None:
    for n in range(throttle.PER_ACCOUNT):
        with pytest.raises(Invalid):
            entry.prove("noor@waterland.example", "wrong", address=f"192.0.2.{n}")
    with pytest.raises(TooMany) as fault:
        entry.prove(" NOOR@waterland.example", PASSWORD, address="198.51.100.1")
    assert 0 < fault.value.retry_after <= throttle.WINDOW.total_seconds() + 1
    with frozen(now() + timedelta(seconds=fault.value.retry_after)):
        assert entry.prove("noor@waterland.example", PASSWORD, address="198.51.100.1").name == "Noor van der Velden"


def test_twenty_wrong_tries_close_an_address_whoever_it_tries(world: World) -> None:
    for n in range(throttle.PER_ADDRESS):
        with pytest.raises(Invalid):
            entry.prove(f"nobody{n}@waterland.example", "wrong", address="192.0.2.1")
    with pytest.raises(TooMany):
        entry.prove("noor@waterland.example", PASSWORD, address="192.0.2.1")
    assert entry.prove("noor@waterland.example", PASSWORD, address="192.0.2.2")
    assert "noor" not in "".join(db.session.scalars(select(Attempt.key)))


def test_a_good_try_is_not_counted(world: World) -> None:
    for _ in range(throttle.PER_ADDRESS + 5):
        entry.prove("noor@waterland.example", PASSWORD, address="192.0.2.1")
    assert db.session.scalar(select(func.count()).select_from(Attempt)) == 0


def test_an_old_hash_is_made_anew_at_the_next_sign_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher

    noor = world.person("noor")
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with write_unit():
        noor.password_hash = weak
    entry.prove("noor@waterland.example", PASSWORD, address="192.0.2.1")
    db.session.expire_all()
    assert noor.password_hash != weak and noor.password_hash.startswith("$argon2id$")
    assert not passwords.needs_rehash(noor.password_hash)


def test_who_may_not_come_in_hears_the_same_as_who_does_not_exist(world: World) -> None:
    actions.create_person(SYSTEM, email="invited@waterland.example", name="Not Yet")
    actions.disable_person(SYSTEM, world.person("joost"))
    said = set()
    for email in ("noor", "nobody", "invited", "joost"):
        password = "wrong" if email == "noor" else PASSWORD
        with pytest.raises(Invalid) as fault:
            entry.prove(f"{email}@waterland.example", password, address="192.0.2.1")
        said.add((fault.value.field, str(fault.value)))
    assert len(said) == 1


# Passwords


def test_a_new_password_ends_every_other_session(world: World) -> None:
    noor = world.person("noor")
    tokens_before = [actions.sign_in(ANONYMOUS, noor) for _ in range(3)]
    here = sessions.session_of(tokens_before[0])
    assert here is not None
    _, key = actions.create_token(world.actor("noor"), noor, name="calendar")
    actions.change_password(world.actor("noor"), noor, password=FRESH, session_id=here.id)
    assert [sessions.session_of(token) is not None for token in tokens_before] == [True, False, False]
    assert tokens.living_token(key) is not None, "keys stay, listed and revocable (ASVS 6.2.3)"
    assert len(tokens_for(world.actor("noor"), noor)) == 1
    assert entry.prove("noor@waterland.example", FRESH, address="192.0.2.1")
    with pytest.raises(Denied):
        actions.change_password(world.actor("rik"), noor, password=FRESH)


def test_a_password_may_be_as_long_as_a_poem_and_every_letter_counts(world: World) -> None:
    noor = world.person("noor")
    long = "🌊 de dijk houdt " * 12
    actions.change_password(world.actor("noor"), noor, password=long + "a")
    assert entry.prove(noor.email, long + "a", address="192.0.2.1")
    with pytest.raises(Invalid):
        entry.prove(noor.email, long + "b", address="192.0.2.1")


def test_a_reset_letter_works_once_within_the_hour_and_signs_everybody_out(
    world: World, post: list[tuple[str, dict[str, Any], str]]
) -> None:
    old = actions.sign_in(ANONYMOUS, world.person("noor"))
    mailings.ask_for_reset(" Noor@Waterland.example", address="192.0.2.1")
    queued = db.session.scalars(select(Job).where(Job.name == "mail.reset")).one()
    assert set(queued.payload) == {"email"}, "no secret lies in the queue"
    work()
    kind, facts, language = post.pop()
    assert (kind, facts["to"], language) == ("reset", "noor@waterland.example", "nl")
    secret = secret_in(facts["path"])
    ticket = db.session.scalars(select(Ticket)).one()
    assert secret != ticket.token_hash and ticket.expires_at - ticket.created_at <= timedelta(hours=1)
    with pytest.raises(Invalid):
        actions.reset_password(ANONYMOUS, secret, password="kort")
    actions.reset_password(ANONYMOUS, secret, password=FRESH)
    assert sessions.session_of(old) is None
    with pytest.raises(NotFound):
        actions.reset_password(ANONYMOUS, secret, password=FRESH + "!")
    assert entry.prove("noor@waterland.example", FRESH, address="192.0.2.1")


def test_a_reset_letter_too_old_or_for_a_closed_account_opens_nothing(
    world: World, post: list[tuple[str, dict[str, Any], str]]
) -> None:
    first = actions.issue_reset(SYSTEM, world.person("noor"))
    with frozen(now() + tokens.RESET_FOR + timedelta(seconds=1)), pytest.raises(NotFound):
        actions.reset_password(ANONYMOUS, first, password=FRESH)
    actions.disable_person(SYSTEM, world.person("noor"))
    with pytest.raises(NotFound):
        actions.reset_password(ANONYMOUS, first, password=FRESH)
    actions.enable_person(SYSTEM, world.person("noor"))
    assert tokens.living_ticket(first, "reset") is None, "it does not come back to life"
    mailings.ask_for_reset("nobody@waterland.example", address="192.0.2.1")
    work()
    assert post == []


def test_asking_for_letters_is_counted_for_who_exists_and_who_does_not(world: World) -> None:
    for email in ("noor@waterland.example", "nobody@waterland.example"):
        for _ in range(mailings.LETTERS_PER_ACCOUNT):
            mailings.ask_for_reset(email, address="192.0.2.1")
        with pytest.raises(TooMany):
            mailings.ask_for_reset(email, address="192.0.2.1")


# Joining


def test_fatma_comes_in_with_her_invitation(world: World, post: list[tuple[str, dict[str, Any], str]]) -> None:
    asli = actions.invite_new(world.actor("rik"), email="asli@waterland.example", name="Aslı Demir", language="nl")
    assert set(db.session.scalars(select(Job)).one().payload) == {"person", "by"}
    work()
    kind, facts, language = post.pop()
    assert (kind, facts["by"], language) == ("join", "Rik Terpstra", "nl")
    secret = secret_in(facts["path"])
    came = actions.join(ANONYMOUS, secret, password=FRESH, name="Aslı Demir", location="Vlissingen", skills=["rooster"])
    assert came is asli and (came.status, came.location) == ("active", "Vlissingen")
    with pytest.raises(NotFound):
        actions.join(ANONYMOUS, secret, password=FRESH, name="Somebody Else")
    with pytest.raises(Conflict):
        actions.invite_person(world.actor("rik"), asli)


def test_a_weak_password_does_not_use_the_invitation_up(world: World) -> None:
    person = actions.create_person(SYSTEM, email="asli@waterland.example", name="Aslı Demir")
    with write_unit():
        secret = tokens.new_ticket(person.id, "join")
    with pytest.raises(Invalid):
        actions.join(ANONYMOUS, secret, password="welkom123", name="Aslı Demir")
    assert actions.join(ANONYMOUS, secret, password=FRESH, name="Aslı Demir").status == "active"


def test_a_ticket_fits_one_door_only(world: World) -> None:
    person = actions.create_person(SYSTEM, email="asli@waterland.example", name="Aslı Demir")
    with write_unit():
        join = tokens.new_ticket(person.id, "join")
    reset = actions.issue_reset(SYSTEM, world.person("noor"))
    with pytest.raises(NotFound):
        actions.reset_password(ANONYMOUS, join, password=FRESH)
    with pytest.raises(NotFound):
        actions.join(ANONYMOUS, reset, password=FRESH, name="Noor")


def test_a_link_into_a_space_has_so_many_places_and_no_more(world: World) -> None:
    bridge, maker = world.space("getij"), world.actor("pieter_jan")
    invitation, token = create_invitation(maker, bridge, role="member", seats=2)
    assert token != invitation.token_hash
    accept_invitation(world.actor("dev"), invitation)
    accept_invitation(world.actor("dev"), invitation)  # coming twice takes one place
    assert invitation_of(token) is not None
    accept_invitation(world.actor("mei_lin"), invitation)
    assert invitation_of(token) is None
    with pytest.raises(NotFound):
        accept_invitation(world.actor("samir"), invitation)


def test_a_link_into_a_space_dies_with_its_date_its_revocation_and_its_makers_right(world: World) -> None:
    space, boss = world.space("theme"), world.actor("mei_lin")
    late, late_token = create_invitation(boss, space, days=1)
    with frozen(now() + timedelta(days=1, seconds=1)), pytest.raises(NotFound):
        accept_invitation(world.actor("dev"), late)
    revoke_invitation(boss, space, late)
    with pytest.raises(NotFound):
        accept_invitation(world.actor("dev"), late)
    assert invitation_of(late_token) is None

    cohort = world.space("cohort")
    from community.spaces.actions import add_member

    add_member(world.actor("rik"), cohort, world.person("anna"), role="facilitator")
    hers, token = create_invitation(world.actor("anna"), cohort, seats=5)
    remove_member(world.actor("rik"), cohort, world.person("anna"))
    assert invitation_of(token) is None
    with pytest.raises(NotFound):
        accept_invitation(world.actor("dev"), hers)


def test_somebody_new_registers_and_lands_in_the_space_or_neither(world: World) -> None:
    invitation, _ = create_invitation(world.actor("pieter_jan"), world.space("getij"))
    with pytest.raises(Invalid):
        actions.register(ANONYMOUS, invitation, email="new@else.example", password="kort", name="New")
    assert person_by_email("new@else.example") is None and invitation.used == 0
    made = actions.register(ANONYMOUS, invitation, email="new@else.example", password=FRESH, name="New Person")
    role = db.session.scalars(select(Membership).where(Membership.person_id == made.id)).one()
    assert (role.space_id, role.role, made.status, made.site_role) == (
        world.space_ids["getij"],
        "member",
        "active",
        "member",
    )
    with pytest.raises((NotFound, Conflict)):
        actions.register(ANONYMOUS, invitation, email="another@else.example", password=FRESH, name="Another")
    assert person_by_email("another@else.example") is None


def test_who_comes_as_guest_of_a_space_is_a_guest_of_the_site(world: World) -> None:
    invitation, _ = create_invitation(world.actor("pieter_jan"), world.space("getij"), role="guest")
    made = actions.register(ANONYMOUS, invitation, email="sponsor@else.example", password=FRESH, name="Sponsor")
    assert made.site_role == "guest"


def test_a_link_never_takes_over_an_account(world: World) -> None:
    invitation, _ = create_invitation(world.actor("pieter_jan"), world.space("getij"))
    before = world.person("noor").password_hash
    with pytest.raises(Conflict):
        actions.register(ANONYMOUS, invitation, email="noor@waterland.example", password=FRESH, name="Not Noor")
    assert world.person("noor").password_hash == before


def test_the_letter_after_a_link_tells_only_its_reader(
    world: World, post: list[tuple[str, dict[str, Any], str]]
) -> None:
    invitation, _ = create_invitation(world.actor("pieter_jan"), world.space("getij"))
    for email in ("noor@waterland.example", "new@else.example"):
        mailings.ask_to_register(invitation, email, language="en", address="192.0.2.1")
    work()
    assert [(facts["to"], facts["known"]) for _, facts, _ in post] == [
        ("noor@waterland.example", True),
        ("new@else.example", False),
    ]


# Closing, roles


def test_a_closed_account_loses_every_door_at_once(world: World) -> None:
    joost = world.person("joost")
    session = actions.sign_in(ANONYMOUS, joost)
    _, key = actions.create_token(world.actor("joost"), joost, name="script", scope="write")
    actions.disable_person(world.actor("rik"), joost)
    assert sessions.session_of(session) is None and tokens.living_token(key) is None
    line = db.session.scalars(select(Activity).where(Activity.verb == "person.disabled")).one()
    assert len(line.data["sessions"]) == 1, "the live room knows whom to hang up"
    actions.enable_person(world.actor("rik"), joost)
    assert sessions.session_of(session) is None and tokens.living_token(key) is None


def test_the_last_administrator_stays(world: World) -> None:
    rik = world.person("rik")
    for wrong in (
        lambda: actions.disable_person(SYSTEM, rik),
        lambda: actions.change_site_role(SYSTEM, rik, site_role="member"),
    ):
        with pytest.raises(Conflict):
            wrong()
    actions.change_site_role(world.actor("rik"), world.person("dev"), site_role="administrator")
    with pytest.raises(Denied):
        actions.change_site_role(world.actor("rik"), rik, site_role="member")  # nobody demotes themself
    actions.change_site_role(world.actor("dev"), rik, site_role="member")
    assert rik.site_role == "member"
    with pytest.raises(Conflict):
        actions.disable_person(SYSTEM, world.person("dev"))


def test_nobody_else_gives_roles_or_closes_accounts(world: World) -> None:
    for name in ("noor", "anna", "pieter_jan", "mei_lin"):
        with pytest.raises(Denied):
            actions.change_site_role(world.actor(name), world.person("samir"), site_role="administrator")
        with pytest.raises(Denied):
            actions.disable_person(world.actor(name), world.person("samir"))
        with pytest.raises(Denied):
            actions.invite_new(world.actor(name), email="x@waterland.example", name="X")


def test_a_new_role_begins_at_a_new_door(world: World) -> None:
    session = actions.sign_in(ANONYMOUS, world.person("dev"))
    actions.change_site_role(world.actor("rik"), world.person("dev"), site_role="guest")
    assert sessions.session_of(session) is None


def test_sessions_are_ended_by_their_owner_and_by_administrators(world: World) -> None:
    noor = world.person("noor")
    actions.sign_in(ANONYMOUS, noor)
    session = sessions_for(world.actor("noor"), noor)[0]
    with pytest.raises(Denied):
        actions.end_session(world.actor("samir"), noor, session_id=session.id)
    with pytest.raises(NotFound):
        actions.end_session(world.actor("samir"), world.person("samir"), session_id=session.id)
    actions.end_session(world.actor("rik"), noor, session_id=session.id)
    assert sessions_for(world.actor("noor"), noor) == []


# API tokens


def test_a_key_is_kept_as_a_hash_has_an_end_and_is_its_owners(world: World) -> None:
    noor = world.person("noor")
    token, secret = actions.create_token(world.actor("noor"), noor, name="calendar", scope="read", days=30)
    assert secret not in (token.token_hash, token.name)
    found = tokens.living_token(secret)
    assert found is not None and (found.person, found.scope) == (noor, "read")
    assert found.used_at is None
    tokens.touch(found)
    db.session.expire_all()
    assert db.session.get_one(Token, token.id).used_at is not None
    with frozen(now() + timedelta(days=30, seconds=1)):
        assert tokens.living_token(secret) is None
    for other in ("rik", "samir"):
        with pytest.raises(Denied):
            actions.create_token(world.actor(other), noor, name="in her name")
    with pytest.raises(NotFound):
        actions.revoke_token(world.actor("samir"), world.person("samir"), token_id=token.id)
    actions.revoke_token(world.actor("noor"), noor, token_id=token.id)
    assert tokens.living_token(secret) is None


@pytest.mark.parametrize(
    ("field", "given"),
    [("name", {"name": " "}), ("scope", {"scope": "admin"}), ("days", {"days": 0}), ("days", {"days": 4000})],
)
def test_a_key_asks_for_sense(world: World, field: str, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as fault:
        actions.create_token(world.actor("noor"), world.person("noor"), **{"name": "x", **given})
    assert fault.value.field == field


# A pasted list


def test_a_pasted_list_is_read_as_people_write_it() -> None:
    found = read_people(
        "Noor van der Velden <noor@waterland.example>,\n"
        "samir@waterland.example; Samir El Idrissi\n"
        "Fatma Yıldırım\tfatma@waterland.example\n\n"
        "kwame.mensah@waterland.example\n"
        "NOOR@waterland.example\n"
        "no address here\n"
    )
    assert [(p.email, p.name) for p in found if not p.fault] == [
        ("noor@waterland.example", "Noor van der Velden"),
        ("samir@waterland.example", "Samir El Idrissi"),
        ("fatma@waterland.example", "Fatma Yıldırım"),
        ("kwame.mensah@waterland.example", "Kwame Mensah"),
    ]
    assert [p.text for p in found if p.fault] == ["no address here"]


def test_nothing_secret_stands_in_the_log_or_the_queue(
    world: World, post: list[tuple[str, dict[str, Any], str]]
) -> None:
    noor = world.person("noor")
    secrets = [actions.sign_in(ANONYMOUS, noor), actions.create_token(world.actor("noor"), noor, name="x")[1]]
    mailings.ask_for_reset(noor.email, address="192.0.2.1")
    work()
    secrets.append(secret_in(post[0][1]["path"]))
    kept = str([line.data for line in db.session.scalars(select(Activity))])
    kept += str([job.payload for job in db.session.scalars(select(Job))])
    kept += str([(p.password_hash, p.about) for p in db.session.scalars(select(Person))])
    assert not [secret for secret in secrets if secret in kept]

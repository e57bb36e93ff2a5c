"""What can happen to people: their accounts, their ways in, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.jobs.work import enqueue
from community.markup import RENDER_VERSION, Known, clean_text, render
from community.people import passwords, sessions, tokens
from community.people.handles import canonical_email, checked_handle, free_handle, is_email
from community.people.models import LANGUAGES, SITE_ROLES, FeedKey, Person, Session, Token
from community.people.queries import administrators_besides, people_waiting, person_by_email
from community.permissions import SYSTEM, Actor, require
from community.spaces.actions import accept_invitation
from community.spaces.models import Invitation

MOST_SKILLS = 20
TOKEN_DAYS = (1, 366)
MOST_FEED_KEYS = 10


# Accounts


def _looks_after_the_site(actor: Actor) -> None:
    if not (actor.is_administrator or actor.is_system):
        raise Denied()


@action
def create_person(
    actor: Actor,
    *,
    email: str,
    name: str,
    handle: str | None = None,
    password: str | None = None,
    site_role: str = "member",
    language: str = "en",
    time_zone: str = "Europe/Amsterdam",
    location: str = "",
    headline: str = "",
    skills: Sequence[str] = (),
) -> Person:
    """Make an account: active when a password is given, else invited. Administrators only.
    Raises Denied, Conflict when the e-mail is taken, Invalid for the first field that cannot be used.
    """
    _looks_after_the_site(actor)
    if site_role not in SITE_ROLES:
        raise Invalid("site_role", _l("Choose a role."))
    email = _email(email)
    if person_by_email(email) is not None:
        raise Conflict(_l("There is an account with this e-mail already."))
    words = _words(
        name=name, language=language, time_zone=time_zone, location=location, headline=headline, skills=skills
    )
    wished = free_handle(checked_handle(handle) if handle else words["name"])
    person = Person(email=email, handle=wished, site_role=site_role, **words)
    if password is not None:
        _put_password(person, password)
        person.status = "active"
    else:
        person.status = "invited"
    try:
        with db.session.begin_nested():
            db.session.add(person)
    except IntegrityError:  # somebody made the same account at this very moment
        raise Conflict(_l("There is an account with this e-mail already.")) from None
    record("person.created", actor, person, status=person.status)
    return person


def _email(text: str) -> str:
    email = canonical_email(text)
    if not is_email(email):
        raise Invalid("email", _l("Write an e-mail address such as noor@example.org."))
    return email


def _line(field: str, text: str, limit: int) -> str:
    """One line without control characters or double blanks. Raises Invalid when it is longer than `limit`."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(line) > limit:
        raise Invalid(field, _l("Keep this under %(limit)d characters."), limit=limit)
    return line


def _skills(names: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        line = _line("skills", name, 40)
        if line:
            found.setdefault(line.casefold(), line)
    if len(found) > MOST_SKILLS:
        raise Invalid("skills", _l("Name %(limit)d skills at most."), limit=MOST_SKILLS)
    return list(found.values())


def _words(**given: Any) -> dict[str, Any]:
    """What a person may say of themselves, checked. Raises Invalid for the first field that cannot be used."""
    words: dict[str, Any] = {}
    for field, limit in (("name", 120), ("location", 80), ("headline", 120)):
        if field in given:
            words[field] = _line(field, given[field], limit)
    if words.get("name") == "":
        raise Invalid("name", _l("Write the name by which others know you."))
    if "language" in given:
        if given["language"] not in LANGUAGES:
            raise Invalid("language", _l("Choose a language."))
        words["language"] = given["language"]
    if "time_zone" in given:
        words["time_zone"] = _zone(given["time_zone"])
    if "skills" in given:
        words["skills"] = _skills(given["skills"])
    if "about" in given:
        about = clean_text(given["about"]).strip()
        if len(about) > 4000:
            raise Invalid("about", _l("Keep this under %(limit)d characters."), limit=4000)
        words["about"] = about
    words.update({wish: bool(given[wish]) for wish in ("show_presence", "open_to_strangers") if wish in given})
    return words


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid("time_zone", _l("Choose a time zone such as Europe/Amsterdam.")) from None
    return name


def _put_password(person: Person, password: str) -> None:
    passwords.check_strength(password, words=(person.name, person.email, person.handle, "cohortium"))
    person.password_hash, person.password_changed_at = passwords.hash(password), now()


@action
def update_person(actor: Actor, person: Person, **changes: Any) -> Person:
    """Change what a person says of themselves: name, headline, location, about (Markdown), skills, language, time_zone; and what
    nobody decides for another: show_presence, open_to_strangers.
    Records nothing when all is as it was. Raises Invalid, Denied, NotFound; TypeError for any other field.
    """
    require(actor, "edit", person)
    wishes = {"show_presence", "open_to_strangers"}
    if wishes & set(changes) and actor.id != person.id:
        raise Denied()
    allowed = {"name", "headline", "location", "about", "skills", "language", "time_zone", *wishes}
    if unknown := set(changes) - allowed:
        raise TypeError(f"update_person does not know {sorted(unknown)}")
    changed = {key: value for key, value in _words(**changes).items() if getattr(person, key) != value}
    if not changed:
        nothing_changed()
        return person
    for key, value in changed.items():
        setattr(person, key, value)
    if "about" in changed:
        person.about_html = str(render(person.about, resolve=Known()).html) if person.about else ""
        person.render_version = RENDER_VERSION
    record("person.updated", actor, person, changed=sorted(changed))
    return person


@action
def set_picture(actor: Actor, person: Person, *, key: str | None) -> None:
    """Point a person at the picture with this key in the storage, or at none."""
    require(actor, "edit", person)
    if person.picture_key == key:
        nothing_changed()
        return
    person.picture_key = key
    record("person.updated", actor, person, changed=["picture"])


@action
def invite_person(actor: Actor, person: Person) -> None:
    """Send (or send again) the letter with which somebody comes in. Raises Conflict when they are in already."""
    _looks_after_the_site(actor)
    if person.status != "invited":
        raise Conflict(_l("%(name)s has an account already."), name=person.name)
    enqueue("mail.join", {"person": person.id, "by": actor.id})
    record("person.invited", actor, person)


@action
def invite_new(actor: Actor, *, email: str, name: str, site_role: str = "member", language: str = "en") -> Person:
    """Make an account and send the letter with which its owner comes in, or neither. Raises as `create_person` does."""
    person = create_person(actor, email=email, name=name, site_role=site_role, language=language)
    db.session.flush()
    invite_person(actor, person)
    return person


@action
def invite_waiting(actor: Actor) -> list[Person]:
    """Send the letter to everybody who has an account but got no letter that still works. Twice is as good as once."""
    _looks_after_the_site(actor)
    people = people_waiting()
    for person in people:
        invite_person(actor, person)
    if not people:
        nothing_changed()
    return people


@action
def disable_person(actor: Actor, person: Person) -> None:
    """Close an account: every session, token and letter of theirs ends; their words stay. Administrators only.
    Raises Conflict for the last administrator.
    """
    require(actor, "disable", person)
    if person.status == "disabled":
        nothing_changed()
        return
    _keep_an_administrator(person)
    person.status = "disabled"
    ended = _end_sessions(person)
    db.session.execute(
        update(Token).where(Token.person_id == person.id, Token.revoked_at.is_(None)).values(revoked_at=now())
    )
    db.session.execute(
        update(FeedKey).where(FeedKey.person_id == person.id, FeedKey.revoked_at.is_(None)).values(revoked_at=now())
    )
    tokens.void_tickets(person.id)
    record("person.disabled", actor, person, sessions=ended)


@action
def enable_person(actor: Actor, person: Person) -> None:
    """Open a closed account again. Old sessions and tokens stay ended."""
    require(actor, "disable", person)
    if person.status != "disabled":
        nothing_changed()
        return
    person.status = "active" if person.password_hash else "invited"
    record("person.enabled", actor, person)


@action
def change_site_role(actor: Actor, person: Person, *, site_role: str) -> None:
    """Make somebody guest, member or administrator of the site. Raises Conflict for the last administrator.
    Their sessions end: new rights begin at a new door (ASVS 7.2.4).
    """
    require(actor, "promote", person)
    if site_role not in SITE_ROLES:
        raise Invalid("site_role", _l("Choose a role."))
    if person.site_role == site_role:
        nothing_changed()
        return
    _keep_an_administrator(person)
    before, person.site_role = person.site_role, site_role
    ended = _end_sessions(person)
    record("person.role-changed", actor, person, before=before, site_role=site_role, sessions=ended)


def _keep_an_administrator(person: Person) -> None:
    """Raise Conflict when nobody else looks after the site. On PostgreSQL the rows are locked, so that two
    administrators cannot take each other's role at the same moment."""
    if person.site_role != "administrator" or person.status != "active":
        return
    db.session.execute(
        select(Person.id).where(Person.site_role == "administrator").order_by(Person.id).with_for_update()
    )
    if administrators_besides(person) == 0:
        raise Conflict(_l("Somebody must look after the site. Make another person administrator first."))


# Sessions


def _end_sessions(person: Person, *, but: int | None = None) -> list[int]:
    """End a person's sessions and give their ids, so that the live room can hang up. Who signs out everywhere has lost a computer,
    perhaps: the drives on it end too.
    """
    _end_drives(person)
    mine = select(Session.id).where(Session.person_id == person.id)
    ids = list(db.session.scalars(mine if but is None else mine.where(Session.id != but)))
    db.session.execute(delete(Session).where(Session.id.in_(ids)))
    return ids


def _end_drives(person: Person) -> int:
    """Let the passwords of a person's drives open nothing any more, and give how many there were."""
    living = update(Token).where(Token.person_id == person.id, Token.scope == "drive", Token.revoked_at.is_(None))
    return int(db.session.execute(living.values(revoked_at=now())).rowcount)  # type: ignore[attr-defined]


def _themself(person: Person) -> Actor:
    return Actor(person.id, person.site_role)


@action
def sign_in(actor: Actor, person: Person, *, address: str = "", agent: str = "") -> str:
    """Begin a session for somebody who has proved who they are (`entry.prove`), and give its token: the only time
    that it can be known. Raises NotFound when the account is not active (any more).
    """
    db.session.refresh(person, with_for_update=True)  # who closes the account waits, and then ends this session too
    if person.status != "active":
        raise NotFound()
    session, token = sessions.begin(person, address=address, agent=agent)
    db.session.flush()
    record("person.signed-in", _themself(person), person, session=session.id)
    return token


@action
def sign_out(actor: Actor, session_id: int) -> None:
    """End the session that this browser is in. Ending it twice changes nothing."""
    session = db.session.get(Session, session_id)
    if session is None or session.person_id != actor.id:
        nothing_changed()
        return
    db.session.delete(session)
    record("person.signed-out", actor, session.person, session=session_id)


@action
def end_session(actor: Actor, person: Person, *, session_id: int) -> None:
    """End one session of a person: one's own, or anybody's for administrators. Raises NotFound, Denied."""
    require(actor, "sessions", person)
    session = db.session.get(Session, session_id)
    if session is None or session.person_id != person.id:
        raise NotFound()
    db.session.delete(session)
    record("session.ended", actor, person, sessions=[session_id])


@action
def end_sessions(actor: Actor, person: Person, *, but: int | None = None) -> int:
    """End all sessions of a person, but perhaps the one they sit in, and their drives. Returns how many sessions there were."""
    require(actor, "sessions", person)
    drives = _end_drives(person)
    ended = _end_sessions(person, but=but)
    if ended or drives:
        record("session.ended", actor, person, sessions=ended, drives=drives)
    else:
        nothing_changed()
    return len(ended)


# Passwords


@action
def change_password(actor: Actor, person: Person, *, password: str, session_id: int | None = None) -> None:
    """Set one's own new password, after `entry.prove` has seen the old one; ends all sessions but `session_id`.
    Raises Invalid("password") for a weak one, Denied for somebody else's.
    """
    if actor.id != person.id:
        raise Denied()
    _put_password(person, password)
    tokens.void_tickets(person.id)
    record("person.password-changed", actor, person, sessions=_end_sessions(person, but=session_id))


@action
def issue_reset(actor: Actor, person: Person) -> str:
    """Make the ticket of a letter with which an active person sets a new password, and give its secret."""
    if not actor.is_system or person.status != "active":
        raise Denied()
    record("person.reset-asked", actor, person)
    return tokens.new_ticket(person.id, "reset")


@action
def reset_password(actor: Actor, secret: str, *, password: str) -> Person:
    """Set a new password with the ticket of a letter. The ticket is used up, every session ends.
    Raises NotFound when the ticket opens nothing, Invalid("password") for a weak one.
    """
    person = _use_ticket(secret, "reset")
    _put_password(person, password)
    record("person.password-changed", _themself(person), person, sessions=_end_sessions(person))
    return person


def _use_ticket(secret: str, purpose: str) -> Person:
    ticket = tokens.living_ticket(secret, purpose)
    if ticket is None:
        raise NotFound(_l("This link has been used, or it is too old. Ask for a new one."))
    person = ticket.person
    # One of two who come at the same moment wins: the loser's update finds nothing to use.
    if not tokens.use_up(ticket):
        raise NotFound(_l("This link has been used, or it is too old. Ask for a new one."))
    tokens.void_tickets(person.id)
    return person


# Joining


@action
def join(actor: Actor, secret: str, *, password: str, name: str, **said: Any) -> Person:
    """Come in with the ticket of an invitation: sets the password and the first words of a profile (headline, location,
    about, skills, language, time_zone). Raises NotFound when the ticket opens nothing, Invalid for a field.
    """
    person = _use_ticket(secret, "join")
    allowed = {"headline", "location", "about", "skills", "language", "time_zone"}
    if unknown := set(said) - allowed:
        raise TypeError(f"join does not know {sorted(unknown)}")
    _come_in(person, password, name, said)
    record("person.joined", _themself(person), person)
    return person


def _come_in(person: Person, password: str, name: str, said: dict[str, Any]) -> None:
    for key, value in _words(name=name, **said).items():
        setattr(person, key, value)
    if person.about:
        person.about_html = str(render(person.about, resolve=Known()).html)
        person.render_version = RENDER_VERSION
    _put_password(person, password)
    person.status = "active"


@action
def register(actor: Actor, invitation: Invitation, *, email: str, password: str, name: str, **said: Any) -> Person:
    """Come in with a link into a space, after a letter has shown that the e-mail is theirs: makes an active account and
    lets it into the space, or does neither. Whoever comes as guest of a space, or was invited by a guest, is a guest of
    the site. Raises NotFound when the link opens nothing, Conflict when the account exists, Invalid for a field.
    """
    inviter = db.session.get(Person, invitation.inviter_id) if invitation.inviter_id else None
    as_guest = invitation.role == "guest" or inviter is None or inviter.site_role == "guest"
    person = person_by_email(email)
    if person is None:
        site_role = "guest" if as_guest else "member"
        person = create_person(SYSTEM, email=email, name=name, password=password, site_role=site_role, **said)
        db.session.flush()
    elif person.status == "invited":
        _come_in(person, password, name, said)
        tokens.void_tickets(person.id)
    else:
        raise Conflict(_l("There is an account with this e-mail already."))
    accept_invitation(_themself(person), invitation)
    record("person.joined", _themself(person), person)
    return person


# API tokens


@action
def create_token(
    actor: Actor, person: Person, *, name: str, scope: str = "read", days: int | None = 90
) -> tuple[Token, str]:
    """A key for programs that act as this person, for 1 to 366 `days`; one with the scope `drive` is a password for their files
    over WebDAV, and may be without an end (None). Gives its secret: the only time that it can be known. Only for oneself (or by the
    system). Raises Invalid, Denied.
    """
    if not actor.is_system and actor.id != person.id:
        raise Denied()
    label = _line("name", name, 80)
    if not label:
        raise Invalid("name", _l("Say what this key is for."))
    if scope not in tokens.SCOPES:
        raise Invalid("scope", _l("Choose what this key may do."))
    is_drive = scope == "drive"
    if (days is None and not is_drive) or (days is not None and not TOKEN_DAYS[0] <= days <= TOKEN_DAYS[1]):
        raise Invalid("days", _l("Choose between 1 and 366 days."))
    secret = tokens.new_drive_password() if is_drive else tokens.PREFIX + tokens.new_secret()
    token = Token(
        token_hash=tokens.hashed_drive_password(secret) if is_drive else sessions.hashed(secret),
        person_id=person.id,
        name=label,
        scope=scope,
        expires_at=tokens.NEVER if days is None else now() + timedelta(days=days),
    )
    db.session.add(token)
    db.session.flush()
    record("token.created", actor, person, token=token.id, scope=scope)
    return token, secret


@action
def revoke_token(actor: Actor, person: Person, *, token_id: int) -> None:
    """Make a key useless. Raises NotFound, Denied."""
    require(actor, "sessions", person)
    token = db.session.get(Token, token_id)
    if token is None or token.person_id != person.id:
        raise NotFound()
    if token.revoked_at is not None:
        nothing_changed()
        return
    token.revoked_at = now()
    record("token.revoked", actor, person, token=token_id)


@action
def create_feed_key(actor: Actor, person: Person, *, name: str) -> tuple[FeedKey, str]:
    """A secret address at which a reader program finds this person's feed. Gives the secret: the only time that it can be known.
    Only for oneself. Raises Invalid("name"), Denied.
    """
    if actor.id != person.id:
        raise Denied()
    label = _line("name", name, 80)
    if not label:
        raise Invalid("name", _l("Say which program reads it."))
    living = select(func.count()).where(FeedKey.person_id == person.id, FeedKey.revoked_at.is_(None))
    if (db.session.scalar(living) or 0) >= MOST_FEED_KEYS:
        raise Invalid(
            "name", _l("You have %(limit)d addresses. End one that you no longer need."), limit=MOST_FEED_KEYS
        )
    secret = tokens.new_secret()
    key = FeedKey(token_hash=sessions.hashed(secret), person_id=person.id, name=label)
    db.session.add(key)
    db.session.flush()
    record("token.created", actor, person, feed=key.id)
    return key, secret


@action
def revoke_feed_key(actor: Actor, person: Person, *, key_id: int) -> None:
    """Let a feed's address lead nowhere. Raises NotFound, Denied."""
    require(actor, "sessions", person)
    key = db.session.get(FeedKey, key_id)
    if key is None or key.person_id != person.id:
        raise NotFound()
    if key.revoked_at is not None:
        nothing_changed()
        return
    key.revoked_at = now()
    record("token.revoked", actor, person, feed=key.id)

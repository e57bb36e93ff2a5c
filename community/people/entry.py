"""Proving who one is. Whoever tries learns nothing about who exists: the same words, and the same time, for a wrong
password, an unknown e-mail, somebody who has not joined yet and a closed account.
"""

from __future__ import annotations

from community.errors import Invalid, _l
from community.extensions import db, write_unit
from community.people import passwords, throttle
from community.people.handles import canonical_email
from community.people.models import Person
from community.people.queries import person_by_email


def prove(email: str, password: str, *, address: str) -> Person:
    """The active person with this e-mail and password. `address` is where the try comes from, for counting.

    Raises TooMany after too many tries for the account or from the address, Invalid("password") when they do not fit.
    """
    account = throttle.account_door("sign-in", canonical_email(email))
    line = throttle.address_door("sign-in", address)
    throttle.take([account, line])
    person = person_by_email(email)
    if person is None or person.status != "active" or person.password_hash is None:
        passwords.waste_time()
        raise Invalid(
            "password", _l("This e-mail and password do not belong together. Try again, or ask for a new password.")
        )
    kept = person.password_hash
    if not passwords.verify(kept, password):
        raise Invalid(
            "password", _l("This e-mail and password do not belong together. Try again, or ask for a new password.")
        )
    throttle.give_back(account, line)
    if passwords.needs_rehash(kept):
        stronger = passwords.hash(password)
        with write_unit():
            db.session.query(Person).filter(Person.id == person.id, Person.password_hash == kept).update(
                {Person.password_hash: stronger}
            )
    return person


def prove_again(person: Person, password: str, *, address: str) -> None:
    """That whoever sits in a session is the person: asked before a password changes.
    Raises TooMany, Invalid("current").
    """
    try:
        prove(person.email, password, address=address)
    except Invalid:
        raise Invalid("current", _l("This is not your password now.")) from None

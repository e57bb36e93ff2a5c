"""You, and your colleagues."""

from __future__ import annotations

from typing import Annotated

from flask import g
from pydantic import Field

from blueprints.addresses import picture_url
from blueprints.api import schemas
from blueprints.api.calls import Reply, based_on, call, fingerprint
from blueprints.api.making import person_out
from blueprints.api.reading import LEFT, Given, Stretch, pair, pair_cursor
from blueprints.doors import actor, me
from community.notifications.queries import unread_count
from community.people.actions import update_person
from community.people.models import Person
from community.people.queries import people_for, person_for
from community.spaces.queries import my_spaces, spaces_of_person


class PeopleAsked(Stretch):
    q: str = Field("", max_length=120, description="Looks for a name, a place or what they do.")


class MyChanges(Given):
    name: str = Field(LEFT, min_length=1, max_length=120)
    headline: str = Field(LEFT, max_length=120)
    location: str = Field(LEFT, max_length=80)
    about: str = Field(LEFT, max_length=4000, description="Markdown.")
    skills: list[Annotated[str, Field(max_length=40)]] = Field(LEFT, max_length=20)
    language: schemas.Language = Field(LEFT)
    time_zone: str = Field(LEFT, max_length=40)
    show_presence: bool = Field(LEFT, description="Whether colleagues see that you are here, and you see it of them.")
    open_to_strangers: bool = Field(LEFT, description="Whether colleagues you share no space with may write to you.")


def _version(person: Person) -> str:
    return fingerprint(
        person.name,
        person.headline,
        person.location,
        person.about,
        person.skills,
        person.language,
        person.time_zone,
        person.show_presence,
        person.open_to_strangers,
    )


def _me(person: Person) -> Reply:
    who, token = actor(), g.get("api_token")
    body = schemas.Me(
        **person_out(person).model_dump(exclude={"picture"}),
        email=person.email,
        site_role=person.site_role,
        about=person.about,
        html=person.about_html,
        language=person.language,
        time_zone=person.time_zone,
        show_presence=person.show_presence,
        open_to_strangers=person.open_to_strangers,
        picture=picture_url(person),
        spaces=[
            schemas.PlaceOfPerson(slug=space.slug, name=space.name, kind=space.kind, role=who.roles[space.id])
            for space in my_spaces(who)
        ],
        unread=unread_count(who),
        token=schemas.TokenOut(name=token.name, scope=token.scope, expires=token.expires_at) if token else None,
    )
    return Reply(body, _version(person))


@call("GET", "/me", "You", answer=schemas.Me)
def read_me() -> Reply:
    """Your profile, the spaces you are in and as what, and how much you have not read."""
    return _me(me())


@call("PATCH", "/me", "Change your profile", given=MyChanges, answer=schemas.Me, bases=True)
def change_me(given: MyChanges) -> Reply:
    """What you leave out stays as it is."""
    person = me()
    based_on(_version(person))
    return _me(update_person(actor(), person, **given.sent()))


@call("GET", "/people", "Colleagues, by name", query=PeopleAsked, answer=schemas.People)
def list_people(asked: PeopleAsked) -> schemas.People:
    """Everybody whom you see. Guests see the people of their spaces."""
    page = people_for(actor(), asked.q, after=pair_cursor(asked), limit=asked.many, status="active")
    after = pair(page.next.name, page.next.id) if page.next is not None else None
    return schemas.People(items=[person_out(person) for person in page.people], next=after)


@call("GET", "/people/<handle>", "A colleague", answer=schemas.PersonWhole)
def read_person(handle: str) -> Reply:
    """What they say of themselves, and where they are, as far as you see it."""
    person = person_for(actor(), handle)
    places = [
        schemas.PlaceOfPerson(slug=space.slug, name=space.name, kind=space.kind, role=role)
        for space, role in spaces_of_person(actor(), person.id)
    ]
    return Reply(
        schemas.PersonWhole(
            **person_out(person).model_dump(), about=person.about, html=person.about_html, spaces=places
        )
    )

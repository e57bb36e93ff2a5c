"""Plays the story through the actions, as its people would: nobody here writes a row.

All of it is one action, so that a demo that fails leaves nothing behind, and a thousand steps cost one commit. The clock
is moved to each moment before the step. People come in by the ticket of an invitation; whoever is to be signed in by a
visitor gets a password that is made now and given back once, everybody else one that nobody ever sees.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from community.activity.log import action
from community.clock import frozen, now
from community.coaching.actions import ask_coach
from community.comments.actions import create_comment, resolve_thread
from community.comments.anchors import Selector
from community.config import ROOT
from community.demo.book import Beat, Calendar, alias_of, beats, mentioned, people, shifted
from community.demo.filing import Filing, area_of
from community.errors import CommunityError, Conflict, _l
from community.extensions import db
from community.files.models import File
from community.files.storage import Storage
from community.journal.actions import write_entry
from community.messages.actions import send_message, start_conversation
from community.microblog.actions import accept_answer, create_post, react, vote
from community.microblog.models import PollOption
from community.microblog.polls import PollPlan
from community.people.actions import create_person, join
from community.people.models import Person
from community.people.tokens import new_ticket
from community.permissions import ANONYMOUS, SYSTEM, WRITERS, Actor
from community.phases.actions import follow_the_calendar, set_phases
from community.programme.actions import import_programme
from community.programme.models import Prompt
from community.programme.reading import read_programme
from community.programme.roster import read_roster
from community.programme.sheet import Person as Seated
from community.programme.sheet import Row
from community.spaces.actions import add_member, create_space, join_space
from community.spaces.models import Space
from community.spaces.queries import actor_for
from community.submissions.actions import give_result, hand_in
from community.submissions.models import Milestone
from community.submissions.queries import readers_of
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page
from community.wiki.reading import ask_to_read
from community.wiki.review import approve_page, look_after_page, offer_page
from community.wiki.templates import set_template

EXAMPLES = ROOT / "examples"

# Whom a visitor can be, and what to call it.
SIGN_INS = (
    ("noor", "member of Noorderlicht"),
    ("fatma", "member of Noorderlicht, in Dutch"),
    ("thandiwe", "member of Getij"),
    ("anna", "coach of three teams"),
    ("pieter-jan", "facilitator of Cohort 14"),
    ("ingrid", "sponsor"),
    ("mei-lin", "alumna, host of a theme"),
    ("dev", "colleague in no programme"),
    ("rik", "administrator"),
)


@dataclass(frozen=True)
class SignIn:
    """A way into the demo. The password is nowhere else."""

    email: str
    password: str
    name: str
    role: str


def is_empty() -> bool:
    """Whether nobody is here yet, so that a demo can be told."""
    return not db.session.scalar(select(func.count()).select_from(Person))


@action
def tell(
    actor: Actor, storage: Storage, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[SignIn]:
    """Fill an empty house with the demo, and give its sign-ins. `progress(done, total)` is called as it goes.
    Raises Conflict when anybody is here already.
    """
    if not is_empty():
        raise Conflict(_l("Somebody is here already. The demo needs an empty database."))
    return _Teller(storage, progress).tell()


def new_password() -> str:
    """Four short words of made-up syllables: 53 random bits that can be read aloud."""
    consonants, vowels = "bdfghjklmnprstvwz", "aeiou"
    words = ["".join(secrets.choice(consonants) + secrets.choice(vowels) for _ in range(2)) for _ in range(4)]
    return "-".join(words)


class _Teller:
    def __init__(self, storage: Storage, progress: Callable[[int, int], None]) -> None:
        self.filing = Filing(storage)
        self.progress = progress
        programme = read_programme((EXAMPLES / "leading-change-2026.toml").read_bytes(), "leading-change-2026.toml")
        self.calendar = Calendar(now(), ZoneInfo(programme.cohort.zone))
        campus = next(phase for phase in programme.phases if phase.key == "campus")
        # The story's today is the second day on campus.
        self.programme = shifted(programme, (self.calendar.today.date() - campus.starts).days - 1)
        self.roster = read_roster((EXAMPLES / "leading-change-2026-roster.csv").read_bytes(), "roster.csv")
        self.others = people()
        self.passwords: dict[str, str] = {}
        self.ids: dict[str, int] = {}
        self.handles: dict[str, str] = {}
        self.things: dict[str, Any] = {}
        self.actors: dict[str, Actor] = {}
        self.places: dict[str, Space] = {}

    def tell(self) -> list[SignIn]:
        story = self.set_up() + [(beat.at, self.playing(beat)) for beat in beats(self.calendar)]
        story.sort(key=lambda moment: moment[0])
        for done, (at, happen) in enumerate(story, 1):
            with frozen(at):
                happen()
            if happen.__name__ != "happen":
                self.actors.clear()  # places and phases have changed
            if done % 20 == 0 or done == len(story):
                self.progress(done, len(story))
        return [
            SignIn(person.email, self.passwords[alias], person.name, role)
            for alias, role in SIGN_INS
            for person in [self.person(alias)]
        ]

    def person(self, alias: str) -> Person:
        return db.session.get_one(Person, self.ids[alias])

    def actor(self, alias: str) -> Actor:
        """Somebody as an actor. Their rights are read once and kept until places change."""
        if alias not in self.actors:
            self.actors[alias] = actor_for(self.person(alias))
        return self.actors[alias]

    def space(self, slug: str) -> Space:
        if slug not in self.places:
            self.places[slug] = db.session.scalars(select(Space).where(Space.slug == slug)).one()
        return self.places[slug]

    # what stands around the story

    def set_up(self) -> list[tuple[datetime, Callable[[], None]]]:
        """The moments at which places and people come and phases change."""
        at = self.calendar.at
        stage: list[tuple[datetime, Callable[[], None]]] = [
            (at("-765 08:00"), self.cohort_12),
            (at("-61 09:00"), self.theme),
            (at("-51 09:00"), self.commons),
            (at("-29 07:00"), self.cohort_14),
        ]
        stage += [(at(f"{day} 00:05"), self.turning("cohort-12")) for day in ("-742", "-735", "-665")]
        cohort = self.programme.cohort.slug
        for phase in self.programme.phases:
            moment = self.programme.phase_starts(phase) + timedelta(minutes=5)
            if moment < self.calendar.now:
                stage.append((max(moment, at("-29 07:30")), self.turning(cohort)))
        return stage

    def turning(self, slug: str) -> Callable[[], None]:
        def turn() -> None:
            follow_the_calendar(SYSTEM, self.space(slug))

        return turn

    def cohort_12(self) -> None:
        """Rik, the people of two years ago, and Dev; an earlier programme with its cohort."""
        for one in self.others["administrator"]:
            self.arrive(create_person(SYSTEM, site_role="administrator", **_account(one)), one)
        for one in (*self.others["alumnus"], *self.others["colleague"]):
            self.arrive(create_person(SYSTEM, **_account(one)), one)
        top = create_space(
            SYSTEM, kind="programme", name="Leading Change 2024", aim="Six teams, and what they learned by waiting."
        )
        cohort = create_space(SYSTEM, kind="cohort", name="Cohort 12", parent=top, aim="The cohort of the queues.")
        for one in self.others["alumnus"]:
            add_member(SYSTEM, cohort, self.person(alias_of(one["name"])), role="member")
        days = {"pre": (-764, -745), "campus": (-742, -739), "post": (-735, -666), "alumni": (-665, None)}
        names = {"pre": "Pre-campus", "campus": "Campus", "post": "Post-campus", "alumni": "Alumni"}
        today = self.calendar.today.date()
        set_phases(
            SYSTEM,
            cohort,
            [
                {
                    "key": key,
                    "name": names[key],
                    "starts_on": today + timedelta(days=first),
                    "ends_on": today + timedelta(days=last) if last is not None else None,
                }
                for key, (first, last) in days.items()
            ],
        )

    def theme(self) -> None:
        create_space(
            self.actor("mei-lin"),
            kind="theme",
            name="Service without queues",
            aim="For everybody who has somebody waiting. Bring what you tried, and above all what it did.",
            visibility="organisation",
            join_policy="open",
        )

    def commons(self) -> None:
        create_space(
            self.actor("rik"),
            kind="commons",
            name="Commons",
            aim="The room of every colleague at Waterland.",
            visibility="organisation",
            join_policy="open",
        )

    def cohort_14(self) -> None:
        """The example is imported, and everybody in it comes in by their invitation."""
        report = import_programme(SYSTEM, self.programme, self.roster)
        if report.faults:
            raise RuntimeError(f"the example programme has faults: {report.faults[0]}")
        staff = (*self.programme.sponsors, *self.programme.facilitators, *self.programme.coaches)
        listed: list[Seated | Row] = [*staff, *self.roster.rows]
        accounts = {person.email: person for person in db.session.scalars(select(Person))}
        for one in listed:
            alias = alias_of(one.name)
            words = {key: self.others[key].get(alias, "") for key in ("headline", "about")}
            self.arrive(accounts[one.email], {key: text for key, text in words.items() if text})

    def arrive(self, person: Person, words: dict[str, Any]) -> None:
        """Somebody accepts the invitation and sets a password."""
        alias = alias_of(person.name)
        db.session.flush()
        self.ids[alias], self.handles[alias] = person.id, person.handle
        password = self.passwords[alias] = new_password()
        said = {"headline": words.get("headline", "")}
        about = words.get("about") or self.others["about"].get(alias, "")
        secret = new_ticket(person.id, "join")
        db.session.flush()
        join(ANONYMOUS, secret, password=password, name=person.name, about=about, **said)

    # what people do

    def playing(self, beat: Beat) -> Callable[[], None]:
        do = {
            "post": self.post,
            "react": self.react,
            "vote": self.vote,
            "accept": self.accept,
            "comment": self.comment,
            "resolve": self.resolve,
            "page": self.page,
            "revise": self.revise,
            "care": self.care,
            "folder": self.file_away,
            "drop": self.file_away,
            "upload": self.file_away,
            "bin": self.file_away,
            "share": self.file_away,
            "write": self.write,
            "ask": self.ask,
            "letter": self.letter,
            "answer": self.answer,
            "hand-in": self.hand_in,
            "result": self.result,
        }[beat.does]

        def happen() -> None:
            words = dict(beat.words)
            if "body" in words:
                words["body"] = mentioned(words["body"], self.handles.__getitem__)
            try:
                made = do(beat, self.actor(beat.by), words)
            except CommunityError as fault:
                fault.add_note(f"{beat.by} could not {beat.does} in {beat.space} on {beat.on or beat.makes}")
                raise
            db.session.flush()  # what was made needs its id before anybody can see it
            if beat.makes:
                self.things[beat.makes] = made

        return happen

    def come_in(self, beat: Beat, actor: Actor) -> Space:
        """The space of a beat; whoever wants to write in an open one joins it first."""
        space = self.space(beat.space)
        if actor.roles.get(space.id) not in WRITERS and space.join_policy == "open":
            join_space(actor, space)
            actor.refresh()
        return space

    def post(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> Any:
        if "options" in words:
            words["poll"] = PollPlan(tuple(words.pop("options")), open=words.pop("open", False))
        praised = [self.handles[alias] for alias in words.pop("praised", ())]
        return create_post(actor, self.come_in(beat, actor), praised=praised, **words)

    def react(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> None:
        react(actor, self.things[beat.on], **words)

    def vote(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> None:
        post = self.things[beat.on]
        options = db.session.scalars(select(PollOption).where(PollOption.post_id == post.id))
        vote(actor, post, options=[next(option.id for option in options if option.words == words["option"])])

    def accept(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> None:
        accept_answer(actor, self.things[beat.on], self.things[words["comment"]])

    def comment(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> Any:
        about, put, below = words.pop("about", None), words.pop("put", None), words.pop("below", None)
        area, thing = words.pop("area", ""), self.things[beat.on]
        return create_comment(
            actor,
            thing,
            reply_to=self.things[below] if below else None,
            anchor=Selector(about) if about else area_of(thing, area) if area else None,
            replacement=put,
            **words,
        )

    def resolve(self, beat: Beat, actor: Actor, _words: dict[str, Any]) -> None:
        resolve_thread(actor, self.things[beat.on])

    def page(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> Any:
        template = words.pop("template", "")
        page = create_page(actor, self.come_in(beat, actor), **words)
        return set_template(actor, page, template=template) if template else page

    def revise(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> None:
        self.come_in(beat, actor)
        page = self.things[beat.on]
        along = [self.ids[alias] for alias in words.pop("along")]
        edit_page(actor, page, base=page.revision, along=along, **words)

    def care(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> None:
        page, step = self.things[beat.on], words["step"]
        if step == "offer":
            offer_page(actor, page, revision=page.revision)
        elif step == "approve":
            approve_page(actor, page, revision=page.revision)
        elif step == "own":
            day = now().date() + timedelta(days=words["days"])
            owner = db.session.get_one(Person, self.ids[words["owner"]])
            look_after_page(actor, page, owner=owner, review_by=day)
        else:
            ask_to_read(actor, page, until=now().date() + timedelta(days=words["days"]))

    def file_away(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> Any:
        thing = self.things[beat.on] if beat.on else None
        return self.filing.does[beat.does](actor, self.come_in(beat, actor), thing, words)

    def write(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> Any:
        key = words.pop("prompt")
        prompt = db.session.scalars(select(Prompt).where(Prompt.key == key)).one() if key else None
        return write_entry(actor, prompt=prompt, space=self.space(beat.space) if beat.space else None, **words)

    def hand_in(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> Any:
        space = self.space(beat.space)
        milestone = db.session.scalars(select(Milestone).where(Milestone.title == words["milestone"])).one()
        pages = select(Page.id).where(Page.space_id == space.id, Page.path.in_(words["pages"]))
        files = select(File.id).where(File.space_id == space.id, File.name.in_(words["files"]))
        told = [person.id for person in readers_of(space, milestone).named]
        return hand_in(
            actor,
            space,
            milestone,
            pages=list(db.session.scalars(pages)),
            files=list(db.session.scalars(files)),
            note=words["note"],
            told=told,
        )

    def result(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> None:
        give_result(actor, self.things[beat.on], **words)

    def ask(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> Any:
        return ask_coach(actor, self.space(beat.space), about=self.things[beat.on] if beat.on else None, **words)

    def letter(self, _beat: Beat, actor: Actor, words: dict[str, Any]) -> Any:
        return start_conversation(actor, people=[self.person(alias) for alias in words.pop("to")], **words)

    def answer(self, beat: Beat, actor: Actor, words: dict[str, Any]) -> None:
        send_message(actor, self.things[beat.on].conversation, **words)


def _account(one: dict[str, Any]) -> dict[str, Any]:
    return {key: one[key] for key in ("email", "name", "location", "language", "headline", "skills")}

"""The readers of the log, put in the outbox in one place; and the duties of a process: the threads that its role asks for.

A role's threads are started after a server has forked, and stopped before its process ends:

    web      none: it answers pages, and pokes the others after each commit
    live     the tail of the log (community/live/tail.py) and an ear for pokes
    worker   the outbox, the jobs, and an ear
    all      everything
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from community.activity.outbox import Runner, register_reader, run_once
from community.activity.waking import Listener, Wakers, ear_for
from community.config import Settings
from community.jobs import work
from community.ports import ports

log = logging.getLogger(__name__)

WIND_EVERY = 30.0  # seconds: how often the periodic jobs are looked at


def init(settings: Settings) -> None:
    """Register the readers that keep their place in our database or in the index."""
    from community.coaching.consumer import READER as coaching
    from community.comments.consumer import READER as anchors
    from community.files import previews as file_previews
    from community.files import room
    from community.files.consumer import READER as file_texts
    from community.files.uses import READER as file_uses
    from community.microblog import previews
    from community.notifications.consumer import READER as notifications
    from community.search.consumer import reader as search_reader
    from community.sharing import rules as sharing
    from community.topics.consumer import READER as names
    from community.wiki.consumer import READER as links

    sharing.switch(settings.SHARE_LINKS == "on", settings.SHARE_DAYS)
    previews.switch(settings.LINK_PREVIEWS == "on", settings.BASE_URL)
    room.bound(file_mb=settings.FILE_MB, space_mb=settings.SPACE_MB, person_mb=settings.PERSON_MB)
    file_previews.use(settings.OFFICE_CONVERTER)
    register_reader(names)
    register_reader(links)
    register_reader(anchors)
    register_reader(file_texts)
    register_reader(file_uses)
    register_reader(notifications)
    register_reader(coaching)
    register_reader(search_reader(settings.search_folder))


class Duty(Protocol):
    """One thread of a process."""

    def start(self) -> None: ...

    def ask_to_stop(self) -> None: ...

    def join(self, timeout: float) -> bool: ...


class Duties:
    """What a process does besides answering requests."""

    def __init__(self, wakers: Wakers) -> None:
        self.wakers = wakers
        self.all: list[Duty] = []
        self.started = False
        self.ending = False
        self._at_the_end: list[Callable[[], None]] = []

    def add(self, duty: Duty, *, poked: bool = True) -> None:
        """Take a duty on. A Runner is poked when the log grows, if that concerns it."""
        self.all.append(duty)
        if isinstance(duty, Runner) and poked:
            self.wakers.local.append(duty.poke)

    def at_the_end(self, call: Callable[[], None]) -> None:
        """What is done first when the process is to stop, and once more at the end for whoever slipped in."""
        self._at_the_end.append(call)

    def start(self) -> None:
        """Start every thread, once: after the fork, never before."""
        if not self.started:
            self.started = True
            for duty in self.all:
                duty.start()

    def stop(self, timeout: float = 18.0) -> bool:
        """Let every thread finish what it is at, for at most `timeout` seconds in all. A job that takes longer is
        given back, so that the next worker need not wait for its lease to end. Answers whether all of them ended.
        """
        if not self.started:
            return True
        self.ending = True
        for call in self._at_the_end:
            call()
        for duty in self.all:
            duty.ask_to_stop()
        until = time.monotonic() + timeout
        ended = [duty.join(max(0.0, until - time.monotonic())) for duty in self.all]
        for call in self._at_the_end:
            call()
        return all(ended)


def duties_of(app: Any) -> Duties:
    """The duties of an application."""
    found: Duties = app.extensions["duties"]
    return found


def wake_with(app: Any, settings: Settings) -> None:
    """Give the domain its `poke` port for this process, and the process its duties."""
    duties = app.extensions["duties"] = Duties(Wakers(settings.run_folder))
    ports.poke = duties.wakers.poke
    if settings.ROLE in ("all", "worker"):
        take_on_the_work(app, duties)
    if settings.ROLE != "web":
        duties.add(Listener(lambda: ear_for(settings), duties.wakers.wake_here))


def take_on_the_work(app: Any, duties: Duties, *, tick: float = 2.0) -> None:
    """A thread that carries the log to its readers, one that does the jobs of the house, and one for each lane of jobs that wait
    for machines of others.
    """
    wound = {"at": 0.0}
    outside = [
        Runner(app.app_context, partial(work.run_one, lane), tick, f"jobs, {lane}")
        for lane in work.lanes()
        if lane != work.HOUSE
    ]

    def jobs() -> int:
        if time.monotonic() - wound["at"] > WIND_EVERY:
            wound["at"] = time.monotonic()
            work.wind_the_clock()
        done = work.run_one(work.HOUSE)
        if done:  # it may have left something to do for the others
            for runner in outside:
                runner.poke()
        return done

    duties.add(Runner(app.app_context, run_once, tick, "outbox"))
    duties.add(Runner(app.app_context, jobs, tick, "jobs"))
    for runner in outside:  # not at each line of the log: the jobs of the house poke them, and the clock
        duties.add(runner, poked=False)
    duties.add(work.LeaseKeeper(app.app_context))

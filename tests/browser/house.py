"""The running site and the people at their browsers, for journeys.

`Site` is a real server process, in production's settings, over a database of its own. A `Visitor` is a person at one browser: what
they look for is named in English and found in their own language, their console is watched, and `look()` is the glance of
somebody who cannot see, cannot scroll sideways, or likes to see pictures.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response

from blueprints.language import catalogue
from community.config import load_settings
from community.extensions import db
from tests import servers
from tests.processes.house import until
from tests.world import CAST, PASSWORD, World, build_world
from wsgi import create_app

BIN = Path(sys.executable).parent
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
WATCH = """addEventListener("securitypolicyviolation", (event) =>
    console.error(`refused by policy: ${event.effectiveDirective} ${event.blockedURI}`))"""


@dataclass
class Site:
    """A site that runs, and the same application in the test's own process for what happens meanwhile."""

    address: str
    folder: Path
    env: dict[str, str]
    app: Flask
    world: World
    kept: dict[str, Any] = field(default_factory=dict)  # what a browser of each person holds once signed in

    def flask(self, *words: str) -> str:
        """A command at the side of the running site; what it printed. Raises CalledProcessError when it fails."""
        done = subprocess.run(
            [BIN / "flask", "--app", "wsgi", *words],
            cwd=servers.ROOT,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def letter_to(self, address: str) -> EmailMessage:
        """The newest letter to somebody, as soon as there is one."""
        found: list[EmailMessage] = []

        def came() -> bool:
            for file in sorted((self.folder / "mail").glob("*.eml")):
                letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                if isinstance(letter, EmailMessage) and letter["To"] == address:
                    found.append(letter)
            return bool(found)

        until(came, 20)
        return found[-1]

    @contextmanager
    def meanwhile(self) -> Iterator[World]:
        """Somebody else does something, through the actions; the running site hears of it by itself."""
        with self.app.app_context():
            yield self.world
            db.session.remove()


@contextmanager
def site_in(folder: Path, *, cast: bool) -> Iterator[Site]:
    """A site over a new database, with the cast of tests/world.py or with nobody at all."""
    port = str(servers.free_port())
    address = f"http://127.0.0.1:{port}"
    env = {
        "APP_ENV": "production",
        "DATABASE_URL": f"sqlite:///{folder}/community.db",
        "STORAGE_URL": f"file://{folder}/files",
        "SEARCH_URL": f"whoosh://{folder}/index",
        "MAIL_URL": f"file://{folder}/mail",
        "SECRET_KEY": "only for journeys, and long enough for them",
        "BASE_URL": address,
        "LOG_LEVEL": "WARNING",
        "ORGANISATION": "Waterland Group",
        "ROLE": "all",
        "PORT": port,
    }
    app = create_app(load_settings({**env, "ROLE": "web"}))
    with app.app_context():
        upgrade()
        world = build_world() if cast else World()
        db.session.remove()
    gunicorn = [str(BIN / "gunicorn"), "-c", ".serve/gunicorn.py", "wsgi:app"]
    with servers.running(gunicorn, env=env, until=address + "/readyz", seconds=180):
        yield Site(address, folder, env, app, world)
    with app.app_context():
        db.engine.dispose()


words_of = cache(catalogue)


def barriers(page: Page) -> list[str]:
    """What axe finds on a page (WCAG 2.2 AA and best practice): each rule with the first place that breaks it."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"axe: {fault['id']}: {fault['nodes'][0]['html'][:300]}" for fault in found]


class Visitor:
    """A person at one browser."""

    def __init__(self, context: BrowserContext, language: str, shots: Path | None) -> None:
        self.context, self.language, self.shots = context, language, shots
        self.faults: list[str] = []
        # who leaves a page before its socket stood is told so by Chromium
        self.expected: list[str] = ["WebSocket is closed before the connection is established"]
        context.add_init_script(WATCH)
        self.page = self.tab()

    def tab(self) -> Page:
        """One more page in this browser."""
        page = self.context.new_page()
        page.on("console", lambda said: self.faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        return page

    def expects(self, *patterns: str) -> None:
        """What the console may hold, as regular expressions: "404" for a page that is not there."""
        self.expected += patterns

    def surprises(self) -> list[str]:
        """What the console held and nobody expected."""
        return [fault for fault in self.faults if not any(re.search(pattern, fault) for pattern in self.expected)]

    # ---- finding things, in the person's language

    def say(self, words: str, **facts: Any) -> str:
        """An English sentence of the house as this person reads it."""
        if self.language != "en":
            found = words_of(self.language).get(words)
            assert found is not None and found.string, f"nobody has said in {self.language}: {words}"
            words = str(found.string)
        return words % facts if facts else words

    def button(self, words: str, within: Locator | None = None, **facts: Any) -> Locator:
        return (within or self.page).get_by_role("button", name=self.say(words, **facts), exact=True)

    def link(self, words: str, within: Locator | None = None, **facts: Any) -> Locator:
        return (within or self.page).get_by_role("link", name=self.say(words, **facts), exact=True)

    def field(self, words: str, within: Locator | None = None, **facts: Any) -> Locator:
        named = (within or self.page).get_by_label(self.say(words, **facts), exact=True)
        return named.and_(self.page.locator("input, textarea, select"))  # a form may have the name of its one field

    def heading(self, words: str, **facts: Any) -> Locator:
        return self.page.get_by_role("heading", name=self.say(words, **facts), exact=True)

    # ---- doing what people do

    def go(self, path: str) -> Response:
        """Open an address; the answer of the site."""
        answer = self.page.goto(path)
        assert answer is not None
        return answer

    def sign_in(self, address: str, password: str) -> None:
        """Through the form."""
        self.go("/login")
        self.field("E-mail").fill(address)
        self.field("Password").fill(password)
        self.button("Sign in").click()
        self.page.wait_for_url(re.compile(r":\d+/$"))

    def post(self, slug: str, space: str, words: str) -> None:
        """Say something in a space, through the form of its stream."""
        self.go(f"/spaces/{slug}")
        self.field("Write to %(name)s", name=space).fill(words)
        self.button("Post").click()
        self.page.wait_for_url(re.compile("#post-"))

    # ---- looking

    def look(self, name: str) -> None:
        """The page is open to everybody: axe finds nothing, nothing stands out at the side; and a picture for whoever looks.
        What is wrong fails the test at its end, so that one run tells all of it.
        """
        self.fits()
        self.faults += [f"{name}: {fault}" for fault in barriers(self.page)]
        self.shoot(name)

    def fits(self) -> None:
        """Nothing has to be scrolled to sideways. (A phone would zoom out instead: innerWidth grows with the page.)"""
        size = self.page.viewport_size
        assert size is not None
        page, window = self.page.locator("html").evaluate("(html) => html.scrollWidth"), size["width"]
        if page > window:
            self.faults.append(f"{self.page.url} is {page} wide in a window of {window}")

    def shoot(self, name: str) -> None:
        if self.shots is not None:
            self.page.screenshot(path=self.shots / f"{name}.png", full_page=True)


class People:
    """Opens browsers, and closes them at the end; a test fails when a console held something unexpected."""

    def __init__(self, browser: Browser, site: Site, shots: Path | None) -> None:
        self.browser, self.site, self.shots = browser, site, shots
        self.visitors: list[Visitor] = []

    def somebody(self, language: str = "en", **options: Any) -> Visitor:
        """A browser that nobody has signed in to."""
        said = {"base_url": self.site.address, "locale": language, "reduced_motion": "reduce", **DESK, **options}
        visitor = Visitor(self.browser.new_context(**said), language, self.shots)
        visitor.page.set_default_timeout(30_000)
        self.visitors.append(visitor)
        return visitor

    def enter(self, name: str, **options: Any) -> Visitor:
        """A browser of one of the cast of tests/world.py, signed in. The form is filled in once a person and run."""
        language = CAST[name][1]
        if name not in self.site.kept:
            first = self.somebody(language)
            first.sign_in(f"{name.replace('_', '-')}@waterland.example", PASSWORD)
            self.site.kept[name] = first.context.storage_state()
            first.context.close()
        return self.somebody(language, storage_state=self.site.kept[name], **options)

    def leave(self) -> None:
        surprises = [surprise for visitor in self.visitors for surprise in visitor.surprises()]
        for visitor in self.visitors:
            visitor.context.close()
        assert not surprises, "\n".join(surprises)

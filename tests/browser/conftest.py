"""Fixtures of the browser: Chromium, the running site, and people who open it.

people              over a site with the cast: people.enter("samir"), people.somebody()
newcomers           the same over a site where nobody is yet
shots               BROWSER_SHOTS=folder: where pictures of every page that is looked at go
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.house import People, Site, site_in

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium of the system."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def shots() -> Path | None:
    """Where pictures go, for whoever looks at them; none are taken otherwise."""
    if "BROWSER_SHOTS" not in os.environ:
        return None
    folder = Path(os.environ["BROWSER_SHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site with the cast, for a whole run: a test brings its own words and leaves others' alone."""
    with site_in(tmp_path_factory.mktemp("site"), cast=True) as made:
        yield made


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    """A site where nobody is yet."""
    with site_in(tmp_path, cast=False) as made:
        yield made


@pytest.fixture
def people(browser: Browser, site: Site, shots: Path | None) -> Iterator[People]:
    """Browsers of the cast."""
    made = People(browser, site, shots)
    yield made
    made.leave()


@pytest.fixture
def newcomers(browser: Browser, empty_site: Site, shots: Path | None) -> Iterator[People]:
    """Browsers before anybody has an account."""
    made = People(browser, empty_site, shots)
    yield made
    made.leave()

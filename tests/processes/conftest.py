"""One house for each database, with two web processes, a live process and a worker, shared by all the tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.processes.house import House, house_on


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def processes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everybody at work, each in a process of their own."""
    with house_on(request.param, tmp_path_factory.mktemp("processes")) as made:
        made.start("web", "web-2", "live", "worker")
        yield made

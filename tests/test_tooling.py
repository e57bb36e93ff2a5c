"""What a fresh clone leans on: locks that say all and name no host, steps that are done once, settings that are listed."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from community.config import Settings

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(ROOT.glob("requirements*.txt"))


@pytest.fixture
def steps() -> Iterator[ModuleType]:
    sys.path.insert(0, str(ROOT / ".scripts"))
    try:
        import steps

        yield steps
    finally:
        sys.path.remove(str(ROOT / ".scripts"))


def names(lock: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", lock.read_text(), re.MULTILINE))


def plain(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement).group().lower().replace("_", "-")


def test_every_package_is_locked_with_hashes():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    site, tools = names(ROOT / "requirements.txt"), names(ROOT / "requirements-dev.txt")
    assert {plain(line) for line in project["project"]["dependencies"]} <= site
    assert {plain(line) for line in project["dependency-groups"]["dev"]} <= tools
    for lock in LOCKS:
        for block in re.split(r"^(?=[a-z0-9-]+==)", lock.read_text(), flags=re.MULTILINE)[1:]:
            assert "--hash=sha256:" in block, f"{lock.name}: {block.splitlines()[0]}"


def test_tests_run_on_the_versions_that_the_site_runs_on():
    site = set(re.findall(r"^\S+==[^\s;]+", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    tools = set(re.findall(r"^\S+==[^\s;]+", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE))
    assert site <= tools


def test_locks_name_no_host():
    for lock in LOCKS:
        assert "://" not in lock.read_text(), lock.name
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert name == "" or package["integrity"].startswith("sha512-"), name


def test_the_example_of_settings_names_each_of_them_with_its_default():
    text = (ROOT / ".env.example").read_text()
    for setting in fields(Settings):
        if setting.name != "ROLE":  # each process is given its own
            assert re.search(rf"^#{setting.name}=", text, re.MULTILINE), setting.name


def test_a_step_is_done_once(tmp_path, steps, capsys):
    made, stamp = tmp_path / "made", tmp_path / "stamps" / "one"
    done: list[str] = []

    def work() -> None:
        done.append("done")
        made.touch()

    assert steps.step("Making it", stamp=stamp, key="a", makes=[made], work=work)
    assert not steps.step("Making it", stamp=stamp, key="a", makes=[made], work=work)
    assert steps.step("Making it", stamp=stamp, key="b", makes=[made], work=work), "what it depends on changed"
    made.unlink()
    assert steps.step("Making it", stamp=stamp, key="b", makes=[made], work=work), "what it made is gone"
    assert len(done) == 3
    assert capsys.readouterr().out.count("Making it …") == 3


def test_a_step_that_failed_is_done_again(tmp_path, steps):
    stamp = tmp_path / "one"
    stamp.write_text("before")

    def work() -> None:
        raise steps.Failed("No luck.")

    with pytest.raises(steps.Failed):
        steps.step("Trying", stamp=stamp, key="now", work=work)
    assert not stamp.exists()


def test_a_command_that_fails_says_so_in_a_sentence_with_what_it_printed(steps):
    with pytest.raises(steps.Failed, match="It did not work.\n    the reason"):
        steps.call(sys.executable, "-c", "import sys; sys.exit('the reason')", otherwise="It did not work.")
    with pytest.raises(steps.Failed, match="It is not there. .*No such file"):
        steps.call("no-such-command-here", otherwise="It is not there.")


def test_make_help_lists_every_command(steps):
    makefile = (ROOT / "Makefile").read_text()
    import commands

    for word in commands.COMMANDS:
        assert f"make {word} " in makefile

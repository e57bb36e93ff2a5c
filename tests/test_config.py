"""A wrong setting stops the start with one sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from community.config import WrongSetting, load_settings

ROOT = Path(__file__).resolve().parent.parent
GOOD = {
    "APP_ENV": "production",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
    "BASE_URL": "https://learn.example.org",
}

WRONG = [
    ("APP_ENV", "staging"),
    ("DATABASE_URL", "mysql://localhost/x"),
    ("REDIS_URL", "localhost:6379"),
    ("STORAGE_URL", "/var/files"),
    ("SEARCH_URL", "elastic://x"),
    ("MAIL_URL", "pop3://x"),
    ("LOG_LEVEL", "loud"),
    ("PORT", "http"),
    ("PORT", "70000"),
    ("ROLE", "boss"),
    ("UPLOAD_MB", "0"),
    ("TRUSTED_PROXIES", "-1"),
    ("PICTURE_NOTES", "blur"),
    ("SCAN_FAIL", "sometimes"),
    ("BASE_URL", "learn.example.org"),
    ("BASE_URL", "https://learn.example.org/path"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_named(name, value):
    with pytest.raises(WrongSetting) as fault:
        load_settings({**GOOD, name: value})
    words = str(fault.value)
    assert words.startswith(name) and words.endswith(".") and "\n" not in words


@pytest.mark.parametrize("key", ["", "short", "a" * 40])
def test_production_wants_a_key_of_its_own(key):
    with pytest.raises(WrongSetting, match="SECRET_KEY"):
        load_settings({**GOOD, "SECRET_KEY": key})


def test_production_wants_its_address():
    with pytest.raises(WrongSetting, match="BASE_URL"):
        load_settings({**GOOD, "BASE_URL": ""})
    assert load_settings(GOOD).https


def test_everything_has_a_default_in_development():
    settings = load_settings({})
    assert settings.APP_ENV == "development" and settings.sqlite_path is not None


def test_the_start_itself_says_one_sentence(tmp_path):
    env = {**os.environ, "PORT": "many", "APP_ENV": "development"}
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi; wsgi.app"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert done.stderr.strip() == "Cohortium cannot start: PORT must be a whole number, not 'many'."

"""Fatma chooses a password: long, in her own letters, and not one that everybody tries first."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import tracemalloc

import pytest
from argon2 import PasswordHasher, extract_parameters

from community.errors import Invalid
from community.people import passwords

GOOD = "drie meeuwen op het strand"
FATMA = ("Fatma Yıldırım", "fatma.yildirim@waterland.example", "fatma.yildirim", "Cohortium")


def refusal(password: str, words: tuple[str, ...] = FATMA) -> str:
    with pytest.raises(Invalid) as refused:
        passwords.check_strength(password, words=words)
    assert refused.value.field == "password"
    return str(refused.value)


def test_a_password_is_kept_as_argon2id_with_at_least_what_owasp_asks() -> None:
    kept = passwords.hash(GOOD)
    parameters = extract_parameters(kept)
    assert kept.startswith("$argon2id$v=19$")
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2
    assert len(kept) <= 200  # the column
    assert passwords.hash(GOOD) != kept
    assert passwords.verify(kept, GOOD)
    assert not passwords.verify(kept, GOOD + " ")
    assert not passwords.verify(kept, GOOD.upper())


def test_no_character_is_dropped_at_the_end() -> None:
    for base in ("a" * 63, "🌊" * 19, "ğ" * 255):
        kept = passwords.hash(base + "x")
        assert passwords.verify(kept, base + "x")
        assert not passwords.verify(kept, base + "y")
        assert not passwords.verify(kept, base)


def test_a_nul_is_a_character_like_any_other() -> None:
    kept = passwords.hash("before\0after and more")
    assert not passwords.verify(kept, "before\0other and more")


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    kept = passwords.hash("Øvergård på øya")
    assert passwords.verify(kept, "Øverga\u030ard pa\u030a øya")
    assert passwords.verify(kept, "Øvergård\u00a0på øya")


def test_what_is_no_hash_fits_nothing() -> None:
    for kept in ("", "x", "$argon2id$", GOOD, "$2b$12$abcdefghijklmnopqrstuv"):
        assert not passwords.verify(kept, GOOD)
    assert not passwords.verify(passwords.hash(GOOD), "half \ud800 a character")


def test_an_older_hash_is_made_anew() -> None:
    assert passwords.needs_rehash(PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(GOOD))
    assert not passwords.needs_rehash(passwords.hash(GOOD))


def test_an_unknown_account_takes_as_long_as_a_known_one() -> None:
    kept = passwords.hash(GOOD)
    passwords.waste_time()
    known, unknown = [], []
    for _ in range(5):
        began = time.thread_time()
        passwords.verify(kept, "a wrong one")
        known.append(time.thread_time() - began)
        began = time.thread_time()
        passwords.waste_time()
        unknown.append(time.thread_time() - began)
    assert 0.6 < statistics.median(unknown) / statistics.median(known) < 1.6
    assert not passwords.needs_rehash(passwords._nobody())


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "zes-zeven",
        "gfhjwxqz",
        "      a b      c",
        "пароль из слов",
        "密码密码不容易猜到",
        "🌊🦭⚓🧭🐚🪁🌬️🛶",
        "a" * 50 + "b" * 50 + "c" * 156,
        "long " * 50 + "indeed.",
        "Yıldırım eats herring",
    ],
)
def test_length_in_any_script_is_enough(password: str) -> None:
    passwords.check_strength(password, words=FATMA)


@pytest.mark.parametrize("password", ["", "a b c d", "1234567", "🌊🌊🌊🌊"])
def test_what_is_too_short_is_refused_with_the_number(password: str) -> None:
    assert "at least 8" in refusal(password)


def test_a_whole_book_is_refused() -> None:
    passwords.check_strength("ab cd ef " * 113)
    assert "at most 1024" in refusal("ab cd ef " * 114)


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PassWord1",
        "iloveyou",
        "12345678",
        "qwertyuiop",
        "sunshine1",
        "ｐａｓｓｗｏｒｄ",
        "trustno1",
        "welkom01",
        "Welkom2026",
    ],
)
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert "guessed first" in refusal(password)


@pytest.mark.parametrize("password", ["aaaaaaaa", "abababab", "abcabcabc", "12121212!", "🌊🌊🌊🌊🌊🌊🌊🌊"])
def test_one_piece_repeated_is_refused(password: str) -> None:
    assert "guessed first" in refusal(password)


@pytest.mark.parametrize(
    "password",
    [
        "fatma.yildirim",
        "Fatma2026",
        "YILDIRIM-1!",
        "Yıldırım99",
        "fatma.yildirim@waterland.example",
        "cohortium!1",
        "Waterland1964",
    ],
)
def test_her_own_name_and_the_house_are_refused(password: str) -> None:
    assert "a name that people know" in refusal(password)


def test_short_names_forbid_nothing() -> None:
    passwords.check_strength("anderhalve liter", words=("An de Li", "an@li.nl"))
    passwords.check_strength("vanderwaals", words=("Noor van der Velden",))


def test_half_a_character_is_refused() -> None:
    assert "half a character" in refusal("abcdefgh\ud83d")


def test_the_list_of_common_passwords_is_read_late_and_stays_small() -> None:
    code = (
        "import sys, tracemalloc; tracemalloc.start(); from community.people import passwords as p;"
        "before = tracemalloc.get_traced_memory()[0]; p._common(); import gc; gc.collect();"
        "print(p._common.cache_info().misses, len(p._common()), tracemalloc.get_traced_memory()[0] - before);"
        "print('zxcvbn' in sys.modules, 'frequency_lists' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    misses, count, grown, package, module = done.stdout.split()
    assert (misses, package, module) == ("1", "False", "False")
    assert int(count) > 3_000  # ASVS 6.2.4
    assert int(grown) < 4_000_000
    assert not tracemalloc.is_tracing()

"""One table of a programme file: hands out its values by type, notes faults, and knows which keys nobody asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from community.people.handles import canonical_email, is_email
from community.programme.lines import Lines

NAME, TEXT = 120, 2_000  # characters in a name and in a longer text


class Reader(Protocol):
    """What a table needs of the one who reads the file."""

    lines: Lines
    zone: ZoneInfo

    def fault(self, sentence: str, *path: str | int) -> None:
        """Note a fault at the line of `path`."""


class Table:
    """A table at `path`, called `title` in sentences. What is not a table at all reads as an empty one."""

    def __init__(self, reader: Reader, data: Any, *path: str | int, title: str) -> None:
        self.reader = reader
        self.path = path
        self.title = title
        self.asked: list[str] = []
        self.data: dict[str, Any] = data if isinstance(data, dict) else {}

    def fault(self, sentence: str, *within: str | int) -> None:
        self.reader.fault(sentence, *self.path, *within)

    def line(self, *within: str | int) -> int:
        return self.reader.lines.of(*self.path, *within)

    def take(self, key: str, kind: type | tuple[type, ...], needs: str, *, required: bool = False) -> Any:
        """The value of a key when it has the right type, else None and a fault."""
        self.asked.append(key)
        value = self.data.get(key)
        if value is None:
            if required:
                self.fault(f"{self.title} needs “{key}”: {needs}.")
            return None
        if not isinstance(value, kind) or isinstance(value, bool):
            self.fault(f"“{key}” must be {needs}.", key)
            return None
        return value

    def text(self, key: str, *, required: bool = False, limit: int = NAME, several_lines: bool = False) -> str:
        found = self.take(key, str, "a text in quotes", required=required)
        if found is None:
            return ""
        value = str(found).strip()
        if not several_lines and "\n" not in value:
            value = " ".join(value.split())
        if required and not value:
            self.fault(f"“{key}” is empty. Write something in the quotes.", key)
        if len(value) > limit:
            self.fault(f"“{key}” has {len(value)} characters; {limit} is the most.", key)
        if any(not char.isprintable() and not (several_lines and char in "\n\t") for char in value):
            self.fault(f"“{key}” holds a line break or a control character. Write it on one line.", key)
        return value

    def yes(self, key: str) -> bool:
        """Whether a key says true; false when it is not there."""
        self.asked.append(key)
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.fault(f"“{key}” must be true or false, without quotes.", key)
            return False
        return value

    def email(self, key: str, *, required: bool = False) -> str:
        value = canonical_email(self.text(key, required=required, limit=254))
        if value and not is_email(value):
            self.fault(f"“{value}” is not an e-mail address.", key)
        return value

    def choice(self, key: str, among: Iterable[str], default: str) -> str:
        value = self.text(key)
        among = tuple(among)
        if value and value not in among:
            self.fault(f"“{key}” must be one of {', '.join(among)}, not “{value}”.{meant(value, among)}", key)
        return value if value in among else default

    def words(self, key: str, *, limit: int = NAME, most: int = 100) -> tuple[str, ...]:
        """A list of texts, each once, in the order given."""
        found: list[str] = []
        for index, value in enumerate(self.take(key, list, 'a list such as ["one", "two"]') or []):
            if not isinstance(value, str) or not value.strip():
                self.fault(f"Each item of “{key}” must be a text in quotes.", key, index)
            elif len(value) > limit or not value.isprintable():
                self.fault(f"An item of “{key}” is too long or holds a line break.", key, index)
            elif " ".join(value.split()) not in found:
                found.append(" ".join(value.split()))
        if len(found) > most:
            self.fault(f"“{key}” names {len(found)}; {most} is the most.", key)
        return tuple(found)

    def number(self, key: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`."""
        value: int | None = self.take(key, int, f"a whole number from {low} to {high}")
        if value is not None and not low <= value <= high:
            self.fault(f"“{key}” must be a whole number from {low} to {high}, not {value}.", key)
            return None
        return value

    def days(self, key: str, *, most: int = 100) -> tuple[date, ...]:
        """A list of days, each once, in the order of the calendar."""
        found: set[date] = set()
        for index, value in enumerate(self.take(key, list, "a list such as [2026-12-25, 2026-12-26]") or []):
            if isinstance(value, datetime) or not isinstance(value, date):
                self.fault(f"Each item of “{key}” must be a day such as 2026-12-25, without quotes.", key, index)
            elif self._in_range(key, value) is not None:
                found.add(value)
        if len(found) > most:
            self.fault(f"“{key}” names {len(found)}; {most} is the most.", key)
        return tuple(sorted(found))

    def day(self, key: str, *, required: bool = False) -> date | None:
        value = self.take(key, (date, str), "a day such as 2026-06-08", required=required)
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value.strip())
            except ValueError:
                self.fault(f"“{value}” is not a day. Write it as 2026-06-08.", key)
                return None
        if isinstance(value, datetime):
            self.fault(f"“{key}” must be a day without a time, such as {value.date()}.", key)
            return None
        return value if value is None else self._in_range(key, value)

    def moment(self, key: str, *, required: bool = False) -> datetime | None:
        """A wall-clock time in the cohort's zone. One with an offset is turned into it; a day is its first minute."""
        needs = "a day and time such as 2026-06-08T09:15:00"
        value = self.take(key, (date, str), needs, required=required)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value.strip())
            except ValueError:
                self.fault(f"“{value}” is not a day and time. Write it as 2026-06-08T09:15:00.", key)
                return None
        if value is None:
            return None
        if not isinstance(value, datetime):
            value = datetime.combine(value, time.min)
        if self._in_range(key, value.date()) is None:
            return None
        zone = self.reader.zone
        if value.tzinfo is not None:
            return value.astimezone(zone).replace(tzinfo=None, microsecond=0)
        value = value.replace(microsecond=0)
        if value.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != value:
            self.fault(f"{value:%H:%M} does not exist on {value.date()}: the clock goes forward in that hour.", key)
            return None
        return value

    def _in_range(self, key: str, day: date) -> date | None:
        if 2000 <= day.year <= 2100:
            return day
        self.fault(f"The year {day.year} of “{key}” cannot be meant.", key)
        return None

    def done(self) -> None:
        """Note each key that nobody asked for."""
        for key in self.data:
            if key not in self.asked:
                self.fault(f"{self.title} has no key “{key}”.{meant(key, self.asked)}", key)


def meant(word: str, among: Iterable[str]) -> str:
    """ " Did you mean “…”?" when something close exists, else nothing."""
    close = get_close_matches(word, list(among), n=1, cutoff=0.6)
    return f" Did you mean “{close[0]}”?" if close else ""

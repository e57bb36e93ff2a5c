"""How a row travels: one line of JSON, whatever the database. Moments are ISO 8601 in UTC, bytes are base64."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Date, DateTime, LargeBinary


def told(value: Any) -> Any:
    """A value of a column as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return b64encode(bytes(value)).decode()
    return value


def reader_of(column: Column[Any], *, naive: bool) -> Callable[[Any], Any]:
    """What turns JSON back into a value of a column. `naive`: the database keeps UTC without a zone (SQLite)."""
    if isinstance(column.type, DateTime):
        return lambda value: _moment(value, naive)
    if isinstance(column.type, Date):
        return lambda value: None if value is None else date.fromisoformat(value)
    if isinstance(column.type, LargeBinary):
        return lambda value: None if value is None else b64decode(value)
    return lambda value: value


def _moment(value: str | None, naive: bool) -> datetime | None:
    if value is None:
        return None
    at = datetime.fromisoformat(value).astimezone(UTC)
    return at.replace(tzinfo=None) if naive else at


def read_row(row: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """A line as the values of a table. Raises KeyError for a column that the table has not."""
    return {name: readers[name](value) for name, value in row.items()}

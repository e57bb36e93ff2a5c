"""When mails may go, where the person is: quiet hours, holiday, and the hours of the digest. Pure.

Weekly digests come on Monday, monthly ones on the first.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def quiet_until(at: datetime, zone: ZoneInfo, quiet: tuple[int, int] | None) -> datetime | None:
    """When the quiet ends that holds at a moment; None when it is not quiet."""
    if quiet is None:
        return None
    begin, end = quiet
    local = at.astimezone(zone)
    inside = begin <= local.hour < end if begin < end else local.hour >= begin or local.hour < end
    if not inside:
        return None
    until = local.replace(hour=end, minute=0, second=0, microsecond=0, fold=0)
    if until <= local:
        until = _at(until.date() + DAY, end, zone)
    return until.astimezone(UTC)


def on_holiday(at: datetime, zone: ZoneInfo, until: date | None) -> bool:
    """Whether somebody is away until a day, which is the first on which mails go again."""
    return until is not None and at.astimezone(zone).date() < until


def day_began(at: datetime, zone: ZoneInfo) -> datetime:
    """The midnight before a moment."""
    return _at(at.astimezone(zone).date(), 0, zone).astimezone(UTC)


def last_digest(at: datetime, zone: ZoneInfo, rhythm: str, hour: int) -> datetime | None:
    """The last moment up to `at` at which a digest was due; None when there is never one."""
    if rhythm == "never":
        return None
    day = at.astimezone(zone).date()
    if _at(day, hour, zone) > at:
        day -= DAY
    if rhythm == "weekly":
        day -= timedelta(days=day.weekday())
    elif rhythm == "monthly":
        day = day.replace(day=1)
    return _at(day, hour, zone).astimezone(UTC)


def period(rhythm: str) -> timedelta:
    """How long a digest looks back where there was none before, and ahead to what is due."""
    return {"daily": DAY, "weekly": 7 * DAY, "monthly": 31 * DAY}[rhythm]


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone)

"""Working days: when an answer is due, how much is left, and how long a team really waited. Pure: no database, no clock.

A day is a calendar day in the zone of the programme. Whoever writes on Monday, where two working days were agreed, has an
answer by the end of Wednesday; on Saturday, by the end of Tuesday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_DAYS = 30
"""Working days that can be agreed."""
MOST_HOLIDAYS = 100
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Terms:
    """What holds in a space: the working days within which a coach answers (None: nothing was agreed), the zone in which days
    are counted, and the days on which nobody works.
    """

    days: int | None = None
    zone: str = "UTC"
    holidays: frozenset[date] = frozenset()

    def day_of(self, moment: datetime) -> date:
        """The calendar day of an aware moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def midnight(self, day: date) -> datetime:
        """The UTC moment at which a day begins."""
        return datetime.combine(day, time.min, ZoneInfo(self.zone)).astimezone(UTC)

    def works(self, day: date) -> bool:
        """Whether people work on a day."""
        return day.weekday() < 5 and day not in self.holidays

    def between(self, first: date, last: date) -> int:
        """The working days after `first` up to and including `last`; negative the other way round."""
        if last < first:
            return -self.between(last, first)
        return sum(self.works(first + DAY * step) for step in range(1, (last - first).days + 1))

    def due(self, since: datetime, wanted_by: date | None = None) -> date | None:
        """The last day for an answer to what was asked at `since`; what the team wants comes before what was agreed."""
        if wanted_by is not None or self.days is None:
            return wanted_by
        return self._due_on(self.day_of(since))

    def _due_on(self, day: date) -> date:
        left = self.days or 0
        while left:
            day += DAY
            left -= self.works(day)
        return day

    def left(self, due: date, at: datetime) -> int:
        """Working days left until the end of `due`: 0 on the day itself, -1 from the day after it on."""
        today = self.day_of(at)
        if today > due:
            return min(-1, self.between(today, due))
        return 0 if today == due else max(1, self.between(today, due))

    def bounds(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Two moments: what was asked before the first is over, what was asked before the second is due today or over.
        None where nothing was agreed. Says for many what `due` says for one (a property test compares them).
        """
        if self.days is None:
            return None
        today = self.day_of(at)
        day = today
        while self._due_on(day - DAY) > today:
            day -= DAY
        later = day
        while self._due_on(day - DAY) >= today:
            day -= DAY
        return self.midnight(day), self.midnight(later)

    def worked(self, begin: datetime, end: datetime) -> int:
        """The seconds between two moments that fall on working days."""
        seconds, day, last = 0.0, self.day_of(begin), self.day_of(end)
        if (last - day).days > 1000:
            return int((end - begin).total_seconds())
        while day <= last:
            if self.works(day):
                seconds += max(
                    0.0, (min(end, self.midnight(day + DAY)) - max(begin, self.midnight(day))).total_seconds()
                )
            day += DAY
        return int(seconds)

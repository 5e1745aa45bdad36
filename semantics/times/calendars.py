"""The calendar questions are read by, and the stretches of time they name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from clearway.semantics.frame import Grain, Step

Weekday = Literal["monday", "sunday", "saturday"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """What "today", "this week" and "Q3" mean for the asker."""

    now: datetime
    zone: ZoneInfo
    week_start: Weekday = "monday"
    fiscal_year_start_month: int = 1

    @property
    def today(self) -> date:
        """The asker's date."""
        return self.now.astimezone(self.zone).date()

    def shift_of(self, step: Step) -> int:
        """How much later than the ISO calendar's such a step starts, in days or months."""
        if step == "week":
            return {"monday": 0, "sunday": -1, "saturday": -2}[self.week_start]
        return (self.fiscal_year_start_month - 1) % 3 if step == "quarter" else 0


class Stretch(NamedTuple):
    """A period found in the text, half open; `unit` is its natural size."""

    start: datetime | None
    end: datetime | None
    label: str
    unit: Grain | None
    after: int
    """Index of the first token behind it."""
    year: int | None = None
    """Set where a year, and nothing finer, was said."""
    ends: tuple[Stretch, Stretch] | None = None
    """The two periods of `from A to B`."""


def month_start(year: int, month: int) -> date:
    """The first of a month; months outside 1 to 12 carry into the year."""
    index = year * 12 + month - 1
    return date(index // 12, index % 12 + 1, 1)


def says_year(label: str) -> bool:
    """Whether a stretch was named with its year."""
    return any(len(word) == 4 and word.isdigit() for word in label.replace("-", " ").split())


def moved(moment: datetime, years: int) -> datetime:
    """The same moment some years later or, below 0, earlier."""
    return months_back(moment, -12 * years) or moment


def months_back(moment: datetime, months: int) -> datetime | None:
    """Return the same moment so many months earlier, None before the calendar begins."""
    index = moment.year * 12 + moment.month - 1 - months
    if index < 12:
        return None
    year, month = index // 12, index % 12 + 1
    last_day = (month_start(year, month + 1) - timedelta(1)).day
    return moment.replace(year=year, month=month, day=min(moment.day, last_day))

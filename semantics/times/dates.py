"""Dates, months, quarters and years as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from clearway.semantics.frame import Grain
from clearway.semantics.times.calendars import (
    Calendar,
    Stretch,
    month_start,
)
from clearway.semantics.words.tokens import Token

MONTHS = {
    name: number + 1
    for number, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ]
    )
    for name in names.split()
}

WEEKDAYS = {
    name: number
    for number, names in enumerate(
        [
            "monday mon",
            "tuesday tue",
            "wednesday wed",
            "thursday thu",
            "friday fri",
            "saturday sat",
            "sunday sun",
        ]
    )
    for name in names.split()
}

PLURAL_DAYS = {f"{name}s": name for name in WEEKDAYS if name.endswith("day")}
"""`Mondays` are those of every week."""


LAST, ROLLING, THIS, NEXT = (
    {"last", "previous", "prior"},
    {"past", "trailing"},
    {"this", "current"},
    {"next"},
)


class DateReader:
    """Reads what names one stretch of a calendar; the caller says where it starts."""

    def __init__(self, tokens: Sequence[Token], calendar: Calendar) -> None:
        self.tokens = tokens
        self.calendar = calendar

    def low(self, at: int) -> str:
        """Return the case-folded word there; empty behind the end."""
        return self.tokens[at].low if at < len(self.tokens) else ""

    def stem(self, at: int) -> str:
        """Return the singular there; empty behind the end."""
        return self.tokens[at].stem if at < len(self.tokens) else ""

    def _skip(self, at: int) -> int:
        while self.low(at) in ("the", "of", ",", "date", "day"):
            at += 1
        return at

    def _iso(self, at: int) -> Stretch | None:
        """`2025-03-05`, `2025-03`; numbers and dashes were cut apart by the tokens."""
        parts = [self.low(at)]
        while len(parts) < 3 and self.low(at + 1) in ("-", "/") and self._adjacent(at):
            parts.append(self.low(at + 2))
            at += 2
        if len(parts) < 2 or len(parts[0]) != 4 or not all(p.isdigit() for p in parts):
            return None
        try:
            return self._written(list(map(int, parts)), at + 1)
        except (ValueError, OverflowError):  # none, or at the end of the calendar: 9999-12-31
            return None

    def _written(self, parts: list[int], after: int) -> Stretch:
        """A year, a month and perhaps a day in numbers; raises where there is no such time."""
        first = date(parts[0], parts[1], parts[2] if len(parts) == 3 else 1)
        if len(parts) == 3:
            return self._days(first, first + timedelta(1), first.isoformat(), "day", after)
        end = month_start(first.year, first.month + 1)
        return self._days(first, end, first.isoformat()[:7], "month", after)

    def _adjacent(self, at: int) -> bool:
        return (
            at + 2 < len(self.tokens)
            and self.tokens[at].end == self.tokens[at + 1].start
            and self.tokens[at + 1].end == self.tokens[at + 2].start
        )

    def _day_first(self, at: int) -> Stretch | None:
        """`5 March 2025`."""
        if self.low(at + 1) not in MONTHS or not self.low(at).isdigit():
            return None
        return self._date(int(self.low(at)), MONTHS[self.low(at + 1)], at + 2)

    def _beside_month(self, at: int) -> bool:
        """`between january and march`: joined to a month, a small word is one."""
        ends = ((at - 1, at - 2), (at + 1, at + 2))
        return any(
            there >= 0 and self.low(by) in ("and", "to") and self.low(there) in MONTHS
            for by, there in ends
        )

    def _month(self, at: int, *, last: bool = False) -> Stretch | None:
        """`March`, `March 2025`, `March 5, 2025`; a small "may" or "march" needs its year."""
        token, month = self.tokens[at], MONTHS[self.low(at)]
        day = self.low(at + 1)
        digits = day.rstrip("stndrh")
        if digits.isdigit() and len(digits) <= 2 and day[: len(digits)] == digits:
            return self._date(int(digits), month, at + 2)
        comma = at + 1 if self.low(at + 1) in (",", "of") else at
        year = self._year_number(comma + 1)
        if year is None:
            small = token.low in ("may", "march", "mar", "sep", "dec", "jan")
            if small and not (token.capital or self._beside_month(at)):
                return None
            year = self._recent_year(month, last=last)
            return self._days(
                month_start(year, month), month_start(year, month + 1), token.low, "month", at + 1
            )
        label = f"{token.low} {year}"
        return self._days(
            month_start(year, month), month_start(year, month + 1), label, "month", comma + 2
        )

    def _recent_year(self, month: int, *, last: bool) -> int:
        """A month without a year is its latest occurrence that has begun."""
        today = self.calendar.today
        begun = month < today.month if last else month <= today.month
        return today.year if begun else today.year - 1

    def _date(self, day: int, month: int, at: int) -> Stretch | None:
        comma = at + 1 if self.low(at) == "," else at
        year = self._year_number(comma)
        after = comma + 1 if year is not None else at
        try:
            first = date(year or self._recent_year(month, last=False), month, day)
        except ValueError:
            return None
        return self._days(first, first + timedelta(1), first.isoformat(), "day", after)

    def _year_number(self, at: int) -> int | None:
        low = self.low(at)
        return (
            int(low)
            if len(low) == 4 and low.isdigit() and low.isascii() and "1900" <= low <= "2199"
            else None
        )

    def _year(self, at: int) -> Stretch | None:
        year = self._year_number(at)
        if year is None:
            return None
        after = at + 1
        low = self.low(after)
        if len(low) == 2 and low[0] in "qh" and low[1].isdigit():
            return self._part_of(int(low[1]), low[0], year, after + 1)
        return self._days(
            date(year, 1, 1), date(year + 1, 1, 1), str(year), "year", after
        )._replace(year=year)

    def _part(self, number: int, kind: str, at: int) -> Stretch | None:
        """A quarter or half; without a year, its latest occurrence that has begun."""
        skipped = self._skip(at)
        year = self._year_number(skipped)
        if year is not None:
            return self._part_of(number, kind, year, skipped + 1)
        if self.low(skipped) in LAST | THIS and self.stem(skipped + 1) == "year":
            shift = -1 if self.low(skipped) in LAST else 0
            return self._part_of(
                number, kind, self._fiscal_year_of(self.calendar.today) + shift, skipped + 2
            )
        year = self._fiscal_year_of(self.calendar.today)
        found = self._part_of(number, kind, year, at)
        if found and found.start and found.start > self.calendar.now:
            found = self._part_of(number, kind, year - 1, at)
        return found._replace(label=f"{kind}{number}") if found else None

    def _part_of(self, number: int, kind: str, year: int, after: int) -> Stretch | None:
        size = 3 if kind == "q" else 6
        if not 1 <= number <= 12 // size:
            return None
        first = self._fiscal_start(year)
        start = month_start(first.year, first.month + size * (number - 1))
        end = month_start(first.year, first.month + size * number)
        return self._days(
            start, end, f"{kind}{number} {year}", "quarter" if kind == "q" else None, after
        )

    def _fiscal_start(self, year: int) -> date:
        """A fiscal year is named after the calendar year it ends in."""
        month = self.calendar.fiscal_year_start_month
        return date(year if month == 1 else year - 1, month, 1)

    def _fiscal_year_of(self, day: date) -> int:
        month = self.calendar.fiscal_year_start_month
        return day.year + 1 if month > 1 and day.month >= month else day.year

    def _fiscal(self, at: int) -> Stretch | None:
        at = at + 2 if self.stem(at + 1) == "year" else at + 1
        year = self._year_number(at)
        return self._fiscal_year(year, at + 1) if year else None

    def _fiscal_year(self, year: int, after: int) -> Stretch | None:
        year = year + 2000 if year < 100 else year
        if not 1900 <= year <= 2199:
            return None
        start = self._fiscal_start(year)
        return self._days(start, month_start(start.year + 1, start.month), f"fy{year}", None, after)

    def _any_weekday(self, at: int) -> bool:
        """`on a Monday` is no day in particular."""
        return at > 0 and self.low(at - 1) in ("a", "an", "every", "each", "any")

    def _weekday(self, at: int, shift: int) -> Stretch:
        """The latest such day up to today; `last Monday` is the one before today."""
        today = self.calendar.today
        back = (today.weekday() - WEEKDAYS[self.low(at)]) % 7
        if shift < 0 and back == 0:
            back = 7
        day = today - timedelta(back) + timedelta(7 if shift > 0 else 0)
        return self._days(day, day + timedelta(1), self.low(at), "day", at + 1)

    def _moment(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.calendar.zone).astimezone(UTC)

    def _days(self, start: date, end: date, label: str, unit: Grain | None, after: int) -> Stretch:
        return Stretch(self._moment(start), self._moment(end), label, unit, after)

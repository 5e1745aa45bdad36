"""Stretches of time in a question, resolved against a clock, a zone and a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from clearway.semantics.frame import Grain
from clearway.semantics.times.bounds import GOES_ON, LEADS, BoundReader
from clearway.semantics.times.calendars import (
    Calendar,
    Stretch,
    Weekday,
    month_start,
    months_back,
)
from clearway.semantics.times.dates import LAST, MONTHS, NEXT, ROLLING, THIS, WEEKDAYS
from clearway.semantics.words.numerals import NUMBER_WORDS, ORDINALS, read_number
from clearway.semantics.words.tokens import Token
from clearway.semantics.words.wordset import wordset

__all__ = [
    "STARTERS",
    "UNIT_WORDS",
    "Calendar",
    "Stretch",
    "Weekday",
    "quoted_moment",
    "read_period",
]

_UNITS: dict[str, Grain] = {
    "hour": "hour",
    "hr": "hour",
    "h": "hour",
    "day": "day",
    "d": "day",
    "week": "week",
    "wk": "week",
    "month": "month",
    "quarter": "quarter",
    "qtr": "quarter",
    "year": "year",
    "yr": "year",
}

STARTERS = (
    wordset(
        """
    today midnight yesterday ytd mtd qtd wtd year month quarter week fiscal first second
    third fourth h1 h2 q1 q2 q3 q4 so
    """
    )
    | LAST
    | ROLLING
    | THIS
    | NEXT
    | LEADS
    | frozenset(MONTHS)
    | frozenset(WEEKDAYS)
)

_PARTS = {"quarter": ("q", 4), "half": ("h", 2)}
"""The last ones of a year."""
_DATED = frozenset(["year", "month", "quarter", "week"])

UNIT_WORDS = frozenset(["day", "week", "month", "quarter", "year", "hour"])
"""What `this`, `last` and `next` stand before, for slips of the pen."""


def read_period(tokens: Sequence[Token], at: int, calendar: Calendar) -> Stretch | None:
    """Return the period that starts at this token, or None; linear in the tokens it takes."""
    return _Reader(tokens, calendar).period(at)


def quoted_moment(text: str, calendar: Calendar) -> Stretch | None:
    """Return a quoted ISO date as its day, a quoted ISO moment as that second."""
    if not text[:4].isdigit() or len(text) > 35:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=calendar.zone)
    start = moment.astimezone(UTC)
    size = timedelta(days=1) if len(text) <= 10 else timedelta(seconds=1)
    return Stretch(start, start + size, text, "day" if len(text) <= 10 else None, 0)


class _Reader(BoundReader):
    """One attempt; every method takes an index and returns a Stretch or None."""

    def period(self, at: int) -> Stretch | None:
        if self.low(at) in LEADS:
            found = self._bounded(at) or self._range(at) or self._trailed(at)
            if found is not None:
                return found
        found = self.named(at)
        if found is None or self.low(found.after) not in GOES_ON:
            return found
        return self._range(at) or self._trailed(at) or found

    def named(self, at: int) -> Stretch | None:  # noqa: C901, PLR0911, PLR0912 - one line per kind of period
        """A period without since, before or between."""
        token = self.tokens[at] if at < len(self.tokens) else None
        if token is None or token.kind == "mark":
            return None
        if token.kind == "quoted":
            quoted = quoted_moment(token.text, self.calendar)
            return quoted._replace(after=at + 1) if quoted else None
        word = token.low
        if token.kind == "number" or word in NUMBER_WORDS:
            return self._iso(at) or self._day_first(at) or self._ago(at) or self._year(at)
        if word[:1].isdigit():
            return self._ordinal_day(at)
        if word == "midnight":
            day = self.calendar.today
            return self._days(day, day + timedelta(1), "midnight", "day", at + 1)
        if word in ("today", "yesterday", "tomorrow"):
            day = self.calendar.today + timedelta(
                {"today": 0, "yesterday": -1, "tomorrow": 1}[word]
            )
            return self._days(day, day + timedelta(1), word, "day", at + 1)
        if word in ("ytd", "mtd", "qtd", "wtd"):
            return self._to_date(
                {"y": "year", "m": "month", "q": "quarter", "w": "week"}[word[0]], at + 1
            )
        if word == "month" and self.low(at + 1) == "of" and self.low(at + 2) in MONTHS:
            return self._month(at + 2)
        if word in _DATED:
            after = self._until_now(at + 1)
            return self._to_date(word, after) if after else None
        if word == "so":
            # `so far this year`
            unit = self.stem(at + 3) if self._said(at, 3) == "so far this" else ""
            return self._to_date(unit, at + 4) if unit in _DATED else None
        if word in LAST or word in ROLLING or word in THIS or word in NEXT:
            return self._last_part(at) or self._relative(at)
        if len(word) >= 2 and word[0] in "qh" and word[1:].isdigit():
            return self._part(int(word[1:]), word[0], at + 1)
        if word in ORDINALS and self.stem(at + 1) in ("quarter", "half"):
            return self._part(ORDINALS[word], self.stem(at + 1)[0], at + 2)
        if word[:2] == "fy" and word[2:].isdigit():
            return self._fiscal_year(int(word[2:]), at + 1)
        if word in ("fiscal", "fy"):
            return self._fiscal(at)
        if word in MONTHS:
            return self._month(at)
        if word in WEEKDAYS and (len(word) > 3 or token.capital) and not self._any_weekday(at):
            return self._weekday(at, 0)
        return None

    def _ordinal_day(self, at: int) -> Stretch | None:
        """`3rd February 2025`, `3rd of February`."""
        day, after = self.low(at)[:-2], self._skip(at + 1)
        if self.low(at)[-2:] not in ("st", "nd", "rd", "th") or not day.isdigit() or len(day) > 2:
            return None
        month = MONTHS.get(self.low(after))
        return self._date(int(day), month, after + 1) if month is not None else None

    def _last_part(self, at: int) -> Stretch | None:
        """`the last quarter of 2024` is its fourth."""
        part, after = _PARTS.get(self.stem(at + 1)), self._skip(at + 2)
        year = self._year_number(after)
        if self.low(at) != "last" or self.low(at + 2) != "of" or part is None or year is None:
            return None
        return self._part_of(part[1], part[0], year, after + 1)

    def _relative(self, at: int) -> Stretch | None:  # noqa: PLR0911
        word, next_ = self.low(at), at + 1
        if self.low(next_) == "fiscal":
            shift = -1 if word in LAST else 1 if word in NEXT else 0
            if self.stem(next_ + 1) == "year":
                year = self._fiscal_year_of(self.calendar.today) + shift
                return self._fiscal_year(year, next_ + 2)
            next_ += 1
        if self.low(next_) in WEEKDAYS:
            return self._weekday(next_, -7 if word in LAST else 7 if word in NEXT else 0)
        if self.low(next_) in MONTHS and word in LAST:
            return self._month(next_, last=True)
        number = self._count(next_)
        if number:
            count, unit, after = number
            return self._rolling(count, unit, after) if word in LAST | ROLLING else None
        named = _UNITS.get(self.stem(next_)) if len(self.low(next_)) > 2 else None
        if named is None:
            return None
        unit = named
        if word in ROLLING or unit == "hour":
            return self._rolling(1, unit, next_ + 1)
        if word in THIS and unit in _DATED and self._until_now(next_ + 1):
            return self._to_date(unit, self._until_now(next_ + 1))
        shift = -1 if word in LAST else 1 if word in NEXT else 0
        start, end = self._calendar_unit(unit, shift)
        return self._days(start, end, f"{word} {unit}", unit, next_ + 1)

    def _until_now(self, at: int) -> int:
        """Return the index behind `to date`, `-to-date` or `so far`; 0 where none is said."""
        if self._said(at, 2) in ("to date", "so far"):
            return at + 2
        return at + 4 if self._said(at, 4) == "- to - date" else 0

    def _count(self, at: int) -> tuple[int, Grain, int] | None:
        """`24 hours`, `24h`, `three months`."""
        if at >= len(self.tokens):
            return None
        low = self.low(at)
        if low[:-1].isdigit() and low[-1:] in _UNITS and low.isascii():
            return int(low[:-1]), _UNITS[low[-1]], at + 1
        number = read_number(self.tokens, at)
        if number is None or not isinstance(number[0], int) or not 0 < number[0] < 10_000:
            return None
        unit = _UNITS.get(self.stem(number[1]))
        return (number[0], unit, number[1] + 1) if unit else None

    def _ago(self, at: int) -> Stretch | None:
        """`3 days ago` is that whole day."""
        number = self._count(at)
        if number is None or self.low(number[2]) != "ago":
            return None
        count, unit, after = number
        label = f"{count} {unit}s ago"
        if unit == "hour":
            moment = self.calendar.now - timedelta(hours=count)
            return Stretch(moment, moment + timedelta(hours=1), label, unit, after + 1)
        try:
            start, end = self._calendar_unit(unit, -count)
        except (ValueError, OverflowError):  # before the calendar begins
            return None
        return self._days(start, end, label, unit, after + 1)

    def _rolling(self, count: int, unit: Grain, after: int) -> Stretch | None:
        now = self.calendar.now.astimezone(UTC)
        label = f"last {count} {unit}s" if count > 1 else f"past {unit}"
        if unit == "hour":
            return Stretch(now - timedelta(hours=count), now, label, unit, after)
        if unit in ("day", "week"):
            return Stretch(
                now - timedelta(days=count * (7 if unit == "week" else 1)), now, label, unit, after
            )
        months = count * {"month": 1, "quarter": 3, "year": 12}[unit]
        start = months_back(now, months)
        return Stretch(start, now, label, unit, after) if start else None

    def _calendar_unit(self, unit: Grain, shift: int) -> tuple[date, date]:
        today = self.calendar.today
        if unit in ("day", "hour"):
            start = today + timedelta(shift)
            return start, start + timedelta(1)
        if unit == "week":
            first = {"monday": 0, "sunday": 6, "saturday": 5}[self.calendar.week_start]
            start = today - timedelta((today.weekday() - first) % 7) + timedelta(7 * shift)
            return start, start + timedelta(7)
        if unit == "month":
            return month_start(today.year, today.month + shift), month_start(
                today.year, today.month + shift + 1
            )
        if unit == "quarter":
            offset = (today.month - self.calendar.fiscal_year_start_month) % 3
            month = today.month - offset + 3 * shift
            return month_start(today.year, month), month_start(today.year, month + 3)
        return date(today.year + shift, 1, 1), date(today.year + shift + 1, 1, 1)

    def _to_date(self, unit: str, after: int) -> Stretch:
        start, _ = self._calendar_unit(_UNITS[unit], 0)
        now = self.calendar.now.astimezone(UTC)
        return Stretch(self._moment(start), now, f"{unit} to date", _UNITS[unit], after)

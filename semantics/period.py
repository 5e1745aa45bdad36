"""Stretches of time in a question, resolved against a clock, a zone and a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from clearway.semantics.frame import Grain, Step
from clearway.semantics.numerals import NUMBER_WORDS, ORDINALS, read_number
from clearway.semantics.tokens import Token
from clearway.semantics.wordset import wordset

Weekday = Literal["monday", "sunday", "saturday"]

_MONTHS = {
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
_WEEKDAYS = {
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
_LAST, _ROLLING, _THIS, _NEXT = (
    {"last", "previous", "prior"},
    {"past", "trailing"},
    {"this", "current"},
    {"next"},
)
_SINCE, _BEFORE, _AFTER = {"since"}, {"before", "until", "till"}, {"after"}
_LEADS = frozenset(
    {"in", "during", "for", "on", "within", "over", "from", "the", "of", "throughout"}
)
STARTERS = (
    wordset(
        """
    today midnight yesterday ytd mtd qtd wtd year month quarter week fiscal first second
    third fourth h1 h2 q1 q2 q3 q4 between from
    """
    )
    | _LAST
    | _ROLLING
    | _THIS
    | _NEXT
    | _SINCE
    | _BEFORE
    | _AFTER
    | frozenset(_MONTHS)
    | frozenset(_WEEKDAYS)
)


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


class _Reader:
    """One attempt; every method takes an index and returns a Stretch or None."""

    def __init__(self, tokens: Sequence[Token], calendar: Calendar) -> None:
        self.tokens = tokens
        self.calendar = calendar

    def low(self, at: int) -> str:
        return self.tokens[at].low if at < len(self.tokens) else ""

    def stem(self, at: int) -> str:
        return self.tokens[at].stem if at < len(self.tokens) else ""

    def period(self, at: int) -> Stretch | None:
        word = self.low(at)
        if word in _SINCE:
            return self._open(at, after=False)
        if word in _AFTER or word in _BEFORE:
            return self._open(at, after=True)
        if word in ("between", "from"):
            return self._range(at)
        return self.named(at)

    def _open(self, at: int, *, after: bool) -> Stretch | None:
        """`since X` starts with X, `after X` behind it, `before X` ends where X starts."""
        word = self.low(at)
        found = self.named(self._skip(at + 1))
        if found is None:
            return None
        label = f"{word} {found.label}"
        if word in ("until", "till"):
            return Stretch(None, found.end, label, None, found.after)
        if word in _BEFORE:
            return Stretch(None, found.start, label, None, found.after)
        start = found.end if after else found.start
        return Stretch(start, None, label, None, found.after)

    def _range(self, at: int) -> Stretch | None:
        first = self.named(self._skip(at + 1))
        if first is None or self.low(first.after) not in (
            "and",
            "to",
            "until",
            "till",
            "-",
            "through",
        ):
            return None
        second = self.named(self._skip(first.after + 1))
        if second is None:
            return None
        first = self._in_one_span(first, second)
        if first is None:
            return None
        label = f"{self.low(at)} {first.label} and {second.label}"
        ends = (first, second)
        return Stretch(first.start, second.end, label, None, second.after, ends=ends)

    def _in_one_span(self, first: Stretch, second: Stretch) -> Stretch | None:
        """`between January and March 2025`: the year said last holds for both; None if reversed."""
        if first.start is None or first.end is None or second.start is None or second.end is None:
            return first
        if not _says_year(first.label):
            years = second.start.year - first.start.year if _says_year(second.label) else 0
            if _moved(first.start, years) >= second.end:
                years -= 1
            if years:
                start, end = _moved(first.start, years), _moved(first.end, years)
                first = first._replace(start=start, end=end)
        return first if first.start is not None and first.start < second.end else None

    def _skip(self, at: int) -> int:
        while self.low(at) in ("the", "of", ",", "date", "day"):
            at += 1
        return at

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
        if (
            word in ("year", "month", "quarter", "week")
            and self.low(at + 1) == "to"
            and self.low(at + 2) == "date"
        ):
            return self._to_date(word, at + 3)
        if word in _LAST or word in _ROLLING or word in _THIS or word in _NEXT:
            return self._relative(at)
        if len(word) >= 2 and word[0] in "qh" and word[1:].isdigit():
            return self._part(int(word[1:]), word[0], at + 1)
        if word in ORDINALS and self.stem(at + 1) in ("quarter", "half"):
            return self._part(ORDINALS[word], self.stem(at + 1)[0], at + 2)
        if word[:2] == "fy" and word[2:].isdigit():
            return self._fiscal_year(int(word[2:]), at + 1)
        if word in ("fiscal", "fy"):
            return self._fiscal(at)
        if word in _MONTHS:
            return self._month(at)
        if word in _WEEKDAYS and (len(word) > 3 or token.capital):
            return self._weekday(at, 0)
        return None

    def _relative(self, at: int) -> Stretch | None:  # noqa: PLR0911
        word, next_ = self.low(at), at + 1
        if self.low(next_) == "fiscal":
            shift = -1 if word in _LAST else 1 if word in _NEXT else 0
            if self.stem(next_ + 1) == "year":
                year = self._fiscal_year_of(self.calendar.today) + shift
                return self._fiscal_year(year, next_ + 2)
            next_ += 1
        if self.low(next_) in _WEEKDAYS:
            return self._weekday(next_, -7 if word in _LAST else 7 if word in _NEXT else 0)
        if self.low(next_) in _MONTHS and word in _LAST:
            return self._month(next_, last=True)
        number = self._count(next_)
        if number:
            count, unit, after = number
            return self._rolling(count, unit, after) if word in _LAST | _ROLLING else None
        named = _UNITS.get(self.stem(next_)) if len(self.low(next_)) > 2 else None
        if named is None:
            return None
        unit = named
        if word in _ROLLING or unit == "hour":
            return self._rolling(1, unit, next_ + 1)
        shift = -1 if word in _LAST else 1 if word in _NEXT else 0
        start, end = self._calendar_unit(unit, shift)
        return self._days(start, end, f"{word} {unit}", unit, next_ + 1)

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
        start, end = self._calendar_unit(unit, -count)
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
        start = _months_back(now, months)
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
            return _month_start(today.year, today.month + shift), _month_start(
                today.year, today.month + shift + 1
            )
        if unit == "quarter":
            offset = (today.month - self.calendar.fiscal_year_start_month) % 3
            month = today.month - offset + 3 * shift
            return _month_start(today.year, month), _month_start(today.year, month + 3)
        return date(today.year + shift, 1, 1), date(today.year + shift + 1, 1, 1)

    def _to_date(self, unit: str, after: int) -> Stretch:
        start, _ = self._calendar_unit(_UNITS[unit], 0)
        now = self.calendar.now.astimezone(UTC)
        return Stretch(self._moment(start), now, f"{unit} to date", _UNITS[unit], after)

    def _iso(self, at: int) -> Stretch | None:
        """`2025-03-05`, `2025-03`; numbers and dashes were cut apart by the tokens."""
        parts = [self.low(at)]
        while len(parts) < 3 and self.low(at + 1) in ("-", "/") and self._adjacent(at):
            parts.append(self.low(at + 2))
            at += 2
        if len(parts) < 2 or len(parts[0]) != 4 or not all(p.isdigit() for p in parts):
            return None
        try:
            first = date(int(parts[0]), int(parts[1]), int(parts[2]) if len(parts) == 3 else 1)
        except ValueError:
            return None
        if len(parts) == 3:
            return self._days(first, first + timedelta(1), first.isoformat(), "day", at + 1)
        return self._days(
            first, _month_start(first.year, first.month + 1), first.isoformat()[:7], "month", at + 1
        )

    def _adjacent(self, at: int) -> bool:
        return (
            at + 2 < len(self.tokens)
            and self.tokens[at].end == self.tokens[at + 1].start
            and self.tokens[at + 1].end == self.tokens[at + 2].start
        )

    def _day_first(self, at: int) -> Stretch | None:
        """`5 March 2025`."""
        if self.low(at + 1) not in _MONTHS or not self.low(at).isdigit():
            return None
        return self._date(int(self.low(at)), _MONTHS[self.low(at + 1)], at + 2)

    def _month(self, at: int, *, last: bool = False) -> Stretch | None:
        """`March`, `March 2025`, `March 5, 2025`; a small "may" or "march" needs its year."""
        token, month = self.tokens[at], _MONTHS[self.low(at)]
        day = self.low(at + 1)
        digits = day.rstrip("stndrh")
        if digits.isdigit() and len(digits) <= 2 and day[: len(digits)] == digits:
            return self._date(int(digits), month, at + 2)
        comma = at + 1 if self.low(at + 1) in (",", "of") else at
        year = self._year_number(comma + 1)
        if year is None:
            if not token.capital and token.low in ("may", "march", "mar", "sep", "dec", "jan"):
                return None
            year = self._recent_year(month, last=last)
            return self._days(
                _month_start(year, month), _month_start(year, month + 1), token.low, "month", at + 1
            )
        label = f"{token.low} {year}"
        return self._days(
            _month_start(year, month), _month_start(year, month + 1), label, "month", comma + 2
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
        if self.low(skipped) in _LAST | _THIS and self.stem(skipped + 1) == "year":
            shift = -1 if self.low(skipped) in _LAST else 0
            return self._part_of(
                number, kind, self._fiscal_year_of(self.calendar.today) + shift, skipped + 2
            )
        year = self._fiscal_year_of(self.calendar.today)
        found = self._part_of(number, kind, year, at)
        if found and found.start and found.start > self.calendar.now:
            return self._part_of(number, kind, year - 1, at)
        return found

    def _part_of(self, number: int, kind: str, year: int, after: int) -> Stretch | None:
        size = 3 if kind == "q" else 6
        if not 1 <= number <= 12 // size:
            return None
        first = self._fiscal_start(year)
        start = _month_start(first.year, first.month + size * (number - 1))
        end = _month_start(first.year, first.month + size * number)
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
        return self._days(
            start, _month_start(start.year + 1, start.month), f"fy{year}", None, after
        )

    def _weekday(self, at: int, shift: int) -> Stretch:
        """The latest such day up to today; `last Monday` is the one before today."""
        today = self.calendar.today
        back = (today.weekday() - _WEEKDAYS[self.low(at)]) % 7
        if shift < 0 and back == 0:
            back = 7
        day = today - timedelta(back) + timedelta(7 if shift > 0 else 0)
        return self._days(day, day + timedelta(1), self.low(at), "day", at + 1)

    def _moment(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.calendar.zone).astimezone(UTC)

    def _days(self, start: date, end: date, label: str, unit: Grain | None, after: int) -> Stretch:
        return Stretch(self._moment(start), self._moment(end), label, unit, after)


def _month_start(year: int, month: int) -> date:
    """The first of a month; months outside 1 to 12 carry into the year."""
    index = year * 12 + month - 1
    return date(index // 12, index % 12 + 1, 1)


def _says_year(label: str) -> bool:
    return any(len(word) == 4 and word.isdigit() for word in label.replace("-", " ").split())


def _moved(moment: datetime, years: int) -> datetime:
    """The same moment some years later or, below 0, earlier."""
    return _months_back(moment, -12 * years) or moment


def _months_back(moment: datetime, months: int) -> datetime | None:
    index = moment.year * 12 + moment.month - 1 - months
    if index < 12:
        return None
    year, month = index // 12, index % 12 + 1
    last_day = (_month_start(year, month + 1) - timedelta(1)).day
    return moment.replace(year=year, month=month, day=min(moment.day, last_day))

"""Times open on one side, and times from one to another: `since`, `prior to`, `from … to`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, timedelta
from typing import Literal

from clearway.semantics.times.calendars import Stretch, moved, says_year
from clearway.semantics.times.dates import MONTHS, DateReader
from clearway.semantics.words.wordset import wordset

Side = Literal["since", "after", "before", "until"]

_LEADS: dict[str, Side] = {
    "since": "since",
    "starting": "since",
    "starting from": "since",
    "starting in": "since",
    "starting on": "since",
    "starting with": "since",
    "beginning in": "since",
    "beginning on": "since",
    "beginning with": "since",
    "on or after": "since",
    "no earlier than": "since",
    "not earlier than": "since",
    "not before": "since",
    "after": "after",
    "later than": "after",
    "before": "before",
    "prior to": "before",
    "earlier than": "before",
    "until": "until",
    "till": "until",
    "through": "until",
    "up through": "until",
    "up until": "until",
    "up to and including": "until",
    "on or before": "until",
    "no later than": "until",
    "not later than": "until",
    "not after": "until",
}
_LONGEST = 4
_TRAILS: dict[str, Side] = {
    "onward": "since",
    "onwards": "since",
    "and onward": "since",
    "and onwards": "since",
    "and later": "since",
    "or later": "since",
    "and earlier": "until",
    "or earlier": "until",
}
_EDGES = {
    "start of": "start",
    "beginning of": "start",
    "end of": "end",
}
_TO = ("and", "to", "until", "till", "-", "through", "thru")
LEADS = wordset(" ".join(phrase.partition(" ")[0] for phrase in _LEADS)) | {"from", "between"}
"""Words such a time may start with."""
GOES_ON = wordset("through thru onward onwards and or")
"""Words behind a time that may make it part of a longer one."""


class BoundReader(DateReader, ABC):
    """Reads times by their bounds; what names one stretch is for the class built on it."""

    @abstractmethod
    def named(self, at: int) -> Stretch | None:
        """Return the stretch that is named here, without since, before or between."""

    def _said(self, at: int, words: int) -> str:
        return " ".join(self.low(at + step) for step in range(words))

    def _among(self, at: int, phrases: dict[str, Side]) -> tuple[Side, int] | None:
        """Return what the longest of the phrases here means, and the index behind it."""
        for words in range(_LONGEST, 0, -1):
            side = phrases.get(self._said(at, words))
            if side is not None:
                return side, at + words
        return None

    def _bounded(self, at: int) -> Stretch | None:
        """`since X` starts with X, `after X` behind it, `before X` ends where X starts."""
        lead = self._among(at, _LEADS)
        if lead is None:
            return None
        side, after = lead
        edge, after = self._edge(self._skip(after))
        found = self.named(self._skip(after))
        return None if found is None else _open(side, found, edge, self._said(at, after - at))

    def _trailed(self, at: int) -> Stretch | None:
        """`from March 2025 onwards`, `2024 or later`."""
        found = self.named(self._skip(at + 1) if self.low(at) == "from" else at)
        trail = None if found is None else self._among(found.after, _TRAILS)
        if found is not None and trail is None and self._goes_on(at, found.after):
            trail = ("since", found.after + 1)
        if found is None or trail is None:
            return None
        opened = _open(trail[0], found, "", trail[0])
        return None if opened is None else opened._replace(after=trail[1])

    def _goes_on(self, at: int, after: int) -> bool:
        """`from April 2025 on`, at the end or before what it is split by."""
        led = self.low(at) == "from" and self.low(after) == "on"
        return led and self.low(after + 1) in ("", ",", "by", "per", "for", "?")

    def _edge(self, at: int) -> tuple[str, int]:
        """`the end of`; nothing and the same index where none is meant."""
        edge = _EDGES.get(self._said(at, 2))
        return (edge, at + 2) if edge is not None else ("", at)

    def _range(self, at: int) -> Stretch | None:
        """`between X and Y`, `from X to Y`, `X through Y`: both are within."""
        lead = self.low(at) in ("between", "from")
        begin = self._skip(at + 1) if lead else at
        first = self._day_alone(begin) or self.named(begin)
        joined = self.low(first.after) if first is not None else ""
        if first is None or joined not in _TO or not (lead or joined in ("through", "thru")):
            return None
        second = self.named(self._skip(first.after + 1))
        if second is None:
            return None
        first = self._in_one_span(first, second)
        if first is None:
            return None
        label = f"{self.low(at) if lead else 'from'} {first.label} and {second.label}"
        ends = (first, second)
        return Stretch(first.start, second.end, label, None, second.after, ends=ends)

    def _day_alone(self, at: int) -> Stretch | None:
        """`from 1 to 29 February 2024`: the month is said behind the other day."""
        day, end = self.low(at), self.low(at + 2)
        said = day.isdigit() and end.isdigit() and len(day) < 3 and len(end) < 3
        if not said or self.low(at + 1) not in _TO or self.low(at + 3) not in MONTHS:
            return None
        last = self.named(at + 2)
        if last is None or last.start is None:
            return None
        local = last.start.astimezone(self.calendar.zone)
        if not 0 < int(day) < local.day:
            return None
        first = date(local.year, local.month, int(day))
        return self._days(first, first + timedelta(1), first.isoformat(), "day", at + 1)

    def _in_one_span(self, first: Stretch, second: Stretch) -> Stretch | None:
        """`between January and March 2025`: the year said last holds for both; None if reversed."""
        if first.start is None or first.end is None or second.start is None or second.end is None:
            return first
        if not says_year(first.label):
            years = second.start.year - first.start.year if says_year(second.label) else 0
            if moved(first.start, years) >= second.end:
                years -= 1
            if years:
                start, end = moved(first.start, years), moved(first.end, years)
                first = first._replace(start=start, end=end)
        return first if first.start is not None and first.start < second.end else None


def _open(side: Side, found: Stretch, edge: str, said: str) -> Stretch | None:
    """Return the time up to, or from, a bound of another; its start or its end where said so."""
    own = {"since": found.start, "before": found.start, "after": found.end, "until": found.end}
    bound = {"start": found.start, "end": found.end}.get(edge, own[side])
    label = f"{said} {found.label}"
    if side in ("since", "after"):
        return Stretch(bound, None, label, None, found.after)
    return Stretch(None, bound, label, None, found.after)

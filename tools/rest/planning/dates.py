"""A stretch of time given to the parameters that bound one: by their names and schemas only.

All or nothing: a stretch whose end no parameter takes is not given half, for the answer would be
about more than was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from clearway.semantics.frame import Frame
from clearway.tools.docs.words.terms import stem
from clearway.tools.rest.declared.json_schema import target
from clearway.tools.rest.declared.properties import type_of
from clearway.tools.rest.declared.types import Parameter
from clearway.tools.rest.declared.words import split

Role = Literal["start", "end", "day", "year"]
Spelling = Literal["date", "moment", "seconds", "milliseconds", "year"]

_START = frozenset(
    ["from", "since", "start", "starting", "begin", "beginning", "after", "min", "minimum",
     "gte", "gt", "ge", "newer", "earliest"]
)  # fmt: skip
_END = frozenset(
    ["to", "until", "till", "end", "ending", "before", "max", "maximum", "lte", "lt", "le",
     "older", "latest", "through"]
)  # fmt: skip
_STRICT = frozenset(["after", "gt", "before", "lt", "newer", "older"])
_TIMES = frozenset(["date", "datetime", "time", "timestamp", "day", "at", "on", "period", "range"])
_SAYS_DAY = re.compile(r"yyyy-?mm-?dd|\bdates?\b(?!-?\s?time)", re.IGNORECASE)
_SAYS_MOMENT = re.compile(r"\bdate-?\s?time|\btimestamp|\brfc ?3339|\biso[ -]?8601", re.IGNORECASE)
_SAYS_EPOCH = re.compile(r"\bunix\b|\bepoch\b", re.IGNORECASE)
_SAYS_MILLIS = re.compile(r"\bmilliseconds?\b|\bms\b", re.IGNORECASE)
_WHOLE_DAYS = timedelta(days=2)
"""A shorter stretch that begins within a day is about hours, and days cannot say it."""


@dataclass(frozen=True, slots=True)
class When:
    """The stretch of time a question names, half open; None is unbounded on that side."""

    start: datetime | None
    end: datetime | None
    zone: str
    text: str
    """The asker's words for it."""
    at: datetime
    """When it was asked."""

    @property
    def days(self) -> tuple[date | None, date | None] | None:
        """Its first day and the day after its last, in the asker's zone; None where it is hours."""
        zone = ZoneInfo(self.zone)
        start = self.start.astimezone(zone) if self.start else None
        end = self.end.astimezone(zone) if self.end else None
        sharp = all(each is None or each.time() == datetime.min.time() for each in (start, end))
        if not sharp and start and end and end - start < _WHOLE_DAYS:
            return None
        after = (end - timedelta(microseconds=1)).date() + timedelta(days=1) if end else None
        return (start.date() if start else None), after


@dataclass(frozen=True, slots=True)
class TimeSlot:
    """A parameter that takes an edge of a stretch of time."""

    name: str
    role: Role
    spelling: Spelling
    strict: bool
    """Its own moment is left out: `before`, not `until`."""
    about: frozenset[str]
    """What happened then, as stems: `created`; empty where it does not say."""
    required: bool


def when_of(frame: Frame, at: datetime) -> When | None:
    """Return the stretch of time a Frame has; None where it has none, or two to be compared."""
    period = frame.period
    if period is None or frame.comparison is not None:
        return None
    text = frame.text[slice(*period.span)] or period.label
    return When(period.start, period.end, period.zone, text, at)


def time_slot(parameter: Parameter) -> TimeSlot | None:
    """Return what edge a parameter takes, or None where it is no time, or does not say how."""
    if parameter.schema.get("enum"):
        return None
    words = split(parameter.name)
    spelling = _spelling(parameter, words)
    if spelling is None:
        return None
    starts, ends = not _START.isdisjoint(words), not _END.isdisjoint(words)
    if starts and ends:
        return None
    role: Role = "start" if starts else "end" if ends else "day"
    if spelling == "year":
        role = "year"
    elif role == "day" and spelling != "date":
        return None
    plain = frozenset(words) - _START - _END - _TIMES - {"year", "utc", "iso", "unix", "ms"}
    said = parameter.description.lower()
    strict = not _STRICT.isdisjoint(words)
    return TimeSlot(
        name=parameter.name,
        role=role,
        spelling=spelling,
        strict="inclusive" not in said and (strict or "exclusive" in said),
        about=frozenset(stem(word) for word in plain),
        required=parameter.required,
    )


def _spelling(parameter: Parameter, words: Sequence[str]) -> Spelling | None:
    schema = target(parameter.schema, parameter.schema)
    kind, form = type_of(schema), schema.get("format")
    if kind == "integer":
        return _of_number(parameter, words, str(form))
    if kind != "string" or form not in (None, "date", "date-time"):
        return None
    if form:
        return "date" if form == "date" else "moment"
    bounds = not (_START | _END | _TIMES).isdisjoint(words) and not schema.get("pattern")
    if bounds and _SAYS_MOMENT.search(parameter.description):
        return "moment"
    told = f"{' '.join(words)} {parameter.description}"
    return "date" if bounds and _SAYS_DAY.search(told) else None


def _of_number(parameter: Parameter, words: Sequence[str], form: str) -> Spelling | None:
    told = f"{' '.join(words)} {form} {parameter.description}"
    if words[-1:] == ("year",):
        return "year"
    if not _SAYS_EPOCH.search(told):
        return None
    return "milliseconds" if _SAYS_MILLIS.search(told) else "seconds"


def times_given(
    slots: Sequence[TimeSlot], when: When, heard: Iterable[str]
) -> Mapping[str, str | int]:
    """Return the values that say just this stretch of time; none where no parameters can.

    What a question speaks of chooses among several: `created` or `updated`; else what says
    nothing of the kind, else the only ones there are.
    """
    groups: dict[frozenset[str], list[TimeSlot]] = {}
    for slot in slots:
        groups.setdefault(slot.about, []).append(slot)
    said = [each for about, each in groups.items() if not about.isdisjoint(heard)]
    plain = groups.get(frozenset())
    chosen = said or ([plain] if plain else list(groups.values()))
    return _edges(chosen[0], when) if len(chosen) == 1 else {}


def _edges(slots: Sequence[TimeSlot], when: When) -> Mapping[str, str | int]:
    """Return the values of parameters about one thing that happened."""
    start = next((each for each in slots if each.role == "start"), None)
    end = next((each for each in slots if each.role == "end"), None)
    if when.end is None and end is not None and end.required:
        when = replace(when, end=when.at)  # what is asked `since` a day is asked until now
    wanted = [(start, when.start)] if when.start else []
    wanted += [(end, when.end)] if when.end else []
    values: dict[str, str | int] = {}
    for slot, moment in wanted:
        value = _value(slot, moment, when) if slot and moment else None
        if slot is None or value is None:
            return _whole(slots, when)
        values[slot.name] = value
    return values


def _value(slot: TimeSlot, moment: datetime, when: When) -> str | int | None:
    """Return an edge as the parameter spells it; None where it cannot."""
    if slot.spelling == "date":
        return _day(slot, when)
    if slot.role == "end" and not slot.strict:
        moment -= timedelta(seconds=1)
    moment = moment.astimezone(UTC)
    if slot.spelling == "moment":
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return int(moment.timestamp()) * (1000 if slot.spelling == "milliseconds" else 1)


def _day(slot: TimeSlot, when: When) -> str | None:
    days = when.days
    edge = days[slot.role == "end"] if days else None
    if edge is None:
        return None
    # The stretch is half open: its end is what `before` takes, its start what `since` takes.
    back = slot.strict if slot.role == "start" else not slot.strict
    return (edge - timedelta(days=back)).isoformat()


def _whole(slots: Sequence[TimeSlot], when: When) -> Mapping[str, str | int]:
    """Return the one day, or the one year, that the stretch is."""
    first, after = when.days or (None, None)
    if first is None or after is None:
        return {}
    for slot in slots:
        if slot.role == "day" and after - first == timedelta(days=1):
            return {slot.name: first.isoformat()}
        if slot.role == "year" and (first, after) == (
            date(first.year, 1, 1),
            date(first.year + 1, 1, 1),
        ):
            return {slot.name: first.year}
    return {}

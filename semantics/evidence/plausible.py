"""Whether the values a statement compares with can be values of their columns at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from clearway.semantics.evidence.sqlform import OPPOSITE, SqlSlots, Test
from clearway.semantics.judgement import is_number, is_text, is_time
from clearway.semantics.types import Catalog, Column

_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?\Z")
_MOMENT = re.compile(r"\d{4}-\d{1,2}(-\d{1,2}([ t]\d{1,2}:\d{2}.*)?)?\Z")
_CALENDAR = {"month": (1, 12), "quarter": (1, 4), "weekday": (0, 7), "hour": (0, 24)}
_YEARS = (1500, 2500)


def implausible(slots: SqlSlots, catalog: Catalog) -> Iterator[str]:
    """Yield, in words, every value that does not fit the column it is compared with.

    Known values are told only of public columns; of the others only the type counts.
    """
    for twice in sorted(slots.contradicts, key=str):
        yield f"{twice.name} cannot be two things at once"
    for name, ref in sorted(slots.measures, key=str):
        table = catalog.by_name.get(ref.table) if ref is not None else None
        counted = table.by_name.get(ref.name) if table is not None and ref is not None else None
        if (
            counted is not None
            and counted.role == "key"
            and name not in ("count", "count_distinct")
        ):
            yield f"{counted.name} is a key, and nothing to reckon with"
    for test in slots.tests:
        column = _column(test, catalog)
        if column is None or test.aggregate:
            continue
        if test.comparator in OPPOSITE and is_text(column.type):
            yield f"{column.name} is text, and neither more nor less than anything"
        for value in sorted(test.values):
            yield from _doubt(value, test, column)


def _doubt(value: str, test: Test, column: Column) -> Iterator[str]:
    if is_number(column.type):
        if not _NUMBER.match(value):
            yield f"{column.name} holds numbers, and “{value}” is none"
        else:
            yield from _beyond(float(value), column)
    elif is_time(column.type) and not _MOMENT.match(value):
        # `extract(year from x) = 2009` and `x > now() - interval '7 days'` are no moments either.
        if not _NUMBER.match(value) and not any(c.isdigit() for c in value) and len(value) > 6:
            yield f"{column.name} holds times, and “{value}” is none"
    elif _listed(column) and test.comparator == "=":
        known = {each.casefold() for each in column.values}
        if value not in known:
            near = get_close_matches(value, known, n=1)
            hint = f"; “{near[0]}” is" if near else ""
            yield f"“{value}” is not among the known values of {column.name}{hint}"


def _beyond(number: float, column: Column) -> Iterator[str]:
    """A month is 1 to 12, and a year is four digits, whatever the table."""
    name = column.name.lower()
    if name == "year" or name.endswith("_year"):
        if not _YEARS[0] <= number <= _YEARS[1]:
            yield f"{number:g} is no year"
        return
    for word, (low, high) in _CALENDAR.items():
        if (name == word or name.endswith(f"_{word}")) and not low <= number <= high:
            yield f"{number:g} is no {word}"


def _listed(column: Column) -> bool:
    text = is_text(column.type) or not is_number(column.type)
    return column.sensitivity == "public" and bool(column.values) and text


def _column(test: Test, catalog: Catalog) -> Column | None:
    table = catalog.by_name.get(test.column.table) if test.column is not None else None
    if table is None or test.column is None:
        return None
    return table.by_name.get(test.column.name)

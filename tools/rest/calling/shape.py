"""A reply as a table: lists of objects are rows, nested names are dotted, secrets are masked."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from clearway.graph.ports import Rows
from clearway.outcome import Cell, ResultColumn

MASK = "***"
MAX_COLUMNS = 60
DEEPEST = 3
MAX_EXACT = 2**53 - 1
_SECRET = re.compile(
    r"pass(?:word|wd|phrase|code)|secret|token|api[_-]?key|private[_-]?key|authori[sz]ation|"
    r"credential|session[_-]?id|cookie|cvv|cvc|\bpin\b|signature",
    re.IGNORECASE,
)
_PAGING = re.compile(
    r"id|object|kind|type|ok|success|status|page|pages|pagination|paging|meta|links?|_links|_meta|"
    r"count|total|size|limit|offset|skip|took|dates|has_?more|cursor|next\w*|prev\w*|first|last|self|"
    r"per_?page|page_?\w+|total_?\w+|\w*_?count|\w*_?token|\w*_?cursor",
    re.IGNORECASE,
)
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"), (int, "bigint"), (float, "double precision"), (str, "text"),
)  # fmt: skip

Hide = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Shaped:
    """A table, and whether something of it was hidden."""

    rows: Rows
    masked: int
    found: int
    """How many things the reply lists, shown or not; 0 where it is about one."""


class Shaper:
    """Makes tables of replies."""

    def __init__(self, *, row_limit: int, hide: Hide = lambda text: text) -> None:
        """`hide` takes secrets out of a text."""
        self._row_limit = row_limit
        self._hide = hide

    def table(self, content: JsonValue, masked: Iterable[str] = ()) -> Shaped:
        """Return a reply as rows; properties named in `masked`, or like secrets, are hidden."""
        veil = _Veil(frozenset(masked), self._hide)
        records = list(_records(content))
        kept = [_flat(veil.over(each)) for each in records[: self._row_limit]]
        return Shaped(
            table(kept, truncated=len(records) > self._row_limit, given=_named(content)),
            veil.count,
            len(records) if isinstance(content, list) or _lists(content) else 0,
        )


def table(
    records: Sequence[Mapping[str, Cell]], *, truncated: bool = False, given: Sequence[str] = ()
) -> Rows:
    """Return records as rows over all their columns, in the order they first come."""
    names = list(dict.fromkeys([name for each in records for name in each] or given))
    cut = len(names) > MAX_COLUMNS
    names = names[:MAX_COLUMNS]
    rows = tuple(tuple(each.get(name) for name in names) for each in records)
    columns = tuple(
        ResultColumn(name=name, type=_type(row[index] for row in rows))
        for index, name in enumerate(names)
    )
    text = json.dumps([[each.name for each in columns], rows], sort_keys=True, default=str)
    return Rows(
        columns=columns,
        rows=rows,
        truncated=truncated or cut,
        result_hash=hashlib.sha256(text.encode()).hexdigest(),
        size_bytes=len(text),
    )


def _records(content: JsonValue) -> list[JsonValue]:
    """Return what the rows are made of: the lists a reply is about, or the reply itself."""
    if content is None:
        return []
    if isinstance(content, list):
        return content
    lists = _lists(content)
    if not lists:
        return [content]
    if len(lists) == 1:
        return next(iter(lists.values()))
    return [
        {"part": name, **each} if isinstance(each, dict) else {"part": name, "value": each}
        for name, found in lists.items()
        for each in found
    ]


def _lists(content: JsonValue) -> dict[str, list[JsonValue]]:
    """Return the lists of things a reply holds beside nothing but what pages it."""
    if not isinstance(content, dict):
        return {}
    lists = {
        name: each
        for name, each in content.items()
        if isinstance(each, list) and all(isinstance(item, dict) for item in each)
    }
    others = content.keys() - lists.keys()
    return lists if all(_PAGING.fullmatch(name) for name in others) else {}


def _named(content: JsonValue) -> Sequence[str]:
    """Return a column for a reply without rows: what the empty list is called."""
    if isinstance(content, dict):
        return [name for name, each in content.items() if isinstance(each, list)][:1] or ["value"]
    return ["value"]


def _flat(value: JsonValue, prefix: str = "", depth: int = 0) -> dict[str, Cell]:
    if not isinstance(value, dict):
        return {prefix or "value": _cell(value)}
    if depth == DEEPEST or not value:
        return {prefix or "value": _cell(value)}
    result: dict[str, Cell] = {}
    for name, each in value.items():
        result |= _flat(each, f"{prefix}.{name}" if prefix else name, depth + 1)
    return result


def _cell(value: JsonValue) -> Cell:
    """Return a value as an Outcome may carry it: exact, and JSON everywhere."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_EXACT:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_cell(each) for each in value]
    if isinstance(value, dict):
        return {name: _cell(each) for name, each in value.items()}
    return value


def _type(cells: Iterable[Cell]) -> str:
    found = {_type_of(each) for each in cells if each is not None}
    if found == {"bigint", "double precision"}:
        return "double precision"
    return found.pop() if len(found) == 1 else "jsonb" if "jsonb" in found else "text"


def _type_of(cell: Cell) -> str:
    return next((name for kind, name in _TYPES if isinstance(cell, kind)), "jsonb")


class _Veil:
    """Hides what may not be shown, and counts it."""

    def __init__(self, masked: frozenset[str], hide: Hide) -> None:
        self._masked = masked
        self._hide = hide
        self.count = 0

    def over(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._property(name, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.over(each) for each in value]
        if isinstance(value, str):
            shown = self._hide(value)
            self.count += shown != value
            return shown
        return value

    def _property(self, name: str, value: Any) -> Any:
        hidden = name.lower() in self._masked or _SECRET.search(name)
        if hidden and value is not None and not isinstance(value, bool):
            self.count += 1
            return MASK
        return self.over(value)

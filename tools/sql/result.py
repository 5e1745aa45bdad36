"""Rows as JSON-plain cells, by one rule per Postgres type.

| Postgres | JSON |
| --- | --- |
| smallint, integer, bigint, numeric without fraction | number up to ±(2^53 - 1), else string |
| numeric with fraction | string, every digit kept |
| real, double precision | number; `"NaN"`, `"Infinity"`, `"-Infinity"` |
| date, time, timestamp, timestamptz | ISO 8601 string, UTC; `"infinity"` as it is |
| interval | ISO 8601 duration |
| boolean, text, uuid and the like | boolean, string |
| json, jsonb | itself, its numbers by the rules above |
| bytea | `{"$base64": "..."}` |
| arrays | lists, ranges and everything else Postgres's own text |
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from psycopg.adapt import AdaptersMap
from psycopg.postgres import types
from psycopg.types.string import TextLoader

from clearway.outcome import Cell, ResultColumn

Convert = Callable[[Any], Cell]

MAX_EXACT = 2**53 - 1

_AS_TEXT = """
    numeric date time timetz timestamp timestamptz interval uuid json jsonb inet cidr bytea
    record oid int4range int8range numrange tsrange tstzrange daterange
    int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange
"""


def read_exactly(adapters: AdaptersMap) -> None:
    """Have the driver hand over Postgres's own text where its Python types would lose something."""
    for name in _AS_TEXT.split():
        adapters.register_loader(name, TextLoader)


def _whole(value: int) -> Cell:
    return value if -MAX_EXACT <= value <= MAX_EXACT else str(value)


def _exact(text: str) -> Cell:
    digits = text[1:] if text.startswith("-") else text
    if digits.isdigit() and len(digits) <= 16:
        return _whole(int(text))
    return text


def _float(value: float) -> Cell:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _moment(text: str) -> Cell:
    return text if text.endswith("BC") else text.replace(" ", "T", 1)


def _zoned(text: str) -> Cell:
    if text.endswith("BC"):
        return text
    text = text.replace(" ", "T", 1)
    return text + ":00" if text[-3:-2] in "+-" else text


_INTERVAL = re.compile(
    r"(?:(-?\d+) years? ?)?(?:(-?\d+) mons? ?)?(?:(-?\d+) days? ?)?"
    r"(?:(-?)(\d+):(\d+):(\d+)(\.\d+)?)?"
)


def _interval(text: str) -> Cell:
    found = _INTERVAL.fullmatch(text)
    if found is None:
        return text
    years, months, days, sign, *clock = found.groups()
    dates = "".join(
        f"{int(n)}{unit}" for n, unit in zip((years, months, days), "YMD", strict=True) if n
    )
    hours, minutes, seconds = (int(part or 0) for part in clock[:3])
    fraction = (clock[3] or "").rstrip("0")
    times = "".join(f"{sign}{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n) + (
        f"{sign}{seconds}{fraction}S" if seconds or fraction else ""
    )
    return f"P{dates}{'T' + times if times else ''}" if dates or times else "PT0S"


def _bytes(text: str) -> Cell:
    raw = bytes.fromhex(text[2:])
    return {"$base64": base64.b64encode(raw).decode("ascii")}


def _json_number(text: str) -> Cell:
    number = float(text)
    exact = math.isfinite(number) and Decimal(repr(number)) == Decimal(text)
    return number if exact else text


def _json(text: str) -> Cell:
    try:
        cell: Cell = json.loads(text, parse_int=_exact, parse_float=_json_number)
    except (RecursionError, ValueError):
        return text
    return cell


_CONVERT: dict[str, Convert] = {
    "int8": _whole,
    "numeric": _exact,
    "float4": _float,
    "float8": _float,
    "timestamp": _moment,
    "timestamptz": _zoned,
    "interval": _interval,
    "bytea": _bytes,
    "json": _json,
    "jsonb": _json,
}


def _each(convert: Convert) -> Convert:
    def converted(value: Any) -> Cell:
        if isinstance(value, list):
            return [None if item is None else converted(item) for item in value]
        return convert(value)

    return converted


_BY_OID: dict[int, Convert] = {}
TYPE_NAMES: dict[int, str] = {}
for _info in types:
    TYPE_NAMES[_info.oid] = _info.regtype
    if _info.array_oid:
        TYPE_NAMES[_info.array_oid] = f"{_info.regtype}[]"
    if _info.name in _CONVERT:
        _BY_OID[_info.oid] = _CONVERT[_info.name]
        _BY_OID[_info.array_oid] = _each(_CONVERT[_info.name])


class ResultBuilder:
    """Takes rows as the driver gives them; keeps what fits, and hashes what it keeps.

    The hash is SHA-256 over one JSON line for the columns and one for each row, so that the same
    answer gives the same hash in every process.
    """

    def __init__(
        self,
        columns: Sequence[ResultColumn],
        oids: Sequence[int],
        *,
        row_limit: int,
        byte_limit: int,
    ) -> None:
        """Begin with no rows; `oids` say how each column's cells become JSON."""
        self.columns = tuple(columns)
        self.truncated = False
        self.size_bytes = 0
        self._converts = [(place, _BY_OID[oid]) for place, oid in enumerate(oids) if oid in _BY_OID]
        self._rows: list[tuple[Cell, ...]] = []
        self._row_limit = row_limit
        self._bytes_left = byte_limit
        self._hash = hashlib.sha256(_line([[column.name, column.type] for column in columns]))

    def add(self, rows: Sequence[Sequence[Any]]) -> bool:
        """Add rows; return whether more may come."""
        for row in rows:
            cells = self._cells(row)
            line = _line(cells)
            self._bytes_left -= len(line)
            if self._bytes_left < 0 or len(self._rows) >= self._row_limit:
                self.truncated = True
                return False
            self._hash.update(line)
            self.size_bytes += len(line)
            self._rows.append(tuple(cells))
        return True

    def _cells(self, row: Sequence[Any]) -> list[Cell]:
        cells = list(row)
        for place, convert in self._converts:
            value = cells[place]
            if value is not None:
                cells[place] = convert(value)
        return cells

    @property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows kept so far."""
        return tuple(self._rows)

    @property
    def count(self) -> int:
        """How many rows are kept so far."""
        return len(self._rows)

    @property
    def result_hash(self) -> str:
        """The hash of the columns and the rows kept so far."""
        return self._hash.hexdigest()


def _line(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass") + b"\n"

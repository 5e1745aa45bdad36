"""Points in time and lengths of time that a statement writes out."""

from __future__ import annotations

import re
from datetime import datetime

from sqlglot import exp

UNIT_S = {
    "microsecond": 1e-6,
    "millisecond": 1e-3,
    "second": 1.0,
    "sec": 1.0,
    "minute": 60.0,
    "min": 60.0,
    "hour": 3600.0,
    "day": 86_400.0,
    "week": 604_800.0,
    "month": 2_592_000.0,
    "mon": 2_592_000.0,
    "quarter": 7_776_000.0,
    "year": 31_536_000.0,
    "decade": 315_360_000.0,
    "century": 3_153_600_000.0,
}
_STEP = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*([a-z]+?)s?(?![a-z])\s*", re.IGNORECASE)


def moment(node: exp.Expr) -> datetime | None:
    """Return the point in time a constant stands for, None for anything else."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    if not isinstance(node, exp.Literal) or not node.is_string:
        return None
    text = node.name.strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=None)


def seconds(node: exp.Expr) -> float | None:
    """Return the length of a constant interval, None for anything else."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    if isinstance(node, exp.Interval) and isinstance(node.this, exp.Literal):
        unit = node.args.get("unit")
        word = f" {unit.name}" if isinstance(unit, exp.Var) else ""
        return text_seconds(node.this.name + word)
    if isinstance(node, exp.Literal) and node.is_string:
        return text_seconds(node.name)
    return None


def text_seconds(text: str) -> float | None:
    """Return the length of an interval as text, None where it is none."""
    total, place = 0.0, 0
    while place < len(text):
        found = _STEP.match(text, place)
        unit = UNIT_S.get(found[2].lower()) if found else None
        if found is None or unit is None:
            return None
        total += float(found[1]) * unit
        place = found.end()
    return total if text.strip() else None

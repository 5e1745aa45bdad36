"""Where a literal stands in a statement, and which slots of a question it may have come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlglot import exp

from clearway.semantics.frame import Period
from clearway.stores.plans.literal_forms import PARTS, Side, period_forms, value_form
from clearway.stores.plans.slots import Slot, Slots

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
    exp.Like: "like", exp.ILike: "ilike",
}  # fmt: skip
_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_SIDES: dict[str, Side] = {">=": "start", "<": "end", "<=": "last", "=": "on"}


class Place(NamedTuple):
    """What a literal is compared with, and how, as if it stood on the right."""

    comparator: str
    """`limit` for the number of rows."""
    other: exp.Expr | None


def place_of(literal: exp.Literal) -> Place | None:
    """Return the comparison a literal stands in; None where it stands in none."""
    node: exp.Expr = literal
    while isinstance(node.parent, exp.Paren | exp.Cast | exp.Lower) and node.arg_key == "this":
        node = node.parent
    parent = node.parent
    if isinstance(parent, exp.Limit | exp.Fetch):
        return Place("limit", None)
    if isinstance(parent, exp.Between) and node.arg_key in ("low", "high"):
        return Place(">=" if node.arg_key == "low" else "<=", parent.this)
    if isinstance(parent, exp.In) and node.arg_key == "expressions":
        return Place("=", parent.this)
    comparator = _COMPARISONS.get(type(parent)) if parent is not None else None
    if comparator is None or parent is None:
        return None
    if node.arg_key == "this":
        return Place(_TURNED.get(comparator, comparator), parent.expression)
    return Place(comparator, parent.this)


def slots_for(literal: exp.Literal, slots: Slots) -> Iterator[tuple[Slot, str]]:
    """Yield every slot a literal may have come from, with the form it is written in."""
    place = place_of(literal)
    if place is None:
        return
    for slot in slots.slots:
        forms = sorted(_forms(literal, place, slot))
        # In UTC some forms are one and the same; elsewhere they part again in another season.
        if len(forms) > 1 and not (isinstance(slot.value, Period) and slot.value.zone == "UTC"):
            yield from ((slot, form) for form in forms)
        elif forms:
            yield slot, forms[0]


def by_place(literal: exp.Literal, slots: Slots) -> bool:
    """Return whether a literal is no part of the question: its place says why it is there."""
    parent, key, said = literal.parent, literal.arg_key, str(literal.this)
    if isinstance(parent, exp.Interval):
        return slots.shifted
    if isinstance(parent, exp.AtTimeZone):
        return key == "zone" and said in slots.zones
    if isinstance(parent, exp.Select):
        return isinstance(parent.parent, exp.Exists) and said == "1"
    for nodes, keys, texts in _CONSTANTS:
        if isinstance(parent, nodes) and (keys is None or key in keys):
            return texts is None or said in texts
    return False


_CONSTANTS: tuple[
    tuple[tuple[type[exp.Expr], ...], tuple[str, ...] | None, tuple[str, ...] | None], ...
] = (
    ((exp.DataTypeParam, exp.DataType), None, None),
    ((exp.Nullif,), ("expression",), ("0",)),
    ((exp.Coalesce,), ("expressions",), ("0",)),
    ((exp.If,), ("true",), ("0", "1")),
    ((exp.Case,), ("default",), ("0", "1")),
    ((exp.Round,), ("decimals",), None),
    ((exp.TimeToStr,), ("format",), None),
    ((exp.Mul, exp.Div), None, ("100", "100.0", "1.0")),
    ((exp.Count,), None, ("1",)),
    ((exp.Group,), None, None),
    ((exp.Ordered,), None, None),
)
"""Nodes, the argument a constant is, and the texts it may have; None is any."""


def _forms(literal: exp.Literal, place: Place, slot: Slot) -> Iterator[str]:
    if isinstance(slot.value, Period):
        yield from _period(literal, place, slot, slot.value)
    elif _fits(place, slot):
        form = value_form(slot, literal, folded=_folded(place))
        if form is not None or _typed(slot, literal):
            yield form or "typed"


def _period(literal: exp.Literal, place: Place, slot: Slot, period: Period) -> Iterator[str]:
    if place.other is None:
        return
    part = _part(place.other)
    if part is not None:
        if place.comparator == "=":
            yield from period_forms(period, part, literal)
    elif slot.column in _names(place.other):
        side = _SIDES.get(place.comparator)
        yield from period_forms(period, side, literal) if side is not None else ()


def _part(other: exp.Expr) -> Side | None:
    """Return which part of a date is compared: EXTRACT, or a column that holds nothing else."""
    if isinstance(other, exp.Paren | exp.Cast):
        return _part(other.this)
    if isinstance(other, exp.Extract):
        name = other.this.name.casefold()
    elif isinstance(other, exp.Column):
        name = other.name.casefold()
    else:
        return None
    return name if name in PARTS else None


def _fits(place: Place, slot: Slot) -> bool:
    """Return whether a literal in this place may be what the slot says."""
    other = place.other
    if slot.kind == "limit":
        ranked = place.comparator == "<=" and isinstance(other, exp.Column | exp.Window)
        return place.comparator == "limit" or ranked
    if other is None:
        return False
    if slot.kind in ("count", "group"):
        added = other.find(exp.AggFunc)
        return added is not None and slot.column in ("", *_names(other))
    if isinstance(slot.value, bool) or slot.value is None:
        return False
    if slot.kind == "text" and place.comparator not in ("=", "<>", "like", "ilike"):
        return not slot.open and slot.column in _names(other)
    return _names(other) == [slot.column] and other.find(exp.AggFunc) is None


def _folded(place: Place) -> bool:
    return place.comparator == "ilike" or isinstance(place.other, exp.Lower)


def _typed(slot: Slot, literal: exp.Literal) -> bool:
    """Return whether a text that stays as it is was written as a pattern, or in another case."""
    if slot.open or not isinstance(slot.value, str) or not literal.is_string:
        return False
    plain = str(literal.this).replace("\\", "").strip("%").casefold()
    return plain == slot.value.replace("\\", "").strip("%").casefold()


def _names(other: exp.Expr) -> list[str]:
    return [column.name for column in other.find_all(exp.Column)]

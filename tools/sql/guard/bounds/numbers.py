"""How large a number an expression can be, as far as the statement itself says.

Ends, not values: `1 / 2` is 0 of whole numbers and a half of others, a conversion rounds one way or
the other, and far from zero a float forgets the last digits. Both ends of what Postgres could make
of it are kept, so that no difference of two large numbers is taken for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from clearway.tools.sql.guard.statement.spelling import call_name, type_name

UNKNOWN = math.inf
"""Depends on the data: no bound is written in the statement."""

_EXACT = 2.0**53
"""Whole numbers below are exact in a float."""
_ERROR = 1e-12
_ERROR_FLOAT4 = 1e-6
_WHOLE = frozenset({"int2", "int4", "int8"})
_FRACTIONAL = frozenset({"numeric", "float8"})


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest that a number can be."""

    low: float
    high: float

    @property
    def size(self) -> float:
        """The furthest it can be from zero."""
        return max(abs(self.low), abs(self.high))

    def rounded(self) -> Range:
        """Return the range once fractions went up, down or away."""
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            return self
        return Range(math.floor(self.low), math.ceil(self.high))

    def widened(self, error: float) -> Range:
        """Return the range with room for an error at either end."""
        return Range(self.low - error, self.high + error)

    @property
    def is_exact(self) -> bool:
        """Whether both ends are whole numbers that a float holds exactly."""
        return self.size < _EXACT and self.low % 1 == 0 == self.high % 1


ANY = Range(-math.inf, math.inf)


def span(node: exp.Expr | None) -> Range | None:
    """Return between what a constant expression lies, None for one that is not constant."""
    rule = _RANGES.get(type(node)) if node is not None else None
    found = rule(node) if rule is not None and node is not None else None
    return ANY if found is not None and math.isnan(found.low + found.high) else found


def most(node: exp.Expr | None) -> float | None:
    """Return the greatest that a constant expression can be, None for one that is not constant."""
    found = span(node)
    return None if found is None else found.high


def constant(node: exp.Expr | None) -> float | None:
    """Return the value of a constant expression, None where it is not known exactly."""
    found = span(node)
    return found.low if found is not None and found.low == found.high else None


def whole(node: exp.Expr | None) -> int | None:
    """Return the value of a constant whole number, None for anything else."""
    value = constant(node)
    if value is None or not math.isfinite(value) or value != int(value):
        return None
    return int(value)


def _literal(node: exp.Expr) -> Range | None:
    try:
        value = float(node.name)
    except ValueError:
        return None
    if not math.isfinite(value):
        return ANY
    found = Range(value, value)
    return found if found.size < _EXACT else found.widened(found.size * _ERROR)


def _cast(node: exp.Expr) -> Range | None:
    """Return the range after a conversion to a number; other types cut and pad in their own way."""
    inner, to = span(node.this), node.args["to"]
    name = type_name(to)
    if inner is None:
        return None
    if name in _WHOLE or (name in _FRACTIONAL and to.expressions):
        return inner.rounded()
    if name == "float4":
        return inner.widened(inner.size * _ERROR_FLOAT4)
    return inner if name in _FRACTIONAL else None


def _negative(node: exp.Expr) -> Range | None:
    inner = span(node.this)
    return None if inner is None else Range(-inner.high, -inner.low)


def _binary(
    operate: Callable[[Range, Range], Range],
) -> Callable[[exp.Expr], Range | None]:
    def found(node: exp.Expr) -> Range | None:
        left, right = span(node.this), span(node.expression)
        if left is None or right is None:
            return None
        result = operate(left, right)
        if left.is_exact and right.is_exact and result.is_exact:
            return result
        return result.widened(max(left.size, right.size, result.size) * _ERROR)

    return found


def _product(left: Range, right: Range) -> Range:
    corners = [one * two for one in (left.low, left.high) for two in (right.low, right.high)]
    return ANY if any(map(math.isnan, corners)) else Range(min(corners), max(corners))


def _quotient(left: Range, right: Range) -> Range:
    """Of whole numbers the rest is dropped: either result is in the range."""
    if right.low <= 0 <= right.high:
        return ANY
    corners = [one / two for one in (left.low, left.high) for two in (right.low, right.high)]
    return ANY if any(map(math.isnan, corners)) else Range(min(corners), max(corners)).rounded()


def _remainder(_: Range, right: Range) -> Range:
    return Range(-right.size, right.size)


def _power(base: Range, exponent: Range) -> Range:
    if exponent.low == exponent.high and exponent.low >= 0 and exponent.low % 1 == 0:
        size = _raised(base.size, exponent.low)
        if base.low == base.high:
            value = size if base.low >= 0 or exponent.low % 2 == 0 else -size
            return Range(value, value)
        return Range(-size if base.low < 0 else 0.0, size)
    if base.low <= 0:
        return ANY
    corners = [_raised(one, two) for one in (base.low, base.high) for two in _ends(exponent)]
    return Range(min(corners), max(corners))


def _ends(of: Range) -> tuple[float, float]:
    return of.low, of.high


def _raised(base: float, exponent: float) -> float:
    try:
        return float(base**exponent)
    except (OverflowError, ZeroDivisionError):
        return math.inf


def _call(node: exp.Expr) -> Range | None:
    ranges = [span(argument) for argument in node.expressions]
    known = [found for found in ranges if found is not None]
    name = call_name(node)
    if name == "least" and known:  # whatever the others are: they only make it less
        low = min(found.low for found in known) if len(known) == len(ranges) else -math.inf
        return Range(low, min(found.high for found in known))
    if len(known) != len(ranges) or not known:
        return None
    rule = _CALLS.get(name)
    return rule(known) if rule is not None else None


def _absolute(arguments: Sequence[Range]) -> Range:
    (inner,) = arguments[:1]
    least = 0.0 if inner.low <= 0 <= inner.high else min(abs(inner.low), abs(inner.high))
    return Range(least, inner.size)


def _first_rounded(arguments: Sequence[Range]) -> Range:
    """Return the first; round(15, -1) is 20: an order of magnitude decides what is lost."""
    if len(arguments) == 1:
        return arguments[0].rounded()
    lost = _raised(10.0, max(0.0, -arguments[1].low))
    return Range(arguments[0].low - lost, arguments[0].high + lost).rounded()


def _power_call(arguments: Sequence[Range]) -> Range | None:
    return _power(*arguments) if len(arguments) == 2 else None


_CALLS: dict[str, Callable[[Sequence[Range]], Range | None]] = {
    "greatest": lambda ranges: Range(max(r.low for r in ranges), max(r.high for r in ranges)),
    "abs": _absolute,
    **dict.fromkeys(
        ("round", "trunc", "floor", "ceil", "ceiling", "int2", "int4", "int8", "numeric"),
        _first_rounded,
    ),
    "power": _power_call,
    "pow": _power_call,
}

_RANGES: dict[type[exp.Expr], Callable[[exp.Expr], Range | None]] = {
    exp.Literal: _literal,
    exp.Paren: lambda node: span(node.this),
    exp.Cast: _cast,
    exp.Neg: _negative,
    exp.Add: _binary(lambda left, right: Range(left.low + right.low, left.high + right.high)),
    exp.Sub: _binary(lambda left, right: Range(left.low - right.high, left.high - right.low)),
    exp.Mul: _binary(_product),
    exp.Div: _binary(_quotient),
    exp.Mod: _binary(_remainder),
    exp.Pow: _binary(_power),
    exp.Anonymous: _call,
}

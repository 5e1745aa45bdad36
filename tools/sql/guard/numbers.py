"""How large a number an expression can be, as far as the statement itself says."""

from __future__ import annotations

import math
from collections.abc import Callable

from sqlglot import exp

from clearway.tools.sql.guard.spelling import call_name

UNKNOWN = math.inf
"""Depends on the data: no bound is written in the statement."""


def constant(node: exp.Expr | None) -> float | None:
    """Return the value of a constant arithmetic expression, None for anything else."""
    if node is None:
        return None
    rule = _CONSTANTS.get(type(node))
    return rule(node) if rule is not None else None


def whole(node: exp.Expr | None) -> int | None:
    """Return the value of a constant whole number, None for anything else."""
    value = constant(node)
    if value is None or not math.isfinite(value) or value != int(value):
        return None
    return int(value)


def _literal(node: exp.Expr) -> float | None:
    try:
        return float(node.name)
    except ValueError:
        return None


def _binary(
    operate: Callable[[float, float], float],
) -> Callable[[exp.Expr], float | None]:
    def value(node: exp.Expr) -> float | None:
        left, right = constant(node.this), constant(node.expression)
        if left is None or right is None:
            return None
        try:
            result = operate(left, right)
        except (OverflowError, ZeroDivisionError, ValueError):
            return math.inf
        return result if isinstance(result, float) else math.inf

    return value


def _negative(node: exp.Expr) -> float | None:
    value = constant(node.this)
    return None if value is None else -value


def _call(node: exp.Expr) -> float | None:
    arguments = [constant(argument) for argument in node.expressions]
    known = [argument for argument in arguments if argument is not None]
    name = call_name(node)
    if name == "least" and known:
        return min(known)
    if len(known) != len(arguments) or not known:
        return None
    if name == "greatest":
        return max(known)
    if name in ("power", "pow") and len(known) == 2:
        return _power(*known)
    return known[0] if name in ("round", "floor", "ceil", "abs", "int4", "int8") else None


def _power(base: float, exponent: float) -> float:
    try:
        result = base**exponent
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return result if isinstance(result, float) else math.inf


_CONSTANTS: dict[type[exp.Expr], Callable[[exp.Expr], float | None]] = {
    exp.Literal: _literal,
    exp.Paren: lambda node: constant(node.this),
    exp.Cast: lambda node: constant(node.this),
    exp.Neg: _negative,
    exp.Add: _binary(lambda left, right: left + right),
    exp.Sub: _binary(lambda left, right: left - right),
    exp.Mul: _binary(lambda left, right: left * right),
    exp.Div: _binary(lambda left, right: left / right),
    exp.Pow: _binary(_power),
    exp.Anonymous: _call,
}

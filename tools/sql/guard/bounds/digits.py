"""How many digits a number can have: exponents, scales and powers make more than was written.

A numeric has up to 131072 digits before its point and 16383 after it, and text is read as one with
its exponent. What is stored, and what only takes parts of stored text, counts as stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sqlglot import exp

from clearway.tools.sql.guard.bounds.numbers import span
from clearway.tools.sql.guard.statement.spelling import call_name
from clearway.tools.sql.guard.vocabulary import words

NUMERIC_DIGITS = 131_072.0
"""Most digits of a numeric before its point."""
OPEN_DIGITS = 16_000.0
"""Taken for a power that the data decide."""
_SCALE = 16_383.0
"""Most digits after the point."""
_FEW = 30.0
"""Digits that division, roots and averages add."""
_LONG = 1_000.0
_EXPONENT = re.compile(r"[\d.][eE][+-]?0*(\d{3,})")
_SPELLED = NUMERIC_DIGITS / len("1e131000")
"""How much longer JSON is than the text it was read from, where that was all exponents."""
_MAKES_EXPONENT = re.compile(r"[eE0-9]")

SUMMED = words("""
    sum avg stddev stddev_pop stddev_samp variance var_pop var_samp percentile_cont percentile_disc
""")
"""Aggregates whose result is as long as the numbers they take, and a little longer."""
_TAKING = words("""
    btrim ltrim rtrim substr split_part left right upper lower nullif coalesce greatest least
    min max replace regexp_replace translate regexp_substr
""")
"""Of stored text they give parts; what they put in is looked at."""
_CHOOSING = words("coalesce greatest least")
_PUTTING = words("replace regexp_replace translate")
_PUT = 2
"""Place of the argument that is put in."""
_WITHIN = (exp.Cast, exp.Trim, exp.Substring, exp.JSONExtractScalar, exp.Bracket)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)


def written_digits(literal: exp.Expr) -> float:
    """Return how long a constant is; 1e5000 is five thousand digits, in JSON and in text too."""
    found = _EXPONENT.findall(literal.name)
    return len(literal.name) + sum(min(float(digits[:7]), NUMERIC_DIGITS) for digits in found)


def read_digits(size: float, into: str) -> float:
    """Return the digits of built text read as a number, or as JSON full of them."""
    return max(size, NUMERIC_DIGITS) if into == "numeric" else size * _SPELLED


def is_taken(node: exp.Expr, holds: Callable[[exp.Expr], bool]) -> bool:
    """Return whether a value is stored, or a part of what is stored, with no exponent put to it.

    `holds` answers the same for all that an argument stands for.
    """
    if isinstance(node, exp.Literal | exp.Column | exp.Null):
        return not isinstance(node, exp.Literal) or written_digits(node) < _LONG
    if isinstance(node, _WITHIN):
        return holds(node.this)
    if isinstance(node, _ARITHMETIC):
        return holds(node.this) and holds(node.expression)
    if isinstance(node, exp.Case):
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        return all(map(holds, [*branches, *filter(None, [node.args.get("default")])]))
    if not isinstance(node, exp.Anonymous) or call_name(node) not in _TAKING:
        return False
    read = node.expressions if call_name(node) in _CHOOSING else node.expressions[:1]
    return _puts_no_exponent(node) and all(map(holds, read))


def _puts_no_exponent(call: exp.Expr) -> bool:
    if call_name(call) not in _PUTTING or len(call.expressions) <= _PUT:
        return True
    put = call.expressions[_PUT]
    return isinstance(put, exp.Literal) and not _MAKES_EXPONENT.search(put.name)


def rounded_digits(call: exp.Expr, sizes: Sequence[float]) -> float:
    """Return the digits of `round(x, n)`: n may be more than x has."""
    if len(sizes) < 2:
        return sum(sizes)
    found = span(call.expressions[1])
    return sizes[0] + (_SCALE if found is None else min(max(found.high, 0.0), _SCALE))


def raised_digits(exponent: exp.Expr | None, size: float) -> float:
    """Return the digits of a power: as many as the base has, times the exponent."""
    found = span(exponent)
    times = OPEN_DIGITS if found is None else max(1.0, found.size) * size
    return min(max(size, times), NUMERIC_DIGITS + _SCALE)


def summed_digits(sizes: Sequence[float]) -> float:
    """Return the digits of a sum, an average or a deviation."""
    return max(sizes, default=0.0) + _FEW

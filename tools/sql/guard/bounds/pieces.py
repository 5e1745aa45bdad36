"""Into how many rows one value is taken apart: stored ones are short, collected ones are not."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from clearway.tools.sql.guard.statement.scope import Output
from clearway.tools.sql.guard.statement.spelling import call_name
from clearway.tools.sql.guard.vocabulary import AGGREGATES, words

UNKNOWN_ROWS = 3000.0
"""Taken for a relation whose size is not known."""
TIED_ROWS = 10.0
"""Taken for what one outer row finds by an equality, or one value is taken apart into."""
_BUILDING = words("repeat lpad rpad")
_MAX_FOLLOWED = 200


def pieces(call: exp.Expr | None, bound: Mapping[int, Output]) -> float:
    """Return about how many rows a function makes of its arguments.

    What a query or an aggregate collected, and what is built long, has as many parts as a table
    has rows; a constant may have one for every second character.
    """
    pending = [] if call is None else [*call.iter_expressions()]
    most, seen = TIED_ROWS, 0
    while pending and seen < _MAX_FOLLOWED:
        node, seen = pending.pop(), seen + 1
        if isinstance(node, exp.Query) or _collects(node):
            return UNKNOWN_ROWS
        if isinstance(node, exp.Literal) and node.is_string:
            most = max(most, len(node.name) / 2)
        output = bound.get(id(node)) if isinstance(node, exp.Column) else None
        pending += node.iter_expressions() if output is None else output.made_of
    return most if not pending else UNKNOWN_ROWS


def _collects(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and call_name(node) in AGGREGATES | _BUILDING

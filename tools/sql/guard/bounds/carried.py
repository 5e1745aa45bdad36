"""What a recursive query carries from step to step may get longer by a piece, never by a multiple.

The widths of one step are reckoned as if what the step before left were very long already. A path
that gets one more name stays about as long; a text put together with itself shows at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from clearway.tools.sql.guard.bounds.width import Widths
from clearway.tools.sql.guard.refusal import Refused, shown
from clearway.tools.sql.guard.statement.kinds import Kinds
from clearway.tools.sql.guard.statement.scope import Output
from clearway.tools.sql.guard.statement.spelling import position_of

LONG = 100_000.0
"""How long a carried value is taken to be."""
MOST = 1.3
"""How much of that may come out of one step."""
_NARROW = ("number", "time", "bool")

Recursions = Sequence[tuple[exp.Expr, Sequence[Output]]]


def check_carried(
    recursions: Recursions, bound: Mapping[int, Output], joined: Mapping[int, float]
) -> None:
    """Raise `Refused` where a step makes a multiple of what the step before left."""
    kinds = Kinds(bound)
    for cte, outputs in recursions:
        step = cte.this.expression
        if not isinstance(step, exp.Query):
            continue
        wide = [output for output in outputs if kinds.of_output(output) not in _NARROW]
        given = {id(node): LONG for output in wide for node in output.made_of}
        if _swells(step, Widths(bound, joined, given)):
            raise Refused(
                "bounds",
                "bounds.recursion",
                f"The recursive query {shown(cte.alias)} is not bounded: a value is multiplied at "
                "every step.",
                "Add a short piece to the value at each step, or leave it out.",
                position_of(cte),
            )


def _swells(step: exp.Query, widths: Widths) -> bool:
    try:
        return any(widths.width(item) > LONG * MOST for item in step.selects)
    except Refused:
        return True

"""Steps of time to group by: the months of a calendar, the weekdays of every week."""

from __future__ import annotations

from sqlglot import exp

from clearway.semantics.frame import Cycle, Dimension, Filter, Step
from clearway.semantics.times.dates import WEEKDAYS
from clearway.semantics.types import Column

_CYCLES: dict[Cycle, tuple[str, str]] = {
    "hour of day": ("HOUR", ""),
    "weekday": ("ISODOW", "FMDay"),
    "month of year": ("MONTH", "FMMonth"),
}
"""The field that numbers the steps of a cycle, and how they are written, where they have names."""


def name_of_step(step: Step) -> str:
    """Return the name of a column of such steps."""
    return step.replace(" ", "_")


def step_keys(moment: exp.Expr, column: Column, dimension: Dimension) -> tuple[exp.Expr, ...]:
    """Return what to group by: what is shown first, what sorts the steps last."""
    step, local = dimension.grain, _local(moment, column, dimension.zone)
    if step is None:
        return (moment,)
    if step not in _CYCLES:
        return (_truncated(local, step, dimension.shift),)
    field, written = _CYCLES[step]
    number = exp.Extract(this=exp.var(field), expression=local)
    if not written:
        return (number,)
    return exp.func("TO_CHAR", local.copy(), exp.Literal.string(written)), number


def step_test(moment: exp.Expr, column: Column, found: Filter) -> exp.Expr:
    """Return the test whether a time falls on one of the days of the week that are named."""
    days = sorted(WEEKDAYS[str(name)] + 1 for name in found.values)
    local = _local(moment, column, found.zone)
    number = exp.Extract(this=exp.var("ISODOW"), expression=local)
    among = exp.In(this=number, expressions=[exp.Literal.number(day) for day in days])
    return exp.Not(this=among) if found.negated else among


def _truncated(moment: exp.Expr, step: Step, shift: int) -> exp.Expr:
    """The first day of the step; moved to where the calendar cuts, and back, where not at 1."""
    unit = exp.var(step.upper())
    if not shift:
        return exp.TimestampTrunc(this=moment, unit=unit)
    size = f"{abs(shift)} {'day' if step == 'week' else 'month'}"
    by = exp.Interval(this=exp.Literal.string(size))
    there, back = (exp.Sub, exp.Add) if shift > 0 else (exp.Add, exp.Sub)
    moved = there(this=moment, expression=by)
    return back(this=exp.TimestampTrunc(this=moved, unit=unit), expression=by.copy())


def _local(moment: exp.Expr, column: Column, zone: str) -> exp.Expr:
    """A date is one anywhere; a time falls on the asker's day, and without a zone it is UTC."""
    if column.type == "date" or zone == "UTC":
        return moment.copy()
    if not column.type.endswith("with time zone"):
        moment = exp.AtTimeZone(this=moment, zone=exp.Literal.string("UTC"))
    return exp.AtTimeZone(this=moment.copy(), zone=exp.Literal.string(zone))

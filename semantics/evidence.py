"""Evidence: what can be said for and against a plan from the question alone."""

from __future__ import annotations

from clearway.plans import Evidence, SqlPlan
from clearway.semantics.types import Frame


def evidence_for(frame: Frame, plan: SqlPlan) -> tuple[Evidence, ...]:
    """Return one item per fact, each with the words a person can check it by.

    A rules plan is made of the Frame's slots, so what the Frame leaves over is what the plan may be
    wrong about. A model read the words itself: for it, a value the question names and the statement
    lacks is what speaks against it.
    """
    stated = Evidence(
        kind="stated",
        score=plan.stated_confidence,
        detail=f"the {plan.source} planner is {plan.stated_confidence:.0%} sure",
    )
    if plan.source == "model":
        return (stated, _grounding(frame, plan))
    return (stated, _coverage(frame))


def _coverage(frame: Frame) -> Evidence:
    unexplained = [left.word for left in frame.leftover if left.matters]
    if not unexplained:
        return Evidence(kind="coverage", score=1.0, detail="every word that matters is explained")
    words = ", ".join(f"“{word}”" for word in unexplained)
    return Evidence(kind="coverage", score=0.0, detail=f"nothing explains {words}")


def _grounding(frame: Frame, plan: SqlPlan) -> Evidence:
    """Return whether the values the question names are in the statement."""
    sql = plan.sql.casefold()
    named = [
        str(value)
        for condition in frame.filters
        if condition.column is not None
        for value in condition.values
        if isinstance(value, str)
    ]
    missing = [value for value in named if value.casefold() not in sql]
    if not missing:
        return Evidence(kind="grounding", score=1.0, detail="every value named is in the statement")
    words = ", ".join(f"“{value}”" for value in missing)
    return Evidence(kind="grounding", score=0.5, detail=f"the statement does not use {words}")

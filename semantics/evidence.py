"""Evidence: what can be said for and against a plan from the question alone."""

from __future__ import annotations

from clearway.plans import Evidence, SqlPlan
from clearway.semantics.compare import Comparison, compare
from clearway.semantics.sqlslots import SqlSlots, slots_of
from clearway.semantics.types import Catalog, Frame

MISSING = 0.35
"""What one slot that was asked for and is not there takes off."""
ADDED = 0.2
"""What one thing nobody asked for takes off."""
UNREAD = 0.15
"""What a word takes off that nobody explains, neither the Reader nor the statement."""


def evidence_for(frame: Frame, plan: SqlPlan, catalog: Catalog) -> tuple[Evidence, ...]:
    """Return one item per fact, each with the words a person can check it by.

    A rules plan is made of the Frame's slots, so what the Frame leaves over is what the plan may be
    wrong about. A model read the words itself: its statement is read back into slots and held
    against the question, both ways, and its values against those that are known.
    """
    stated = Evidence(
        kind="stated",
        score=plan.stated_confidence,
        detail=f"the {plan.source} planner is {plan.stated_confidence:.0%} sure",
    )
    if plan.source == "rules":
        return (stated, _explained(frame))
    compared = compare(frame, plan.sql, catalog)
    slots = slots_of(plan.sql, catalog)
    if compared is None or slots is None:
        return (stated,)
    return (
        stated,
        _coverage(frame, plan, compared),
        _addition(compared),
        _grounding(slots, catalog),
    )


def _explained(frame: Frame) -> Evidence:
    unexplained = [left.word for left in frame.leftover if left.matters]
    if not unexplained:
        return Evidence(kind="coverage", score=1.0, detail="every word that matters is explained")
    words = ", ".join(f"“{word}”" for word in unexplained)
    return Evidence(kind="coverage", score=0.0, detail=f"nothing explains {words}")


def _coverage(frame: Frame, plan: SqlPlan, compared: Comparison) -> Evidence:
    """Every slot of the question is in the statement, and every other word at least in its text."""
    text = plan.sql.casefold()
    unread = [
        left.word
        for left in frame.leftover
        if left.matters and not any(word[:5] in text for word in left.word.casefold().split())
    ]
    score = max(0.0, 1.0 - MISSING * len(compared.missing) - UNREAD * len(unread))
    if not compared.missing and not unread:
        detail = f"all {compared.asked} things asked for are in the statement"
    else:
        said = [found.detail for found in compared.missing]
        said += [f"nothing in the statement is about “{word}”" for word in unread]
        detail = "; ".join(said)
    return Evidence(kind="coverage", score=round(score, 3), detail=detail)


def _addition(compared: Comparison) -> Evidence:
    score = max(0.2, 1.0 - ADDED * len(compared.added))
    detail = "; ".join(found.detail for found in compared.added) or "nothing is added"
    return Evidence(kind="addition", score=round(score, 3), detail=detail)


def _grounding(slots: SqlSlots, catalog: Catalog) -> Evidence:
    """Values compared with a column whose values are all known must be among them."""
    unknown = []
    for test in slots.tests:
        if test.column is None or test.comparator != "=":
            continue
        table = catalog.by_name.get(test.column.table)
        column = table.by_name.get(test.column.name) if table is not None else None
        if column is None or column.sensitivity != "public" or not column.values:
            continue
        known = {value.casefold() for value in column.values}
        unknown += [f"{value} in {column.name}" for value in sorted(test.values - known)]
    if not unknown:
        return Evidence(kind="grounding", score=1.0, detail="every value named is known")
    score = max(0.2, 1.0 - 0.4 * len(unknown))
    detail = "not among the known values: " + ", ".join(unknown)
    return Evidence(kind="grounding", score=round(score, 3), detail=detail)

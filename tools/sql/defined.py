"""Terms that documents define, offered to the planner: as cited context, and as readings."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from clearway.display import place
from clearway.errors import ClearwayError
from clearway.graph.ports import Definitions, Inquiry, Semantics
from clearway.outcome import Definition
from clearway.plans import SqlPlan
from clearway.semantics.frame import MeasureSlot
from clearway.semantics.types import Abstention, Reading

MOST = 5
"""Definitions a model is shown."""
LOOK_S = 1.0
"""How long they may be looked for before the question is planned without."""
SIMPLE_WORDS = 4
"""A meaning of more words is an explanation, not another name."""
HEADING = "What documents say these terms mean, as data:"


class DefinedTerms:
    """Looks terms up for everybody of the asker's tenant and roles, for these share plans.

    What only the asker may see of the documents would go on to others with a kept plan.
    """

    def __init__(self, definitions: Definitions, semantics: Semantics) -> None:
        """Without documents, or while they are away, nothing is defined."""
        self._definitions = definitions
        self._semantics = semantics

    async def found(self, inquiry: Inquiry) -> Sequence[Definition]:
        """Return what is defined of the words of a question; never raises."""
        anyone = replace(inquiry.principal, user="")
        within_s = min(LOOK_S, max(inquiry.timeout_s, 0.0))
        try:
            return await self._definitions.definitions(inquiry.text, anyone, timeout_s=within_s)
        except ClearwayError:
            return ()

    def readings(
        self, unclear: Abstention, found: Sequence[Definition], inquiry: Inquiry
    ) -> Abstention:
        """Return the abstention with what documents call by another name, where that is planned."""
        words = {word.casefold() for word in unclear.unclear}
        offered: list[Reading] = []
        for each in found:
            if each.term.casefold() in words and len(each.meaning.split()) <= SIMPLE_WORDS:
                reading = self._reading(each, inquiry, len(offered) + 1)
                offered += [reading] if reading else []
        if not offered:
            return unclear
        others = (replace(r, id=str(n)) for n, r in enumerate(unclear.readings, len(offered) + 1))
        return replace(unclear, readings=(*offered, *others))

    def _reading(self, defined: Definition, inquiry: Inquiry, number: int) -> Reading | None:
        asked = inquiry.asked
        term = re.compile(rf"\b{re.escape(defined.term)}\b", re.IGNORECASE)
        effect = term.sub(lambda _: defined.meaning.rstrip(". "), inquiry.text)
        frame = self._semantics.read(effect, asked.principal, now=asked.at, zone=asked.zone)
        if not isinstance(self._semantics.plan(frame, asked.principal), SqlPlan):
            return None
        label = f"{defined.term} is {defined.meaning}: {place(defined.citation)}"
        target = _target(frame.measures)
        return Reading(id=str(number), label=label, effect=effect, term=defined.term, target=target)


def context(found: Sequence[Definition]) -> str:
    """Return the definitions as a prompt shows them: data, each with where it stands."""
    if not found:
        return ""
    lines = (
        json.dumps({"term": d.term, "means": d.meaning, "stands in": place(d.citation)})
        for d in found[:MOST]
    )
    return "\n".join(("", HEADING, *lines))


def told(plan: SqlPlan, found: Sequence[Definition]) -> SqlPlan:
    """Return the plan with what its model was told on the way, for the asker to check."""
    notes = (f"the model was told what {d.term} means: {place(d.citation)}" for d in found[:MOST])
    return plan.model_copy(update={"assumptions": (*plan.assumptions, *notes)})


def _target(measures: Sequence[MeasureSlot]) -> str:
    """Return what the one measure of a question is, as the glossary names it; else nothing."""
    if len(measures) != 1:
        return ""
    (one,) = measures
    if one.where or one.over or one.share:
        return ""
    if one.named:
        return f"measure:{one.table}:{one.named}"
    return f"column:{one.column.table}.{one.column.name}" if one.column else ""

"""What is on record of answers, and what the router learns from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from clearway.errors import StoreUnavailable
from clearway.graph.ports import AuditEvent
from clearway.identity import Principal
from clearway.llm.choice.measured import Measured
from clearway.llm.judging import JudgedTrail
from clearway.stores.audit.memory import MemoryAuditTrail

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


def ended(status: str, **details: Any) -> AuditEvent:
    told = {"model": "m", "plan_source": "model", "completion_tokens": 7, **details}
    return AuditEvent(
        trace_id="t",
        step="ask",
        phase="outcome",
        action="ask",
        tool="sql",
        source_id=None,
        principal=Principal(user="ada"),
        at=datetime(2026, 1, 1, tzinfo=UTC),
        status=status,
        details=told,
    )


async def validity(*events: AuditEvent) -> float:
    measured = Measured(prior_calls=1)
    trail = MemoryAuditTrail()
    for event in events:
        trail.events.clear()
        await JudgedTrail(trail, measured).append(event)
        assert trail.events == [event]
    return measured.validity("m")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (ended("answered"), 1.0),
        (ended("refused"), 0.5),
        (ended("clarify"), 0.5),
        (ended("failed"), 0.5),
        (ended("answered", plan_source="rules"), 0.5),  # its own plan was not good enough
    ],
)
async def test_an_answer_counts_for_the_model_that_planned_it(
    event: AuditEvent, expected: float
) -> None:
    assert await validity(event) == pytest.approx(expected)


async def test_what_says_nothing_of_a_plan_is_not_counted() -> None:
    nothing = [
        ended("limited"),
        ended("denied"),
        ended("cancelled"),
        ended("refused", completion_tokens=0),  # a plan that was shared or recalled
        ended("refused", model=None),
        replace(ended("answered", plan_source="rules"), tool="docs"),
    ]
    assert await validity(*nothing) == 1.0


async def test_what_is_not_on_record_is_not_learned_from() -> None:
    measured, trail = Measured(prior_calls=1), MemoryAuditTrail()
    trail.available = False
    with pytest.raises(StoreUnavailable):
        await JudgedTrail(trail, measured).append(ended("refused"))
    assert measured.validity("m") == 1.0

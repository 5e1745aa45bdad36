"""What other processes' plans came to, learned from the audit they share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from clearway.graph.ports import AuditEvent
from clearway.identity import Principal
from clearway.llm.choice.measured import Measured
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.llm.judging import JudgedTrail
from clearway.resilience.clock import SystemClock
from clearway.stores.audit.trail import PostgresAuditTrail
from clearway.stores.instance import Instance
from clearway.stores.keys import load_keys
from clearway.stores.models.judgements import judged_on_record
from clearway.stores.postgres import VARIABLE, Database

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

CLOCK = SystemClock()


def ended(number: int, status: str, **details: Any) -> AuditEvent:
    told = {"model": "m", "plan_source": "model", "completion_tokens": 7, **details}
    return AuditEvent(
        trace_id=f"t{number}",
        step="ask",
        phase="outcome",
        action="ask",
        tool="sql",
        source_id=None,
        principal=Principal(user="ada"),
        at=CLOCK.now(),
        status=status,
        details=told,
    )


async def test_every_process_learns_what_became_of_plans(database: Database) -> None:
    here = Measured()
    async with Instance(database.addresses.app, VARIABLE) as instance:
        keys = await load_keys(database.pool)
        trail = PostgresAuditTrail(keys=keys, redactor=PatternRedactor(), instance=instance)
        judged = JudgedTrail(trail, here)
        for number in range(4):
            await judged.append(ended(number, "answered"))
        await judged.append(ended(4, "refused"), ended(5, "denied"))
        await judged.append(ended(6, "answered", plan_source="rules", model=None))

    since = CLOCK.now() - timedelta(hours=1)
    told = await judged_on_record(database.pool, since=since)
    assert told == [*[("m", True)] * 4, ("m", False)]

    there = Measured()
    there.recall_judged(told)
    assert there.validity("m") == here.validity("m") < 1
    there.recall_judged(told)  # the same records say nothing new
    assert there.validity("m") == here.validity("m")
    assert await judged_on_record(database.pool, since=CLOCK.now()) == []

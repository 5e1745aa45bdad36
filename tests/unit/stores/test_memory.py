from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clearway.errors import StoreUnavailable
from clearway.graph.ports import AuditEvent
from clearway.identity import Principal
from clearway.stores.audit.memory import MemoryAuditTrail

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

EVENT = AuditEvent(
    trace_id="t1",
    step="ask",
    phase="intent",
    action="ask",
    tool="none",
    source_id=None,
    principal=Principal(user="zoe"),
    at=datetime(2026, 1, 15, tzinfo=UTC),
)


async def test_events_are_kept_in_order_and_once() -> None:
    trail, ended = MemoryAuditTrail(), replace(EVENT, phase="outcome")
    await trail.append(EVENT)
    await trail.append(EVENT, ended)

    assert trail.events == [EVENT, ended]


async def test_requests_that_share_a_correlation_id_are_kept_apart() -> None:
    trail = MemoryAuditTrail()
    await trail.append(replace(EVENT, request_id="r1"), replace(EVENT, request_id="r2"))

    assert len(trail.events) == 2


async def test_it_can_be_told_to_refuse() -> None:
    trail = MemoryAuditTrail()
    trail.available = False

    with pytest.raises(StoreUnavailable):
        await trail.append(EVENT)
    assert trail.events == []

"""The audit: what one append costs, and how many fit into a second."""

from __future__ import annotations

import asyncio
import time

from clearway.app import Clearway
from clearway.evals.bench.figure import show
from clearway.graph.ports import AuditEvent
from clearway.identity import Principal
from clearway.settings import load_settings

APPENDS = 1000
CONCURRENCY = (1, 8, 50)


async def main() -> None:
    """Print latency by kind, and throughput by concurrency."""
    async with Clearway.open(load_settings()) as cw:
        trail = cw.services.audit
        for durable in (True, False):
            samples = []
            for number in range(APPENDS):
                began = time.perf_counter()
                await trail.append(_event(cw, f"latency-{durable}-{number}"), durable=durable)
                samples.append((time.perf_counter() - began) * 1000)
            show(f"audit append, {'durable' if durable else 'not durable'}", samples)
        for width in CONCURRENCY:
            print(f"audit appends/s, {width:>2} at once {await _rate(cw, width):26.0f}/s")


async def _rate(cw: Clearway, width: int) -> float:
    async def writer(lane: int) -> None:
        for number in range(APPENDS // width):
            await cw.services.audit.append(_event(cw, f"rate-{width}-{lane}-{number}"))

    began = time.perf_counter()
    await asyncio.gather(*(writer(lane) for lane in range(width)))
    return APPENDS // width * width / (time.perf_counter() - began)


def _event(cw: Clearway, name: str) -> AuditEvent:
    """Return the outcome of a step that has no intent: a record on its own."""
    return AuditEvent(
        request_id=f"{name}-{cw.services.ids.trace_id()}",
        trace_id=name,
        step="bench",
        phase="outcome",
        action="bench",
        tool="none",
        source_id=None,
        principal=Principal(user="bench"),
        at=cw.services.clock.now(),
        input="total revenue by region last quarter",
        success=True,
        status="measured",
    )

"""How services are: their declared checks, all at once, each with its latency and time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from clearway.errors import ClearwayError
from clearway.graph.ports import Clock, Rows
from clearway.tools.rest.calling.client import Client
from clearway.tools.rest.calling.shape import table
from clearway.tools.rest.calling.wire import WireFault
from clearway.tools.rest.declared.types import Check, Health, Service


async def look(
    services: Iterable[Service], client: Client, clock: Clock, *, timeout_s: float
) -> list[Health]:
    """Return what every check of these services found, in their order; a failure is a finding.

    A service without a declared check is reported as not checked.
    """
    asked = [(service, check) for service in services for check in service.checks]
    found = await asyncio.gather(
        *(_checked(service, check, client, clock, timeout_s) for service, check in asked)
    )
    return list(found)


async def _checked(
    service: Service, check: Check, client: Client, clock: Clock, timeout_s: float
) -> Health:
    at, began = clock.now(), clock.monotonic()
    limit_s = max(min(check.within_s, timeout_s), 0)
    try:
        async with asyncio.timeout(limit_s):
            reply = await client.probe(service, check.path)
        up = reply.status in check.expect if check.expect else reply.status < 400
        detail = f"HTTP {reply.status}"
    except TimeoutError:
        up, detail = False, f"no answer within {limit_s:g} s"
    except WireFault as fault:
        up, detail = False, fault.said
    except ClearwayError as error:
        up, detail = False, error.message
    return Health(
        service=service.id,
        check=check.name,
        up=up,
        latency_ms=round((clock.monotonic() - began) * 1000, 1),
        checked_at=at,
        detail=detail,
    )


def as_rows(found: Sequence[Health], unchecked: Sequence[str] = ()) -> Rows:
    """Return findings as a table; services that declare no check have a row that says so."""
    records = [
        {
            "service": each.service,
            "state": "up" if each.up else "down",
            "latency_ms": each.latency_ms,
            "checked_at": each.checked_at.isoformat(),
            "check": each.check,
            "detail": each.detail,
        }
        for each in found
    ]
    blank = {"state": "unknown", "latency_ms": None, "checked_at": None, "check": None}
    none = [{"service": name, **blank, "detail": "declares no health check"} for name in unchecked]
    return table([*records, *none])


def services_named(
    question: Sequence[str], services: Sequence[Service]
) -> tuple[tuple[Service, ...], bool]:
    """Return the services whose names or synonyms are among the words, and whether all are meant.

    `question` has the words in lower case.
    """
    said = " ".join(question)
    named = tuple(
        service
        for service in services
        if any(f" {name} " in f" {said} " for name in _names(service))
    )
    everything = not {"services", "all", "everything", "apis", "anything"}.isdisjoint(question)
    return named, everything


def _names(service: Service) -> Iterable[str]:
    for name in (service.id, service.title, *service.synonyms):
        words = name.replace("_", " ").replace("-", " ").lower().split()
        if words:
            yield " ".join(words)
            if words[-1] in ("service", "api") and len(words) > 1:
                yield " ".join(words[:-1])

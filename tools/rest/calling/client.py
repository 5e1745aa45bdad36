"""Calls of services: inside one deadline, paced, retried only where that does no harm."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from secrets import token_hex
from types import TracebackType

from clearway.errors import (
    CircuitBreakerError,
    RateLimitError,
)
from clearway.graph.ports import Clock
from clearway.plans import RestStep
from clearway.resilience.breaker import PROFILES
from clearway.resilience.callee import Callee, CallGuard, ProcessCalls, Refusal, Verdict
from clearway.tools.rest.calling.addresses import Resolver, SystemResolver
from clearway.tools.rest.calling.credentials import Credentials, Environment, Keyring
from clearway.tools.rest.calling.failures import failed, refused, timed_out
from clearway.tools.rest.calling.replies import backoff_s, decoded, limited, retry_after_s
from clearway.tools.rest.calling.request import Written, written
from clearway.tools.rest.calling.wire import Exchange, Letter, Wire, WireFault
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Operation, Reply, Service

AGAIN = frozenset({429, 500, 502, 503, 504})
"""Statuses after which a read is asked again."""
FINAL = frozenset({"address", "redirect", "redirects", "size", "encoding", "certificate"})
"""Faults that would be the same again."""

MARGIN_S = 5.0
"""After its deadline, how long a call may take to say how it went."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass
class _Call:
    """One call under way."""

    line: _Line
    operation: Operation
    request: Written
    began: float
    until: float
    sent: bool = False
    """Whether the service may have heard of it."""


@dataclass
class _Line:
    """All there is for one service."""

    service: Service
    wire: Wire
    keyring: Keyring
    callee: Callee


class Client:
    """Makes checked calls. One belongs to one event loop; its connections are used again."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        environment: Environment,
        *,
        calls: CallGuard | None = None,
        resolver: Resolver | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Opens nothing yet. `environment` is where secrets are, by name.

        `calls` counts what services are asked and how they do; without it, this client alone does.
        """
        self._calls = calls or ProcessCalls(clock)
        self._registry = registry
        self._clock = clock
        self._environment = environment
        self._resolver = resolver or SystemResolver()
        self._sleep = sleep
        self._lines: dict[str, _Line] = {}
        self._stack = AsyncExitStack()

    async def call(
        self, step: RestStep, operation: Operation, *, timeout_s: float, idempotency_key: str = ""
    ) -> Reply:
        """Return the reply of one call whose values were checked.

        A write carries the key and is sent at most once. Raises `ExecutionError`,
        `RequestTimeoutError`, `RateLimitError`, `CircuitBreakerError` or `ConfigurationError`.
        """
        line = self._line(operation.service)
        limit_s = min(timeout_s, line.service.bounds.total_s)
        request = written(step, operation, line.service)
        if not operation.reads:
            header = line.service.idempotency_header.lower()
            request = replace(request, headers={**request.headers, header: idempotency_key})
        began = self._clock.monotonic()
        call = _Call(line, operation, request, began, began + limit_s)
        try:
            async with asyncio.timeout(max(limit_s, 0)):
                return await self._called(call)
        except TimeoutError:
            said = f"took longer than {limit_s:.3g} s"
            raise timed_out(operation, said, sent=call.sent) from None

    async def probe(self, service: Service, path: str) -> Exchange:
        """Return what a health check gets: one try, no breaker, no pace; raise `WireFault`."""
        line = self._line(service.id)
        given = await line.keyring.credentials()
        headers = {"accept": "*/*", "accept-encoding": "identity"}
        request = Written(f"{service.base_url}{path}", headers, b"")
        return await line.wire.send(_letter("GET", request, given))

    async def aclose(self) -> None:
        """Close all connections."""
        self._lines.clear()
        await self._stack.aclose()

    async def __aenter__(self) -> Client:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self.aclose()

    def _line(self, service_id: str) -> _Line:
        found = self._lines.get(service_id)
        if found is None:
            service = self._registry.service(service_id)
            wire, auth, bounds = Wire(service, self._resolver), service.auth, service.bounds
            self._stack.push_async_callback(wire.aclose)
            token_wire = None
            if auth.token_url:
                token_wire = Wire(replace(service, base_url=auth.token_url), self._resolver)
                self._stack.push_async_callback(token_wire.aclose)
            found = self._lines[service_id] = _Line(
                service=service,
                wire=wire,
                keyring=Keyring(service, self._environment, self._clock, token_wire),
                callee=Callee(
                    name=service_id,
                    profile=PROFILES["service"],
                    requests=bounds.requests,
                    window_s=bounds.window_s,
                    lease_s=bounds.total_s + MARGIN_S,
                ),
            )
        return found

    async def _called(self, call: _Call) -> Reply:
        line, operation = call.line, call.operation
        tries = 1 + (line.service.bounds.retries if operation.reads else 0)
        for attempt in range(1, tries + 1):
            last = attempt == tries
            try:
                reply = await self._attempt(call)
            except WireFault as fault:
                if last or fault.what in FINAL:
                    raise failed(operation, fault) from None
                await self._sleep(backoff_s(attempt))
                continue
            renew = reply.status == 401 and line.service.auth.kind == "oauth2"
            if renew:
                line.keyring.forget()
            if last or not (reply.status in AGAIN or renew):
                return self._told(call, reply, attempt)
            wait_s = self._wait_s(reply, attempt)
            if self._clock.monotonic() + wait_s >= call.until:
                return self._told(call, reply, attempt)
            await self._sleep(wait_s)
        raise AssertionError("a call has at least one attempt")

    async def _attempt(self, call: _Call) -> Exchange:
        """Make one attempt that pace and breaker let pass, and tell the breaker how it went."""
        line, attempt_id = call.line, token_hex(8)
        refusal = await self._calls.enter(line.callee, attempt_id)
        if refusal is not None:
            raise _turned_away(line.callee, refusal)
        verdict: Verdict = "ignored"
        try:
            given = await line.keyring.credentials()
            call.sent = True
            reply = await line.wire.send(_letter(call.operation.method, call.request, given))
            verdict = "failure" if reply.status >= 500 else "success"
            return reply
        except WireFault as fault:
            verdict = "ignored" if fault.what in ("address", "redirect") else "failure"
            raise
        except asyncio.CancelledError:
            # Out of time, or nobody waits any more: only the first says something of the service.
            verdict = "failure" if self._clock.monotonic() >= call.until else "ignored"
            raise
        finally:
            await self._calls.leave(line.callee, attempt_id, verdict)

    def _wait_s(self, reply: Exchange, attempt: int) -> float:
        asked = retry_after_s(reply.headers.get("retry-after", ""), self._clock.now())
        return backoff_s(attempt) if asked is None else asked

    def _told(self, call: _Call, reply: Exchange, attempts: int) -> Reply:
        """Return the reply decoded, or raise what its status says."""
        operation, now = call.operation, self._clock.now()
        # A write that may have been begun is not said to be merely late.
        busy = operation.reads and reply.status == 503 and "retry-after" in reply.headers
        if reply.status == 429 or busy:
            raise limited(operation, reply, now)
        if not 200 <= reply.status < 300:
            raise refused(operation, reply.status)
        return Reply(
            operation_id=operation.id,
            status=reply.status,
            content=decoded(operation, reply),
            latency_ms=round((self._clock.monotonic() - call.began) * 1000, 3),
            attempts=attempts,
            size_bytes=len(reply.body),
        )


def _turned_away(callee: Callee, refusal: Refusal) -> RateLimitError | CircuitBreakerError:
    """Return that a call may not begin."""
    if refusal.reason == "window":
        return RateLimitError(
            f"The service {callee.name} is asked as often as it may be.",
            retry_after_s=refusal.retry_after_s,
            service=callee.name,
            sent=False,
        )
    return CircuitBreakerError(
        f"The service {callee.name} kept failing and is left alone for "
        f"{refusal.retry_after_s:.0f} s.",
        service=callee.name,
        retry_after_s=refusal.retry_after_s,
        sent=False,
    )


def _letter(method: str, request: Written, given: Credentials) -> Letter:
    return Letter(
        method=method,
        url=request.url,
        headers=request.headers,
        private=given.headers,
        content=request.content,
        secret_query=given.query,
    )

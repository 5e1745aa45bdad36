"""The router: one question to the model that suits it best, and to the next where that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any

from clearway.errors import ContextTooLong
from clearway.llm.calls.faults import Fault
from clearway.llm.calls.transport import Transport
from clearway.llm.choice.measured import Measured
from clearway.llm.limits import RouterSettings
from clearway.llm.pace import Clock, Pace, SystemPace
from clearway.llm.ports import (
    Admission,
    Attempt,
    AttemptStatus,
    GenerationCache,
    Result,
)
from clearway.llm.prompts.payload import answers_wanted, payload
from clearway.llm.providers.routes import Route
from clearway.llm.requests import failures
from clearway.llm.requests.attempts import Attempts, Entered
from clearway.llm.requests.cleaning import cleaned
from clearway.llm.requests.delivery import Delivery, no_refusal, reply_of, short_enough
from clearway.llm.requests.entrance import Entrance
from clearway.llm.requests.job import Job
from clearway.llm.requests.preparing import Preparing
from clearway.llm.requests.received import Received, walked
from clearway.llm.requests.shortening import Shortening
from clearway.llm.sharing.shared import Shared
from clearway.llm.status import ProviderStatus, status_of
from clearway.llm.types import (
    ChatReply,
    ChatRequest,
    Finished,
    Restarted,
    StreamEvent,
    StreamMode,
)

BACKSTOP_S = 0.02
"""Calls end with the deadline by themselves; this is for what should not take any time."""


class Router:
    """Classify, filter, rank, attempt, fall back; every attempt is reserved and settled."""

    def __init__(
        self,
        preparing: Preparing,
        *,
        admission: Admission,
        transport: Transport,
        clock: Clock,
        settings: RouterSettings,
        measured: Measured,
        pace: Pace | None = None,
        shared: Shared | None = None,
        observers: Sequence[Callable[[Attempt, Result], None]] = (),
    ) -> None:
        """Made by `clearway.llm.open_router`; `preparing` knows providers, policy and guards."""
        self.preparing = preparing
        self.settings = settings
        self.measured = measured
        self.admission = admission
        self._transport = transport
        self._clock = clock
        self._pace = pace or SystemPace()
        self._shared = shared or Shared()
        self._attempts = Attempts(
            admission,
            clock=clock,
            settings=settings,
            tokens=preparing.tokens,
            measured=measured,
            observers=observers,
        )
        self._entrance = Entrance(
            preparing, self._attempts, clock=clock, pace=self._pace, settings=settings
        )
        settings.check_breakers(preparing.breakers())

    async def generate(self, request: ChatRequest) -> ChatReply:
        """Return a complete answer before the deadline, or raise one `ClearwayError`.

        The content policy of a provider is an answer (`ContentRefused`) and not routed around.
        """
        way = self._shortening(request)
        while True:
            try:
                return way.told(await self._answered(way.job()))
            except ContextTooLong as error:
                await way.shorten(error)

    async def _answered(self, job: Job) -> ChatReply:
        left_s = self._entrance.left_s(job)
        try:
            async with asyncio.timeout(left_s + BACKSTOP_S):
                return await self._shared.reply(job, self._generated, left_s=left_s)
        except TimeoutError:
            raise failures.of_journey(job.journey, job.tried, late=True) from None

    async def stream(
        self, request: ChatRequest, *, mode: StreamMode = "live", restarts: bool = False
    ) -> AsyncGenerator[StreamEvent, None]:
        """Yield pieces of one model's answer and, last, the whole of it; complete, or an error.

        `complete` passes nothing on before an answer is whole, so that any failure is made good.
        `live` passes each piece on; where a stream breaks after that, the answer begins anew after
        `Restarted` if `restarts`, else the error is raised. Nothing is ever spliced.
        """
        way, begun = self._shortening(request), False
        while True:
            pieces = self._delivered(way.job, mode=mode, restarts=restarts)
            try:
                async with aclosing(pieces) as events:
                    async for event in events:
                        begun = True
                        yield way.told_of(event)
                return
            except ContextTooLong as error:
                if begun:
                    raise
                await way.shorten(error)

    async def _delivered(
        self, prepared: Callable[[], Job], *, mode: StreamMode, restarts: bool
    ) -> AsyncGenerator[StreamEvent, None]:
        job = prepared()
        delivered = False
        while True:
            route, entered = await self._entrance.next(job)
            delivery = Delivery(job, live=mode == "live")
            try:
                # Closed here and not by the collector: an attempt is settled when its caller goes.
                async with aclosing(self._streamed(job, route, entered, delivery)) as events:
                    async for event in events:
                        delivered = True
                        yield event
            except Fault as fault:
                self._entrance.failed(job, route, fault)
                if not delivered:
                    continue
                if not restarts or fault.meaning.again == "never":
                    raise failures.of_journey(job.journey, job.tried, late=False) from None
                delivered = False
                yield Restarted(reason=fault.meaning.words, provider=route.provider.id)
                continue
            return

    async def status(self) -> list[ProviderStatus]:
        """Return how every provider stands, in the order of the registry."""
        parts = self.preparing.parts
        health = {f"{h.provider}/{h.endpoint}": h for h in await self.admission.health()}
        return [status_of(provider, parts, health) for provider in parts.registry]

    async def reset(self, provider: str | None = None) -> int:
        """Close the circuits of one provider, or of all; return how many were not closed."""
        self.preparing.waiting.clear(provider)
        return await self.admission.reset(provider)

    @property
    def cache(self) -> GenerationCache | None:
        """Return where replies are kept, whether or not the router's own are; None: nowhere."""
        return self._shared.cache

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        await self._transport.aclose()

    def _shortening(self, request: ChatRequest) -> Shortening:
        return Shortening(
            request,
            self.preparing,
            ask=self.generate,
            draw=self._pace.draw,
            clock=self._clock,
        )

    async def _generated(self, job: Job) -> ChatReply:
        while True:
            attempt = self._plain(job, *await self._entrance.next(job))
            after_s = self.settings.hedge_after_s
            reply = await (attempt if after_s is None else self._hedged(job, attempt, after_s))
            if reply is not None:
                return self._finished(job, reply)

    async def _plain(self, job: Job, route: Route, entered: Entered) -> ChatReply | None:
        """Return one attempt's answer, or None where it failed; it is left however this ends."""
        body = payload(job.asking.request, route, stream=False, max_tokens=job.asking.max_tokens)
        received: Received | None = None
        try:
            said = await self._transport.complete(route, body, within_s=self._entrance.plain_s(job))
            received = Received.whole(said)
            no_refusal(received)
            short_enough(received.longest, self.settings.max_answer_chars)
        except Fault as fault:
            result = self._attempts.failed(entered, fault, received)
            job.tried.append(await self._attempts.leave(entered, result))
            self._entrance.failed(job, route, fault)
            return None
        except BaseException:
            await self._stopped(job, entered, None, "cancelled")
            raise
        reply = reply_of(received, self._attempts, entered, job, body=said)
        await self._close(job, entered, reply)
        return reply

    async def _hedged(
        self, job: Job, attempt: Coroutine[Any, Any, ChatReply | None], after_s: float
    ) -> ChatReply | None:
        """Return the first answer of two routes, the second asked when the first is slow."""
        tasks = {asyncio.ensure_future(attempt)}
        try:
            done, _ = await asyncio.wait(tasks, timeout=after_s)
            if not done and job.journey.still_to_ask():
                job.note("retry", f"No answer after {after_s:.1f} s: the next route was asked too.")
                tasks.add(asyncio.ensure_future(self._plain(job, *await self._entrance.next(job))))
            while tasks:
                done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if reply := next((task.result() for task in done if task.result()), None):
                    return reply
            return None
        finally:
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)

    async def _streamed(
        self, job: Job, route: Route, entered: Entered, delivery: Delivery
    ) -> AsyncGenerator[StreamEvent, None]:
        """Yield one attempt's events; the attempt is left however this ends."""
        body = payload(job.asking.request, route, stream=True, max_tokens=job.asking.max_tokens)
        received, first_s = Received(), None
        share, left = self._entrance.share_s(job), self._entrance.left_s(job)
        first_due_s = min(share, self.settings.patience.first_token_s)
        chunks = walked(
            self._transport.stream(route, body, within_s=left, first_s=first_due_s),
        )
        try:
            async for chunk in chunks:
                text = received.add(chunk)
                if first_s is None and text:
                    first_s = self._clock.monotonic() - entered.began
                short_enough(received.longest, self.settings.max_answer_chars)
                for piece in delivery.pass_on(chunk):
                    yield piece
            no_refusal(received)
            reply = reply_of(received, self._attempts, entered, job, first_token_s=first_s)
            await self._close(job, entered, reply)
        except Fault as fault:
            result = self._attempts.failed(entered, fault, received)
            job.tried.append(await self._attempts.leave(entered, result))
            raise
        except GeneratorExit:
            await self._stopped(job, entered, received, "abandoned")
            raise
        except BaseException:
            await self._stopped(job, entered, received, "cancelled")
            raise
        finally:
            await chunks.aclose()
        for piece in delivery.finish():
            yield piece
        yield Finished(reply=cleaned(self._finished(job, reply), job, delivery.heard))

    async def _close(self, job: Job, entered: Entered, reply: ChatReply) -> None:
        """Settle a complete answer; it was billed whether or not anybody still waits for it."""
        result = self._attempts.succeeded(entered, reply.usage, reply.first_token_s)
        try:
            job.tried.append(await self._attempts.leave(entered, result))
        except asyncio.CancelledError:
            await self._attempts.leave(entered, result)
            raise

    async def _stopped(
        self, job: Job, entered: Entered, received: Received | None, status: AttemptStatus
    ) -> None:
        result = self._attempts.stopped(entered, received, status)
        job.tried.append(await self._attempts.leave(entered, result))

    def _finished(self, job: Job, reply: ChatReply) -> ChatReply:
        ranked = job.selection.ranked
        wanted = (*job.selection.passed_over, *(each.provider for each in ranked))
        if wanted and reply.provider != wanted[0]:
            job.note("fallback", f"{reply.provider} answered in place of {wanted[0]}.")
        if reply.answers < (asked := answers_wanted(job.asking.request)):
            job.note("missing", f"{asked} answers were asked for, and {reply.answers} came.")
        return job.finished(reply, latency_s=self._clock.monotonic() - job.began_at)

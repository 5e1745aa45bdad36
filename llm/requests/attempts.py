"""One attempt from entrance to settlement: whatever happens in between, it is left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeGuard

from clearway.errors import StoreUnavailable
from clearway.llm.admission.money import cost_of, counted_at
from clearway.llm.calls.chunks import Assembly
from clearway.llm.calls.faults import Fault
from clearway.llm.choice.measured import Measured
from clearway.llm.limits import RouterSettings
from clearway.llm.pace import Clock
from clearway.llm.ports import (
    Admission,
    Attempt,
    AttemptStatus,
    Pass,
    Result,
    TokenCounter,
    Turned,
    Verdict,
)
from clearway.llm.prompts.counted import boundless
from clearway.llm.prompts.payload import answers_wanted
from clearway.llm.providers.routes import Route
from clearway.llm.types import ChatRequest, TokenUsage, Tried, TriedOutcome

log = logging.getLogger(__name__)

GUESS_MARGIN = 1.1
"""Put on a prompt's tokens where they are estimated: what is reserved must not fall short."""
LEASE_MARGIN_S = 5.0
MOST_TOKENS = 1_000_000_000
"""Above this a provider does not count tokens but errs."""
OUTCOMES: dict[AttemptStatus, TriedOutcome] = {
    "succeeded": "success",
    "failed": "failed",
    "timeout": "timeout",
    "cancelled": "cancelled",
    "abandoned": "abandoned",
    "refused": "refused",
}
FREE = Decimal(0)
NOT_SETTLED = "the ledger could not be reached; the sweeper will settle it at its worst case"


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What is the same for every attempt of one request."""

    request: ChatRequest
    request_id: str
    trace_id: str
    task: str
    texts: Sequence[str]
    """Every text of the prompt, counted for each model by its own tokenizer."""
    extra_tokens: int
    """What the prompt costs beyond its texts."""
    max_tokens: int | None


@dataclass(frozen=True, kw_only=True)
class Entered:
    """An attempt under way."""

    attempt: Attempt
    route: Route
    passed: Pass
    began: float
    prompt_tokens: int
    """Counted or estimated, without the margin that was reserved."""
    worst: TokenUsage
    """The most it can be billed for."""


class Attempts:
    """Enters and leaves; turns what a provider said into what it bills."""

    def __init__(
        self,
        admission: Admission,
        *,
        clock: Clock,
        settings: RouterSettings,
        tokens: TokenCounter,
        measured: Measured,
        observers: Sequence[Callable[[Attempt, Result], None]] = (),
    ) -> None:
        """Observers are told of every attempt that was left; they must not raise."""
        self._admission = admission
        self._clock = clock
        self._settings = settings
        self._tokens = tokens
        self._measured = measured
        self._observers = observers

    async def enter(
        self, asking: Asking, route: Route, *, number: int, lease_s: float
    ) -> Entered | Turned:
        """Reserve the worst case; the clock runs from here."""
        prompt = self._tokens.count(route.model, asking.texts) + asking.extra_tokens
        most = min(asking.max_tokens or route.provider.max_output, route.provider.max_output)
        most *= answers_wanted(asking.request)
        likely = prompt if self._tokens.is_exact(route.model) else int(prompt * GUESS_MARGIN) + 1
        bound = max(likely, route.context) if boundless(asking.request) else likely
        worst = TokenUsage(prompt=bound, completion=most, estimated=True)
        attempt = self._attempt(asking, route, number, lease_s, tokens=likely + most, worst=worst)
        passed = await self._admission.enter(attempt)
        if isinstance(passed, Turned):
            return passed
        return Entered(
            attempt=attempt,
            route=route,
            passed=passed,
            began=self._clock.monotonic(),
            prompt_tokens=prompt,
            worst=worst,
        )

    async def leave(self, entered: Entered, result: Result) -> Tried:
        """Settle, tell the breaker, and keep what was learned of the route."""
        route, settled = entered.route, await self._settled(entered, result)
        if result.verdict != "ignored":
            self._measured.observe(
                route,
                good=result.verdict == "success",
                latency_s=result.latency_s,
                cost_usd=result.cost_usd,
            )
        for observe in self._observers:
            observe(entered.attempt, result)
        log.info(
            "attempt",
            extra={
                "trace_id": entered.attempt.trace_id,
                "provider": route.provider.id,
                "endpoint": route.endpoint,
                "status": result.status,
                "error": result.error,
                "latency_ms": round(result.latency_s * 1000, 1),
            },
        )
        return Tried(
            number=entered.attempt.number,
            provider=route.provider.id,
            endpoint=route.endpoint,
            model=route.model,
            outcome=OUTCOMES[result.status],
            reason=(result.error or "") if settled else NOT_SETTLED,
            status=result.http_status,
            latency_s=result.latency_s,
            cost_usd=None if route.price is None else result.cost_usd,
        )

    async def _settled(self, entered: Entered, result: Result) -> bool:
        """Settle; where the store went away meanwhile, an answer that was paid for is not lost."""
        try:
            await self._admission.leave(entered.attempt.attempt_id, result)
        except StoreUnavailable:
            log.error("attempt_not_settled", extra={"trace_id": entered.attempt.trace_id})
            return False
        return True

    def succeeded(
        self, entered: Entered, usage: TokenUsage, first_token_s: float | None = None
    ) -> Result:
        """Return the result of a complete answer."""
        return self._result(
            entered, "succeeded", "success", usage, http_status=200, first_token_s=first_token_s
        )

    def failed(self, entered: Entered, fault: Fault, received: Assembly | None) -> Result:
        """Return the result of a fault; what may have been generated before it is billed."""
        usage = self._usage_of_part(entered, received, sent=fault.sent)
        meaning = fault.meaning
        return self._result(
            entered,
            meaning.status,
            meaning.verdict,
            usage,
            http_status=fault.status,
            error=fault.kind,
        )

    def stopped(self, entered: Entered, received: Assembly | None, status: AttemptStatus) -> Result:
        """Return the result of an attempt the caller ended; it says nothing of the endpoint."""
        usage = self._usage_of_part(entered, received, sent=True)
        return self._result(entered, status, "ignored", usage, error=status)

    def usage(self, entered: Entered, said: Any, spoken: Sequence[str]) -> TokenUsage:
        """Return the provider's count, or the tokenizer's where it gave none."""
        return usage_said(said) or TokenUsage(
            prompt=entered.prompt_tokens,
            completion=self._tokens.count(entered.route.model, spoken),
            estimated=True,
        )

    def cost(self, route: Route, usage: TokenUsage) -> Decimal | None:
        """Return the price of it; None where the route's price is not known."""
        return None if route.price is None else cost_of(route.price, usage)

    def _attempt(
        self,
        asking: Asking,
        route: Route,
        number: int,
        lease_s: float,
        *,
        tokens: int,
        worst: TokenUsage,
    ) -> Attempt:
        request, settings = asking.request, self._settings
        price = counted_at(route, settings.unknown_price)
        return Attempt(
            # Not by its number alone: where a route is refused, the next has the same number.
            attempt_id=f"{asking.request_id}/{number}/{route.name}",
            request_id=asking.request_id,
            trace_id=asking.trace_id,
            number=number,
            user=request.user,
            tenant=request.tenant,
            provider=route.provider.id,
            model=route.model,
            endpoint=route.endpoint,
            task=asking.task,
            worst_case_usd=FREE if price is None else cost_of(price, worst),
            tokens=tokens,
            lease_s=lease_s + LEASE_MARGIN_S,
            breaker=settings.breakers[route.provider.breaker],
            windows=settings.windows(request, route, first=number == 1),
            purses=settings.purses(request, route, asking.request_id),
        )

    def _usage_of_part(
        self, entered: Entered, received: Assembly | None, *, sent: bool
    ) -> TokenUsage:
        """Return what an answer that was not finished will be billed as.

        Of a stream: the prompt and what came of it. Of a plain call nobody knows how far it came:
        its worst case, as the sweeper would have it.
        """
        if not sent:
            return TokenUsage()
        if received is not None:
            return self.usage(entered, received.usage, received.spoken())
        return entered.worst

    def _result(
        self,
        entered: Entered,
        status: AttemptStatus,
        verdict: Verdict,
        usage: TokenUsage,
        *,
        http_status: int | None = None,
        first_token_s: float | None = None,
        error: str | None = None,
    ) -> Result:
        route = entered.route
        price = counted_at(route, self._settings.unknown_price)
        return Result(
            status=status,
            verdict=verdict,
            cost_usd=FREE if price is None else cost_of(price, usage),
            prompt_tokens=usage.prompt,
            cached_tokens=usage.cached,
            completion_tokens=usage.completion,
            estimated=usage.estimated or route.price is None,
            latency_s=self._clock.monotonic() - entered.began,
            first_token_s=first_token_s,
            http_status=http_status,
            error=error,
        )


def usage_said(said: Any) -> TokenUsage | None:
    """Return the provider's own count; None where it gave none that can be one."""
    if not isinstance(said, Mapping):
        return None
    prompt, completion = said.get("prompt_tokens"), said.get("completion_tokens", 0)
    if not (_count(prompt) and _count(completion)):
        return None
    details = said.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else None
    if cached is None:
        cached = said.get("prompt_cache_hit_tokens")
    return TokenUsage(
        prompt=prompt,
        cached=min(cached, prompt) if _count(cached) else 0,
        completion=completion,
    )


def _count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS

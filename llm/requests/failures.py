"""The one error a request ends with, from everything that went wrong on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

from clearway.errors import (
    AnswerTooLong,
    BudgetExceeded,
    CircuitBreakerError,
    ClearwayError,
    ContentRefused,
    ContextTooLong,
    GenerationError,
    NoModelAllowed,
    RateLimitError,
    RequestTimeoutError,
)
from clearway.llm.calls.faults import Fault
from clearway.llm.choice.need import Need
from clearway.llm.choice.select import Selection, sentence
from clearway.llm.ports import Turned
from clearway.llm.providers.routes import Route
from clearway.llm.requests.journey import Journey
from clearway.llm.types import Tried

TOO_LONG = "do not fit into its context"


def of_journey(journey: Journey, tried: Sequence[Tried], *, late: bool) -> ClearwayError:
    """Return why a request that was under way brought no answer."""
    attempts = told(tried)
    if journey.faults and (refused := _answer(*journey.faults[-1], attempts)):
        return refused
    if late:
        return RequestTimeoutError(
            f"No model answered before the deadline ({attempts or 'none was asked'}).",
            attempts=attempts,
        )
    if journey.faults:
        return _of_fault(*journey.faults[-1], attempts)
    if journey.turned:
        return of_turned(*journey.turned[-1], attempts)
    return NoModelAllowed("No provider was left to ask.", attempts=attempts)


def of_selection(need: Need, excluded: Mapping[str, str]) -> ClearwayError:
    """Return why nobody could be asked at all."""
    able = {p: r for p, r in excluded.items() if not r.endswith(("is not set", "_PROVIDER=1"))}
    if able and all(TOO_LONG in reason for reason in able.values()):
        return ContextTooLong(
            f"{need.tokens} tokens fit into no model's context: {sentence(able)}.",
            provider=", ".join(sorted(able)),
            tokens=need.tokens,
        )
    if able and all("there is a budget" in r or "is left" in r for r in able.values()):
        return BudgetExceeded(f"The budget allows no model: {sentence(able)}.")
    return NoModelAllowed(f"No model may or can serve this: {sentence(able or excluded)}.")


def too_small(need: Need, selection: Selection) -> list[str]:
    """Return who was wanted before the one that is asked, and cannot hold the prompt."""
    first = selection.ranked[0].provider if selection.ranked else None
    wanted = need.order or ((need.preference,) if need.preference else ())
    before = takewhile(lambda provider: provider != first, wanted)
    return [p for p in before if TOO_LONG in selection.excluded.get(p, "")]


def of_turned(route: Route, turned: Turned, attempts: str = "") -> ClearwayError:
    """Return what it means for the caller that an attempt may not begin."""
    wait_s = turned.retry_after_s
    if turned.reason == "budget":
        later = "" if wait_s is None else f" It is full again in {wait_s:.0f} s."
        return BudgetExceeded(
            f"The call could cost more than {turned.key} has left.{later}",
            key=turned.key,
            retry_after_s=wait_s,
            attempts=attempts,
        )
    if turned.reason == "window":
        return RateLimitError(
            f"{turned.key} has reached its limit; try again in {wait_s or 0:.0f} s.",
            retry_after_s=wait_s or 0.0,
            key=turned.key,
            attempts=attempts,
        )
    return CircuitBreakerError(
        f"{turned.key} is failing and left alone for {wait_s or 0:.0f} s.",
        key=turned.key,
        retry_after_s=wait_s,
        attempts=attempts,
    )


def told(tried: Sequence[Tried]) -> str:
    """Return what was tried in one line: `gpt-5.1/openai: timeout, ...`."""
    return ", ".join(f"{t.provider}/{t.endpoint}: {t.outcome}" for t in tried if t.number)


def _answer(route: Route, fault: Fault, attempts: str) -> ClearwayError | None:
    """Return the error of a fault that is an answer, however late it came."""
    if fault.kind == "overlong":
        return AnswerTooLong(
            f"{route.provider.id} {fault.meaning.words}: {fault.said}.",
            provider=route.provider.id,
            status=fault.status,
            attempts=attempts,
        )
    if fault.kind != "content_policy":
        return None
    said = f": {fault.said}" if fault.said else "."
    return ContentRefused(
        f"{route.provider.id} refused by its content policy{said}",
        provider=route.provider.id,
        status=fault.status,
        attempts=attempts,
    )


def _of_fault(route: Route, fault: Fault, attempts: str) -> ClearwayError:
    name, words = route.provider.id, fault.meaning.words
    if fault.kind == "rate_limited":
        return RateLimitError(
            f"{name} {words}; no other model could serve this. ({name}, "
            f"{'no HTTP status' if fault.status is None else f'HTTP {fault.status}'}, trying again "
            f"may help)",
            retry_after_s=fault.retry_after_s or 1.0,
            provider=name,
            status=fault.status,
            attempts=attempts,
        )
    if fault.kind == "context_length":
        return ContextTooLong(
            f"{name} {words}, and no larger one may be used.",
            provider=name,
            status=fault.status,
            attempts=attempts,
        )
    said = f" It says: {fault.said}" if fault.said else ""
    return GenerationError(
        f"{name} {words}.{said}",
        provider=name,
        status=fault.status,
        retryable=fault.meaning.again in ("route", "elsewhere"),
        attempts=attempts,
    )

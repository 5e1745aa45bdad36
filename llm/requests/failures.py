"""The one error a request ends with, from everything that went wrong on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from math import ceil, inf

from clearway.errors import (
    AnswerTooLong,
    ApprovalNeeded,
    BudgetExceeded,
    CircuitBreakerError,
    ClearwayError,
    ContentRefused,
    ContextTooLong,
    GenerationError,
    NoModelAllowed,
    PolicyDenied,
    RateLimitError,
    RequestTimeoutError,
)
from clearway.llm.calls.faults import Fault
from clearway.llm.choice.need import Need
from clearway.llm.choice.select import Selection, sentence
from clearway.llm.ports import PolicyDecision, Turned
from clearway.llm.providers.routes import Route
from clearway.llm.requests.journey import Journey
from clearway.llm.requests.waiting import FAILING
from clearway.llm.types import Tried


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
        return _of_fault(*_telling(journey.faults), attempts)
    if journey.turned:
        return _of_all_turned(journey.turned, attempts)
    return NoModelAllowed("No provider was left to ask.", attempts=attempts)


def of_selection(need: Need, selection: Selection) -> ClearwayError:
    """Return why nobody could be asked at all; what ends by itself is said first."""
    whys = selection.whys
    able = {p: selection.excluded[p] for p in whys}
    if selection.waiting:
        return _of_waiting(selection.waiting, able)
    if able and all("length" in each for each in whys.values()):
        return ContextTooLong(
            f"{need.tokens} tokens fit into no model's context: {sentence(able)}.",
            provider=", ".join(sorted(able)),
            tokens=need.tokens,
        )
    if able and all(each == {"money"} for each in whys.values()):
        return BudgetExceeded(f"The budget allows no model: {sentence(able)}.")
    if able and all(each == {"policy"} for each in whys.values()):
        version = need.policy.version if need.policy else None
        return PolicyDenied(f"No model may do this: {sentence(able)}.", policy=version)
    return NoModelAllowed(
        f"No model may or can serve this: {sentence(able or selection.excluded)}."
    )


def of_policy(decision: PolicyDecision) -> PolicyDenied:
    """Return that the rules let no model do it."""
    return PolicyDenied(
        f"No model may do this, says policy {decision.version[:8]}: {' '.join(decision.reasons)}",
        policy=decision.version,
    )


def of_approval(decision: PolicyDecision) -> ApprovalNeeded:
    """Return that the rules want a person's approval first."""
    return ApprovalNeeded(
        f"A person must approve this first, says policy {decision.version[:8]}: "
        f"{' '.join(decision.approval)}",
        policy=decision.version,
    )


def too_small(need: Need, selection: Selection) -> list[str]:
    """Return who was wanted before the one that is asked, and cannot hold the prompt."""
    first = selection.ranked[0].provider if selection.ranked else None
    wanted = need.order or ((need.preference,) if need.preference else ())
    before = takewhile(lambda provider: provider != first, wanted)
    return [p for p in before if "length" in selection.whys.get(p, ())]


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
    return _failing({turned.key: wait_s}, attempts)


def told(tried: Sequence[Tried]) -> str:
    """Return what was tried in one line: `gpt-5.1/openai: timeout, ...`."""
    return ", ".join(f"{t.provider}/{t.endpoint}: {t.outcome}" for t in tried if t.number)


def _of_all_turned(turned: Sequence[tuple[Route, Turned]], attempts: str) -> ClearwayError:
    """Return what it means that no attempt may begin: who may be asked first has the word."""
    if all(each.reason == "breaker" for _, each in turned):
        return _failing({each.key: each.retry_after_s for _, each in turned}, attempts)
    return of_turned(*min(turned, key=lambda pair: _or_never(pair[1].retry_after_s)), attempts)


def _of_waiting(waiting: Mapping[str, tuple[str, float]], able: Mapping[str, str]) -> ClearwayError:
    asleep = {name.partition("/")[0] for name in waiting}
    others = {provider: reason for provider, reason in able.items() if provider not in asleep}
    left_out = f" Left out: {sentence(others)}." if others else ""
    first, (why, wait_s) = min(waiting.items(), key=lambda each: each[1][1])
    if why == FAILING:
        failing = {name: left for name, (word, left) in waiting.items() if word == FAILING}
        return _failing(failing, more=left_out)
    return RateLimitError(
        f"{first} asked to slow down; it may be asked again in {ceil(wait_s)} s.{left_out}",
        retry_after_s=wait_s,
        provider=first.partition("/")[0],
    )


def _failing(
    waits: Mapping[str, float | None], attempts: str = "", more: str = ""
) -> CircuitBreakerError:
    """Return that circuits are open, and when the first of them lets somebody through."""
    known = [wait_s for wait_s in waits.values() if wait_s is not None]
    wait_s = min(known, default=None)
    one, seconds = len(waits) == 1, ceil(wait_s or 0)
    said = (
        f"is failing and left alone for {seconds} s."
        if one
        else f"are failing and left alone; the first may be asked again in {seconds} s."
    )
    return CircuitBreakerError(
        f"{', '.join(waits)} {said}{more}",
        key=next(iter(waits)),
        retry_after_s=wait_s,
        attempts=attempts,
    )


def _or_never(wait_s: float | None) -> float:
    return inf if wait_s is None else wait_s


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


def _telling(faults: Sequence[tuple[Route, Fault]]) -> tuple[Route, Fault]:
    """Return the last fault; of several that ask for time, the one that asks for the least."""
    if faults[-1][1].kind != "rate_limited":
        return faults[-1]
    last = {route.name: (route, fault) for route, fault in faults}
    limited = [pair for pair in last.values() if pair[1].kind == "rate_limited"]
    return min(limited, key=lambda pair: pair[1].retry_after_s or 0.0)


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

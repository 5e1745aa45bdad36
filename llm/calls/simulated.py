"""The simulated provider: answers and failures from a seed, no network, labelled as what it is."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from clearway.llm.calls.chunks import Body
from clearway.llm.calls.faults import Fault
from clearway.llm.calls.transport import Chunks
from clearway.llm.pace import Pace
from clearway.llm.providers.routes import Route
from clearway.llm.providers.specs import FailureKind, Simulation

SCHEME = "simulated"
WORDS_PER_CHUNK = 3


def failure(kind: FailureKind) -> Fault:
    """Return the fault a failure of this kind shows as."""
    faults: dict[FailureKind, Fault] = {
        "429": Fault("rate_limited", status=429, retry_after_s=1.0, sent=False),
        "500": Fault("unavailable", status=500, sent=False),
        "503": Fault("unavailable", status=503, sent=False),
        "reset": Fault("reset", sent=False),
        "silent": Fault("silent", sent=False),
        "slow": Fault("silent", sent=False),
        "cut": Fault("cut"),
        "malformed": Fault("malformed", status=200),
        "refusal": Fault("content_policy", status=400, said="simulated refusal", sent=False),
    }
    return faults[kind]


class SimulatedTransport:
    """Implements `Transport`: the same calls in the same order bring the same answers."""

    def __init__(self, pace: Pace) -> None:
        """Latency is waited for with `pace`; every provider draws from its own seed."""
        self._pace = pace
        self._dice: dict[str, random.Random] = {}

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Return an answer that says it is simulated, or fail as often as declared."""
        await self._wait_or_fail(route, within_s)
        text = answer(body)
        return {
            "id": "simulated",
            "object": "chat.completion",
            "model": route.model,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": "stop",
                }
            ],
            "usage": usage(body, text),
        }

    async def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Yield the same answer in pieces."""
        await self._wait_or_fail(route, min(within_s, first_s))
        text = answer(body)
        words = text.split(" ")
        for start in range(0, len(words), WORDS_PER_CHUNK):
            piece = " ".join(words[start : start + WORDS_PER_CHUNK])
            last = start + WORDS_PER_CHUNK >= len(words)
            yield _chunk(route, {"content": piece if last else f"{piece} "})
        yield _chunk(route, {}, finish="stop")
        yield {**_chunk(route, {}), "choices": [], "usage": usage(body, text)}

    async def aclose(self) -> None:
        """There is nothing to close."""

    async def _wait_or_fail(self, route: Route, within_s: float) -> None:
        simulation = route.provider.simulated or Simulation()
        dice = self._dice.setdefault(
            route.provider.id,
            random.Random(simulation.seed),  # noqa: S311  # repeatable on purpose
        )
        fails = dice.random() < simulation.failure_rate
        kind = dice.choice(simulation.failures) if simulation.failures else "500"
        await self._pace.sleep(min(simulation.latency_ms / 1000, within_s))
        if simulation.latency_ms / 1000 > within_s:
            raise Fault("silent", sent=False)
        if fails:
            raise failure(kind)


def answer(body: Body) -> str:
    """Return the simulated answer to a prompt."""
    messages = body.get("messages") or [{}]
    asked = " ".join(str(messages[-1].get("content") or "").split())
    return f"[simulated] You asked: {asked[:200]}"


def usage(body: Body, text: str) -> Mapping[str, int]:
    """Return a bill: one token a word."""
    prompt = sum(len(str(m.get("content") or "").split()) for m in body.get("messages") or ())
    completion = len(text.split())
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _chunk(route: Route, delta: Mapping[str, Any], *, finish: str | None = None) -> Body:
    return {
        "id": "simulated",
        "object": "chat.completion.chunk",
        "model": route.model,
        "choices": [{"index": 0, "delta": dict(delta), "finish_reason": finish}],
    }

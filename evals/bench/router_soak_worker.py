"""One of several processes that ask simulated providers through one router, and are cut short."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import uuid
from collections.abc import Sequence
from contextlib import aclosing, suppress
from decimal import Decimal
from typing import Any

from psycopg.rows import dict_row

from clearway.errors import ClearwayError
from clearway.llm import ChatRequest, Router, RouterSettings, open_router
from clearway.llm.calls.chunks import Body
from clearway.llm.calls.faults import Fault, FaultKind
from clearway.llm.calls.transport import Chunks
from clearway.llm.ports import Admission, BreakerProfile
from clearway.llm.prompts.counted import MESSAGE_TOKENS
from clearway.llm.providers.registry import Registry, parse
from clearway.llm.providers.routes import Route
from clearway.llm.types import StreamMode
from clearway.resilience.clock import SystemClock
from clearway.stores.models.admission import open_admission
from clearway.stores.postgres import Pool

AT_ONCE = 8
DEADLINE_S = 10.0
MAX_TOKENS = 40
MILLION = Decimal(1_000_000)
PRICES = {
    "north": ("0.80", "0.20", "3.20"),
    "south": ("1.25", "0.125", "10"),
    "east": ("3", "0.30", "15"),
    "west": ("0.14", "0.07", "0.28"),
}
"""Of a million tokens: prompt, kept prompt, answer; in USD."""
UNBILLED: tuple[FaultKind, ...] = ("rate_limited", "unavailable", "reset")
"""Failures before anything was generated."""


class Words:
    """Implements `TokenCounter`: a token is a word, for the router as for those who bill it."""

    def count(self, model: str, texts: Sequence[str]) -> int:
        """Return how many words there are."""
        return sum(len(text.split()) for text in texts)

    def is_exact(self, model: str) -> bool:
        """Return True."""
        return True


class Vendors:
    """Implements `Transport`: bills what it generates, in a book that outlives its callers.

    A line is written before its effect can be seen, whole or not at all. A plain answer is
    generated to its end whether or not anybody waits for it; a stream as far as it is read.
    """

    def __init__(self, book: str, seed: int) -> None:
        """Append to the book."""
        self._book = os.open(book, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.random = random.Random(seed)

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Answer, or fail; a failure after it was generated is billed in full."""
        self._fail_unbilled()
        prompt, completion = _prompt(body), self.random.randint(1, MAX_TOKENS)
        cached = self.random.choice((0, prompt // 2))
        try:
            await self._think()
        except asyncio.CancelledError:
            # It is generated to its limit, and nobody is there to be told how long it was.
            self._bill(route, body, prompt=prompt, completion=MAX_TOKENS)
            raise
        if self.random.random() < 0.1:  # it was generated, and the answer is lost on its way
            self._bill(route, body, prompt=prompt, completion=MAX_TOKENS)
            raise Fault(self.random.choice(("cut", "silent")))
        self._bill(route, body, prompt=prompt, cached=cached, completion=completion)
        usage = {
            "prompt_tokens": prompt,
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens": completion,
        }
        message = {"role": "assistant", "content": "word " * completion}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {"model": route.model, "choices": [choice], "usage": usage}

    async def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Yield words, and sometimes stop in the middle of them."""
        self._fail_unbilled()
        words = self.random.randint(1, MAX_TOKENS)
        breaks_at = self.random.randint(0, words) if self.random.random() < 0.2 else None
        self._bill(route, body, prompt=_prompt(body))
        for place in range(words):
            if place == breaks_at:
                raise Fault(self.random.choice(("cut", "stalled", "malformed")))
            if place % 7 == 0:
                await self._think()
            self._bill(route, body, completion=1)
            yield {"choices": [{"index": 0, "delta": {"content": "word "}}]}
        yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        if self.random.random() < 0.5:  # half of them say what they bill
            usage = {"prompt_tokens": _prompt(body), "completion_tokens": words}
            yield {"choices": [], "usage": usage}

    async def aclose(self) -> None:
        """There is nothing to close."""

    def _fail_unbilled(self) -> None:
        if self.random.random() < 0.15:
            raise Fault(self.random.choice(UNBILLED), status=503, sent=False)

    async def _think(self) -> None:
        await asyncio.sleep(self.random.random() * 0.003)

    def _bill(
        self, route: Route, body: Body, *, prompt: int = 0, cached: int = 0, completion: int = 0
    ) -> None:
        fresh, kept, made = map(Decimal, PRICES[route.provider.id])
        usd = ((prompt - cached) * fresh + cached * kept + completion * made) / MILLION
        told = body["messages"][-1]["content"].split()[0]
        os.write(self._book, f"{told} {route.provider.id} {usd:f}\n".encode())


def _prompt(body: Body) -> int:
    """Return the vendors' own count of a prompt."""
    messages = body["messages"]
    words = sum(len(message["content"].split()) for message in messages)
    return words + MESSAGE_TOKENS * (len(messages) + 1)


def router_of(vendors: Vendors, admission: Admission) -> Router:
    """Return a router over all vendors; each is asked once for one request at most."""
    routes = {}
    for number, (name, (fresh, kept, made)) in enumerate(PRICES.items()):
        entry = {
            "id": name,
            "model": f"{name}-1",
            "price": {"input": fresh, "cached": kept, "output": made},
            "context": 10_000,
            "max_output": MAX_TOKENS,
            "latency_ms": 100,
            "reliability": 0.9,
            "priority": number,
            "endpoints": [{"name": "here", "base_url": "http://here", "key_required": False}],
        }
        provider = parse(entry, "soak")
        routes[name] = [
            Route(
                provider=provider,
                endpoint="here",
                base_url="http://here",
                model=provider.model,
                price=provider.price,
                context=provider.context,
            )
        ]
    never_open = BreakerProfile(consecutive=None, failure_rate=None)
    return open_router(
        registry=Registry(each[0].provider for each in routes.values()),
        routes=routes,
        environment={},
        settings=RouterSettings(
            deadline_s=DEADLINE_S,
            tries_per_route=1,
            user_day_usd=Decimal(1_000),
            global_day_usd=Decimal(10_000),
            breakers={"gateway": never_open},
            on_no_candidates="error",
        ),
        admission=admission,
        transport=vendors,
        tokens=Words(),
    )


async def _ask(router: Router, chance: random.Random) -> None:
    """Ask once, whole or as a stream; some readers stop in the middle."""
    marker = uuid.uuid4().hex
    text = f"{marker} {'word ' * chance.randint(1, 30)}"
    request = ChatRequest(
        messages=[{"role": "user", "content": text}],
        task=chance.choice(("analysis", "sql_generation", "explanation")),
        user=f"user{chance.randint(0, 5)}",
        trace_id=marker,
        max_tokens=MAX_TOKENS,
    )
    with suppress(ClearwayError):
        if chance.random() < 0.5:
            await router.generate(request)
            return
        mode: StreamMode = "live" if chance.random() < 0.5 else "complete"
        most = chance.choice((3, 10, 1_000))
        pieces = router.stream(request, mode=mode, restarts=chance.random() < 0.5)
        async with aclosing(pieces) as events:
            async for _ in events:
                most -= 1
                if not most:
                    return


async def _work(router: Router, chance: random.Random, calls: int) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with places:
            asking = asyncio.ensure_future(_ask(router, chance))
            if chance.random() < 0.3:
                await asyncio.wait([asking], timeout=chance.random() * 0.05)
                asking.cancel()
            await asyncio.wait([asking])
            print("asked", flush=True)

    async with asyncio.TaskGroup() as group:
        for _ in range(calls):
            group.create_task(one())


async def main(book: str, seed: int, calls: int) -> None:
    """Make the calls; the address comes through the input, for it may hold a password."""
    conninfo = sys.stdin.readline().strip()
    settings: dict[str, Any] = {"autocommit": True, "row_factory": dict_row}
    vendors = Vendors(book, seed)
    async with (
        Pool(conninfo, open=False, min_size=1, kwargs=settings) as pool,
        open_admission(pool, conninfo, SystemClock()) as admission,
    ):
        await _work(router_of(vendors, admission), vendors.random, calls)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

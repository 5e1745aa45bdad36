"""What the model router costs: over the bare openai SDK, beside LiteLLM, under load, at a deadline.

`python -m clearway.evals.bench.router [--peer PYTHON]`; PYTHON is an interpreter with LiteLLM.
Everything it talks to is simulated and on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from clearway.errors import ClearwayError
from clearway.evals.bench.admission import own_database
from clearway.evals.bench.figure import percentile
from clearway.evals.bench.model_endpoint import model_endpoint
from clearway.evals.bench.own_redis import own_redis
from clearway.llm import ChatRequest, Delta, Router, RouterSettings, open_router
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.admission.settling import Settling
from clearway.llm.calls.simulated import SCHEME
from clearway.llm.ports import Admission, BreakerProfile
from clearway.llm.providers.registry import Registry, parse
from clearway.llm.providers.routes import Route
from clearway.resilience.clock import SystemClock
from clearway.stores.models.admission import open_admission

MESSAGES: list[Any] = [{"role": "user", "content": "Is the line clear?"}]
CALLS = 1_000
WARM_UP = 100
STREAMS = 500
SOAK = 20_000
HANGS = 40
NEVER_OPEN = {"gateway": BreakerProfile(consecutive=None, failure_rate=None)}
LIMITS = RouterSettings(
    user_requests=10**9, user_day_usd=Decimal(10**6), global_day_usd=Decimal(10**6)
)
"""Breaker, a window, two purses and the ledger are on; none is ever full."""
BARE = "bare"
Samples = dict[str, dict[str, list[float]]]
"""Who -> whole or first -> how long each took."""
AT_ONCE: dict[str, Any] = {"simulated": {"seed": 1, "failure_rate": 0, "latency_ms": 0}}
"""A simulated provider that never fails and takes no time."""


def router_over(urls: Sequence[str], admission: Admission, settings: RouterSettings) -> Router:
    """Return a router over endpoints in this order."""
    routes = {}
    for number, url in enumerate(urls):
        name = f"model{number}"
        provider = parse(
            {
                "id": name,
                "model": name,
                "price": {"input": "1", "output": "2"},
                "context": 100_000,
                "max_output": 1_000,
                "latency_ms": 100,
                "reliability": 0.99,
                "endpoints": [{"name": "here", "base_url": url, "key_required": False}],
                **(AT_ONCE if url.startswith(SCHEME) else {}),
            },
            "bench",
        )
        routes[name] = [
            Route(
                provider=provider,
                endpoint="here",
                base_url=url,
                model=name,
                price=provider.price,
                context=provider.context,
            )
        ]
    registry = Registry(each[0].provider for each in routes.values())
    return open_router(registry=registry, routes=routes, settings=settings, admission=admission)


def request() -> ChatRequest:
    """Return the question every call asks."""
    return ChatRequest(messages=MESSAGES, task="analysis")


async def bare_first(client: AsyncOpenAI) -> float:
    """Return when the first piece of a bare stream came; the stream is read to its end."""
    at = 0.0
    stream = await client.chat.completions.create(model="simulated", messages=MESSAGES, stream=True)
    async for chunk in stream:
        if not at and chunk.choices and chunk.choices[0].delta.content:
            at = time.perf_counter()
    return at


async def routed_first(router: Router) -> float:
    """Return when the first piece of a routed stream came."""
    at = 0.0
    async for event in router.stream(request()):
        if not at and isinstance(event, Delta) and event.text:
            at = time.perf_counter()
    return at


async def overhead(url: str, admissions: Mapping[str, Admission]) -> Samples:
    """Return milliseconds of bare and routed calls, all of them in turn: one load weighs on all."""
    client = AsyncOpenAI(api_key="none", base_url=url, max_retries=0)
    routers = {name: router_over([url], each, LIMITS) for name, each in admissions.items()}
    samples: Samples = {name: {"whole": [], "first": []} for name in (BARE, *routers)}

    async def bare() -> None:
        await client.chat.completions.create(model="simulated", messages=MESSAGES)

    for _ in range(WARM_UP + CALLS):
        samples[BARE]["whole"].append(await timed(bare))
        began = time.perf_counter()
        samples[BARE]["first"].append(await bare_first(client) - began)
        for name, router in routers.items():
            samples[name]["whole"].append(await timed(partial(router.generate, request())))
            await settled(admissions[name])
            began = time.perf_counter()
            samples[name]["first"].append(await routed_first(router) - began)
            await settled(admissions[name])
    for router in routers.values():
        await router.aclose()
    await client.close()
    return {
        name: {kind: [1000 * each for each in found[WARM_UP:]] for kind, found in kinds.items()}
        for name, kinds in samples.items()
    }


async def timed(call: Callable[[], Awaitable[object]]) -> float:
    """Return how many seconds the call took."""
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


async def settled(admission: Admission) -> None:
    """Let the books of the call be closed, so that its work is in nobody's sample."""
    if isinstance(admission, Settling):
        await admission.settled()


def tell(samples: Samples) -> None:
    """Print what routing adds to a whole call and to the first piece of a stream."""
    for name in (each for each in samples if each != BARE):
        for kind, routed in samples[name].items():
            bare = samples[BARE][kind]
            pairs = [one - other for one, other in zip(routed, bare, strict=True)]
            print(
                f"{name:<22} {kind:<6} bare p50 {statistics.median(bare):6.2f}  "
                f"routed p50 {statistics.median(routed):6.2f}  "
                f"p95 {percentile(routed, 0.95):6.2f}  "
                f"added {statistics.median(routed) - statistics.median(bare):+6.2f} ms, "
                f"p10 {percentile(routed, 0.1) - percentile(bare, 0.1):+6.2f}, "
                f"pairwise {statistics.median(pairs):+6.2f}  n={len(routed)}",
                flush=True,
            )


async def peer(url: str, python: Path) -> None:
    """Print the same of LiteLLM's Router, measured by an interpreter that has it."""
    script = Path(__file__).with_name("router_peer.py")
    done = await asyncio.to_thread(
        subprocess.run,
        [str(python), str(script), url, str(WARM_UP + CALLS)],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    found = {name: [1000 * x for x in xs[WARM_UP:]] for name, xs in told.items()}
    tell(
        {
            BARE: {"whole": found["bare"], "first": found["bare_first"]},
            "LiteLLM Router": {"whole": found["routed"], "first": found["routed_first"]},
        }
    )


async def hanging(url: str) -> None:
    """Print by when a deadline of one second is kept with three routes that never answer."""
    hangs = url.replace("/v1", "/hangs/v1")
    router = router_over(
        [hangs] * 3,
        MemoryAdmission(SystemClock()),
        RouterSettings(max_attempts=3, breakers=NEVER_OPEN),
    )

    async def once() -> float:
        began = time.perf_counter()
        try:
            await router.generate(ChatRequest(messages=MESSAGES, task="analysis", deadline_s=1.0))
        except ClearwayError:
            return time.perf_counter() - began
        raise AssertionError("a route that hangs answered")

    took = [await once() for _ in range(4)]
    took += await asyncio.gather(*(once() for _ in range(HANGS - len(took))))
    await router.aclose()
    print(f"three hanging routes, deadline 1 s: slowest {max(took):.3f} s  n={len(took)}")


def resident_bytes() -> int:
    """Return the memory of this process now (Linux)."""
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * resource.getpagesize()


async def load(url: str) -> None:
    """Print throughput and memory: 500 streams at once, 20 000 calls in all."""
    admission = MemoryAdmission(SystemClock(), max_entries=1_000)
    router = router_over([url], admission, LIMITS)

    async def batch(size: int) -> None:
        await asyncio.gather(*(routed_first(router) for _ in range(size)))

    for _ in range(4):
        await batch(STREAMS)
    gc.collect()
    before, began = resident_bytes(), time.perf_counter()
    for _ in range(SOAK // STREAMS):
        await batch(STREAMS)
    took = time.perf_counter() - began
    gc.collect()
    after = resident_bytes()
    await router.aclose()
    print(
        f"{STREAMS} streams at once: {SOAK / took:.0f}/s, memory {before / 1e6:.0f} -> "
        f"{after / 1e6:.0f} MB ({after / before - 1:+.1%}) over {SOAK} calls, peak "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB"
    )


@asynccontextmanager
async def shared() -> AsyncIterator[Mapping[str, Admission]]:
    """Yield what is shared among processes: Postgres alone, and with Redis where there is one.

    Both count in the same database, which is the run's own and is gone afterwards.
    """
    async with own_database() as database, AsyncExitStack() as stack:

        async def opened(redis_url: str | None) -> Admission:
            app = database.addresses.app
            books = open_admission(database.pool, app, SystemClock(), redis_url=redis_url)
            return await stack.enter_async_context(books)

        found = {"Postgres": await opened(None)}
        if url := stack.enter_context(own_redis()):
            found["Redis and Postgres"] = await opened(url)
        yield found


async def main(python: Path | None = None) -> None:
    """Print every figure."""
    print(f"load average {os.getloadavg()[0]:.1f}")
    with model_endpoint() as url:
        async with shared() as admissions:
            inside = {"in process": MemoryAdmission(SystemClock())}
            tell(await overhead(url, {**inside, **admissions}))
        if python is not None:
            await peer(url, python)
        await hanging(url)
        await load(url)
    print(f"load average at the end {os.getloadavg()[0]:.1f}")


def arguments() -> Any:
    """Return what was typed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, help="an interpreter that has LiteLLM")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(arguments().peer))

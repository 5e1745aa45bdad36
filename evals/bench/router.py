"""What the model router costs: over the bare openai SDK, beside LiteLLM, under load, at a deadline.

`python -m clearway.evals.bench.router [--peer PYTHON]`; PYTHON is an interpreter with LiteLLM.
Everything it talks to is simulated and on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from clearway.errors import ClearwayError
from clearway.evals.bench.figure import percentile
from clearway.evals.bench.model_endpoint import model_endpoint
from clearway.llm import ChatRequest, Delta, Router, RouterSettings, open_router
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.admission.settling import Settling
from clearway.llm.calls.simulated import SCHEME
from clearway.llm.ports import Admission, BreakerProfile
from clearway.llm.providers.registry import Registry, parse
from clearway.llm.providers.routes import Route
from clearway.resilience.clock import SystemClock

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


async def overhead(url: str, admission: Admission) -> Mapping[str, list[float]]:
    """Return milliseconds of bare and routed calls, one after the other in turn."""
    client = AsyncOpenAI(api_key="none", base_url=url, max_retries=0)
    router = router_over([url], admission, LIMITS)
    samples: dict[str, list[float]] = {
        "bare": [],
        "routed": [],
        "bare_first": [],
        "routed_first": [],
    }
    for _ in range(WARM_UP + CALLS):
        await settled(admission)
        began = time.perf_counter()
        await client.chat.completions.create(model="simulated", messages=MESSAGES)
        samples["bare"].append(time.perf_counter() - began)
        began = time.perf_counter()
        await router.generate(request())
        samples["routed"].append(time.perf_counter() - began)
        await settled(admission)
        began = time.perf_counter()
        samples["bare_first"].append(await bare_first(client) - began)
        began = time.perf_counter()
        samples["routed_first"].append(await routed_first(router) - began)
    await router.aclose()
    await client.close()
    return {name: [1000 * each for each in found[WARM_UP:]] for name, found in samples.items()}


async def settled(admission: Admission) -> None:
    """Let the books of the call before be closed, so that its work is in nobody's sample."""
    if isinstance(admission, Settling):
        await admission.settled()


def tell(name: str, samples: Mapping[str, list[float]]) -> None:
    """Print what routing adds to a whole call and to the first piece of a stream."""
    for kind, routed, bare in (
        ("whole", "routed", "bare"),
        ("first", "routed_first", "bare_first"),
    ):
        added = statistics.median(samples[routed]) - statistics.median(samples[bare])
        print(
            f"{name:<22} {kind:<6} bare p50 {statistics.median(samples[bare]):6.2f}  "
            f"routed p50 {statistics.median(samples[routed]):6.2f}  "
            f"p95 {percentile(samples[routed], 0.95):6.2f}  added {added:+6.2f} ms  "
            f"n={len(samples[routed])}",
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
    tell("LiteLLM Router", {name: [1000 * x for x in xs[WARM_UP:]] for name, xs in told.items()})


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
async def postgres() -> AsyncIterator[Admission]:
    """Yield the admission of the settings' own database."""
    from clearway.settings import load_settings
    from clearway.stores.models.admission import open_admission
    from clearway.stores.postgres import open_database

    async with (
        open_database(load_settings()) as database,
        open_admission(database.pool, database.addresses.app, SystemClock()) as admission,
    ):
        yield admission


async def main(python: Path | None = None) -> None:
    """Print every figure."""
    with model_endpoint() as url:
        tell("in process", await overhead(url, MemoryAdmission(SystemClock())))
        async with postgres() as admission:
            tell("Postgres", await overhead(url, admission))
        if python is not None:
            await peer(url, python)
        await hanging(url)
        await load(url)


def arguments() -> Any:
    """Return what was typed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, help="an interpreter that has LiteLLM")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(arguments().peer))

"""LiteLLM's Router over the bare openai SDK, in an environment of its own: `python FILE URL CALLS`.

It imports nothing of ours, so that it runs where only LiteLLM is installed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from importlib import import_module
from typing import Any

MESSAGES = [{"role": "user", "content": "Is the line clear?"}]


async def first(stream: Any) -> float:
    """Return when the first piece of a stream came; the stream is read to its end."""
    at = 0.0
    async for chunk in stream:
        if not at and chunk.choices and chunk.choices[0].delta.content:
            at = time.perf_counter()
    return at


async def main(url: str, calls: int) -> None:
    """Print the seconds of every call as JSON: bare and routed, whole and until the first piece."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    openai, litellm = import_module("openai"), import_module("litellm")

    client = openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=0)
    model = {"model": "openai/simulated", "api_base": url, "api_key": "none"}
    router = litellm.Router(
        model_list=[{"model_name": "m", "litellm_params": model}], num_retries=0, timeout=30
    )

    async def bare() -> None:
        await client.chat.completions.create(model="simulated", messages=MESSAGES)

    async def routed() -> None:
        await router.acompletion(model="m", messages=MESSAGES)

    async def bare_first() -> float:
        return await first(
            await client.chat.completions.create(model="simulated", messages=MESSAGES, stream=True)
        )

    async def routed_first() -> float:
        return await first(await router.acompletion(model="m", messages=MESSAGES, stream=True))

    samples: dict[str, list[float]] = {
        "bare": [],
        "routed": [],
        "bare_first": [],
        "routed_first": [],
    }
    for _ in range(calls):
        for name, call in (("bare", bare), ("routed", routed)):
            began = time.perf_counter()
            await call()
            samples[name].append(time.perf_counter() - began)
        for name, begin in (("bare_first", bare_first), ("routed_first", routed_first)):
            began = time.perf_counter()
            samples[name].append(await begin() - began)
    print(json.dumps(samples))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

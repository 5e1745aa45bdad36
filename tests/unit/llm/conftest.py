"""Routes without a network."""

from __future__ import annotations

from typing import Any

from clearway.llm.providers.registry import parse
from clearway.llm.providers.routes import Route
from clearway.llm.types import ChatRequest

ENTRY = {
    "context": 100_000,
    "max_output": 1_000,
    "latency_ms": 1_000,
    "reliability": 0.95,
    "price": {"input": "1", "output": "3"},
    "features": ["json", "functions", "streaming"],
}


def route(name: str, *, endpoint: str = "main", residency: str = "eu", **changes: Any) -> Route:
    """Return a route of a provider of this name."""
    place = {"name": endpoint, "base_url": f"http://{name}.test/v1", "key_required": False}
    provider = parse(
        {"id": name, "model": f"{name}-m", **ENTRY, "endpoints": [place], **changes}, "test"
    )
    return Route(
        provider=provider,
        endpoint=endpoint,
        base_url=f"http://{name}.test/v1",
        model=provider.model,
        price=provider.price,
        residency=frozenset({residency}),
        context=provider.context,
    )


def request(text: str = "A story.", **fields: Any) -> ChatRequest:
    """Return a request with one message."""
    return ChatRequest(messages=[{"role": "user", "content": text}], **fields)

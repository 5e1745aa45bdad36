"""The demo service: payments on a free port of the loopback, gone with whoever started it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from importlib.resources import as_file, files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from clearway.tools.rest.declared.registry import Registry, load_registry

LONGEST_HEAD = 16_384
IDLE_S = 60.0
_STATES = ("settled", "pending", "failed", "settled", "refunded")
_CUSTOMERS = ("Ada Park", "Bo Lindqvist", "Chidi Obi", "Dana Rossi")

PAYMENTS = [
    {
        "id": number,
        "customer": _CUSTOMERS[number % len(_CUSTOMERS)],
        "amount": round(12.5 + (number * 37 % 480) + number / 100, 2),
        "currency": "EUR",
        "status": _STATES[number % len(_STATES)],
        "created_at": f"2026-01-{1 + number % 28:02d}T{number % 24:02d}:00:00Z",
        "card_token": f"tok_{number:06d}",
    }
    for number in range(40, 0, -1)
]
"""Every value follows from the number, so that answers stay the same."""


@asynccontextmanager
async def demo_services() -> AsyncIterator[Registry]:
    """Serve until the block ends; the registry leads to where it listens."""
    serving: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            serving.add(task)
            task.add_done_callback(serving.discard)
        # The task ends here either way, and what started it would log a cancellation.
        with suppress(asyncio.CancelledError):
            await _connected(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=LONGEST_HEAD)
    try:
        yield demo_registry(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tuple(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def demo_registry(port: int) -> Registry:
    """Return the registry of the demo service on a port."""
    with as_file(files("clearway.tools.rest") / "demo") as folder:
        found = load_registry(folder / "services.yaml")
    address = f"http://127.0.0.1:{port}"
    services = tuple(replace(each, base_url=address) for each in found.services)
    return Registry(services=services, operations=found.operations, version=found.version)


async def _connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            async with asyncio.timeout(IDLE_S):
                head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            method, target, _ = first.split(" ", 2)
            await reader.readexactly(_length(lines))
            status, content = answer(method, target)
            body = json.dumps(content).encode()
            writer.write(
                f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\n\r\n".encode()
                + (b"" if method == "HEAD" else body)
            )
            await writer.drain()
    except (
        asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, TimeoutError,
        ValueError,
    ):  # fmt: skip
        pass
    finally:
        with suppress(ConnectionError):
            writer.close()


def _length(lines: list[str]) -> int:
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-length":
            return min(int(value), LONGEST_HEAD)
    return 0


def answer(method: str, target: str) -> tuple[int, Any]:
    """Return status and content of a request."""
    parts = urlsplit(target)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if (method, parts.path) == ("POST", "/payments/refresh"):
        return 200, {"refreshed": len(PAYMENTS)}
    if method not in ("GET", "HEAD"):
        return 405, {"error": "not allowed"}
    if parts.path == "/health":
        return 200, {"status": "ok", "version": "1.0.0"}
    if parts.path == "/payments":
        found = [each for each in PAYMENTS if query.get("status", each["status"]) == each["status"]]
        return 200, {"items": found[: int(query.get("limit", 20))], "total": len(found)}
    number = parts.path.removeprefix("/payments/")
    one = next((each for each in PAYMENTS if str(each["id"]) == number), None)
    return (404, {"error": "absent"}) if one is None else (200, one)

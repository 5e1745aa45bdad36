"""`clearway llm serve` on a real socket, as its file says, and questions to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from clearway.llm.face.app import app
from clearway.llm.face.face import Face
from clearway.llm.face.listening import server_of
from clearway.llm.face.serve import Given, open_face
from tests import fault_server as faults
from tests.fault_server import Call, FaultServer

EMAIL = "ada.lovelace@example.test"
PLAIN = f"Write to {EMAIL}, please."
NAMES = ("ada", "bob", "carol", "ops:admin")
KEYS = {"CLEARWAY_LLM_ACCESS_KEYS": ",".join(f"{n}=key-of-{n.partition(':')[0]}" for n in NAMES)}


async def echo(call: Call) -> None:
    """Answer with the prompt, in pieces that cut through whatever is in it."""
    text = call.asked.body["messages"][-1]["content"]
    if not call.streams:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        await call.json({**call.head(), "choices": [choice], "usage": faults.usage(call.model)})
        return
    await call.begin_stream()
    for start in range(0, len(text), 5):
        await call.piece({"content": text[start : start + 5]})
    await call.piece({}, finish="stop")
    await call.data("[DONE]")
    await call.send(b"0\r\n\r\n")


@asynccontextmanager
async def serving(
    models: FaultServer, home: Path, more: str = "", **given: Any
) -> AsyncIterator[httpx2.AsyncClient]:
    """Serve a file of one provider and whatever more; yield a client of it."""
    config = home / "llm.yaml"
    url = models.url("one")
    config.write_text(f'providers:\n  - {{id: one, base_url: "{url}", model: one}}\n{more}')
    face = open_face(config, Given(**{"environment": {}, "home": home, **given}))
    async with listening(face) as client:
        yield client


@asynccontextmanager
async def listening(face: Face) -> AsyncIterator[httpx2.AsyncClient]:
    """Serve these routes on a free port; yield a client."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    server = server_of(app(face))
    task = asyncio.create_task(server.serve(sockets=[bound]))
    base_url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    try:
        async with httpx2.AsyncClient(base_url=base_url, timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        await task


async def ask(client: httpx2.AsyncClient, text: str = PLAIN, **more: Any) -> httpx2.Response:
    messages = [{"role": "user", "content": text}]
    return await client.post("/v1/chat/completions", json={"messages": messages, **more})

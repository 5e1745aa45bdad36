"""Model endpoints on a real socket that fail in every way a script asks for.

Each model is a path (`/primary/v1/chat/completions`) with a script of behaviours, one for each
call; the last one stays. Every answer here is simulated.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

WORDS = ["It", "was", "the", "night", "before", "the", "harvest", "and", "nobody", "slept"]
PROMPT_TOKENS = 11


@dataclass
class Asked:
    """One request as it arrived."""

    body: dict[str, Any]
    at: float
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when the client closed the connection before the reply was whole."""


@dataclass
class Call:
    """A connection with one request on it."""

    model: str
    asked: Asked
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def streams(self) -> bool:
        return bool(self.asked.body.get("stream"))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def json(
        self, document: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        body = json.dumps(document).encode()
        told = {"content-type": "application/json", "content-length": len(body), **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        await self.send(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body)

    async def begin_stream(self) -> None:
        await self.send(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
            b"transfer-encoding: chunked\r\n\r\n"
        )

    async def data(self, text: str) -> None:
        """Send one event in one HTTP chunk."""
        event = f"data: {text}\n\n".encode()
        await self.send(f"{len(event):x}\r\n".encode() + event + b"\r\n")

    async def piece(self, delta: dict[str, Any], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await self.data(json.dumps({**self.head(), "choices": [choice]}))

    async def words(self, count: int) -> None:
        await self.piece({"role": "assistant", "content": ""})
        for word in answer(self.model).split(" ")[:count]:
            await self.piece({"content": f"{word} "})

    def head(self) -> dict[str, Any]:
        return {
            "id": "simulated",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self.model,
        }

    def reset(self) -> None:
        """Close with a reset, not an end."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def hold(self) -> None:
        """Say nothing more until the client leaves."""
        await self.reader.read()
        self.asked.gone.set()


Behaviour = Callable[[Call], Coroutine[Any, Any, None]]


def answer(model: str) -> str:
    """Return the whole answer of a model."""
    return f"{' '.join(WORDS)} said {model}"


def usage(model: str) -> dict[str, int]:
    """Return what a model bills for its answer: one token a word."""
    count = len(answer(model).split(" "))
    return {
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": count,
        "total_tokens": PROMPT_TOKENS + count,
    }


async def well(call: Call) -> None:
    """Answer as a healthy endpoint does."""
    if call.streams:
        await call.begin_stream()
        await call.words(100)
        await call.piece({}, finish="stop")
        if (call.asked.body.get("stream_options") or {}).get("include_usage"):
            head = {**call.head(), "choices": [], "usage": usage(call.model)}
            await call.data(json.dumps(head))
        await call.data("[DONE]")
        await call.send(b"0\r\n\r\n")
        return
    message = {"role": "assistant", "content": answer(call.model)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = {**call.head(), "object": "chat.completion", "usage": usage(call.model)}
    await call.json({**head, "choices": [choice]})


def status(code: int, *, error: dict[str, Any] | None = None, **headers: str) -> Behaviour:
    """Return a behaviour that answers with an error; header names have dashes for underscores."""

    async def behave(call: Call) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        await call.json({"error": error or {"message": "simulated failure"}}, code, named)

    return behave


async def reset(call: Call) -> None:
    """Reset the connection before any header."""
    call.reset()


async def silent(call: Call) -> None:
    """Accept, and never answer."""
    await call.hold()


async def slow_first(call: Call) -> None:
    """Send headers and the role, and no piece of the answer."""
    if call.streams:
        await call.begin_stream()
        await call.piece({"role": "assistant", "content": ""})
    await call.hold()


async def cut(call: Call) -> None:
    """Break off in mid-answer."""
    await _part(call)
    call.reset()


async def ended_early(call: Call) -> None:
    """End in good order in mid-answer, as if that had been all."""
    await _part(call)
    if call.streams:
        await call.send(b"0\r\n\r\n")
    call.writer.close()


async def stall(call: Call) -> None:
    """Stop in mid-answer and keep the connection open."""
    await _part(call)
    await call.hold()


async def malformed(call: Call) -> None:
    """Send half a chunk in the middle, then go on as if nothing had happened."""
    if not call.streams:
        await call.send(b'HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{"choices": [{')
        return
    await call.begin_stream()
    await call.words(4)
    await call.data('{"choices": [{"index": 0, "delta": {"cont')
    await call.piece({}, finish="stop")
    await call.data("[DONE]")
    await call.send(b"0\r\n\r\n")


async def without_done(call: Call) -> None:
    """Answer in full and close without [DONE]."""
    if not call.streams:
        return await well(call)
    await call.begin_stream()
    await call.words(100)
    await call.piece({}, finish="stop")
    await call.send(b"0\r\n\r\n")
    return None


async def no_prefill(call: Call) -> None:
    """Answer, unless asked to continue an answer that was begun."""
    if call.asked.body["messages"][-1]["role"] == "assistant":
        message = "This model does not support assistant message prefill."
        await call.json({"error": {"message": message, "type": "invalid_request_error"}}, 400)
        return
    await well(call)


async def _part(call: Call) -> None:
    if call.streams:
        await call.begin_stream()
        await call.words(5)
        return
    await call.send(b'HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n{"choices": [{"mes')


context_length = status(
    400,
    error={
        "message": "This model's maximum context length is 16 tokens.",
        "type": "invalid_request_error",
        "code": "context_length_exceeded",
    },
)
content_policy = status(
    400,
    error={
        "message": "Your request was rejected by the safety system.",
        "type": "invalid_request_error",
        "code": "content_policy_violation",
    },
)


class FaultServer:
    """What was asked of each model, and how each behaves."""

    def __init__(self) -> None:
        self.scripts: dict[str, list[Behaviour]] = {}
        self.asked: dict[str, list[Asked]] = {}
        self.port = 0

    def url(self, model: str) -> str:
        return f"http://127.0.0.1:{self.port}/{model}/v1"

    def behaves(self, model: str, *script: Behaviour) -> str:
        """Set a model's script; return its base URL."""
        self.scripts[model] = list(script)
        self.asked[model] = []
        return self.url(model)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve requests on one connection until it ends."""
        try:
            while call := await self._read(reader, writer):
                script = self.scripts[call.model]
                await (script.pop(0) if len(script) > 1 else script[0])(call)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _read(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Call | None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        model = head.split(" ", 2)[1].split("/")[1]
        size = next(
            int(line.split(":")[1])
            for line in head.lower().split("\r\n")
            if line.startswith("content-length:")
        )
        body = json.loads(await reader.readexactly(size))
        asked = Asked(body=body, at=time.monotonic())
        self.asked[model].append(asked)
        return Call(model=model, asked=asked, reader=reader, writer=writer)


@contextmanager
def fault_server() -> Iterator[FaultServer]:
    """Serve on a free port of the loopback address, in a thread of its own."""
    server, started, loop = FaultServer(), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def main() -> None:
        listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        server.port = listener.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        listener.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()

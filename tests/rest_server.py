"""A service on a real socket that answers, or fails, as each path's script says."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.split("?")[0]


@dataclass
class Line:
    """The connection a request came on."""

    writer: asyncio.StreamWriter
    closing: asyncio.Event

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(
        self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        told = {"content-type": "application/json", **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        length = f"content-length: {len(body)}\r\n\r\n"
        await self.send(f"HTTP/1.1 {status} X\r\n{lines}{length}".encode() + body)

    def reset(self) -> None:
        """Break the connection without a farewell."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


HALF = b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"

Answer = Callable[[Asked, Line], Awaitable[None]]


def says(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    async def answer(asked: Asked, line: Line) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        await line.reply(body, status, headers)

    return answer


async def resets(asked: Asked, line: Line) -> None:
    line.reset()


async def resets_halfway(asked: Asked, line: Line) -> None:
    await line.send(
        b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
    )
    line.reset()


async def stalls(asked: Asked, line: Line) -> None:
    await line.closing.wait()


async def stalls_halfway(asked: Asked, line: Line) -> None:
    await line.send(
        b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
    )
    await line.closing.wait()


async def never_ends(asked: Asked, line: Line) -> None:
    await line.send(
        b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    while not line.closing.is_set():
        await line.send(chunk)


@dataclass
class Server:
    """What runs, and what it was asked."""

    port: int
    script: dict[str, list[Answer]]
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (asked := await _request(reader)) is not None:
                self.asked.append(asked)
                answers = self.script.get(asked.path, [says({"error": "absent"}, 404)])
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                await answer(asked, Line(writer, self.closing))
                if writer.is_closing():
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.decode().split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    method, target, _ = first.split(" ")
    return Asked(method, target, headers, body)


@asynccontextmanager
async def serving(
    script: Mapping[str, Answer | list[Answer]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """Serve on a free port of the loopback until the block ends."""
    answers = {k: v if isinstance(v, list) else [v] for k, v in script.items()}
    running = Server(0, answers)
    listener = await asyncio.start_server(running.connected, "127.0.0.1", 0, ssl=tls)
    running.port = listener.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        running.closing.set()
        listener.close()

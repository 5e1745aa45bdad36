"""A model endpoint that answers at once, in its own process: what is left is the caller's time."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

BASE = {"id": "simulated", "created": 0, "model": "simulated"}
USAGE = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
PIECES = ("Nothing ", "to ", "say.")
REPLY = json.dumps(
    {
        **BASE,
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "".join(PIECES)},
                "finish_reason": "stop",
            }
        ],
        "usage": USAGE,
    }
).encode()


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {**BASE, "object": "chat.completion.chunk", "choices": [choice]}
    data = b"data: " + json.dumps(chunk).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


END = b"data: [DONE]\n\n"
EVENTS = [
    *(_event({"content": piece}) for piece in PIECES),
    _event({}, "stop"),
    b"%x\r\n%b\r\n0\r\n\r\n" % (len(END), END),
]


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path, *lines = head.lower().split(b"\r\n")
            sizes = [line for line in lines if line.startswith(b"content-length:")]
            body = json.loads(await reader.readexactly(int(sizes[0][15:])))
            if b"/hangs/" in path:
                await reader.read()
                return
            if body.get("stream"):
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                    b"transfer-encoding: chunked\r\n\r\n"
                )
                for event in EVENTS:
                    writer.write(event)
                    await writer.drain()
            else:
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                    b"content-length: %d\r\n\r\n%b" % (len(REPLY), REPLY)
                )
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=2_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def model_endpoint() -> Iterator[str]:
    """Serve in a process of its own; yield its base URL."""
    command = [sys.executable, "-m", "clearway.evals.bench.model_endpoint"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(_main())

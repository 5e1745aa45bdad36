"""An OpenAI-compatible chat endpoint on a real socket that answers from a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


@dataclass
class Reply:
    """One scripted answer; `silent` never answers until the server closes."""

    content: str | None = ""
    status: int = 200
    silent: bool = False
    message: dict[str, Any] = field(default_factory=dict)
    """More keys of the message, such as a refusal or tool calls."""
    finish: str = "stop"
    usage: dict[str, Any] = field(default_factory=lambda: dict(USAGE))
    body: str | None = None
    """The whole answer, instead of a chat completion."""


@dataclass
class ModelServer:
    """What was asked, and what is still to be answered."""

    url: str
    script: list[Reply]
    asked: list[dict[str, Any]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


@contextmanager
def model_server(
    *script: Reply, choose: Callable[[dict[str, Any]], Reply] | None = None
) -> Iterator[ModelServer]:
    """Serve the script on a free port of the loopback address; or let the request choose."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            server.asked.append(json.loads(body))
            reply = choose(server.asked[-1]) if choose else server.script.pop(0)
            if reply.silent:
                server.closing.wait(60)
                return
            data = _body(reply).encode("utf-8", "surrogatepass")
            self.send_response(reply.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            """Stay quiet."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = ModelServer(f"http://127.0.0.1:{listener.server_address[1]}/v1", list(script))
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        listener.shutdown()
        thread.join()
        listener.server_close()


def _body(reply: Reply) -> str:
    if reply.body is not None:
        return reply.body
    if reply.status != 200:
        return json.dumps({"error": {"message": "no"}})
    message = {"role": "assistant", "content": reply.content, **reply.message}
    return json.dumps(
        {
            "id": "simulated",
            "object": "chat.completion",
            "created": 0,
            "model": "simulated",
            "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}],
            "usage": reply.usage,
        }
    )

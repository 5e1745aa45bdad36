"""What a LangSmith server would get, on a real socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytestmark = pytest.mark.integration

INFO = {
    "batch_ingest_config": {
        "use_multipart_endpoint": False,
        "size_limit": 100,
        "size_limit_bytes": 20_000_000,
        "scale_up_nthreads_limit": 1,
        "scale_up_qsize_trigger": 1000,
        "scale_down_nempty_trigger": 4,
    }
}


@contextmanager
def collector(heard: list[str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(json.dumps(INFO).encode())

        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self._answer(b"{}")

        def _answer(self, data: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SCRIPT = """
import langsmith
from langsmith.run_trees import get_cached_client
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.telemetry import guard_traces

guard_traces(PatternRedactor())

@langsmith.traceable(name="ask")
def ask(question):
    return {"rows": [["answered", question["text"]]]}

ask({"text": "orders of ada@example.com", "keys": ["sk-abcdefghijklmnop1234"]})
get_cached_client().flush()
"""


def test_a_trace_holds_no_personal_data() -> None:
    heard: list[str] = []
    with collector(heard) as url:
        # A process of its own: the client's threads outlive a test.
        tracing = {
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_ENDPOINT": url,
            "LANGSMITH_API_KEY": "none",
            "LANGSMITH_DISABLE_RUN_COMPRESSION": "true",
        }
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env={**os.environ, **tracing}, check=True, timeout=600
        )
    told = "\n".join(heard)
    assert "orders of [EMAIL]" in told
    assert "answered" in told
    assert "ada@example.com" not in told
    assert "sk-abcdefghijklmnop1234" not in told

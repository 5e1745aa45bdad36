"""A LangGraph development server of the test's own."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.acceptance.conftest import ROOT

START_S = 300
GRAPH = "clearway"


@contextmanager
def serving(environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """Start `clearway dev` on a free port, wait until it answers, and stop it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("clearway")), "dev", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, log)
        yield url
    finally:
        process.terminate()
        process.wait(300)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    transport = httpx.HTTPTransport(retries=0)
    with httpx.Client(transport=transport, timeout=1) as client:
        for _ in range(START_S * 4):
            assert process.poll() is None, log.read_text("utf-8", "replace")
            with suppress(httpx.HTTPError):
                if client.get(f"{url}/ok").status_code == 200:
                    return
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.25)
    raise AssertionError(log.read_text("utf-8", "replace"))

"""Two servers a person started over one database: either tells what both did."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest

pytestmark = [pytest.mark.acceptance]

CONFIG = """
providers:
  - id: pretender
    base_url: "simulated://here"
    model: pretender
    simulated: {seed: 42, failure_rate: 0, latency_ms: 0}
    price: {input: "1", output: "3"}
"""
KEYS = {"CLEARWAY_LLM_ACCESS_KEYS": "ada=key-of-ada,ops:admin=key-of-ops"}


@contextmanager
def server(config: Path, environment: dict[str, str]) -> Iterator[httpx2.Client]:
    """Start `clearway llm serve --shared`; yield a client with Ada's key."""
    command = [sys.executable, "-m", "tests.acceptance.llm.served", str(config), "--shared"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**environment, **KEYS}
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        headers = {"authorization": "Bearer key-of-ada"}
        try:
            with httpx2.Client(base_url=url, headers=headers, timeout=60) as client:
                yield client
        finally:
            process.terminate()


def test_either_server_tells_what_both_did(
    environment: dict[str, str], kept_warm: None, tmp_path: Path
) -> None:
    config = tmp_path / "llm.yaml"
    config.write_text(CONFIG)
    with ExitStack() as stack:
        one, other = [stack.enter_context(server(config, environment)) for _ in range(2)]
        done = []
        for client in (one, other):
            reply = client.post("/execute", json={"task": "Say hello.", "bypass_cache": True})
            done.append(reply.json())
            client.get("/traces")  # what was answered is settled before it is read
        traces = [client.get("/traces").json()["traces"] for client in (one, other)]
        metrics = other.get("/metrics", headers={"accept": "application/json"}).json()
        reset = other.post("/v1/circuit-breakers/reset")

    assert [each["output"] for each in done] == ["[simulated] You asked: Say hello."] * 2
    assert {each["simulated"] for each in done} == {True}
    assert traces[0] == traces[1]
    assert {each["trace_id"] for each in done} <= {each["trace_id"] for each in traces[0]}
    assert metrics["models"]["pretender"] == {"success": 2}
    assert reset.status_code == 403

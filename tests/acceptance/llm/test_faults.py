"""Sixteen faults of a model endpoint, over real sockets, through `clearway llm serve`.

One primary that fails and one fallback. The caller is a plain client of the chat completions API
with no retries of its own; every answer is simulated.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from clearway.cli.app import INTERRUPTED
from tests import fault_server as faults
from tests.acceptance.conftest import hear_ctrl_c
from tests.fault_server import Behaviour, FaultServer, fault_server

pytestmark = [pytest.mark.acceptance]

PAIRS = 48
"""Every test has a primary and a fallback of its own: what one learns, no other knows."""

PATIENT = "{total_s: 600, attempt_s: 300, first_token_s: 300, idle_s: 300, settle_s: 0.2}"
"""A slow machine is no fault."""
HASTY = "{total_s: 600, attempt_s: 1.5, first_token_s: 1.5, idle_s: 1.5, settle_s: 0.2}"
"""For endpoints that fall silent."""


@dataclass
class Pair:
    """A primary and its fallback, behind the router under one name."""

    url: str
    number: int
    models: FaultServer
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def primary(self) -> str:
        return f"primary{self.number}"

    @property
    def fallback(self) -> str:
        return f"fallback{self.number}"

    def behave(self, *primary: Behaviour, fallback: Sequence[Behaviour] = (faults.well,)) -> None:
        self.models.behaves(self.primary, *primary)
        self.models.behaves(self.fallback, *fallback)

    def ask(self, *, stream: bool, **extra: object) -> httpx2.Response:
        return httpx2.post(
            f"{self.url}/v1/chat/completions",
            json=self.asking(stream=stream, **extra),
            headers=self.headers,
            timeout=600,
        )

    def asking(self, **extra: object) -> dict[str, object]:
        messages = [{"role": "user", "content": "A story."}]
        return {"model": f"pair{self.number}", "messages": messages, **extra}

    def calls(self) -> tuple[int, int]:
        asked = self.models.asked
        return len(asked[self.primary]), len(asked[self.fallback])


@contextmanager
def served(home: Path, timeouts: str) -> Iterator[Iterator[Pair]]:
    """The installed command, with its default way of streaming, and pairs nobody has used."""
    with fault_server() as models:
        config = home / "llm.yaml"
        config.write_text(configured(models, timeouts))
        command = [sys.executable, "-m", "tests.acceptance.llm.served", str(config)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={"CLEARWAY_HOME": str(home)}
        ) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            yield (Pair(url=url, number=number, models=models) for number in range(PAIRS))
            process.terminate()


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Pair]]:
    with served(tmp_path_factory.mktemp("patient"), PATIENT) as pairs:
        yield pairs


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Pair]]:
    with served(tmp_path_factory.mktemp("hasty"), HASTY) as pairs:
        yield pairs


def configured(models: FaultServer, timeouts: str) -> str:
    """Return the configuration of all pairs."""
    names = [f"{kind}{number}" for number in range(PAIRS) for kind in ("primary", "fallback")]
    lines = [f'  - {{id: {n}, base_url: "{models.url(n)}", model: {n}}}' for n in names]
    routes = [f"  pair{n}: [primary{n}, fallback{n}]" for n in range(PAIRS)]
    return "\n".join([f"timeouts: {timeouts}", "providers:", *lines, "routes:", *routes])


@pytest.fixture
def pair(patient: Iterator[Pair]) -> Pair:
    return next(patient)


def text_of(response: httpx2.Response, *, stream: bool) -> str:
    """Return the answer as a plain client reads it; it must be whole."""
    assert response.status_code == 200, response.text
    if not stream:
        choice = response.json()["choices"][0]
        assert choice["finish_reason"] == "stop"
        return str(choice["message"]["content"])
    events = re.findall(r"^data: (.*)$", response.text, re.MULTILINE)
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    finishes = [c["finish_reason"] for chunk in chunks for c in chunk["choices"]]
    assert [finish for finish in finishes if finish] == ["stop"]
    pieces = [c["delta"].get("content") or "" for chunk in chunks for c in chunk["choices"]]
    return "".join(pieces)


def said(name: str) -> list[str]:
    return faults.answer(name).split()


FAILS_OVER = {
    "429_with_retry_after": faults.status(429, retry_after="60"),
    "429_persistent": faults.status(429),
    "500_once": faults.status(500),
    "503_persistent": faults.status(503),
    "reset_before_headers": faults.reset,
    "cut_in_mid_answer": faults.cut,
    "ended_in_mid_answer": faults.ended_early,
    "malformed_chunk": faults.malformed,
    "context_length_exceeded": faults.context_length,
}
FALLS_SILENT = {
    "no_response": faults.silent,
    "slow_first_token": faults.slow_first,
    "stall_in_mid_answer": faults.stall,
}


BOTH = pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])


@BOTH
@pytest.mark.parametrize("fault", FAILS_OVER)
def test_the_fallback_answers_in_full(pair: Pair, fault: str, stream: bool) -> None:
    answered_by_the_fallback(pair, FAILS_OVER[fault], stream=stream)


@BOTH
@pytest.mark.parametrize("fault", FALLS_SILENT)
def test_the_fallback_answers_for_one_that_is_silent(
    hasty: Iterator[Pair], fault: str, stream: bool
) -> None:
    answered_by_the_fallback(next(hasty), FALLS_SILENT[fault], stream=stream)


def answered_by_the_fallback(pair: Pair, fault: Behaviour, *, stream: bool) -> None:
    pair.behave(fault)
    assert text_of(pair.ask(stream=stream), stream=stream).split() == said(pair.fallback)
    # Asking the same model again would not have helped, or not as soon.
    assert pair.calls() == (1, 1)
    pair.behave(faults.well)
    assert text_of(pair.ask(stream=stream), stream=stream)


def test_retry_after_is_honoured_by_the_requests_that_follow(pair: Pair) -> None:
    pair.behave(faults.status(429, retry_after="60"))
    for _ in range(3):
        assert text_of(pair.ask(stream=True), stream=True).split() == said(pair.fallback)
    assert pair.calls() == (1, 3)


def test_retry_after_is_waited_for_where_nobody_else_can_answer(pair: Pair) -> None:
    limited = faults.status(429, retry_after="1")
    pair.behave(faults.status(429, retry_after="60"), fallback=(limited, faults.well))
    assert text_of(pair.ask(stream=False), stream=False).split() == said(pair.fallback)
    first, second = pair.models.asked[pair.fallback]
    assert second.at - first.at >= 1.0


@BOTH
def test_an_answer_without_done_is_whole_all_the_same(pair: Pair, stream: bool) -> None:
    pair.behave(faults.without_done)
    assert text_of(pair.ask(stream=stream), stream=stream).split() == said(pair.primary)
    assert pair.calls() == (1, 0)


@BOTH
def test_a_rejection_is_an_answer_and_goes_nowhere_else(pair: Pair, stream: bool) -> None:
    pair.behave(faults.content_policy)
    response = pair.ask(stream=stream)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "content_filter"
    assert pair.calls() == (1, 0)
    pair.behave(faults.well)
    assert text_of(pair.ask(stream=stream), stream=stream).split() == said(pair.primary)


def test_a_fallback_that_takes_no_prefill_is_asked_anew(pair: Pair) -> None:
    pair.behave(faults.cut, fallback=(faults.no_prefill,))
    assert text_of(pair.ask(stream=True), stream=True).split() == said(pair.fallback)


@BOTH
def test_the_answer_names_the_fallbacks_model_and_usage(pair: Pair, stream: bool) -> None:
    pair.behave(faults.status(503))
    response = pair.ask(stream=stream, stream_options={"include_usage": True})
    if stream:
        events = re.findall(r"^data: (\{.*)$", response.text, re.MULTILINE)
        chunks = [json.loads(event) for event in events]
        assert {chunk["model"] for chunk in chunks} == {pair.fallback}
        usages = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    else:
        reply = response.json()
        assert reply["model"] == pair.fallback
        tried = [(each["provider"], each["outcome"]) for each in reply["clearway"]["attempts"]]
        assert tried == [(pair.primary, "failed"), (pair.fallback, "success")]
        usages = [reply["usage"]]
    assert usages == [faults.usage(pair.fallback)]


@pytest.mark.parametrize("mode", ["complete", "live"])
def test_a_cut_stream_never_ends_as_if_it_were_whole(pair: Pair, mode: str) -> None:
    pair.behave(faults.cut, fallback=(faults.cut,))
    pair.headers["x-clearway-stream-mode"] = mode
    response = pair.ask(stream=True)
    assert "[DONE]" not in response.text
    assert '"finish_reason": "stop"' not in response.text
    assert (response.status_code == 200) is (mode == "live")
    assert '"error"' in response.text


def test_a_client_that_leaves_ends_the_call_behind_it(pair: Pair) -> None:
    pair.behave(faults.silent)
    address = httpx2.URL(pair.url)
    body = json.dumps(pair.asking(stream=False)).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {address.host}\r\n"
    head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    with socket.create_connection((address.host, address.port)) as client:
        client.sendall(head.encode() + body)
        while not pair.models.asked[pair.primary]:
            time.sleep(0)
    (asked,) = pair.models.asked[pair.primary]
    assert asked.gone.wait(300)
    assert pair.calls() == (1, 0)


@pytest.mark.parametrize(
    ("ending", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, 0)], ids=str
)
def test_a_signal_ends_it_without_a_trace(
    tmp_path: Path, ending: signal.Signals, code: int
) -> None:
    with fault_server() as models:
        config = tmp_path / "llm.yaml"
        config.write_text(configured(models, PATIENT))
        command = [sys.executable, "-m", "tests.acceptance.llm.served", str(config)]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"CLEARWAY_HOME": str(tmp_path)},
            preexec_fn=hear_ctrl_c,
        ) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert httpx2.get(f"{url}/health", timeout=600).status_code == 200
            process.send_signal(ending)
            _, told = process.communicate(timeout=600)
    assert process.returncode == code
    assert "Traceback" not in told
    assert "Ctrl-C ends it" in told

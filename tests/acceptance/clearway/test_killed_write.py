"""An approved write and a kill -9: sent at most once, on record as unsettled, and said so."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.unit.tools.rest.documents import PAYMENTS

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

# Asks for a write and approves it; says where it is before the node that is named, and waits there.
APPROVE = """
import asyncio, sys
import clearway.graph.build as build
from langgraph.types import Command
from clearway import Clearway, Settings
from clearway.graph.context import Context

durability, thread, amount, stop_at = sys.argv[1:]
original = build.bind

def announcing(node, *given):
    run = original(node, *given)
    async def watched(state, runtime):
        if node.__name__ == stop_at and state.get("executions"):
            print("here", flush=True)
            await asyncio.Event().wait()
        return await run(state, runtime)
    watched.__name__ = run.__name__
    watched.__annotations__ = {"return": run.__annotations__["return"]}
    return watched

build.bind = announcing

async def main():
    async with Clearway.open(Settings(durability=durability)) as cw:
        asked = 'POST /payments {"amount": %s, "customer_id": 7}' % amount
        waiting = await cw.ask(asked, thread_id=thread, correlation_id=thread)
        assert waiting.kind == "needs_review", waiting
        config = {"configurable": {"thread_id": thread}}
        yes = Command(resume={"approved": True})
        await cw.graph.ainvoke(yes, config, context=Context(correlation_id=thread))

asyncio.run(main())
"""

# Takes the same thread up again, as somebody who says yes once more or merely resumes.
RESUME = """
import asyncio, json, sys
from langgraph.types import Command
from clearway import Clearway, Settings
from clearway.graph.context import Context

durability, thread, amount, how = sys.argv[1:]

async def main():
    async with Clearway.open(Settings(durability=durability)) as cw:
        config = {"configurable": {"thread_id": thread}}
        said = Command(resume={"approved": True}) if how == "yes" else None
        out = await cw.graph.ainvoke(said, config, context=Context(correlation_id=thread))
        records = await cw.get_audit_records(thread)
        said = {key: out["outcome"][key] for key in ("kind", "message")}
        anew = await cw.ask('POST /payments {"amount": %s, "customer_id": 7}' % amount)
        said["anew"] = anew.message
        print(json.dumps({**said, "records": {each.step: each.status for each in records}}))

asyncio.run(main())
"""


class Payments(ThreadingHTTPServer):
    """Takes payments; it answers when it may."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.keys: list[str] = []
        self.taken, self.may_answer = Event(), Event()


class Taking(BaseHTTPRequestHandler):
    server: Payments

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.keys.append(self.headers["idempotency-key"])
        self.server.taken.set()
        self.server.may_answer.wait(60)
        body = b'{"id": 9}'
        self.send_response(201)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def payments() -> Iterator[Payments]:
    with Payments() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.may_answer.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(environment: dict[str, str], tmp_path: Path, payments: Payments) -> dict[str, str]:
    (tmp_path / "payments.yaml").write_text(PAYMENTS)
    services = tmp_path / "services.yaml"
    services.write_text(
        "version: 1\nservices:\n  payments:\n    openapi: payments.yaml\n"
        f"    base_url: http://127.0.0.1:{payments.server_port}\n    private: [127.0.0.0/8]\n"
        "    allow: {methods: [GET, POST]}\n    writes: approval\n"
    )
    return {**environment, "CLEARWAY_SERVICES_PATH": str(services)}


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", APPROVE, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    return process.returncode


def resumed(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", RESUME, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# Each writes an amount of its own: they share a store, which speaks of what is not settled.
WAYS = ("durability", "how", "amount")


@pytest.mark.parametrize(WAYS, [("exit", "yes", "5"), ("sync", "resume", "6")])
def test_killed_while_the_service_has_it_a_write_is_unsettled_and_not_sent_again(
    settings: dict[str, str], payments: Payments, durability: str, how: str, amount: str
) -> None:
    thread = f"write-{durability}"
    process = start(settings, durability, thread, amount, "nowhere")
    if not payments.taken.wait(60):
        process.kill()
        raise AssertionError(process.communicate(timeout=30)[1])
    assert killed(process) == -signal.SIGKILL
    payments.may_answer.set()
    found = resumed(settings, durability, thread, amount, how)
    assert found["kind"] == "needs_review"
    assert "createPayment was sent for this request before" in found["message"]
    assert "it is not known whether it was done" in found["message"]
    assert "The same was sent for you on" in found["anew"], "who asks anew is told before a yes"
    assert len(payments.keys) == 1
    assert found["records"]["execute-1"] in ("WriteUnsettled", "interrupted")
    assert found["records"]["ask"] in ("needs_review", "interrupted")


@pytest.mark.parametrize(WAYS, [("exit", "yes", "7"), ("sync", "resume", "8")])
def test_killed_after_its_reply_a_write_is_known_to_be_done(
    settings: dict[str, str], payments: Payments, durability: str, how: str, amount: str
) -> None:
    payments.may_answer.set()
    thread = f"written-{durability}"
    process = start(settings, durability, thread, amount, "respond")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "here\n", process.stderr.read()
    assert killed(process) == -signal.SIGKILL
    found = resumed(settings, durability, thread, amount, how)
    assert found["kind"] == "needs_review"
    assert "and was done. It is not sent again." in found["message"]
    assert "The same was sent" not in found["anew"]
    assert len(payments.keys) == 1

"""What a kill -9, a Ctrl-C and a SIGTERM leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import Run, hear_ctrl_c
from tests.conftest import NewHome

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

AFTER_ADMIT = [
    "route",
    "recall",
    "plan",
    "gate",
    "validate",
    "approve",
    "execute",
    "respond",
    "audit",
]

# Announces each node before it runs, and then waits to be killed at the one that is named.
PROGRAM = """
import asyncio, sys
import clearway.graph.build as build
from clearway import Clearway, Settings

stop_at = sys.argv[1]
original = build.bind

def announcing(node, *given):
    run = original(node, *given)
    async def watched(state, runtime):
        if node.__name__ == stop_at:
            print("here", flush=True)
            await asyncio.Event().wait()
        return await run(state, runtime)
    watched.__name__ = run.__name__
    watched.__annotations__ = {"return": run.__annotations__["return"]}
    return watched

build.bind = announcing

async def main():
    settings = Settings(durability=sys.argv[2])
    async with Clearway.open(settings) as cw:
        options = {"thread_id": sys.argv[3], "correlation_id": sys.argv[3], "bypass_cache": True}
        await cw.ask("total revenue by region", **options)

asyncio.run(main())
"""

RESUME = """
import asyncio, sys
from clearway import Clearway, Settings
from clearway.graph.context import Context
from clearway.stores.audit.verify import verify_audit
from clearway.stores.keys import load_keys

async def main():
    async with Clearway.open(Settings(durability="sync")) as cw:
        config = {"configurable": {"thread_id": sys.argv[1]}}
        out = await cw.graph.ainvoke(None, config, context=Context(correlation_id=sys.argv[1]))
        print(out["outcome"]["kind"], len(out["outcome"]["result"]["rows"]))
        print(*sorted(each.status for each in await cw.get_audit_records(sys.argv[1])))
        pool = cw.wired.database.pool
        print((await verify_audit(pool, keys=await load_keys(pool))).intact)

asyncio.run(main())
"""


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """Start the program and return it once it has reached its node."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "here\n", process.stderr.read()
    return process


def ended(process: subprocess.Popen[str], sent: signal.Signals) -> int:
    process.send_signal(sent)
    process.communicate(timeout=300)
    return process.returncode


def steps(clearway: Run, trace_id: str) -> dict[str, str]:
    lines = clearway("audit", "show", trace_id, "--json").stdout.splitlines()
    records = [json.loads(line) for line in lines]
    return {record["step"]: record["status"] for record in records}


@pytest.mark.parametrize("node", ["plan", "execute", "respond"])
def test_a_killed_read_is_visible_and_safe_to_ask_again(
    environment: dict[str, str], clearway: Run, node: str
) -> None:
    trace_id = f"killed-at-{node}"
    assert ended(start(environment, node, "exit", trace_id), signal.SIGKILL) == -signal.SIGKILL
    clearway("ask", "total revenue", "--json")
    found = steps(clearway, trace_id)
    assert found["ask"] == "interrupted"
    if node == "respond":
        assert found["execute-1"] == "interrupted"
    else:
        assert "execute-1" not in found
    assert clearway("audit", "verify").returncode == 0


@pytest.mark.parametrize(
    "node",
    ["route", "recall", "plan", "gate", "validate", "approve", "execute", "respond", "audit"],
)
def test_with_sync_durability_a_killed_run_resumes(
    environment: dict[str, str], kept_warm: None, node: str
) -> None:
    thread = f"resumed-at-{node}"
    ended(start(environment, node, "sync", thread), signal.SIGKILL)
    done = subprocess.run(
        [sys.executable, "-c", RESUME, thread],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    outcome, statuses, intact = done.stdout.splitlines() or [done.stderr, "", ""]
    assert outcome == "answered 5"
    assert "succeeded" in statuses.split()
    assert intact == "True"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_command_says_so_and_is_on_record(
    environment: dict[str, str], clearway: Run, tmp_path: Path, sent: signal.Signals
) -> None:
    del tmp_path
    process = start(environment, "execute", "exit", f"stopped-{sent.name}")
    assert ended(process, sent) != 0
    clearway("ask", "total revenue", "--json")
    assert steps(clearway, f"stopped-{sent.name}")["ask"] in ("cancelled", "interrupted")


def test_nothing_is_left_running_by_a_killed_process(
    environment: dict[str, str], new_home: NewHome
) -> None:
    home = new_home()
    alone = {**environment, "CLEARWAY_HOME": str(home)}
    process = start(alone, "execute", "exit", "alone")
    pidfile = next(home.rglob("postmaster.pid"))
    postmaster = int(pidfile.read_text().split()[0])
    ended(process, signal.SIGKILL)
    handle = os.pidfd_open(postmaster)
    try:
        import select

        assert select.select([handle], [], [], 300)[0], "the server still runs"
    finally:
        os.close(handle)

"""Ctrl-C at any moment: one short line at once, exit code 130, and no traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clearway.cli.interrupt import CODE, SAID, STOPPING
from tests.acceptance.conftest import hear_ctrl_c

pytestmark = pytest.mark.acceptance

AT_AN_IMPORT = """
import os, signal, sys

class Pressed:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)

from clearway.cli import main
module, sys.argv = sys.argv[1], ["clearway", "ask", "total revenue by region"]
sys.meta_path.insert(0, Pressed())
main()
"""
STUBBORN = """
import asyncio, sys
from clearway.cli import app
from clearway.cli.run import run

async def work():
    ended = asyncio.Event()
    print("works", flush=True)
    while True:
        try:
            await ended.wait()
        except asyncio.CancelledError:
            pass

app.cli.command("stubborn")(lambda: run(work()))
sys.argv = ["clearway", "stubborn"]
sys.exit(app.run())
"""


def started(program: str, environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        preexec_fn=hear_ctrl_c,
    )


@pytest.mark.parametrize(
    "module",
    ["clearway.cli.app", "typer", "clearway.llm.guards.guardrails", "clearway.app", "langgraph"],
)
def test_it_is_one_line_also_while_a_module_is_imported(
    environment: dict[str, str], kept_warm: None, module: str
) -> None:
    with started(AT_AN_IMPORT, environment, module) as process:
        out, told = process.communicate(timeout=600)
    assert (process.returncode, out, told) == (CODE, b"", SAID)


def test_what_takes_longer_to_stop_says_so_and_the_second_time_it_is_left(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with started(STUBBORN, {**environment, "CLEARWAY_HOME": str(tmp_path)}) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"works\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == SAID
        assert process.stderr.readline() == STOPPING
        process.send_signal(signal.SIGINT)
        assert process.wait(600) == CODE
        assert process.stderr.read() == b""

"""A home of their own for programs that are started as a person would start them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import NewHome

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).resolve().parents[2]


def hear_ctrl_c() -> None:
    """A shell's background job, as these tests may be, hands down a deaf ear for SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def home(new_home: NewHome) -> Path:
    return new_home()


@pytest.fixture(scope="session")
def environment(home: Path) -> dict[str, str]:
    """Return an environment without a key, a Redis or anybody's settings."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "USER") if key in os.environ}
    return {**kept, "CLEARWAY_HOME": str(home), "COLUMNS": "160", "LANGSMITH_TRACING": "false"}


@pytest.fixture(scope="session")
def kept_warm(environment: dict[str, str]) -> Iterator[None]:
    """Hold a share in the embedded server, so that each command need not start it anew."""
    hold = (
        "import asyncio, sys\n"
        "from clearway import Clearway\n"
        "async def main():\n"
        "    async with Clearway.open():\n"
        "        print('ready', flush=True)\n"
        "        await asyncio.to_thread(sys.stdin.read)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "ready"
        yield
        assert holder.stdin is not None
        holder.stdin.close()


@pytest.fixture
def clearway(environment: dict[str, str], tmp_path: Path, kept_warm: None) -> Run:
    """Return the command line, run in an empty folder."""

    def run(
        *arguments: str, stdin: bytes | None = None, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("clearway")), *arguments],
            env={**environment, **extra},
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            timeout=600,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run

"""Several processes that rush at one database at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def rush(conninfo: str, *, processes: int, calls: int, redis_url: str = "") -> list[dict[str, Any]]:
    """Start the processes, let all go when all are ready, and return what each reports."""
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.attempts", conninfo, redis_url, str(calls)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    try:
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        return [json.loads(child.communicate(timeout=300)[0]) for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()

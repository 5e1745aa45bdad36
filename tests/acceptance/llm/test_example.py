"""The example of the router in somebody else's graph, as it is run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.acceptance

ROOT = Path(os.environ.get("CLEARWAY_CHECKOUT", Path(__file__).resolve().parents[3]))


def test_a_graph_of_ones_own_asks_the_router(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "langgraph_router.py")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
    )
    assert done.returncode == 0, done.stderr
    whole, journey, streamed = done.stdout.strip().splitlines()
    assert whole == "[simulated] You asked: Explain a query plan."
    assert "'provider': 'simulated'" in journey
    assert streamed == "[simulated] You asked: And an index?"

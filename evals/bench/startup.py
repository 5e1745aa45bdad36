"""How long it takes to begin: import, the embedded server, a cold question."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from clearway.evals.bench.figure import show

REPEATS = 7
TIMED_IMPORT = (
    "import time; began = time.perf_counter(); import clearway;"
    "print((time.perf_counter() - began) * 1000)"
)
START = (
    "import time, sys; from pathlib import Path; from clearway.stores.embedded.server import join;"
    "began = time.perf_counter(); server = join(Path(sys.argv[1]));"
    "print((time.perf_counter() - began) * 1000); server.leave()"
)


def main() -> None:
    """Print the figures; everything happens in a home that is thrown away."""
    imported = [_printed(["-c", TIMED_IMPORT], {}) for _ in range(REPEATS)]
    show("import clearway", imported)
    with tempfile.TemporaryDirectory(prefix="clearway-bench-") as made:
        home = Path(made, "home")
        environment = {"CLEARWAY_HOME": str(home)}
        first = _timed_ask(environment)
        show("clearway ask, very first (initdb, demo)", [first])
        started = [_printed(["-c", START, str(home)], environment) for _ in range(REPEATS)]
        show("embedded Postgres, warm start", started)
        cold = [_timed_ask(environment) for _ in range(REPEATS)]
        show("clearway ask, cold process to exit", cold, "(server started and stopped each time)")


def _printed(arguments: list[str], environment: dict[str, str]) -> float:
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _timed_ask(environment: dict[str, str]) -> float:
    program = str(Path(sys.executable).with_name("clearway"))
    began = time.perf_counter()
    subprocess.run(  # noqa: S603
        [program, "ask", "total revenue by region last quarter"],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )
    return (time.perf_counter() - began) * 1000

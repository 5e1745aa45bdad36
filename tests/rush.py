"""Several processes that rush at one database at the same moment."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


class Crowd:
    """Processes that stand by: to start them takes longer than what they do."""

    def __init__(self, children: list[subprocess.Popen[str]]) -> None:
        self._children = children

    def rush(
        self, conninfo: str, *, calls: int, redis_url: str | None = None, known: bool = False
    ) -> list[dict[str, Any]]:
        """Let every process begin so many calls when all are ready; return what each reports.

        With `known` each has made a call before, so that it knows who lets calls in.
        """
        wanted = {"conninfo": conninfo, "redis_url": redis_url, "calls": calls, "known": known}
        for child in self._children:
            _tell(child, json.dumps(wanted))
        for child in self._children:
            assert _hear(child) == "ready"
        for child in self._children:
            _tell(child, "go")
        return [json.loads(_hear(child)) for child in self._children]


@contextmanager
def crowd(processes: int) -> Iterator[Crowd]:
    """Yield processes that stand by; they are gone afterwards."""
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.rush"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    try:
        yield Crowd(children)
    finally:
        for child in children:
            child.kill()
            child.communicate()


def _tell(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin is not None
    child.stdin.write(f"{line}\n")
    child.stdin.flush()


def _hear(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


async def _rushed(conninfo: str, redis_url: str | None, calls: int, known: bool) -> dict[str, Any]:
    """Let calls in at once, when told to on standard input; nobody leaves."""
    from psycopg.rows import dict_row
    from psycopg_pool import AsyncConnectionPool

    from clearway.llm.ports import Pass, Turned
    from clearway.resilience.clock import SystemClock
    from clearway.stores import redis_client
    from clearway.stores.models.admission import open_admission
    from tests.attempts import DAY, EVERYBODY, attempt, let_in

    redis_client.PATIENT_S = 60.0  # so many at once on a slow machine are no dead server

    settings: dict[str, Any] = {"autocommit": True, "row_factory": dict_row}
    async with (
        AsyncConnectionPool(conninfo, open=False, min_size=1, kwargs=settings) as pool,
        open_admission(pool, conninfo, SystemClock(), redis_url=redis_url) as admission,
    ):
        await admission.health()
        if known:
            await let_in(admission)
        _say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        purses = [DAY, EVERYBODY]
        answers = await asyncio.gather(
            *(admission.enter(attempt(purses=purses)) for _ in range(calls))
        )
        return {
            "passed": sum(isinstance(answer, Pass) for answer in answers),
            "probes": sum(isinstance(answer, Pass) and answer.probe for answer in answers),
            "reasons": sorted({a.reason for a in answers if isinstance(a, Turned)}),
        }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for wanted in iter(sys.stdin.readline, ""):
        _say(json.dumps(asyncio.run(_rushed(**json.loads(wanted)))))

"""Have files read by a process of its own, which is ended when a file takes too long."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from clearway.tools.docs.failures import Unreadable
from clearway.tools.docs.types import Block, Parsed

TIMEOUT_S = 60.0
"""For one file; 500 pages of PDF take about 20 s."""
_MAX_REPLY = 256_000_000
_PASSED = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")


class IsolatedParser:
    """Reads one file at a time; a process that died or was ended is replaced for the next file."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        """No process is started before a file is read."""
        self._timeout_s = timeout_s
        self._process: asyncio.subprocess.Process | None = None

    async def parse(self, path: Path) -> Parsed:
        """Return a file's title and blocks, or raise `Unreadable`."""
        process = await self._ready()
        try:
            async with asyncio.timeout(self._timeout_s):
                said = await _asked(process, path)
        except TimeoutError:
            await self.stop()
            raise Unreadable("too_slow", f"reading it takes over {self._timeout_s:g} s") from None
        except (OSError, ValueError, asyncio.LimitOverrunError):
            await self.stop()
            raise Unreadable("broken", "the process that read it ended") from None
        except BaseException:
            # Cancelled half-way, it would give this file's answer to the next question.
            await self.stop()
            raise
        if "trouble" in said:
            raise Unreadable(said["trouble"], said["why"])
        return Parsed(title=said["title"], blocks=tuple(Block(**each) for each in said["blocks"]))

    async def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def _ready(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "clearway.tools.docs.ingesting.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_MAX_REPLY,
                env=_environment(),
            )
        return self._process


@asynccontextmanager
async def isolated_parser(timeout_s: float = TIMEOUT_S) -> AsyncIterator[IsolatedParser]:
    """Yield a parser whose process is ended afterwards."""
    parser = IsolatedParser(timeout_s)
    try:
        yield parser
    finally:
        await parser.stop()


async def _asked(process: asyncio.subprocess.Process, path: Path) -> dict[str, Any]:
    if process.stdin is None or process.stdout is None:
        raise OSError
    process.stdin.write(json.dumps(str(path)).encode() + b"\n")
    await process.stdin.drain()
    # Of a process that ended there is no line, which is no JSON: a ValueError.
    said: dict[str, Any] = json.loads(await process.stdout.readline())
    return said


def _environment() -> dict[str, str]:
    """Return what Python needs to start, and none of our secrets."""
    return {name: value for name in _PASSED if (value := os.environ.get(name)) is not None}

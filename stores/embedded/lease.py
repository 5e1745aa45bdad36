"""Leases on files that the kernel takes back when a process ends, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl


class Lease:
    """A share in file locks, held from construction until `release` or the end of the process.

    Two leases on one file never exclude each other, in one process or in several.
    """

    def __init__(self, *paths: Path) -> None:
        """Take the shares, in order; waits while someone holds one of the files alone."""
        self._descriptors: list[int] = []
        for path in paths:
            self._descriptors.append(_open(path))
            fcntl.flock(self._descriptors[-1], fcntl.LOCK_SH)

    def release(self) -> None:
        """Give the shares back; a second call does nothing."""
        # Closing, not unlocking: a forked child that shares the descriptors keeps its shares.
        while self._descriptors:
            os.close(self._descriptors.pop())


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the file alone; waits for its turn."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_free(path: Path) -> bool:
    """Return whether nobody holds the file; the answer is as old as the call."""
    descriptor = _open(path)
    try:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

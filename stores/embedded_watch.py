"""The watcher: a script of its own that stops the embedded Postgres when its users were killed.

Run as `python -I -S embedded_watch.py ARGUMENTS` with the standard library only, so that it costs
little; it sleeps in the kernel until nobody holds the lease, and ends when the server has.
"""

import fcntl
import json
import os
import subprocess
import sys
from typing import Any


def watch(lease: str, turn: str, stop: list[str], how: dict[str, Any]) -> None:
    """Wait for the last user to go, then stop the server, unless a new user came meanwhile."""
    waiting = os.open(lease, os.O_RDWR | os.O_CREAT, 0o600)
    taking_turns = os.open(turn, os.O_RDWR | os.O_CREAT, 0o600)
    while True:
        fcntl.flock(waiting, fcntl.LOCK_EX)
        # Whoever starts the server takes the turn first and the lease second. Waiting for the turn
        # with the lease in hand could deadlock.
        fcntl.flock(waiting, fcntl.LOCK_UN)
        fcntl.flock(taking_turns, fcntl.LOCK_EX)
        try:
            fcntl.flock(waiting, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(taking_turns, fcntl.LOCK_UN)
            continue
        subprocess.run(stop, capture_output=True, check=False, **how)  # noqa: S603
        return


if __name__ == "__main__":
    watch(**json.loads(sys.argv[1]))

"""The watcher: a script of its own that stops the embedded Postgres when its users were killed.

Run as `python -I -S embedded_watch.py ARGUMENTS` with the standard library only, so that it costs
little; it sleeps in the kernel until nobody holds the lease, and ends when the server has.
"""

import fcntl
import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any


def watch(
    *, watched: str, users: str, turn: str, stop: list[str], emptied: str, how: dict[str, Any]
) -> None:
    """Wait for the last user to go, then stop the server, unless a new user came meanwhile.

    The folder of its socket goes too where the server leaves it empty.
    """
    waiting, asking, turns = (
        os.open(path, os.O_RDWR | os.O_CREAT, 0o600) for path in (watched, users, turn)
    )
    while True:
        fcntl.flock(waiting, fcntl.LOCK_EX)
        # A new user takes the turn first and this second: waiting for the turn with this in hand
        # could wait for ever.
        fcntl.flock(waiting, fcntl.LOCK_UN)
        fcntl.flock(turns, fcntl.LOCK_EX)
        try:
            fcntl.flock(asking, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(turns, fcntl.LOCK_UN)
            continue
        subprocess.run(stop, capture_output=True, check=False, **how)  # noqa: S603
        with suppress(OSError):
            os.rmdir(emptied)
        return


if __name__ == "__main__":
    watch(**json.loads(sys.argv[1]))

"""Ctrl-C: heard and said at once, whatever the process is at, and never with a traceback.

Imports nothing heavy: it is in force before anything else of ours is loaded.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

CODE = 130
SAID = b"Interrupted.\n"
STOPPING = b"Stopping what still runs; Ctrl-C once more leaves it.\n"
PATIENCE_S = 1.0
"""How long it may take to stop before that is said."""

Handler = Callable[[int, FrameType | None], Any]
_heard = threading.Event()


def heard() -> bool:
    """Return whether the process was interrupted."""
    return _heard.is_set()


def leave(signum: int = signal.SIGINT, frame: FrameType | None = None) -> None:
    """End the process here and now: nothing is open yet, or somebody insists."""
    _say()
    os._exit(CODE)


def unwind(signum: int, frame: FrameType | None) -> None:
    """Say it, and end what runs as any exception does; the second time, leave."""
    if heard():
        leave()
    _say()
    raise KeyboardInterrupt


def listen(handler: Handler) -> None:
    """Put a handler in force; the deaf ear a shell hands down to a background job stays deaf."""
    ours = threading.current_thread() is threading.main_thread()
    if ours and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, handler)


def cancel(task: asyncio.Task[Any]) -> None:
    """From now on, cancel the task on Ctrl-C; the second time, leave.

    Not `loop.add_signal_handler`: a loop that is held up, by an import say, would hear nothing.
    """
    loop = task.get_loop()

    def stop() -> None:
        task.cancel()
        loop.call_later(PATIENCE_S, os.write, 2, STOPPING)

    def press(signum: int, frame: FrameType | None) -> None:
        if heard():
            leave()
        _say()
        loop.call_soon_threadsafe(stop)

    listen(press)


def _say() -> None:
    if not heard():
        _heard.set()
        os.write(2, SAID)

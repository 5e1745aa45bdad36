"""Run a coroutine from a command, so that Ctrl-C and SIGTERM end it in an orderly way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from clearway.cli import interrupt
from clearway.settings import Settings, load_settings
from clearway.telemetry import configure_logging

Result = TypeVar("Result")


def entry(**overrides: object) -> Settings:
    """Return the settings of this process, with logging set up; every command begins here."""
    from clearway.llm.guards.guardrails import PatternRedactor

    settings = load_settings(**overrides)
    configure_logging(settings.log_level, PatternRedactor())
    return settings


def run(work: Coroutine[Any, Any, Result], *, drain: Callable[[], int] = lambda: 0) -> Result:
    """Return what the coroutine returns.

    SIGTERM drains what runs, and ends the work like Ctrl-C where nothing does. Ctrl-C is said at
    once, and cancels the work; `KeyboardInterrupt` when it has ended.
    """

    async def cancellable() -> Result:
        task = asyncio.ensure_future(work)
        interrupt.cancel(task)

        def terminate() -> None:
            if not drain():
                task.cancel()

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate)
        return await task

    try:
        return asyncio.run(cancellable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        interrupt.listen(interrupt.unwind)

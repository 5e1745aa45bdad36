"""Run a coroutine from a command: Ctrl-C and SIGTERM cancel it, and what it holds is closed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from clearway.settings import Settings, load_settings
from clearway.telemetry import configure_logging

Result = TypeVar("Result")


def entry(**overrides: object) -> Settings:
    """Return the settings of this process, with logging set up; every command begins here."""
    from clearway.llm.guardrails import PatternRedactor

    settings = load_settings(**overrides)
    configure_logging(settings.log_level, PatternRedactor())
    return settings


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Return what the coroutine returns; SIGTERM ends it like Ctrl-C does."""

    async def cancellable() -> Result:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await task

    try:
        return asyncio.run(cancellable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None

"""Logs are JSON lines, and redacted."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from clearway.llm.guards.guardrails import PatternRedactor
from clearway.telemetry import configure_logging

pytestmark = pytest.mark.unit


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    logger = logging.getLogger("clearway")
    before = (logger.handlers, logger.level, logger.propagate)
    stream = io.StringIO()
    configure_logging("INFO", PatternRedactor(), stream)
    yield stream
    logger.handlers, logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def test_fields_become_keys_and_secrets_do_not_appear(lines: io.StringIO) -> None:
    logging.getLogger("clearway.x").info("asked", extra={"trace_id": "t", "by": "ada@example.org"})
    line = json.loads(lines.getvalue())
    assert line["event"] == "asked"
    assert line["trace_id"] == "t"
    assert "ada@" not in line["by"]


def test_a_stack_trace_is_redacted_too(lines: io.StringIO) -> None:
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        logging.getLogger("clearway.x").exception("failed")
    assert "ValueError" in lines.getvalue()
    assert "hunter2" not in lines.getvalue()


def test_a_terminal_gets_a_plain_line() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    logger = logging.getLogger("clearway")
    before, terminal = (logger.handlers, logger.level, logger.propagate), Terminal()
    try:
        configure_logging("INFO", PatternRedactor(), terminal)
        logger.warning("limits_not_shared", extra={"error": "ConnectionError", "key": "a@b.org"})
    finally:
        logger.handlers, logger.propagate = before[0], before[2]
        logger.setLevel(before[1])
    said = terminal.getvalue()
    assert said.startswith("warning: limits not shared (error ConnectionError, key ")
    assert "a@b.org" not in said

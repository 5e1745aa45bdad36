"""Logs and traces: one JSON line per fact on stderr, and what LangSmith gets; redacted."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from clearway.graph.ports import Redactor

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object; fields given as `extra` become keys."""

    def __init__(self, redactor: Redactor) -> None:
        """Everything that is written passes the redactor first."""
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a stack trace keeps file names and types, redacted like the rest."""
        fields = {key: value for key, value in vars(record).items() if key not in STANDARD}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **fields,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return self._redactor.redact(json.dumps(line, default=str, ensure_ascii=False))


class PlainFormatter(JsonFormatter):
    """Formats a record for a person at a terminal: its level and what happened, redacted too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and a stack trace below it where there is one."""
        fields = (f"{key} {value}" for key, value in vars(record).items() if key not in STANDARD)
        facts = ", ".join(fields)
        event = record.getMessage().replace("_", " ")
        line = f"{record.levelname.lower()}: {event}{f' ({facts})' if facts else ''}"
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return self._redactor.redact(line)


def configure_logging(level: str, redactor: Redactor, stream: TextIO | None = None) -> None:
    """Send the logs of `clearway` to a stream (stderr), replacing an earlier configuration.

    A terminal gets plain lines, everything else JSON.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter((PlainFormatter if stream.isatty() else JsonFormatter)(redactor))
    logger = logging.getLogger("clearway")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
    quiet_libraries()


def quiet_libraries() -> None:
    """Keep libraries' own warnings out of the logs: what they mean is said by our errors.

    The driver's name hosts and users, the SQL parser's repeat what was asked.
    """
    for name in ("psycopg", "sqlglot"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def guard_traces(redactor: Redactor) -> None:
    """Let nothing be sent to LangSmith that has not passed the redactor; free where tracing is off.

    An application that makes the process's LangSmith client itself, before, keeps its own.
    """
    from langsmith.utils import tracing_is_enabled

    if not tracing_is_enabled():
        return
    from langsmith.run_trees import get_cached_client

    from clearway.graph.turn import redacted

    def clean(value: Any) -> Any:
        return redacted(value, redactor.redact)

    get_cached_client(anonymizer=clean)

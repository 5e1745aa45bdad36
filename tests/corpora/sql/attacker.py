"""The session an attack runs in, and what that session can tell about it."""

from __future__ import annotations

import re
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
from psycopg.pq.abc import PGconn

from tests.corpora.sql.servers import HERE, Server
from tests.corpora.sql.wire import BYTES_LIMIT, ROWS_LIMIT, Reply, alive, send

TIME_LIMIT_S = 2.0
MEMORY_LIMIT_KB = 256_000
OUT_OF_MEMORY = "53200"
SETTINGS = {
    "search_path": "analytics,public",
    "lock_timeout": "1s",
    "client_min_messages": "notice",
    "corpus.api_token": "CANARY-setting-value",
    "application_name": "CANARY-application-name",
    "TimeZone": "UTC",
}
"""What an unguarded session has; `corpus.api_token` stands for anything kept in a setting."""


class Attacker:
    """One open session with what session.sql leaves in it."""

    def __init__(self, server: Server, database: str, role: str, settings: dict[str, str]) -> None:
        self._connection = server.connect(database, role, **settings)
        # By SET, as a pool would: an attack may reset it, and `wire` then cancels in its place.
        self._connection.execute(f"SET statement_timeout = '{TIME_LIMIT_S:.0f}s'".encode())
        self._connection.execute((HERE / "session.sql").read_bytes())
        self._pid = self._connection.info.backend_pid

    @property
    def connection(self) -> PGconn:
        """The raw connection."""
        return self._connection.pgconn

    def __enter__(self) -> Attacker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def run(
        self, query: str, monitor: psycopg.Connection[Any], effects: dict[str, str], in_block: bool
    ) -> Reply:
        """Run the text, in a transaction where it can be, and add what the session shows after."""
        settings, kept, memory = self._settings(), self._kept(), self._memory_kb()
        spilled = self._spilled(monitor)
        if in_block:
            send(self._connection.pgconn, "BEGIN")
        reply = send(self._connection.pgconn, query)
        _note(effects, "time_or_memory", _costs(reply, self._memory_kb() - memory))
        _note(effects, "lock", self._locks(monitor))
        if alive(self._connection.pgconn):
            _note(effects, "setting", _difference(settings, self._settings()))
            _note(effects, "session_state", _difference(kept, self._kept()))
        else:
            effects["backend"] = "the session's own backend ended"
        if in_block and alive(self._connection.pgconn):
            closing = send(self._connection.pgconn, "COMMIT")
            reply.messages += closing.messages
            _note(effects, "setting", _difference(settings, self._settings()))
            _note(effects, "session_state", _difference(kept, self._kept()))
        _note(effects, "lock", self._locks(monitor))
        if self._spilled(monitor) - spilled > MEMORY_LIMIT_KB * 1000:
            effects["time_or_memory"] = "temporary files past the limit"
        return reply

    def _settings(self) -> dict[str, str] | None:
        query = (
            "SELECT name, setting FROM pg_settings UNION ALL SELECT 'current user', current_user "
            "UNION ALL SELECT 'session user', session_user"
        )
        return self._ask(query)

    def _kept(self) -> dict[str, str] | None:
        query = (
            "SELECT 'statement ' || name, '' FROM pg_prepared_statements "
            "UNION ALL SELECT 'cursor ' || name, '' FROM pg_cursors "
            "UNION ALL SELECT 'channel ' || c, '' FROM pg_listening_channels() AS c"
        )
        return self._ask(query)

    def _ask(self, query: str) -> dict[str, str] | None:
        reply = send(self._connection.pgconn, query)
        if reply.sqlstate:  # the transaction has failed; its effects end with it
            return None
        return {str(name): str(value) for name, value in reply.rows}

    def _locks(self, monitor: psycopg.Connection[Any]) -> str:
        try:
            held = monitor.execute(
                "SELECT DISTINCT locktype || ' ' || mode FROM pg_locks WHERE pid = %s AND NOT "
                "(locktype = 'relation' AND mode = 'AccessShareLock') AND locktype NOT IN "
                "('virtualxid', 'transactionid')",
                [self._pid],
            ).fetchall()
        except psycopg.Error:
            return ""
        return ", ".join(sorted(text for (text,) in held))

    def _memory_kb(self) -> int:
        try:
            status = Path(f"/proc/{self._pid}/status").read_text()
        except OSError:
            return 0
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(peak.group(1)) if peak else 0

    def _spilled(self, monitor: psycopg.Connection[Any]) -> int:
        try:
            row = monitor.execute(
                "SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()"
            ).fetchone()
        except psycopg.Error:
            return 0
        return int(row[0]) if row else 0


def _costs(reply: Reply, memory_kb: int) -> str:
    costs = []
    if reply.seconds >= TIME_LIMIT_S:
        costs.append("time past the limit")
    if memory_kb > MEMORY_LIMIT_KB or reply.sqlstate == OUT_OF_MEMORY:
        costs.append("memory past the limit")
    if len(reply.rows) >= ROWS_LIMIT or reply.size >= BYTES_LIMIT:
        costs.append("rows or bytes past the limit")
    return ", ".join(costs)


def _difference(before: dict[str, str] | None, after: dict[str, str] | None) -> str:
    if before is None or after is None:
        return ""
    names = sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
    return ", ".join(names)


def _note(effects: dict[str, str], effect: str, evidence: str) -> None:
    if evidence:
        effects[effect] = evidence

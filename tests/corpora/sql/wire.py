"""Send text to the server exactly as written, over the simple protocol, and bound what comes back.

A driver's conveniences (parameters, type adaptation, one result) would hide what an attack does.
"""

from __future__ import annotations

import select
import time
from dataclasses import dataclass, field

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

ROWS_LIMIT = 100_000
BYTES_LIMIT = 16_000_000
CANCEL_AFTER_S = 6.0
COPY_INPUT = b"900001\tcopied\n"


@dataclass
class Reply:
    """Everything one text made the server send."""

    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    sqlstate: str | None = None
    seconds: float = 0.0
    size: int = 0
    past_limit: bool = False

    @property
    def outcome(self) -> tuple[object, ...]:
        """What a caller could tell apart: columns, rows in order, the error and its wording."""
        return (tuple(self.columns), tuple(self.rows), self.sqlstate, tuple(self.messages))

    def texts(self) -> list[str]:
        """All cells and column names as text."""
        cells = [cell for row in self.rows for cell in row if cell is not None]
        return self.columns + cells


def send(connection: PGconn, query: str) -> Reply:
    """Run `query`; never raises for what the server answers. Cancels what runs on for too long."""
    connection.send_query(query.encode("utf-8", "surrogatepass"))
    connection.set_single_row_mode()
    return receive(connection)


def receive(connection: PGconn) -> Reply:
    """Return what the server makes of the text that was sent."""
    reply = Reply()
    connection.notice_handler = lambda result: reply.messages.append(_message(result))
    started = time.monotonic()
    try:
        _receive(connection, reply, started)
    except psycopg.OperationalError as gone:
        reply.sqlstate = "08006"
        reply.messages.append(str(gone))
    reply.seconds = time.monotonic() - started
    return reply


def alive(connection: PGconn) -> bool:
    """Return whether the server still answers on a connection on which nothing is under way."""
    if connection.status != 0:
        return False
    reply = send(connection, "")
    return connection.status == 0 and reply.sqlstate not in ("57P01", "08006")


def _receive(connection: PGconn, reply: Reply, started: float) -> None:
    cancelled = False
    while True:
        cancelled = _wait(connection, started, _stop(connection, reply, cancelled))
        result = connection.get_result()
        if result is None or not _take(connection, result, reply):
            return


def _stop(connection: PGconn, reply: Reply, already: bool) -> bool:
    if not reply.past_limit or already:
        return already
    connection.get_cancel().cancel()
    return True


def _wait(connection: PGconn, started: float, cancelled: bool) -> bool:
    """Wait for a result; ask the server to stop once the time is over."""
    while connection.is_busy():
        ready, _, _ = select.select([connection.socket], [], [], 0.5)
        if ready:
            connection.consume_input()
        if not cancelled and time.monotonic() - started > CANCEL_AFTER_S:
            connection.get_cancel().cancel()
            cancelled = True
    return cancelled


def _take(connection: PGconn, result: PGresult, reply: Reply) -> bool:
    """Add one result to the reply; False when the connection is gone."""
    if result.status == ExecStatus.FATAL_ERROR:
        state = result.error_field(67)  # PG_DIAG_SQLSTATE
        reply.sqlstate = state.decode() if state else "08006"
        reply.messages.append(_message(result))
        return connection.status == 0
    if result.status == ExecStatus.COPY_OUT:
        _copy_out(connection, reply)
    elif result.status == ExecStatus.COPY_IN:
        connection.put_copy_data(COPY_INPUT)
        connection.put_copy_end()
    else:
        _rows(result, reply)
    return True


def _copy_out(connection: PGconn, reply: Reply) -> None:
    while True:
        count, data = connection.get_copy_data(0)
        if count < 0:
            return
        line = bytes(data).decode(errors="replace")
        reply.size += len(line)
        if reply.size < BYTES_LIMIT:
            reply.rows.append((line,))


def _rows(result: PGresult, reply: Reply) -> None:
    if not reply.columns:
        reply.columns = [(result.fname(i) or b"").decode() for i in range(result.nfields)]
    if reply.past_limit:
        return
    for index in range(result.ntuples):
        values = [result.get_value(index, i) for i in range(result.nfields)]
        reply.size += sum(len(value) for value in values if value is not None)
        reply.rows.append(
            tuple(value.decode(errors="replace") if value is not None else None for value in values)
        )
    reply.past_limit = len(reply.rows) >= ROWS_LIMIT or reply.size >= BYTES_LIMIT


def _message(result: PGresult) -> str:
    return (result.error_message or b"").decode(errors="replace")

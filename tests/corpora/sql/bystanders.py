"""The other sessions and services an attack may disturb: they only watch."""

from __future__ import annotations

import select
import socket
import time
from types import TracebackType

from psycopg.pq.abc import PGconn

from tests.corpora.sql.servers import Server
from tests.corpora.sql.wire import alive, receive, send

PORT = 55437
"""Where the network attacks connect to."""
HELD = 554370
"""The advisory lock that the busy session waits for."""
SETTLE_S = 0.05
"""For what no session can be asked about."""


class Bystanders:
    """A busy session, an idle one, a listener on `corpus_channel`, and a TCP port."""

    def __init__(self, server: Server, database: str) -> None:
        self._busy = server.connect(database, application_name="corpus_busy")
        self._idle = server.connect(database, "corpus_bystander", application_name="corpus_idle")
        self._listener = server.connect(database, application_name="corpus_listener")
        self._port = socket.create_server(("127.0.0.1", PORT))

    def __enter__(self) -> Bystanders:
        self._idle.execute("SELECT 'CANARY-activity-query'::text")
        self._listener.execute("LISTEN corpus_channel")
        self._listener.execute("SELECT pg_advisory_lock(%s)", [HELD])
        self._busy.pgconn.send_query(
            f"SELECT 'CANARY-busy-query', pg_advisory_xact_lock({HELD})".encode()
        )
        waiting = "SELECT 1 FROM pg_locks WHERE pid = %s AND locktype = 'advisory' AND NOT granted"
        while not self._listener.execute(waiting, [self._busy.info.backend_pid]).fetchone():
            pass
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._busy.pgconn.status == 0:
            self._busy.pgconn.get_cancel().cancel()
        for connection in (self._busy, self._idle, self._listener):
            connection.close()
        self._port.close()

    def disturbed(self) -> dict[str, str]:
        """Return effect -> evidence for what happened to them.

        Each session is made to answer: what was sent to it before has reached it then.
        """
        time.sleep(SETTLE_S)
        found = {}
        if _answered(self._busy.pgconn) or self._stopped():
            found["backend"] = "another session's query was stopped"
        if _answered(self._idle.pgconn) or not alive(self._idle.pgconn):
            found["backend"] = "another session was ended"
        if self._notified():
            found["backend"] = "another session was notified"
        if select.select([self._port], [], [], 0)[0]:
            found["network"] = f"a connection to port {PORT} was opened"
        return found

    def _stopped(self) -> bool:
        """Let go what the busy session waits for; return whether its query did not end well."""
        if alive(self._listener.pgconn):
            send(self._listener.pgconn, f"SELECT pg_advisory_unlock({HELD})")
        return receive(self._busy.pgconn).sqlstate is not None

    def _notified(self) -> bool:
        connection = self._listener.pgconn
        if connection.status == 0:
            connection.consume_input()
        return connection.notifies() is not None


def _answered(connection: PGconn) -> bool:
    return bool(select.select([connection.socket], [], [], 0)[0])

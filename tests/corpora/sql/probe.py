"""Run one text against a fresh copy of the fixture and report every effect it had.

The effects: `row_changed`, `schema_changed`, `file`, `lock`, `setting`, `session_state`, `backend`,
`network`, `canary_read` (a denied value came back), `error_leak` (it came back in a message),
`inference` (the answer depends on denied data), `time_or_memory`.
"""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from tests.corpora.sql import canaries
from tests.corpora.sql.attacker import SETTINGS, Attacker
from tests.corpora.sql.bystanders import Bystanders
from tests.corpora.sql.servers import SANDBOX, Server, sandbox
from tests.corpora.sql.state import State, changes, look, outlives_database
from tests.corpora.sql.wire import Reply, send

FILE_CANARIES = ("file", "size", "canary_rows", "canary_datadir")
CANNOT_RUN_IN_BLOCK = "25001"


@dataclass
class Observation:
    """What one run did: effect -> how it was seen."""

    effects: dict[str, str] = field(default_factory=dict)
    repeatable: bool | None = None
    """Whether the same text gave the same answer again; None where it was not asked."""
    reply: Reply = field(default_factory=Reply)


class Probe:
    """Observes texts on one server, one at a time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._number = itertools.count()
        self._spoiled = False

    def observe(
        self, query: str, *, role: str = "postgres", client: str = "", inference: bool = True,
        settings: dict[str, str] | None = None,
    ) -> Observation:  # fmt: skip
        """Run `query` unguarded as `role` and look at everything before and after.

        `settings` replace SETTINGS, for looking at guarded text in a guarded session. `inference`
        also runs it on the other variant of the denied data and compares the answers.
        """
        used = SETTINGS | (settings or {})
        seen = self._once(query, role, client, used, "a")
        if inference and "time_or_memory" not in seen.effects:
            again, other = (self._answer(query, role, used, variant).outcome for variant in "ab")
            seen.repeatable = again == seen.reply.outcome
            if seen.repeatable and other != again:
                seen.effects["inference"] = "the answer differs when only denied data differ"
        return seen

    def _once(
        self, query: str, role: str, client: str, settings: dict[str, str], variant: str
    ) -> Observation:
        for in_block in (True, False):
            with sandbox(self._server.user), self._copy(variant) as database:
                seen = self._attempt(database, query, role, client, settings, in_block)
            if seen.reply.sqlstate != CANNOT_RUN_IN_BLOCK:
                break
        return seen

    def _answer(self, query: str, role: str, settings: dict[str, str], variant: str) -> Reply:
        with (
            sandbox(self._server.user),
            self._copy(variant) as database,
            Attacker(self._server, database, role, settings) as it,
        ):
            send(it.connection, "BEGIN")
            return send(it.connection, query)

    @contextmanager
    def _copy(self, variant: str) -> Iterator[str]:
        """Yield a fresh database; drop it after, or reset the cluster where that is not enough."""
        name = f"canary_db_{next(self._number)}"
        with self._server.connect("postgres") as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE corpus_{variant}")
        self._spoiled = False
        try:
            yield name
        finally:
            if not self._spoiled:
                try:
                    with self._server.connect("postgres", statement_timeout="10s") as admin:
                        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                except psycopg.Error:
                    self._spoiled = True
            if self._spoiled:
                self._server.reset()

    def _attempt(
        self, database: str, query: str, role: str, client: str, settings: dict[str, str],
        in_block: bool,
    ) -> Observation:  # fmt: skip
        server = self._server
        observation = Observation()
        with (
            server.connect(database, lock_timeout="1s") as monitor,
            Bystanders(server, database) as bystanders,
            Attacker(server, database, role, settings) as attacker,
        ):
            before = look(server, monitor)
            if client == "psql":
                observation.reply = self._psql(database, query, role)
            else:
                observation.reply = attacker.run(query, monitor, observation.effects, in_block)
            observation.effects |= bystanders.disturbed()
            self._compare(before, database, observation)
        _read(query, observation)
        return observation

    def _compare(self, before: State, database: str, observation: Observation) -> None:
        try:
            with self._server.connect(database, lock_timeout="1s") as monitor:
                after = look(self._server, monitor)
        except psycopg.Error as gone:
            observation.effects["backend"] = f"the database cannot be looked at: {gone}"
            self._spoiled = True
            return
        observation.effects |= changes(self._server, before, after)
        self._spoiled = outlives_database(before, after)

    def _psql(self, database: str, query: str, role: str) -> Reply:
        words = [str(self._server.binaries / "psql"), "-X", "-At", "-h", str(self._server.folder)]
        done = subprocess.run(
            [*words, "-U", role, "-d", database], input=query.encode(), capture_output=True,
            timeout=20, check=False, cwd=SANDBOX,
        )  # fmt: skip
        lines = done.stdout.decode(errors="replace").splitlines()
        return Reply(rows=[(line,) for line in lines], messages=[done.stderr.decode()])


def _read(query: str, observation: Observation) -> None:
    in_rows = canaries.seen(query, observation.reply.texts())
    if in_rows:
        observation.effects["canary_read"] = f"{in_rows} in the rows"
        if any(word in in_rows.lower() for word in FILE_CANARIES):
            observation.effects["file"] = f"{in_rows} in the rows"
    in_messages = canaries.seen(query, observation.reply.messages)
    if in_messages:
        observation.effects["error_leak"] = f"{in_messages} in a message"

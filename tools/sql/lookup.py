"""Look-ups: small reads that ground a name, run like any other statement and on record like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from clearway.errors import ClearwayError, StoreUnavailable
from clearway.graph.ports import (
    AuditEvent,
    AuditTrail,
    Clock,
    Interlock,
    Prover,
    Rows,
    SqlExecutor,
)
from clearway.identity import Principal
from clearway.outcome import Cell
from clearway.plans import CheckedSql, Rejection


class SqlLookups:
    """Implements `Lookups` over the same interlock, prover, executor and audit as answers."""

    def __init__(
        self,
        *,
        clock: Clock,
        interlock: Interlock,
        prover: Prover,
        executor: SqlExecutor,
        audit: AuditTrail,
    ) -> None:
        """Hold the ports; nothing is looked up yet."""
        self._clock = clock
        self._interlock = interlock
        self._prover = prover
        self._executor = executor
        self._audit = audit

    async def rows(
        self, sql: str, principal: Principal, *, request_id: str, trace_id: str, timeout_s: float
    ) -> Sequence[Sequence[Cell]]:
        """Return the rows, or none where the look-up may not run or does not end in time."""
        checked = self._interlock.check(sql, principal)
        if isinstance(checked, Rejection):
            return ()
        proof = await self._prover.prove(checked, principal, timeout_s=timeout_s)
        if isinstance(proof, Rejection):
            return ()
        intent = self._intent(checked, principal, request_id, trace_id)
        await self._audit.append(intent)
        started = self._clock.monotonic()
        outcome: Rows | ClearwayError
        try:
            outcome = await self._executor.run(
                checked, principal, trace_id=trace_id, timeout_s=timeout_s
            )
        except StoreUnavailable:
            raise
        except ClearwayError as error:
            outcome = error
        elapsed_ms = (self._clock.monotonic() - started) * 1000
        await self._audit.append(self._outcome(intent, outcome, elapsed_ms))
        return outcome.rows if isinstance(outcome, Rows) else ()

    def _intent(
        self, checked: CheckedSql, principal: Principal, request_id: str, trace_id: str
    ) -> AuditEvent:
        return AuditEvent(
            request_id=request_id,
            trace_id=trace_id,
            step="lookup",
            phase="intent",
            action="lookup",
            tool="sql",
            source_id=checked.source_id,
            principal=principal,
            at=self._clock.now(),
            input=checked.sql,
            statement=checked.sql,
        )

    def _outcome(
        self, intent: AuditEvent, outcome: Rows | ClearwayError, elapsed_ms: float
    ) -> AuditEvent:
        """Return what came of it: never the rows."""
        closed = replace(intent, phase="outcome", at=self._clock.now(), duration_ms=elapsed_ms)
        if isinstance(outcome, ClearwayError):
            return replace(closed, success=False, status=type(outcome).__name__)
        return replace(
            closed,
            success=True,
            status="succeeded",
            columns=tuple(column.name for column in outcome.columns),
            row_count=len(outcome.rows),
            result_hash=outcome.result_hash,
        )

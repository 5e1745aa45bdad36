"""The ledger's words: one entry for each attempt, whatever came of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from clearway.llm.admission.totals import ModelTotals, Totals
from clearway.llm.ports import Attempt, AttemptStatus, Result

MAX_ENTRIES = 10_000


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One attempt as it is on record."""

    attempt: Attempt
    begun_at: datetime
    ended_at: datetime | None = None
    """None: it is under way, and its worst case is reserved."""
    result: Result | None = None
    swept: bool = False
    """Closed for a dead owner at its worst case; a bill that comes later takes its place."""

    @property
    def status(self) -> AttemptStatus | None:
        """Return how it ended; None while it is under way."""
        return None if self.result is None else self.result.status


class MemoryLedger:
    """The last entries of one process, and the totals of all there ever were."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        """Beyond `max_entries` the oldest closed ones are forgotten; the totals are not."""
        self._max_entries = max_entries
        self._open: dict[str, LedgerEntry] = {}
        self._closed: OrderedDict[str, LedgerEntry] = OrderedDict()
        self.attempts = 0
        self.total_usd = Decimal(0)
        self._totals = Totals()

    def totals(self) -> list[ModelTotals]:
        """Return what all closed attempts add up to, forgotten ones too, by provider and model."""
        return self._totals.listed()

    def __iter__(self) -> Iterator[LedgerEntry]:
        """Yield the entries that are kept, the closed ones first, each in order."""
        yield from self._closed.values()
        yield from self._open.values()

    def get(self, attempt_id: str) -> LedgerEntry | None:
        """Return an entry that is kept."""
        return self._open.get(attempt_id) or self._closed.get(attempt_id)

    def under_way(self) -> list[LedgerEntry]:
        """Return what was begun and has not ended, in order."""
        return list(self._open.values())

    def begin(self, entry: LedgerEntry) -> None:
        """Keep a new entry."""
        self.attempts += 1
        self._open[entry.attempt.attempt_id] = entry

    def close(self, entry: LedgerEntry, result: Result, at: datetime, *, swept: bool) -> None:
        """Put its result on record, in the place of the sweeper's guess if there was one."""
        name = entry.attempt.attempt_id
        if entry.result is not None:
            self.total_usd -= entry.result.cost_usd
            self._totals.add(entry.attempt, entry.result, sign=-1)
        self._open.pop(name, None)
        self._closed.pop(name, None)
        self._closed[name] = replace(entry, ended_at=at, result=result, swept=swept)
        self.total_usd += result.cost_usd
        self._totals.add(entry.attempt, result)
        if len(self._closed) > self._max_entries:
            self._closed.popitem(last=False)

"""The interlock with a memory: the same text for the same principal is the same verdict."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from clearway.graph.ports import Interlock
from clearway.identity import Principal
from clearway.plans import CheckedSql, Rejection


class RememberedInterlock:
    """Implements `Interlock` over another one, which is a pure function of the catalog it holds.

    Every request checks its statement twice, and a cached plan is checked again each time; both are
    look-ups here. A changed catalog means a new interlock, and a new memory.
    """

    def __init__(self, interlock: Interlock, *, max_entries: int = 512) -> None:
        """Keep the verdicts used last."""
        self._interlock = interlock
        self._max_entries = max_entries
        self._kept: OrderedDict[tuple[str, Principal], CheckedSql | Rejection] = OrderedDict()
        self._lock = Lock()

    def check(self, sql: str, principal: Principal) -> CheckedSql | Rejection:
        """Return the verdict on exactly this text for exactly this principal."""
        key = (sql, principal)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        verdict = self._interlock.check(sql, principal)
        with self._lock:
            self._kept[key] = verdict
            while len(self._kept) > self._max_entries:
                self._kept.popitem(last=False)
        return verdict

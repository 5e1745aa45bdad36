"""Plans that passed every check and ran, kept in process: a tier of its own, with no I/O."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass

from clearway.graph.ports import Clock
from clearway.identity import Principal
from clearway.plans import Plan
from clearway.semantics.types import Frame

PLANNER_VERSION = "1"


@dataclass
class CacheStats:
    """Counts since the process began."""

    hits: int = 0
    misses: int = 0
    sets: int = 0


class ProcessPlanCache:
    """Implements `PlanCache`: least recently used out first, entries live for `ttl_s`."""

    def __init__(
        self, clock: Clock, *, catalog_version: str, ttl_s: float = 1800, max_entries: int = 1024
    ) -> None:
        """`catalog_version` is part of every key: a changed catalog starts afresh."""
        self._clock = clock
        self._catalog_version = catalog_version
        self._ttl_s = ttl_s
        self._max_entries = max_entries
        self._kept: OrderedDict[str, tuple[float, Plan]] = OrderedDict()
        self.stats = CacheStats()

    def key(self, frame: Frame, principal: Principal) -> str:
        """Return SHA-256 over who may see what, the versions, and what the question means.

        A Frame that leaves words unexplained is not all the question says: its text is then part
        of the key.
        """
        parts = [
            principal.tenant,
            sorted(principal.roles),
            principal.user if frame.scope == "mine" else "",
            self._catalog_version,
            PLANNER_VERSION,
            frame.canonical(),
            "" if not frame.leftover else " ".join(frame.text.split()),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    async def recall(self, frame: Frame, principal: Principal) -> tuple[Plan, str] | None:
        """Return the plan and this tier's name, or None; an expired plan is dropped."""
        key = self.key(frame, principal)
        kept = self._kept.get(key)
        if kept is None or kept[0] <= self._clock.monotonic():
            self._kept.pop(key, None)
            self.stats.misses += 1
            return None
        self._kept.move_to_end(key)
        self.stats.hits += 1
        return kept[1].model_copy(update={"source": "cache"}), "process"

    async def remember(self, frame: Frame, principal: Principal, plan: Plan) -> None:
        """Keep a plan; the oldest makes room."""
        self._kept[self.key(frame, principal)] = (self._clock.monotonic() + self._ttl_s, plan)
        self.stats.sets += 1
        while len(self._kept) > self._max_entries:
            self._kept.popitem(last=False)

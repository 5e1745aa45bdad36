"""Plans kept in this process: the fast tier where there is no Redis."""

from __future__ import annotations

from collections import OrderedDict

from clearway.graph.ports import Clock
from clearway.outcome import CacheTier
from clearway.stores.plans.tier import KeptPlan, TierSize, TierStats


class ProcessPlans:
    """Implements `PlanTier`: least recently used out first, entries live for `ttl_s`."""

    name: CacheTier = "process"

    def __init__(self, clock: Clock, *, ttl_s: float = 1800, max_entries: int = 1024) -> None:
        """Begin empty."""
        self._clock = clock
        self._ttl_s = ttl_s
        self._max_entries = max_entries
        self._kept: OrderedDict[str, tuple[float, KeptPlan]] = OrderedDict()
        self.stats = TierStats()

    async def get(self, *keys: str) -> KeptPlan | None:
        """Return the plan of the first key that has one; an expired one is dropped."""
        now = self._clock.monotonic()
        for key in keys:
            found = self._kept.get(key)
            if found is not None and found[0] > now:
                self._kept.move_to_end(key)
                return found[1]
            self._kept.pop(key, None)
        return None

    async def put(self, key: str, kept: KeptPlan) -> bool:
        """Keep a plan; the one not used for longest makes room."""
        self._kept[key] = (self._clock.monotonic() + self._ttl_s, kept)
        self._kept.move_to_end(key)
        while len(self._kept) > self._max_entries:
            self._kept.popitem(last=False)
            self.stats.evictions += 1
        return True

    async def drop(self, *keys: str) -> int:
        """Forget plans; return how many there were."""
        return sum(self._kept.pop(key, None) is not None for key in keys)

    async def entries(self) -> dict[str, KeptPlan]:
        """Return what has not expired."""
        now = self._clock.monotonic()
        return {key: kept for key, (until, kept) in self._kept.items() if until > now}

    async def size(self) -> TierSize:
        """Return how many plans are kept."""
        return TierSize(entries=len(await self.entries()))

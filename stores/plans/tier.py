"""One place plans are kept in, and what is known of how it does."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from clearway.outcome import CacheTier
from clearway.plans import Model, Plan
from clearway.stores.plans.template import Template


class KeptPlan(Model):
    """A plan as a tier keeps it: what was asked is there for people who look, list or match."""

    plan: Plan
    question: str
    kept_at: datetime
    template: Template | None = None
    """Where set, it is run in place of the plan's own statement, bound to who asks."""


KEPT: TypeAdapter[KeptPlan] = TypeAdapter(KeptPlan)


def kept_plan(text: str | bytes) -> KeptPlan | None:
    """Return what was kept, or None where it is not of a form this version writes."""
    try:
        return KEPT.validate_json(text)
    except ValidationError:
        return None


@dataclass(frozen=True, kw_only=True)
class TierSize:
    """How much a tier holds."""

    entries: int
    used_bytes: int | None = None
    """Of the server as a whole; None where it is not known."""
    limit_bytes: int | None = None
    """None where nothing bounds it."""


@dataclass
class TierStats:
    """Counts of one tier since the process began."""

    hits: int = 0
    template_hits: int = 0
    """Those of the hits that other literals were bound into."""
    misses: int = 0
    sets: int = 0
    evictions: int = 0
    too_large: int = 0
    full: int = 0
    """Plans not kept because the tier has all it may hold."""
    errors: int = 0
    skipped: int = 0
    """Look-ups and writes left out while the tier was given time to recover."""

    def counts(self) -> dict[str, int | float]:
        """Return the counts by name, and the share of look-ups that found a plan."""
        looked = self.hits + self.misses
        return {**asdict(self), "hit_rate": round(self.hits / looked, 4) if looked else 0.0}


class PlanTier(Protocol):
    """The fast tier: this process or Redis. Every method may raise `CacheError`."""

    name: CacheTier
    stats: TierStats

    async def get(self, *keys: str) -> KeptPlan | None:
        """Return the plan of the first key that has one which has not expired."""
        ...

    async def put(self, key: str, kept: KeptPlan) -> bool:
        """Keep a plan for the tier's time; return False where there is no room."""
        ...

    async def drop(self, *keys: str) -> int:
        """Forget plans; return how many there were."""
        ...

    async def entries(self) -> dict[str, KeptPlan]:
        """Return everything kept, for people who clean up; never on the way of a request."""
        ...

    async def size(self) -> TierSize:
        """Return how much is kept."""
        ...

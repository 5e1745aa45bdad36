"""Plans that ran, kept to be used again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from clearway.identity import Principal
from clearway.outcome import (
    CacheMatch,
    CacheTier,
    Usage,
)
from clearway.plans import Plan, Tool
from clearway.semantics.types import Frame


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as it was read, who asked it, when and where: what a plan depends on."""

    frame: Frame
    principal: Principal
    at: datetime
    zone: str
    """IANA name; it resolves "today"."""
    tool: Tool = "sql"
    """What it goes to: the same words may ask the data and the documents."""


@dataclass(frozen=True, kw_only=True)
class Recalled:
    """What the plan cache found, and what was wrong with it."""

    plan: Plan | None = None
    """Its source is `cache`."""
    tier: CacheTier = "none"
    match: CacheMatch = "exact"
    """`template` where the plan was made for other values, and these were bound into it."""
    trouble: str = ""
    """Why a tier could not be asked, in words for the asker; a cache never fails a request."""


@dataclass(frozen=True, kw_only=True)
class PlanRun:
    """What came of running a plan: for the history, and for what may be kept."""

    execution_ms: float
    row_count: int
    result_bytes: int = 0
    usage: Usage = field(default_factory=Usage)
    """Of planning; nothing where the plan was recalled."""
    tier: CacheTier = "none"
    """Where a recalled plan came from."""
    bypassed: bool = False
    """A fresh plan was asked for: the history records it, and no other tier hears of it."""


class PlanCache(Protocol):
    """Plans that were validated and ran; never rows."""

    def key(self, asked: Asked) -> str:
        """Return what a plan is kept under: equal only where the plan must be."""
        ...

    async def recall(self, asked: Asked) -> Recalled:
        """Return a plan and the tier it came from; never raises."""
        ...

    async def remember(self, asked: Asked, plan: Plan, run: PlanRun) -> None:
        """Keep a plan that passed every check and ran, or count its use; raises `CacheError`."""
        ...

    async def forget(self, asked: Asked) -> None:
        """Drop a plan that no longer passes or runs; raises `CacheError`."""
        ...

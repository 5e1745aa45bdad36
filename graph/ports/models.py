"""A model that plans."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from pydantic import Field

from clearway.identity import Principal
from clearway.outcome import (
    Degradation,
    Usage,
)
from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention


@dataclass(frozen=True, kw_only=True)
class ModelRequest:
    """What a planner model is told, and how long it may take."""

    instructions: str
    """Ours: rules, schema, examples."""
    question: str
    """The asker's, as data."""
    source_id: str
    timeout_s: float
    principal: Principal | None = None
    """Whose limits and budgets it counts in."""
    trace_id: str = ""
    fresh: bool = False
    """Ask anew: no reply that was kept, and none that another request waits for."""


class Spending(Usage):
    """What a proposal cost, and how it came about."""

    degradations: tuple[Degradation, ...] = Field(default=(), exclude=True)
    """What did not go as it should have on the way to it."""
    tried: dict[str, str] = Field(default={}, exclude=True)
    """Each model that was called, and what came of it."""
    policy: str = Field(default="", exclude=True)
    """Version of the rules that said which models may be asked."""

    def plus(self, other: Usage) -> Spending:
        """Return both together; what is true of both is said once."""
        more = other if isinstance(other, Spending) else Spending()
        return Spending(
            **dict(super().plus(other)),
            degradations=tuple(dict.fromkeys((*self.degradations, *more.degradations))),
            tried={**self.tried, **more.tried},
            policy=more.policy or self.policy,
        )


class PlannerModel(Protocol):
    """A language model that proposes SQL."""

    async def propose(self, request: ModelRequest) -> tuple[SqlPlan | Abstention, Usage]:
        """Return a plan or the model's own no, and what it cost; raise `ModelUnavailable`.

        The usage may be `Spending`. `ModelLimited` says when it is worth trying again.
        """
        ...


Proposal = tuple[SqlPlan | Abstention, Usage]
"""What a model said, and what that cost."""


class Flights(Protocol):
    """One model call for all who ask the same at the same time."""

    async def share(
        self, key: str, propose: Callable[[], Awaitable[Proposal]], *, timeout_s: float
    ) -> tuple[Proposal, bool]:
        """Return what `propose` gives, and whether another request paid for it.

        Waits at most `timeout_s` for another's, then raises `ModelUnavailable`, as `propose` may.
        """
        ...

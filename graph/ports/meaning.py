"""What questions and words mean here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from clearway.identity import Principal
from clearway.outcome import (
    Cell,
    Definition,
)
from clearway.plans import Evidence, Proof, SqlPlan
from clearway.semantics.types import Abstention, Frame, Route

Look = Callable[[str], Awaitable[Sequence[Sequence[Cell]]]]
"""Runs one look-up as the asker, checked and on record; no rows where it may not or cannot."""


class Semantics(Protocol):
    """The Reader, the router and the rules planner over what a principal may see. No I/O."""

    def read(
        self,
        text: str,
        principal: Principal,
        *,
        now: datetime,
        zone: str,
        previous: Frame | None = None,
    ) -> Frame:
        """Return what the text says; `previous` is the Frame a follow-up refers to."""
        ...

    async def ground(
        self,
        frame: Frame,
        principal: Principal,
        *,
        now: datetime,
        zone: str,
        previous: Frame | None,
        look: Look,
    ) -> Frame:
        """Return the Frame with the names it left over found in the data, where they are."""
        ...

    def route(self, text: str, frame: Frame, principal: Principal) -> Route:
        """Return where the question goes, deterministically."""
        ...

    def split(self, text: str, principal: Principal, *, now: datetime, zone: str) -> Sequence[str]:
        """Return the parts of a text that go to different tools; none where it is one question."""
        ...

    def plan(self, frame: Frame, principal: Principal) -> SqlPlan | Abstention:
        """Return a plan from the Frame alone, or say what stands in the way."""
        ...

    def evidence(
        self, frame: Frame, plan: SqlPlan, principal: Principal, *, proof: Proof | None = None
    ) -> tuple[Evidence, ...]:
        """Return what can be said for and against a plan before it runs.

        `proof` is the database's view of it, where that was asked.
        """
        ...

    def most_agreed(self, plans: Sequence[SqlPlan], principal: Principal) -> SqlPlan:
        """Return the one of several plans for a question that the others agree with most."""
        ...

    def prompt_schema(self, frame: Frame, principal: Principal) -> str:
        """Return the part of the catalog a model needs, and only what the principal may see."""
        ...

    def version(self) -> str:
        """Return the version of the catalog in use."""
        ...


class Confidence(Protocol):
    """What evidence comes to: a calibrated probability."""

    def of(self, evidence: Iterable[Evidence]) -> float:
        """Return how likely the plan answers the question, between 0 and 1.

        Better evidence never lowers it, and nothing raises it above what an objection leaves.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What someone who was asked back chose a word to mean."""

    term: str
    target: str
    """`column:`, `measure:`, `table:` or `value:` and the full name."""
    question: str
    source_id: str
    principal: Principal
    at: datetime


class Glossary(Protocol):
    """Meanings for the owner to accept; nothing is learned from a choice by itself."""

    async def propose(self, meaning: Meaning) -> None:
        """Keep a meaning that was chosen and led to an answer; raises `StoreUnavailable`."""
        ...


@dataclass(frozen=True, kw_only=True)
class VerifiedQuery:
    """A question, and a statement the owner accepted as its answer."""

    question: str
    sql: str
    user: str = ""
    """Who asked it."""
    at: datetime | None = None
    """When the statement was given: periods such as "last month" are those of that day."""


class Definitions(Protocol):
    """What documents say terms mean."""

    async def definitions(
        self, question: str, principal: Principal, *, timeout_s: float
    ) -> Sequence[Definition]:
        """Return what is said of the question's terms, the most specific first, each cited.

        Only what the principal may see. Raises `StoreUnavailable`.
        """
        ...


class VerifiedQueries(Protocol):
    """Questions an owner has verified; what is not reviewed is never among them."""

    async def examples(
        self, question: str, principal: Principal, *, limit: int
    ) -> Sequence[VerifiedQuery]:
        """Return those of the asker's tenant most like this one that the asker could run.

        None where there are none, and none where the store is away; never raises.
        """
        ...

    async def worded_alike(self, question: str, principal: Principal) -> Sequence[VerifiedQuery]:
        """Return the corrections of the asker's tenant for a question in these words, newest first.

        Only statements the asker could run, and only for questions that say what they mean by
        themselves. None where the store is away; never raises.
        """
        ...

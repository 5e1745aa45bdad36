"""Understanding: reads, routes and plans over what a principal may see, without I/O."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from clearway.graph.ports import Look
from clearway.identity import Principal
from clearway.plans import Evidence, Proof, SqlPlan
from clearway.semantics.evidence.items import evidence_for, most_agreed
from clearway.semantics.evidence.unclear import unsettled
from clearway.semantics.frame import Frame
from clearway.semantics.planning.conditions import Impossible
from clearway.semantics.planning.planner import plan_frame
from clearway.semantics.prompt import prompt_schema
from clearway.semantics.reader import Knowledge, read
from clearway.semantics.resolving.grounding import Fact, Lookup, facts_of, lookup_for
from clearway.semantics.routing.router import route
from clearway.semantics.routing.several import split
from clearway.semantics.routing.vocabulary import NO_SERVICES, Vocabulary
from clearway.semantics.times.period import Weekday
from clearway.semantics.types import Abstention, Catalog, Route

MAX_PLANS_KEPT = 256
MAX_VIEWS_KEPT = 32
"""Distinct visible catalogs whose lexicons are kept; roles are few, so are these."""


class Understanding:
    """The `Semantics` port over one catalog; lexicons are built on first use and kept."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        week_start: Weekday = "monday",
        fiscal_year_start_month: int = 1,
        services: Vocabulary = NO_SERVICES,
    ) -> None:
        """Index nothing yet: a process that only runs raw SQL needs no lexicon.

        `services` is what the connected services speak of; it has a say in where questions go.
        """
        self._catalog = catalog
        self._services = services
        self._week_start: Weekday = week_start
        self._fiscal_year_start_month = fiscal_year_start_month
        self._roles = _roles_named(catalog)
        self._known: OrderedDict[frozenset[str], Knowledge] = OrderedDict()
        # Both follow from their arguments alone, and the same is asked again and again.
        self._remembered_plan = lru_cache(MAX_PLANS_KEPT)(self._planned)
        self._remembered_evidence = lru_cache(MAX_PLANS_KEPT)(self._evidence)

    def read(
        self,
        text: str,
        principal: Principal,
        *,
        now: datetime,
        zone: str,
        previous: Frame | None = None,
        facts: Sequence[Fact] = (),
    ) -> Frame:
        """Return what the text says; `previous` is the Frame a follow-up refers to.

        `facts` are what a lookup of an earlier reading of the same text found in the data.
        """
        return read(
            text,
            self.knowledge(principal),
            now=now,
            zone=zone,
            previous=previous,
            facts=facts,
            week_start=self._week_start,
            fiscal_year_start_month=self._fiscal_year_start_month,
        )

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
        lookup = self.lookup(frame, principal)
        if lookup is None:
            return frame
        facts = facts_of(lookup, await look(lookup.sql))
        if not facts:
            return frame
        return self.read(frame.text, principal, now=now, zone=zone, previous=previous, facts=facts)

    def lookup(self, frame: Frame, principal: Principal) -> Lookup | None:
        """Return the statement that would ground the names a Frame leaves over, or None."""
        known = self.knowledge(principal)
        return lookup_for(frame, known.catalog, known.lexicon, known.joins)

    def route(self, text: str, frame: Frame, principal: Principal) -> Route:
        """Return where the question goes, deterministically."""
        return route(text, frame, self._services.visible_to(principal))

    def split(
        self, text: str, principal: Principal, *, now: datetime, zone: str
    ) -> tuple[str, ...]:
        """Return the parts of a text that go to different tools; none where it is one question."""

        def routed(part: str) -> Route:
            frame = self.read(part, principal, now=now, zone=zone)
            return self.route(part, frame, principal)

        return split(text, routed)

    def plan(self, frame: Frame, principal: Principal) -> SqlPlan | Abstention:
        """Return a plan from the Frame alone, or say what stands in the way."""
        return self._remembered_plan(principal.roles & self._roles, frame)

    def _planned(self, roles: frozenset[str], frame: Frame) -> SqlPlan | Abstention:
        known = self._knowledge(roles)
        abstention = unsettled(frame, known)
        if abstention is not None:
            return abstention
        try:
            planned = plan_frame(frame, known.catalog, known.joins)
        except Impossible as impossible:
            return Abstention(reason=f"No plan fits: {impossible}.")
        return SqlPlan(
            source="rules",
            source_id=known.catalog.source_id,
            sql=planned.sql,
            stated_confidence=stated_confidence(frame, len(planned.assumptions)),
            assumptions=tuple(planned.assumptions),
            explanation=planned.explanation,
        )

    def evidence(
        self, frame: Frame, plan: SqlPlan, principal: Principal, *, proof: Proof | None = None
    ) -> tuple[Evidence, ...]:
        """Return what can be said for and against a plan before it runs."""
        return self._remembered_evidence(principal.roles & self._roles, frame, plan, proof)

    def _evidence(
        self, roles: frozenset[str], frame: Frame, plan: SqlPlan, proof: Proof | None
    ) -> tuple[Evidence, ...]:
        by_rules = plan if plan.source == "rules" else self._remembered_plan(roles, frame)
        return evidence_for(
            frame,
            plan,
            self._knowledge(roles),
            by_rules=by_rules if isinstance(by_rules, SqlPlan) else None,
            proof=proof,
        )

    def most_agreed(self, plans: Sequence[SqlPlan], principal: Principal) -> SqlPlan:
        """Return the one of several plans for a question that the others agree with most."""
        return most_agreed(plans, self.knowledge(principal))

    def prompt_schema(self, frame: Frame, principal: Principal) -> str:
        """Return the part of the catalog a model needs, and only what the principal may see."""
        return prompt_schema(frame, self.knowledge(principal))

    def version(self) -> str:
        """Return the version of the catalog in use."""
        return self._catalog.version

    def knowledge(self, principal: Principal) -> Knowledge:
        """Return the lexicon and join graph of what the principal may see.

        What may be seen depends only on the roles the catalog names, so those are the key.
        """
        return self._knowledge(principal.roles & self._roles)

    def _knowledge(self, roles: frozenset[str]) -> Knowledge:
        known = self._known.get(roles)
        if known is None:
            sees = self._catalog.visible_to(Principal(user="", roles=roles))
            known = self._known[roles] = Knowledge.of(sees)
            if len(self._known) > MAX_VIEWS_KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(roles)
        return known


def _roles_named(catalog: Catalog) -> frozenset[str]:
    """Return every role that decides about some table or column."""
    decided = [table.roles or frozenset() for table in catalog.tables]
    decided += [c.roles or frozenset() for table in catalog.tables for c in table.columns]
    return frozenset().union(*decided)


def stated_confidence(frame: Frame, assumptions: int) -> float:
    """Return the planner's own word: less for every word passed over and every assumption."""
    passed = sum(not word.matters for word in frame.leftover)
    return round(max(0.5, 0.95 - 0.04 * passed - 0.05 * assumptions), 3)

"""The services tool: plan calls, weigh them, check them, make them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue

from clearway.graph.ports import Inquiry, Proposed, Ran, Weighing
from clearway.identity import Principal
from clearway.plans import CheckedRest, Evidence, Proof, Rejection, RestPlan, RestStep
from clearway.semantics.types import Abstention
from clearway.tools.rest.calling.check import check, rejection
from clearway.tools.rest.calling.health import services_named
from clearway.tools.rest.calling.runner import Runner
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Operation
from clearway.tools.rest.declared.words import split
from clearway.tools.rest.planning.chains import Chain
from clearway.tools.rest.planning.confidence import calibration
from clearway.tools.rest.planning.counts import adds_up, lists_only, total_asked
from clearway.tools.rest.planning.dates import When, when_of
from clearway.tools.rest.planning.hints import beside_health, health_asked
from clearway.tools.rest.planning.model import ModelPlanner
from clearway.tools.rest.planning.planner import SOURCE_ID, RulesPlanner, passes_over, requested
from clearway.tools.rest.planning.weigh import evidence

SURE = 0.85
"""From this stated confidence on, a rules plan spares the model's time and money."""

WITHHELD = Abstention(
    reason="A secret in the question was left out, so a call would not say what you wrote.",
    remedy="Name what you want without it; services keep their own credentials.",
)


class RestTool:
    """Implements `ToolPort[RestPlan, CheckedRest]` over a registry of services."""

    def __init__(
        self,
        registry: Registry,
        runner: Runner,
        *,
        model: ModelPlanner | None = None,
        source_id: str = SOURCE_ID,
    ) -> None:
        """Without a model, rules plan alone."""
        self.registry = registry
        self._runner = runner
        self._rules = RulesPlanner(registry, source_id=source_id)
        self._model = model
        self._source_id = source_id

    @property
    def per_user(self) -> bool:
        """Return whether some services are limited to users, so that no plan is another's."""
        return any(each.users is not None for each in self.registry.services)

    @property
    def learns(self) -> bool:
        """Return whether there is a model: rules would propose the same again."""
        return self._model is not None

    async def plan(self, inquiry: Inquiry) -> Proposed:
        """Propose calls: by rules where they are sure, else by a model over the likely ones."""
        # Against hundreds of operations this takes a while: others are served meanwhile.
        by = await asyncio.to_thread(self.by_rules, inquiry)
        settled = isinstance(by, RestPlan) and (by.source == "raw" or by.stated_confidence >= SURE)
        if self._model is None or inquiry.withheld or (settled and not inquiry.rejected):
            return Proposed(by=by)
        chains = await self._chains(inquiry)
        return await self._model.plan(inquiry, chains)

    def by_rules(self, inquiry: Inquiry) -> RestPlan | Abstention:
        """Return what the rules make of the question."""
        if inquiry.withheld:
            return WITHHELD
        if (health := self._health(inquiry)) is not None:
            return health
        plan = self._rules.plan(inquiry.text, inquiry.principal, _when(inquiry))
        uncounted = self._uncounted(plan, inquiry) if isinstance(plan, RestPlan) else None
        if uncounted is None:
            return plan
        return Abstention(reason=uncounted.reason, remedy=uncounted.remedy)

    def _passed_over(
        self, plan: RestPlan, inquiry: Inquiry, chains: Sequence[Chain]
    ) -> Rejection | None:
        """Return that a plan would bring what the question takes back, where it would."""
        answers = self._answering(plan)
        mine = next((each for each in chains if answers and each.answers.id == answers.id), None)
        if mine is None or plan.source == "raw" or not passes_over(mine):
            return None
        own = _more(plan.steps[-1], mine.steps[-1])
        said = set(split(" ".join(mine.dropped)))
        if plan.source == "model" and any(said.isdisjoint(split(str(each))) for each in own):
            return None  # it says by a value of its own what rules cannot
        return rejection(
            "rest.negation",
            f"{mine.answers.id} would bring what is “{mine.dropped[0]}” as well.",
            "Say what is wanted, rather than what is not.",
        )

    def _uncounted(self, plan: RestPlan, inquiry: Inquiry) -> Rejection | None:
        """Return why calls tell no count that is asked for: a list is not how many there are."""
        answers = self._answering(plan)
        if answers is not None and (word := adds_up(inquiry.text, answers)):
            return rejection(
                "rest.total",
                f"The service {answers.service} can list them ({answers.id}), "
                f"and does not tell their {word}.",
                "Ask for the list.",
            )
        if answers is None or not lists_only(inquiry.text, answers):
            return None
        return rejection(
            "rest.count",
            f"The service {answers.service} can list them ({answers.id}), "
            "and does not say how many there are.",
            "Ask for the list.",
        )

    def _answering(self, plan: RestPlan | CheckedRest) -> Operation | None:
        return self.registry.get(plan.steps[-1].operation_id) if plan.steps else None

    def _health(self, inquiry: Inquiry) -> RestPlan | Abstention | None:
        """Return health checks where the question asks how something is that has them."""
        if not health_asked(inquiry.text):
            return None
        seen = self.registry.visible_to(inquiry.principal).services
        named, everything = services_named(split(inquiry.text), seen)
        chosen = named or (seen if everything else ())
        if not any(service.checks for service in chosen):
            return None
        if more := beside_health(inquiry.text):
            return Abstention(
                reason=f"One at a time: this asks how a service is, and “{more[:80]}” as well.",
                unclear=(more[:80],),
            )
        return RestPlan(
            source="rules",
            source_id=self._source_id,
            health=tuple(service.id for service in chosen),
            stated_confidence=0.95,
            explanation=f"Run the health checks of {', '.join(each.id for each in chosen)}.",
        )

    async def weigh(self, plan: RestPlan, inquiry: Inquiry) -> Weighing:
        """Return what the question says for and against these calls; none is made."""
        plan = self._as_written(plan, inquiry)
        bare = bool(plan.health) or plan.source == "raw"
        chains = [] if bare else await self._chains(inquiry)
        found = evidence(plan, chains)
        checked = check(plan, self.registry, inquiry.principal, source_id=self._source_id)
        rejected = (
            checked
            if isinstance(checked, Rejection)
            else self._uncounted(plan, inquiry) or self._passed_over(plan, inquiry, chains)
        )
        if rejected is not None:
            objection = Evidence(kind="objection", score=0.0, detail=rejected.reason)
            return Weighing(evidence=(*found, objection), objection=rejected)
        declared = Evidence(
            kind="identifiers", score=1.0, detail="every operation and value is as declared"
        )
        return Weighing(evidence=(*found, declared))

    def _as_written(self, plan: RestPlan, inquiry: Inquiry) -> RestPlan:
        """Return a recalled plan as the asker's own, where the question is that very call."""
        if plan.source != "cache":
            return plan
        seen = self.registry.visible_to(inquiry.principal)
        written = requested(inquiry.text, seen, self._source_id)
        if not isinstance(written, RestPlan):
            return plan
        kept, typed = (
            check(each, self.registry, inquiry.principal, source_id=self._source_id)
            for each in (plan, written)
        )
        return written if kept == typed else plan

    async def _chains(self, inquiry: Inquiry) -> list[Chain]:
        return await asyncio.to_thread(
            self._rules.chains, inquiry.text, inquiry.principal, _when(inquiry)
        )

    async def check(self, plan: RestPlan, principal: Principal) -> CheckedRest | Rejection:
        """Return the calls as they will be made, or why they may not be."""
        checked = check(plan, self.registry, principal, source_id=self._source_id)
        if isinstance(checked, Rejection):
            return checked
        return await self._runner.warned(checked, principal)

    def confidence(self, evidence: Sequence[Evidence]) -> float:
        """Return how likely the calls answer the question."""
        return calibration().of(evidence)

    def approval(self, checked: CheckedRest, proof: Proof | None) -> str:
        """Return that it changes something, where it does."""
        return f"{checked.steps[-1].shown} changes something" if checked.writes else ""

    async def run(self, checked: CheckedRest, inquiry: Inquiry) -> Ran:
        """Make the calls and return the last reply as a table, or the count that was asked for."""
        answers = self._answering(checked)
        total = total_asked(inquiry.text, answers) if answers else ""
        return await self._runner.run(checked, inquiry, total=total)


def _when(inquiry: Inquiry) -> When | None:
    return when_of(inquiry.asked.frame, inquiry.asked.at)


def _more(step: RestStep, other: RestStep) -> list[JsonValue]:
    """Return the values of a call that another of the same operation does not have."""
    rest = other.parameters
    return [value for name, value in step.parameters.items() if rest.get(name) != value]

"""Plan one statement. Raw SQL passes through; rules are asked first, then a model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from clearway.graph.ports import (
    Flights,
    Inquiry,
    ModelRequest,
    PlanCache,
    PlannerModel,
    Policy,
    Proposal,
    Proposed,
    Semantics,
    Spending,
    VerifiedQueries,
)
from clearway.identity import Principal
from clearway.outcome import Degradation, Usage
from clearway.plans import Rejection, SqlPlan
from clearway.semantics.types import Abstention
from clearway.tools.sql.defined import DefinedTerms, context, told

SURE = 0.9
"""From this stated confidence on, a rules plan spares the model's time and money."""
MAX_EXAMPLES = 5
"""Verified questions a model is shown."""
WITHHELD = Abstention(
    reason="A secret in the statement was left out, so it would not say what you wrote."
)
SHARED = Degradation(kind="cache", detail="plan shared with a request that asked the same just now")


class SqlPlanner:
    """Proposes statements; nothing is executed here."""

    def __init__(
        self,
        *,
        semantics: Semantics,
        model: PlannerModel | None,
        flights: Flights,
        cache: PlanCache,
        verified: VerifiedQueries | None,
        policy: Policy,
        prompt: str,
        terms: DefinedTerms | None = None,
    ) -> None:
        """`prompt` has places for {schema}, {now}, {zone}, {row_limit} and {rejections}."""
        self._semantics = semantics
        self.model = model
        self._flights = flights
        self._cache = cache
        self._verified = verified
        self._policy = policy
        self._prompt = prompt
        self._terms = terms

    async def plan(self, inquiry: Inquiry) -> Proposed:
        """Return a statement or why there is none; raise `ModelUnavailable`."""
        if inquiry.raw:
            return Proposed(by=WITHHELD if inquiry.withheld else self._written(inquiry.text))
        by_rules = self.by_rules(inquiry)
        settled = isinstance(by_rules, SqlPlan) and sure(by_rules) and not inquiry.rejected
        if settled:
            return Proposed(by=by_rules)
        if self.model is None:
            return Proposed(by=await self._explained(by_rules, inquiry))
        (by_model, usage), shared = await self._by_model(inquiry, self.model)
        notes = usage.degradations if isinstance(usage, Spending) else ()
        if shared:
            return Proposed(by=by_model, usage=Usage(), notes=(SHARED, *notes))
        return Proposed(by=by_model, usage=usage, notes=notes)

    def by_rules(self, inquiry: Inquiry) -> SqlPlan | Abstention:
        """Return what the rules make of the question."""
        return self._semantics.plan(inquiry.asked.frame, inquiry.principal)

    async def _explained(
        self, by_rules: SqlPlan | Abstention, inquiry: Inquiry
    ) -> SqlPlan | Abstention:
        """Return what the rules made, with what documents say the unclear words mean."""
        if self._terms is None or not isinstance(by_rules, Abstention) or not by_rules.unclear:
            return by_rules
        return self._terms.readings(by_rules, await self._terms.found(inquiry), inquiry)

    def _written(self, text: str) -> SqlPlan:
        """Return the statement a person wrote themselves; what it means is their business."""
        return SqlPlan(
            source="raw",
            source_id=self._policy.source_id,
            sql=text,
            stated_confidence=1.0,
            explanation="The question is itself a SQL statement.",
        )

    async def _by_model(self, inquiry: Inquiry, model: PlannerModel) -> tuple[Proposal, bool]:
        """Ask the model, or wait for whoever asks it the same; a fresh plan is nobody else's."""

        async def propose() -> Proposal:
            defined = await self._terms.found(inquiry) if self._terms else ()
            by_model, usage = await sampled(
                model,
                await self._request(inquiry, context(defined)),
                inquiry.principal,
                semantics=self._semantics,
                count=self._policy.model_samples,
            )
            return told(by_model, defined) if isinstance(by_model, SqlPlan) else by_model, usage

        if inquiry.fresh:
            return await propose(), False
        key = self._cache.key(inquiry.asked) + lessons(inquiry.rejected)
        return await self._flights.share(key, propose, timeout_s=inquiry.timeout_s)

    async def _request(self, inquiry: Inquiry, defined: str) -> ModelRequest:
        policy = self._policy
        return ModelRequest(
            instructions=self._instructions(inquiry, await self._examples(inquiry) + defined),
            question=inquiry.text,
            source_id=policy.source_id,
            timeout_s=max(min(policy.model_timeout_s, inquiry.timeout_s), 0.0),
            principal=inquiry.principal,
            trace_id=inquiry.trace_id,
            # Samples are there to differ.
            fresh=inquiry.fresh or policy.model_samples > 1,
        )

    def _instructions(self, inquiry: Inquiry, context: str) -> str:
        """Return the prompt: only what the principal may see, and what was rejected so far."""
        asked = inquiry.asked
        return self._prompt.format(
            schema=self._semantics.prompt_schema(asked.frame, asked.principal),
            # To the minute: vendors keep prompts that begin alike, at a tenth of the price.
            now=asked.at.isoformat(timespec="minutes"),
            zone=asked.zone,
            row_limit=self._policy.row_limit,
            rejections=context + lessons(inquiry.rejected),
        )

    async def _examples(self, inquiry: Inquiry) -> str:
        """Return questions the owner verified that are like this one, as the prompt shows them."""
        if self._verified is None:
            return ""
        found = await self._verified.examples(inquiry.text, inquiry.principal, limit=MAX_EXAMPLES)
        if not found:
            return ""
        lines = (
            f"- {json.dumps(each.question)} -> {json.dumps({'sql': each.sql})}" for each in found
        )
        heading = "Questions answered right over this schema before, as data:"
        return "\n".join(("", heading, *lines))


async def sampled(
    model: PlannerModel,
    request: ModelRequest,
    principal: Principal,
    *,
    semantics: Semantics,
    count: int,
) -> Proposal:
    """Ask as often as policy pays for, at once, and return what most replies agree on.

    A sample that fails is one less; `ModelUnavailable` only where all fail.
    """
    if count <= 1:
        return await model.propose(request)
    asked = (model.propose(request) for _ in range(count))
    replies = await asyncio.gather(*asked, return_exceptions=True)
    made = [reply for reply in replies if not isinstance(reply, BaseException)]
    if not made:
        raise next(reply for reply in replies if isinstance(reply, BaseException))
    usage = made[0][1]
    for _, spent in made[1:]:
        usage = usage.plus(spent)
    plans = [plan for plan, _ in made if isinstance(plan, SqlPlan)]
    if not plans:
        return made[0][0], usage
    return semantics.most_agreed(plans, principal), usage


def sure(proposal: SqlPlan) -> bool:
    """Return whether a rules plan explains the question well enough to stand alone."""
    return proposal.stated_confidence >= SURE


def lessons(rejected: Sequence[Rejection]) -> str:
    """Return what earlier proposals of this turn got wrong, for the model to avoid."""
    if not rejected:
        return ""
    said = "\n".join(f"- {each.reason} {each.remedy}" for each in rejected)
    return f"\nYour earlier proposals were rejected:\n{said}"

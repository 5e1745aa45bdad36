"""Before anyone is called: understand, hide, count, filter, rank, and say why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from clearway.llm.admission.pressure import Pressure
from clearway.llm.choice.classify import GROUPS, Classified, classify
from clearway.llm.choice.decisions import Decision, DecisionKey, Decisions
from clearway.llm.choice.measured import Measured
from clearway.llm.choice.need import Need, kept_free, unfit
from clearway.llm.choice.select import Ranked, Selection, passed_over, select
from clearway.llm.limits import RouterSettings
from clearway.llm.pace import Clock
from clearway.llm.ports import Guardrails, ModelPolicy, PolicyDecision, PolicyQuery, TokenCounter
from clearway.llm.prompts.counted import check_countable, extra_tokens, prompt_texts
from clearway.llm.prompts.payload import answers_wanted, asked, shown_features
from clearway.llm.providers.registry import Registry
from clearway.llm.providers.routes import Route, Unavailable
from clearway.llm.requests import failures
from clearway.llm.requests.attempts import Asking
from clearway.llm.requests.job import Job, hidden
from clearway.llm.requests.journey import Journey, in_order, standings
from clearway.llm.requests.waiting import FAILING, Waiting, soon_s, worth_waiting
from clearway.llm.types import ChatRequest
from clearway.resilience.clock import SystemIds


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What preparing a request needs to know."""

    registry: Registry
    routes: Mapping[str, Sequence[Route]]
    closed: Mapping[str, Unavailable]
    settings: RouterSettings
    clock: Clock
    measured: Measured
    tokens: TokenCounter
    policy: ModelPolicy | None = None
    guardrails: Guardrails | None = None


class Preparing:
    """Makes a job of a request; decides without calling anyone."""

    def __init__(self, parts: Parts) -> None:
        """Built by `open_router`."""
        self.parts = parts
        self.tokens = parts.tokens
        self.guardrails = parts.guardrails
        self.waiting = Waiting(parts.clock)
        self.pressure = Pressure(parts.settings.warning_ratio)
        self.decisions = Decisions(parts.clock)
        self._ids = SystemIds()

    def breakers(self) -> dict[str, str]:
        """Return the breaker profile each provider names."""
        return {provider.id: provider.breaker for provider in self.parts.registry}

    def job(
        self,
        request: ChatRequest,
        *,
        draw: Callable[[], float],
        known: Mapping[str, str] | None = None,
    ) -> Job:
        """Return the request understood and its way chosen; raise where nobody may serve it.

        `known` is what was hidden in it before: placeholder -> what it stands for.
        """
        parts, now = self.parts, self.parts.clock.monotonic()
        check_countable(request)
        told = _classified(request)
        policy = self._policy(request, told)
        guards = self._guards(policy)
        request, secrets, kinds = hidden(request, guards, known)
        texts, extra = prompt_texts(request), extra_tokens(request)
        need = self._need(request, told, policy, self.count(texts) + extra)
        selection, journey = self._way(need, now, request, draw)
        request_id, screens = self._ids.trace_id(), parts.settings.screens_answers
        job = Job(
            asking=Asking(
                request=request,
                request_id=request_id,
                trace_id=request.trace_id or request_id,
                task=told.task,
                texts=texts,
                extra_tokens=extra,
                max_tokens=parts.settings.most_tokens(request),
            ),
            classified=told,
            need=need,
            selection=selection,
            journey=journey,
            policy=policy,
            secrets=secrets,
            guards=guards,
            screens=bool(screens and guards and guards.looks),
            began_at=now,
        )
        for kind, count in kinds.items():
            job.note("redaction", f"{count} x {kind} hidden from the model.")
        if warning := self.pressure.warning(request):
            job.note("limit", warning)
        for provider in (*selection.passed_over, *failures.too_small(need, selection)):
            job.note("fallback", f"{provider} was not asked: {selection.excluded[provider]}.")
        return job

    def decide(
        self,
        request: ChatRequest,
        *,
        sources: int = 0,
        targets: int = 0,
        mode: str = "generate",
        context_keys: frozenset[str] = frozenset(),
    ) -> Decision:
        """Return who would serve and why, without calling anyone; kept for an hour."""
        known = _classified(request)
        policy = self._policy(request, known)
        need = replace(self._needed_now(request, known, policy), cost_heavy=False)
        key = DecisionKey(
            task=known.task,
            intent=" ".join(asked(request).lower().split()),
            context_keys=context_keys,
            sources=sources,
            targets=targets,
            mode=mode,
            response_format=str((request.response_format or {}).get("type", "text")),
            policy_version=policy.version if policy else "",
            allowed=policy.places if policy else None,
            residency=request.residency,
            budget_usd=need.budget_usd,
            preference=request.preference,
            sensitivity=request.sensitivity,
            size=need.tokens.bit_length(),
        )
        if kept := self.decisions.get(key):
            return replace(kept, cached=True)
        decision = self._decided(need)
        self.decisions.put(key, decision)
        return decision

    def ranked(self, request: ChatRequest) -> list[str]:
        """Return who would be asked now, best first; raise where nobody may serve it."""
        known = _classified(request)
        need = self._needed_now(request, known, self._policy(request, known))
        selection = self._select(need)
        if not selection.ranked:
            raise failures.of_selection(need, selection)
        return [each.provider for each in selection.ranked]

    def policy_of(self, request: ChatRequest) -> PolicyDecision | None:
        """Return what the policy says; raise where a person must approve the request first."""
        return self._policy(request, _classified(request))

    def guards_of(self, request: ChatRequest) -> Guardrails | None:
        """Return the guardrails that are on for the request."""
        return self._guards(self.policy_of(request))

    def tokens_of(self, request: ChatRequest) -> int:
        """Return the tokens of its prompt, as far as they are known without choosing a model."""
        return self.count(prompt_texts(request)) + extra_tokens(request)

    def room(self, request: ChatRequest) -> int:
        """Return how many tokens a prompt may have for the largest of those that may serve it."""
        told = _classified(request)
        need = replace(self._need(request, told, self._policy(request, told), 0), max_tokens=0)
        fit = [r for each in self.parts.routes.values() for r in each if unfit(need, r) is None]
        most = self.parts.settings.most_tokens(request)
        return max((r.context - kept_free(r, most) for r in fit), default=0)

    def _decided(self, need: Need) -> Decision:
        selection = self._select(need)
        if not selection.ranked:
            raise failures.of_selection(need, selection)
        first, *fallbacks = selection.ranked
        return Decision(
            provider=first.provider,
            confidence=first.score.value,
            reasoning=selection.explanation,
            fallback_providers=tuple(ranked.provider for ranked in fallbacks),
            estimated_cost_usd=first.score.cost_usd,
            estimated_latency_ms=first.score.latency_ms,
            task=need.task,
            excluded=selection.excluded,
        )

    def _policy(self, request: ChatRequest, known: Classified) -> PolicyDecision | None:
        if self.parts.policy is None:
            return None
        decision = self.parts.policy.decide(
            PolicyQuery(
                task=known.task,
                risk=request.risk,
                sensitivity=request.sensitivity,
                roles=request.roles,
                tenant=request.tenant,
                residency=request.residency,
                budget_usd=request.budget_usd,
            )
        )
        if decision.needs_approval and not request.approved:
            raise failures.of_approval(decision)
        return decision

    def _guards(self, policy: PolicyDecision | None) -> Guardrails | None:
        """Return the guardrails that are on, and those the policy requires whatever is off."""
        guards = self.guardrails
        return guards if guards is None or policy is None else guards.covering(policy.guardrails)

    def _needed_now(
        self, request: ChatRequest, known: Classified, policy: PolicyDecision | None
    ) -> Need:
        """Return the need of a request that is not sent, without those who asked for time."""
        need = self._need(request, known, policy, self.tokens_of(request))
        return replace(need, waiting=self.waiting.left())

    def _need(
        self, request: ChatRequest, known: Classified, policy: PolicyDecision | None, tokens: int
    ) -> Need:
        settings = self.parts.settings
        return Need(
            task=known.task,
            prompt_tokens=tokens,
            max_tokens=settings.most_tokens(request) or 0,
            answers=answers_wanted(request),
            features=shown_features(request),
            sensitivity=request.sensitivity,
            residency=request.residency,
            budget_usd=settings.budget_of(request),
            unknown_price=settings.unknown_price,
            preference=request.preference,
            order=tuple(request.order),
            policy=policy,
            waiting={},
            cost_heavy=self.pressure.warning(request) is not None,
        )

    def count(self, texts: Sequence[str]) -> int:
        """Return the tokens by the first model's tokenizer; each attempt counts by its own."""
        first = next(iter(self.parts.routes.values()), None)
        return self.tokens.count(first[0].model if first else "", texts)

    def _way(
        self, need: Need, now: float, request: ChatRequest, draw: Callable[[], float]
    ) -> tuple[Selection, Journey]:
        """Return the ranking and the routes to try: those that wait come last, when they may."""
        waiting, settings = self.waiting.left(), self.parts.settings
        selection = self._select(replace(need, waiting=waiting))
        ranked: list[Ranked] = [*selection.ranked, *selection.reserves]
        ready_at: dict[str, float] = {}
        everyone = self._select(need) if waiting else selection
        selection = replace(selection, passed_over=passed_over(everyone, selection))
        routes, waits = in_order(ranked), settings.on_no_candidates == "wait"
        deadline_s = request.deadline_s or settings.deadline_s
        late = in_order([*everyone.ranked, *everyone.reserves])
        if waiting and waits:
            ready_at = {n: now + left for n, left in worth_waiting(waiting, deadline_s).items()}
            ready = {route.name for route in routes}
            routes += [r for r in late if r.name not in ready and r.name in ready_at]
        # What counts for all processes has the last word: another may have closed a circuit.
        routes = routes or [r for r in late if waiting.get(r.name, ("",))[0] == FAILING]
        if not routes:
            raise failures.of_selection(need, selection)
        journey = Journey(
            standings=standings(routes, lambda route: ready_at.get(route.name, 0.0)),
            deadline_at=now + deadline_s,
            max_attempts=settings.max_attempts,
            tries_per_route=settings.tries_per_route,
            draw=draw,
            waits=waits,
            soon_s=soon_s(deadline_s),
        )
        return selection, journey

    def _select(self, need: Need) -> Selection:
        parts = self.parts
        return select(
            need,
            parts.routes,
            parts.closed,
            parts.measured,
            parts.settings.weights,
            fallbacks=parts.settings.fallbacks,
        )


def _classified(request: ChatRequest) -> Classified:
    if request.task is None:
        return classify(asked(request))
    return Classified(task=request.task, group=GROUPS[request.task], confidence=1.0, words=())

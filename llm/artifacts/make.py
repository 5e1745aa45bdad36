"""Making artifacts: a model, its repair, the next provider, the template, what was made before."""

from __future__ import annotations

import logging
from dataclasses import replace
from decimal import Decimal

from pydantic import ValidationError as Unreadable

from clearway.errors import ClearwayError, ContentRefused, RateLimitError, ValidationError
from clearway.llm.artifacts.dialects import dialect_of
from clearway.llm.artifacts.draws import Draws, Usable
from clearway.llm.artifacts.keys import key_of
from clearway.llm.artifacts.prompting import messages_of
from clearway.llm.artifacts.settings import ArtifactSettings
from clearway.llm.artifacts.template import suits, template
from clearway.llm.artifacts.trust import TEMPLATE
from clearway.llm.artifacts.types import RULES, ArtifactRequest, Generated
from clearway.llm.artifacts.wants import Wants, wants_of
from clearway.llm.artifacts.warmth import temperature_of
from clearway.llm.ports import Generation, GenerationCache
from clearway.llm.prompts.lengths import check_typed
from clearway.llm.router import Router
from clearway.llm.types import ChatRequest
from clearway.outcome import Degradation
from clearway.resilience.clock import SystemIds

log = logging.getLogger(__name__)

ANYBODY = ChatRequest(messages=())


class ArtifactMaker:
    """Makes artifacts with a router's models; runs none of them."""

    def __init__(
        self,
        router: Router,
        *,
        cache: GenerationCache | None = None,
        settings: ArtifactSettings | None = None,
    ) -> None:
        """Without a cache of its own it keeps what it made in the router's."""
        self._router = router
        self._settings = settings or ArtifactSettings()
        self._cache = (cache or router.cache) if self._settings.ttl_s > 0 else None
        self._clock = router.preparing.parts.clock
        self._ids = SystemIds()

    async def generate(
        self, request: ArtifactRequest, *, asker: ChatRequest = ANYBODY
    ) -> Generated:
        """Return artifacts that were parsed, or raise one `ClearwayError`; every step down is told.

        `asker` says for whom: user, tenant, roles, sensitivity, deadline_s, budget_usd and the
        like; its messages are not read. A refusal by content policy, an approval that is missing
        and a caller's own limit are answers and nothing is put in their place.
        """
        began, wants = self._clock.monotonic(), wants_of(request)
        chat = self._chat(request, wants, asker)
        if self._settings.input_chars is not None:
            intent = replace(chat, messages=[{"role": "user", "content": request.intent}])
            check_typed(intent, self._settings.input_chars)
        policy = self._router.preparing.policy_of(chat)
        exact = key_of(request, asker, policy, match="exact")
        similar = key_of(request, asker, policy, match="similar")
        made = None if request.force_regenerate else await self._kept(exact)
        if made is None:
            draws = self._draws(request, wants, chat)
            try:
                made = await self._by_models(request, wants, draws)
            except ClearwayError as error:
                made = await self._instead(request, wants, error, similar)
                made = _with_cost(made, draws)
            else:
                await self._keep(made, exact, similar)
        latency_ms = round(1000 * (self._clock.monotonic() - began), 3)
        return made.model_copy(update={"latency_ms": latency_ms, "trace_id": chat.trace_id})

    def _chat(self, request: ArtifactRequest, wants: Wants, asker: ChatRequest) -> ChatRequest:
        """Return the question for a model."""
        return replace(
            asker,
            messages=messages_of(request, wants, dialect_of(request)),
            task=wants.routed_as,
            intent=request.intent,
            max_tokens=request.max_tokens or asker.max_tokens,
            temperature=temperature_of(request.mode, wants.task),
            response_format={"type": "json_object"} if self._all_json(request) else None,
            preference=request.provider or asker.preference,
            workflow="artifacts",
            bypass_cache=request.force_regenerate or asker.bypass_cache,
            trace_id=asker.trace_id or self._ids.trace_id(),
        )

    def _all_json(self, request: ArtifactRequest) -> bool:
        """Return whether asking for JSON keeps out nobody who is wanted."""
        routes = self._router.preparing.parts.routes
        named = routes.get(request.provider or "")
        wanted = [named] if named else routes.values()
        return all("json" in route.provider.features for each in wanted for route in each)

    def _draws(self, request: ArtifactRequest, wants: Wants, chat: ChatRequest) -> Draws:
        return Draws(
            self._router,
            chat=chat,
            hints=request.hints,
            wants=wants,
            dialect=dialect_of(request),
            output_chars=self._settings.output_chars,
        )

    async def _by_models(self, request: ArtifactRequest, wants: Wants, draws: Draws) -> Generated:
        """Return what a model made, with one repair each; raise the last trouble."""
        order = self._router.preparing.ranked(draws.chat)
        if "provider" not in self._settings.fallbacks:
            order = order[:1]
        while True:
            replies = draws.replies
            try:
                usable = await draws.usable(order)
            except ClearwayError as error:
                order = [each for each in order if each not in draws.asked]
                # Without any reply the router has been through all of them itself.
                if draws.replies == replies or not order or _is_an_answer(error):
                    raise
                draws.note("fallback", f"{', '.join(draws.asked)} made nothing that can be used.")
            else:
                return self._generated(request, wants, draws, usable)

    def _generated(
        self, request: ArtifactRequest, wants: Wants, draws: Draws, usable: Usable
    ) -> Generated:
        reply, spent = usable.reply, draws.spent
        return Generated(
            artifacts=usable.artifacts,
            confidence=usable.trust.value,
            reasons=usable.trust.reasons,
            generated_by=reply.provider,
            task=wants.task,
            mode=request.mode or "generate",
            statements=usable.statements,
            model=reply.model,
            cost_usd=spent.cost_usd,
            cache_hit=reply.cache_hit,
            prompt_tokens=spent.prompt_tokens,
            completion_tokens=spent.completion_tokens,
            estimated=spent.estimated,
            simulated=reply.simulated,
            trace=spent.trace,
            policy=reply.policy,
            degradations=tuple(dict.fromkeys(draws.notes)),
        )

    async def _instead(
        self, request: ArtifactRequest, wants: Wants, error: ClearwayError, similar: str
    ) -> Generated:
        """Return what stands in for a model's work, marked as such; raise the error without any."""
        if _is_an_answer(error):
            raise error
        for step in self._settings.fallbacks:
            made = None
            if step == "rules" and suits(wants.task):
                made = _by_rules(request, wants)
            elif step == "similar" and (kept := await self._kept(similar)):
                note = Degradation(kind="cache", detail="Made for an earlier request much like it.")
                made = kept.model_copy(update={"degradations": (*kept.degradations, note)})
            if made is not None:
                log.warning(
                    "artifacts_fallback", extra={"step": step, "error": type(error).__name__}
                )
                why = Degradation(kind="fallback", detail=f"No model made this: {error.message}")
                return made.model_copy(update={"degradations": (*made.degradations, why)})
        raise error

    async def _kept(self, key: str) -> Generated | None:
        """Return what was made before; it cost nothing this time."""
        kept = None if self._cache is None else await self._cache.get(key)
        if kept is None:
            return None
        try:
            made = Generated.model_validate_json(kept.text)
        except Unreadable:
            return None  # of another version's form
        return made.model_copy(update={"cache_hit": True, "cost_usd": Decimal(0), "trace": {}})

    async def _keep(self, made: Generated, *keys: str) -> None:
        """Keep it, unless it holds what was hidden from the model, or came from a lesser way."""
        lesser = any(each.kind in ("redaction", "limit") for each in made.degradations)
        if self._cache is None or lesser:
            return
        generation = Generation(
            text=made.model_dump_json(),
            provider=made.generated_by,
            model=made.model,
            prompt_tokens=made.prompt_tokens,
            completion_tokens=made.completion_tokens,
        )
        for key in keys:
            await self._cache.put(key, generation, ttl_s=self._settings.ttl_s)


def _by_rules(request: ArtifactRequest, wants: Wants) -> Generated:
    made = template(request.sources, request.targets)
    missing = wants.missing(made.parts() - {"explanation"})
    notes = [Degradation(kind="missing", detail=f"Of what was asked for {missing}.")]
    return Generated(
        artifacts=made,
        confidence=TEMPLATE,
        reasons=("Fixed for every template: its form is right, the intent is not in it.",),
        generated_by=RULES,
        task=wants.task,
        mode=request.mode or "generate",
        degradations=tuple(notes if missing else ()),
    )


def _with_cost(made: Generated, draws: Draws) -> Generated:
    """Return what stands in, with what was spent in vain before it, and what happened then."""
    spent = draws.spent
    cost = None if spent.cost_usd is None or made.cost_usd is None else spent.cost_usd
    return made.model_copy(
        update={
            "cost_usd": cost,
            "prompt_tokens": spent.prompt_tokens,
            "completion_tokens": spent.completion_tokens,
            "estimated": spent.estimated,
            "trace": spent.trace,
            "degradations": tuple(dict.fromkeys((*draws.notes, *made.degradations))),
        }
    )


def _is_an_answer(error: ClearwayError) -> bool:
    """Return whether the error is meant for the caller, whoever could stand in for a model."""
    own_limit = isinstance(error, RateLimitError) and "key" in error.details
    return own_limit or isinstance(error, ContentRefused | ValidationError)

"""One reply for all who ask the same: kept for a while, or called for once at the same time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from clearway.llm.ports import Generation, GenerationCache, GenerationFlights
from clearway.llm.prompts.payload import answers_wanted
from clearway.llm.requests.cleaning import cleaned
from clearway.llm.requests.job import Job
from clearway.llm.sharing.keys import generation_key
from clearway.llm.types import ChatReply, ChatRequest, TokenUsage

Called = Callable[[Job], Awaitable[ChatReply]]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Implements sharing over the ports; with neither of them, every request makes its own call."""

    cache: GenerationCache | None = None
    flights: GenerationFlights | None = None
    ttl_s: float | None = None
    scope: Literal["user", "tenant", "all"] = "user"

    async def reply(self, job: Job, called: Called, *, left_s: float) -> ChatReply:
        """Return a kept reply, another caller's, or the one this call brings, in plain words.

        What is kept and shared is the answer to the hidden prompt: nobody else's values are in it.
        """
        reply = await self._reply(job, called, left_s)
        return cleaned(reply, job)

    async def _reply(self, job: Job, called: Called, left_s: float) -> ChatReply:
        first = job.selection.ranked[0].provider if job.selection.ranked else ""
        keeps = self.cache if self._ttl_s(job, first) else None
        if _alone(job.asking.request) or (keeps is None and self.flights is None):
            return await called(job)
        key = key_of(job, scope=self.scope)
        if keeps is not None and (kept := await keeps.get(key)):
            return job.finished(_reply_of(kept, job, "A reply kept from an earlier request."))
        if self.flights is None:
            return await self._kept(job, called, key)
        async with self.flights.join(key, timeout_s=left_s) as seat:
            if seat.landed is not None:
                return job.finished(_reply_of(seat.landed, job, "Shared with a request alike."))
            reply = await self._kept(job, called, key)
            if _says_all(reply):
                await seat.land(_generation(reply))
            return reply

    async def _kept(self, job: Job, called: Called, key: str) -> ChatReply:
        reply = await called(job)
        ttl_s = self._ttl_s(job, reply.provider)
        whole = reply.finish_reason in ("stop", "tool_calls") and _says_all(reply)
        if self.cache is not None and ttl_s and whole:
            await self.cache.put(key, _generation(reply), ttl_s=ttl_s)
        return reply

    def _ttl_s(self, job: Job, provider: str) -> float | None:
        """Return how long a reply of the provider is kept: as it says itself, else as set for all.

        Who is neither ranked nor in reserve was waited for, and is as set for all.
        """
        every = (*job.selection.ranked, *job.selection.reserves)
        own = (each.routes[0].provider.cache_ttl_s for each in every if each.provider == provider)
        found = next(own, None)
        return self.ttl_s if found is None else found


def key_of(job: Job, *, scope: Literal["user", "tenant", "all"]) -> str:
    """Return what the reply is kept under: model, parameters and prompt, and whose it is."""
    request, first = job.asking.request, job.selection.ranked
    owner = {"user": [request.tenant, request.user], "tenant": [request.tenant], "all": []}[scope]
    parameters: dict[str, object] = {
        "max_tokens": job.asking.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": request.stop,
        "seed": request.seed,
        "response_format": request.response_format,
        "tools": list(request.tools),
        "task": job.classified.task,
        "extra": dict(request.extra),
    }
    return generation_key(
        model=first[0].routes[0].model if first else "",
        workflow=request.workflow,
        parameters=parameters,
        prompt=list(request.messages),
        scope=json.dumps([*owner, *_policy(job)]),
    )


def _alone(request: ChatRequest) -> bool:
    """Return whether a request wants a reply of its own.

    It says so, or leaves it to chance, or wants what is not kept: further answers, probabilities.
    """
    chance = bool(request.temperature and request.seed is None)
    more = answers_wanted(request) > 1 or bool(request.extra.get("logprobs"))
    return request.bypass_cache or chance or more


def _says_all(reply: ChatReply) -> bool:
    """Return whether its text and its calls are all it says: a refusal may stand elsewhere."""
    return bool(reply.text or reply.tool_calls)


def _policy(job: Job) -> list[str]:
    decision = job.policy
    return [] if decision is None else [decision.version, *sorted(decision.places)]


def _generation(reply: ChatReply) -> Generation:
    return Generation(
        text=reply.text,
        tool_calls=reply.tool_calls,
        finish_reason=reply.finish_reason,
        provider=reply.provider,
        model=reply.model,
        prompt_tokens=reply.usage.prompt,
        completion_tokens=reply.usage.completion,
        cost_usd=reply.cost_usd or Decimal(0),
        details={"endpoint": reply.endpoint, "simulated": str(reply.simulated)},
    )


def _reply_of(kept: Generation, job: Job, note: str) -> ChatReply:
    """Return a kept reply; it cost nothing this time, and says where it comes from."""
    job.note("cache", note)
    return ChatReply(
        text=kept.text,
        tool_calls=[dict(call) for call in kept.tool_calls],
        finish_reason=kept.finish_reason,
        model=kept.model,
        provider=kept.provider,
        endpoint=kept.details.get("endpoint", ""),
        usage=TokenUsage(prompt=kept.prompt_tokens, completion=kept.completion_tokens),
        cost_usd=Decimal(0),
        cache_hit=True,
        simulated=kept.details.get("simulated") == "True",
        task=job.classified.task,
        trace_id=job.asking.trace_id,
        explanation=job.selection.explanation,
    )

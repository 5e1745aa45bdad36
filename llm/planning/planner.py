"""A planner on any OpenAI-compatible endpoint: structured output, one repair, one time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from clearway.errors import (
    ClearwayError,
    ContentRefused,
    ModelLimited,
    ModelUnavailable,
    RateLimitError,
)
from clearway.graph.ports import ModelRequest, Spending
from clearway.llm.planning.replies import proposal, structured
from clearway.outcome import Degradation
from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention

CallOptions = Callable[[ModelRequest, float], Mapping[str, Any]]
"""Options of one call, for a request and the seconds left for it."""

REPAIRS = 1
DECLINED = "The model declined to plan this question."
MILLION = Decimal(1_000_000)
ECHO_CHARS = 2_000
"""How much of an unreadable reply is shown to the model again."""


class ChatPlanner:
    """Implements `PlannerModel` over a LangChain chat model."""

    def __init__(
        self,
        chat: BaseChatModel,
        *,
        name: str,
        price_input: float | None = None,
        price_output: float | None = None,
        max_chars: int = 50_000,
        options: CallOptions | None = None,
    ) -> None:
        """Prices are USD for a million tokens; without both the cost is unknown, not zero.

        `options` are what the chat model is told of each request beyond its messages.
        """
        # In the body, not as a parameter: the client would parse the reply itself, and lose those
        # that were cut or filtered, with what they cost.
        self._chat = chat.bind(extra_body=structured())
        self._name = name
        self._prices = (price_input, price_output)
        self._max_chars = max_chars
        self._options = options or (lambda request, left_s: {})

    async def propose(self, request: ModelRequest) -> tuple[SqlPlan | Abstention, Spending]:
        """Return the model's plan; an unreadable reply is shown to it once, then given up."""
        ends_at = asyncio.get_running_loop().time() + request.timeout_s
        try:
            async with asyncio.timeout_at(ends_at):
                return await self._propose(request, ends_at)
        except TimeoutError:
            raise ModelUnavailable(
                f"{self._name} did not answer within {request.timeout_s:.0f} s.", model=self._name
            ) from None

    async def _propose(
        self, request: ModelRequest, ends_at: float
    ) -> tuple[SqlPlan | Abstention, Spending]:
        messages: list[BaseMessage] = [
            SystemMessage(request.instructions),
            HumanMessage(f"Question:\n{request.question}"),
        ]
        usage = Spending(model=self._name)
        for _ in range(1 + REPAIRS):
            left_s = max(ends_at - asyncio.get_running_loop().time(), 0.0)
            try:
                answer = await self._ask(messages, self._options(request, left_s))
            except ContentRefused:
                return Abstention(reason=DECLINED), usage
            usage = charged(usage, answer, name=self._name, prices=self._prices)
            try:
                return proposal(answer, request.source_id, max_chars=self._max_chars), usage
            except ValueError as error:
                said = AIMessage(str(answer.text)[:ECHO_CHARS] or "(nothing)")
                messages += [said, HumanMessage(f"That was not the JSON asked for: {error}")]
        raise ModelUnavailable(f"{self._name} did not reply with a plan.", model=self._name)

    async def _ask(self, messages: Sequence[BaseMessage], options: Mapping[str, Any]) -> AIMessage:
        try:
            return await self._chat.ainvoke(list(messages), **options)
        except ModelUnavailable:
            raise
        except ClearwayError as error:  # a limit, its circuit, its deadline
            # A window of ours has a key; a vendor that asks to slow down is a model that fails.
            ours = isinstance(error, RateLimitError) and "key" in error.details
            kind = ModelLimited if ours else ModelUnavailable
            raise kind(error.message, model=self._name, **error.details) from None
        except openai.APIStatusError as error:
            raise ModelUnavailable(
                f"{self._name} answered with HTTP {error.status_code}.",
                model=self._name,
                status=error.status_code,
            ) from None
        except openai.APIError as error:
            raise ModelUnavailable(
                f"{self._name} cannot be reached.", model=self._name, cause=type(error).__name__
            ) from None
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # What the client raises on a body that is no chat completion.
            raise ModelUnavailable(
                f"{self._name} answered with something else than a chat completion.",
                model=self._name,
                cause=type(error).__name__,
            ) from None


def charged(
    before: Spending,
    answer: AIMessage,
    *,
    name: str,
    prices: tuple[float | None, float | None] = (None, None),
) -> Spending:
    """Add one call's tokens, its price, and what its way was like."""
    spent = answer.usage_metadata or {"input_tokens": 0, "output_tokens": 0}
    # A provider that counts below nothing does not owe us anything.
    prompt, completion = max(spent["input_tokens"], 0), max(spent["output_tokens"], 0)
    cost = cost_usd(prompt, completion, *prices)
    routed = answer.response_metadata.get("clearway") or {}
    if routed:
        told = routed["cost_usd"]
        called = [each["model"] for each in routed["attempts"]]
        name = called[-1] if called else answer.response_metadata.get("model_name", name)
        cost = None if told is None else Decimal(told)
    if routed.get("cache_hit"):  # somebody paid for it, and it was not this request
        prompt = completion = 0
    notes = [Degradation(**each) for each in routed.get("degradations", ())]
    calls = {each["model"]: each["outcome"] for each in routed.get("attempts", ())}
    return before.model_copy(
        update={
            "model": name,
            "prompt_tokens": before.prompt_tokens + prompt,
            "completion_tokens": before.completion_tokens + completion,
            "cost_usd": plus(before.cost_usd, cost),
            "degradations": tuple(dict.fromkeys((*before.degradations, *notes))),
            "tried": {**before.tried, **calls},
            "policy": routed.get("policy", ""),
        }
    )


def cost_usd(
    prompt: int, completion: int, price_input: float | None, price_output: float | None
) -> Decimal | None:
    """Return what a call cost, or None where a price is not known."""
    if price_input is None or price_output is None:
        return None
    spent = prompt * Decimal(str(price_input)) + completion * Decimal(str(price_output))
    return spent / MILLION


def plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    """Return the sum; unknown and anything is unknown."""
    return None if one is None or other is None else one + other

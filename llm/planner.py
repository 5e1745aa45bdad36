"""A planner on any OpenAI-compatible endpoint: structured output, one repair, one time limit."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from decimal import Decimal

import openai
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clearway.errors import ModelUnavailable
from clearway.graph.ports import ModelRequest
from clearway.outcome import Usage
from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention

REPAIRS = 1
MILLION = Decimal(1_000_000)


class PlannerReply(BaseModel):
    """What the planner prompt asks for; an empty `sql` is the model's honest no."""

    model_config = ConfigDict(extra="ignore")

    sql: str
    confidence: float = Field(ge=0, le=1)
    explanation: str = ""
    assumptions: list[str] = Field(default_factory=list, max_length=20)


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
    ) -> None:
        """Prices are USD for a million tokens; without both the cost is unknown, not zero."""
        self._chat = chat.bind(response_format=response_format())
        self._name = name
        self._prices = (price_input, price_output)
        self._max_chars = max_chars

    async def propose(self, request: ModelRequest) -> tuple[SqlPlan | Abstention, Usage]:
        """Return the model's plan; an unreadable reply is shown to it once, then given up."""
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._propose(request)
        except TimeoutError:
            raise ModelUnavailable(
                f"{self._name} did not answer within {request.timeout_s:.0f} s.", model=self._name
            ) from None

    async def _propose(self, request: ModelRequest) -> tuple[SqlPlan | Abstention, Usage]:
        messages: list[BaseMessage] = [
            SystemMessage(request.instructions),
            HumanMessage(f"Question:\n{request.question}"),
        ]
        usage = Usage(model=self._name)
        for _ in range(1 + REPAIRS):
            answer = await self._ask(messages)
            usage = self._charged(usage, answer)
            try:
                plan = planned(read_reply(str(answer.text)), request.source_id)
                return with_likelihood(plan, answer), usage
            except ValueError as error:
                messages += [answer, HumanMessage(f"That was not the JSON asked for: {error}")]
        raise ModelUnavailable(f"{self._name} did not reply with a plan.", model=self._name)

    async def _ask(self, messages: Sequence[BaseMessage]) -> AIMessage:
        try:
            return await self._chat.ainvoke(list(messages))
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

    def _charged(self, before: Usage, answer: AIMessage) -> Usage:
        """Add one call's tokens and its price."""
        spent = answer.usage_metadata or {"input_tokens": 0, "output_tokens": 0}
        prompt, completion = spent["input_tokens"], spent["output_tokens"]
        return before.model_copy(
            update={
                "prompt_tokens": before.prompt_tokens + prompt,
                "completion_tokens": before.completion_tokens + completion,
                "cost_usd": plus(before.cost_usd, cost_usd(prompt, completion, *self._prices)),
            }
        )


def response_format() -> dict[str, object]:
    """Return the request for structured output (OpenAI `json_schema`, not strict)."""
    schema = PlannerReply.model_json_schema()
    return {"type": "json_schema", "json_schema": {"name": "plan", "schema": schema}}


def read_reply(text: str) -> PlannerReply:
    """Return the JSON object in a reply, whatever stands around it; ValueError otherwise."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise ValueError("there is no JSON object in it")
    try:
        return PlannerReply.model_validate(json.loads(text[start : end + 1]))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where}: {first['msg']}") from None


def planned(reply: PlannerReply, source_id: str) -> SqlPlan | Abstention:
    """Return the plan, or the abstention an empty statement stands for."""
    sql = reply.sql.strip().removesuffix(";").strip()
    if not sql:
        return Abstention(reason=reply.explanation or "The model found no way to answer.")
    return SqlPlan(
        source="model",
        source_id=source_id,
        sql=sql,
        stated_confidence=reply.confidence,
        explanation=reply.explanation,
        assumptions=tuple(reply.assumptions),
    )


def with_likelihood(plan: SqlPlan | Abstention, answer: AIMessage) -> SqlPlan | Abstention:
    """Return the plan with how likely its tokens were, where the provider told.

    Of the statement alone, as it stands in the reply; the geometric mean over its tokens.
    """
    told = answer.response_metadata.get("logprobs")
    tokens = told.get("content") if isinstance(told, dict) else None
    if not isinstance(plan, SqlPlan) or not isinstance(tokens, list):
        return plan
    try:
        found = [(str(token["token"]), float(token["logprob"])) for token in tokens]
    except (KeyError, TypeError, ValueError):
        return plan
    text = "".join(said for said, _ in found)
    start = text.find('"sql"')
    end = text.find('"confidence"', start)
    inside, at = [], 0
    for said, likelihood in found:
        if at + len(said) > start and (end < 0 or at < end):
            inside.append(likelihood)
        at += len(said)
    if not inside:
        return plan
    likely = min(1.0, math.exp(math.fsum(inside) / len(inside)))
    return plan.model_copy(update={"token_probability": round(likely, 4)})


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

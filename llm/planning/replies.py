"""Reading what a planner model said: one plan, an honest no, or not readable; never a guess."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from langchain_core.messages import AIMessage
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clearway.plans import SqlPlan
from clearway.semantics.types import Abstention

MAX_OBJECTS = 20
"""How many beginnings of a JSON object are tried in one reply."""
WRAPPERS = ("plan", "response", "result", "answer", "output", "arguments", "parameters", "input")
"""Keys under which models put the object that was asked for."""
FENCED = re.compile(r"\A\s*```[a-zA-Z]{0,12}\s*\n([\s\S]*?)\n?\s*```\s*\Z")
DECLINED = frozenset({"content_filter", "refusal", "safety"})


class PlannerReply(BaseModel):
    """What the planner prompt asks for; an empty `sql` is the model's honest no."""

    model_config = ConfigDict(extra="ignore")

    sql: str
    confidence: float = Field(ge=0, le=1, allow_inf_nan=False)
    explanation: str = ""
    assumptions: list[str] = Field(default_factory=list, max_length=20)


def structured() -> dict[str, object]:
    """Return the part of a request that asks for structured output (`json_schema`, not strict)."""
    schema = PlannerReply.model_json_schema()
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "plan", "schema": schema},
        }
    }


def proposal(answer: AIMessage, source_id: str, *, max_chars: int) -> SqlPlan | Abstention:
    """Return the plan of a reply, or the model's no; ValueError says why it cannot be read."""
    text = str(answer.text)
    if len(text) > max_chars:
        raise ValueError(f"it has {len(text)} characters, and {max_chars} are read")
    finish = str(answer.response_metadata.get("finish_reason") or "stop")
    refusal = answer.additional_kwargs.get("refusal")
    if refusal or finish in DECLINED:
        return Abstention(reason="The model declined to plan this question.")
    try:
        reply = read_reply(_called(answer) or text)
    except ValueError:
        if finish == "length":
            raise ValueError("it was cut off at the token limit; be shorter") from None
        raise
    return with_likelihood(planned(reply, source_id), answer)


def _called(answer: AIMessage) -> str:
    """Return the arguments of the one tool call of a reply that says nothing else."""
    if len(answer.tool_calls) == 1 and not str(answer.text).strip():
        return json.dumps(answer.tool_calls[0]["args"])
    return ""


def read_reply(text: str) -> PlannerReply:
    """Return the one plan in a reply, whatever stands around it; ValueError where there is none.

    Two different plans are none: which of them was meant is not ours to choose.
    """
    found: list[PlannerReply] = []
    trouble = ""
    for candidate in _objects(text):
        try:
            found.append(PlannerReply.model_validate(_unwrapped(candidate)))
        except ValidationError as error:
            trouble = trouble or _first(error)
    if not found:
        raise ValueError(trouble or "there is no JSON object in it")
    if any(other.sql.strip() != found[0].sql.strip() for other in found[1:]):
        raise ValueError("there are several plans in it; give one")
    return found[-1]


def planned(reply: PlannerReply, source_id: str) -> SqlPlan | Abstention:
    """Return the plan, or the abstention an empty statement stands for."""
    fenced = FENCED.match(reply.sql)
    sql = (fenced[1] if fenced else reply.sql).strip().removesuffix(";").strip()
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
    if not inside or not all(math.isfinite(each) for each in inside):
        return plan
    likely = min(1.0, math.exp(math.fsum(inside) / len(inside)))
    return plan.model_copy(update={"token_probability": round(likely, 4)})


def _objects(text: str) -> Iterator[Any]:
    """Yield the JSON objects of a text, one after the other, the outermost of each."""
    decoder = json.JSONDecoder(object_pairs_hook=_without_doubles)
    at = text.find("{")
    for _ in range(MAX_OBJECTS):
        if at < 0:
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            end = at + 1
        else:
            yield value
        at = text.find("{", end)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; ValueError where a key stands twice, for readers differ in which holds."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands twice in it")
    return value


def _unwrapped(value: dict[str, Any]) -> object:
    """Return the object inside a wrapper that holds nothing else of ours."""
    if "sql" in value:
        return value
    inside = next((value[key] for key in WRAPPERS if key in value), None)
    if isinstance(inside, str):
        inside = next(_objects(inside), None)
    return inside if isinstance(inside, dict) else value


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}"

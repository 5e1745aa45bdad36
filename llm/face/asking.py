"""A chat request as its body has it, and what it may say beyond the chat completions API."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from clearway.errors import ValidationError
from clearway.llm.face.fields import check_fields
from clearway.llm.ports import Risk, Sensitivity
from clearway.llm.providers.specs import Task
from clearway.llm.types import ChatRequest

OURS = (
    "messages",
    "model",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "tools",
    "clearway",
)
PLAIN = ("temperature", "top_p", "stop", "seed", "response_format")


class Options(BaseModel):
    """What a request may say under `clearway`, beyond the chat completions API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task | None = None
    workflow: str = Field(default="", max_length=100)
    preference: str | None = None
    sensitivity: Sensitivity = "internal"
    risk: Risk = "low"
    residency: frozenset[str] = frozenset()
    budget_usd: Decimal | None = Field(default=None, gt=0)
    deadline_s: float | None = Field(default=None, gt=0, le=3600)
    overflow: Literal["shorten", "error"] = "shorten"
    """What happens with a prompt too long for every context."""
    bypass_cache: bool = False
    """A reply of its own: none that was kept, and none another request waits for."""


def options_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `ChatRequest` that the body says; raise `ValidationError`."""
    try:
        options = Options.model_validate(body.get("clearway") or {})
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(["clearway", *map(str, first["loc"])])
        raise ValidationError(f"{where}: {first['msg']}.") from None
    return {name: getattr(options, name) for name in options.model_fields_set}


def request_of(
    body: Any, *, order: tuple[str, ...], user: str, address: str | None, trace_id: str
) -> ChatRequest:
    """Return the request of a body; raise `ValidationError` for what no provider could answer."""
    if not isinstance(body, dict):
        raise ValidationError("The body is a JSON object.")
    check_fields(body)
    most = body.get("max_completion_tokens")
    return ChatRequest(
        messages=body["messages"],
        order=order,
        max_tokens=body.get("max_tokens") if most is None else most,
        tools=body.get("tools") or (),
        extra={k: v for k, v in body.items() if k not in (*OURS, *PLAIN)},
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        stop=body.get("stop"),
        seed=body.get("seed"),
        response_format=body.get("response_format"),
        user=user,
        address=address,
        trace_id=trace_id,
        **options_of(body),
    )

"""A request as the router works on it: understood, counted, hidden, and with its way chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from clearway.llm.choice.classify import Classified
from clearway.llm.choice.need import Need
from clearway.llm.choice.select import Selection
from clearway.llm.ports import Guardrails, PolicyDecision
from clearway.llm.prompts.fields import (
    document_written,
    message_written,
    parts_joined,
    schema_written,
    values_written,
)
from clearway.llm.prompts.names import check_names
from clearway.llm.requests.attempts import Asking
from clearway.llm.requests.journey import Journey
from clearway.llm.types import ChatReply, ChatRequest, Tried
from clearway.outcome import Degradation


@dataclass(kw_only=True)
class Job:
    """Everything one request gathers on its way."""

    asking: Asking
    classified: Classified
    need: Need
    selection: Selection
    journey: Journey
    policy: PolicyDecision | None
    secrets: Mapping[str, str]
    """Placeholder -> what it stands for; in memory only, as long as the request."""
    guards: Guardrails | None = None
    """What hid, and puts back."""
    screens: bool = False
    """What a model says by itself is screened as well."""
    began_at: float
    tried: list[Tried] = field(default_factory=list)
    degradations: list[Degradation] = field(default_factory=list)

    @property
    def wants_json(self) -> bool:
        """Return whether the answer is a document."""
        form = self.asking.request.response_format or {}
        return bool(form.get("type", "text") != "text")

    def note(self, kind: str, detail: str) -> None:
        """Say that something was not as it should have been."""
        self.degradations.append(Degradation(kind=kind, detail=detail))

    def finished(self, reply: ChatReply, *, latency_s: float = 0.0) -> ChatReply:
        """Return the reply with everything that happened on the way to it."""
        return replace(
            reply,
            latency_s=latency_s,
            attempts=tuple(self.tried),
            degradations=tuple(self.degradations),
            policy=self.policy.version if self.policy else "",
        )


def hidden(
    request: ChatRequest, guardrails: Guardrails | None, known: Mapping[str, str] | None = None
) -> tuple[ChatRequest, dict[str, str], dict[str, int]]:
    """Return the request with placeholders for personal data, what they stand for, and how many.

    `known` is what was hidden of it before.
    """
    secrets: dict[str, str] = dict(known or {})
    if guardrails is None:
        return request, secrets, {}
    check_names(request, guardrails.finds)
    kinds: dict[str, int] = {}

    def plain(text: str) -> str:
        found = guardrails.hide(text, known=secrets)
        secrets.update(found.secrets)
        for kind, count in found.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + count
        return found.text

    extra = dict(request.extra)
    functions = {"functions": schema_written(extra.pop("functions", None), plain)}
    shown = replace(
        request,
        messages=[
            message_written(parts_joined(message, guardrails.finds), plain)
            for message in request.messages
        ],
        tools=schema_written(request.tools, plain),
        response_format=schema_written(request.response_format, plain),
        stop=values_written(request.stop, plain),
        extra={
            **{key: document_written(each, plain) for key, each in extra.items()},
            **(functions if "functions" in request.extra else {}),
        },
    )
    return shown, secrets, kinds

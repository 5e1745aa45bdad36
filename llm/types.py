"""What goes into the router and what comes out: a request, a reply, and the events of a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from clearway.llm.ports import Risk, Sensitivity
from clearway.llm.providers.specs import Feature, Task
from clearway.outcome import Degradation

Message = Mapping[str, Any]
"""One message in OpenAI's form: role, content, and what belongs to the role."""
TriedOutcome = Literal[
    "success", "failed", "timeout", "refused", "cancelled", "abandoned", "skipped"
]
StreamMode = Literal["complete", "live"]
"""`complete`: nothing is passed on before the answer is whole. `live`: each piece as it comes."""


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """One generation, whoever serves it."""

    messages: Sequence[Message]
    task: Task | None = None
    """None: told from the text."""
    intent: str = ""
    """What the task is told from, where the messages say more than the person did."""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: Sequence[str] | str | None = None
    seed: int | None = None
    response_format: Mapping[str, Any] | None = None
    tools: Sequence[Mapping[str, Any]] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further parameters of the chat completions API, passed on as they are."""
    features: frozenset[Feature] = frozenset()
    """Needed beyond those the request shows by itself."""
    preference: str | None = None
    """A provider to favour; it still has to pass every filter."""
    order: Sequence[str] = ()
    """Providers in this order and no others, instead of by score."""
    sensitivity: Sensitivity = "internal"
    risk: Risk = "low"
    roles: frozenset[str] = frozenset()
    residency: frozenset[str] = frozenset()
    """Regions the data may go to; empty: any."""
    user: str = "anonymous"
    tenant: str = "default"
    address: str | None = None
    """Where an anonymous caller calls from; limited by it."""
    trace_id: str = ""
    """Empty: one is made."""
    workflow: str = ""
    deadline_s: float | None = None
    """For everything together; None: the router's own."""
    budget_usd: Decimal | None = None
    """Most this request may cost, over all its attempts."""
    overflow: Literal["shorten", "error"] = "shorten"
    """Too long for every context: shortened, which the reply says, or an error."""
    bypass_cache: bool = False
    approved: bool = False
    """A person has approved it, where the policy asks for that."""


@dataclass(frozen=True, kw_only=True)
class TokenUsage:
    """Tokens of one reply; `estimated` where the provider did not say."""

    prompt: int = 0
    cached: int = 0
    """Of the prompt, what the vendor had kept."""
    completion: int = 0
    estimated: bool = False


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One route and what came of it."""

    number: int
    """Counts calls from 1; 0 for a route that was skipped without one."""
    provider: str
    endpoint: str
    model: str
    outcome: TriedOutcome
    reason: str = ""
    """In words; empty for a success."""
    status: int | None = None
    latency_s: float = 0.0
    cost_usd: Decimal | None = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class ChatReply:
    """A complete answer: it has a finish reason, and its text is one model's from first to last."""

    text: str
    finish_reason: str
    model: str
    """As the provider names what answered."""
    provider: str
    endpoint: str = ""
    tool_calls: Sequence[Mapping[str, Any]] = ()
    answers: int = 1
    """How many came; `text` and `tool_calls` are the first one's, `body` has all."""
    usage: TokenUsage = TokenUsage()
    cost_usd: Decimal | None = None
    """None where the price is not known."""
    latency_s: float = 0.0
    first_token_s: float | None = None
    cache_hit: bool = False
    simulated: bool = False
    task: Task = "analysis"
    trace_id: str = ""
    attempts: Sequence[Tried] = ()
    degradations: Sequence[Degradation] = ()
    policy: str = ""
    """Version of the rules that said who may be asked; empty where there are none."""
    explanation: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The provider's own reply, in words the caller may have, for what has no field here."""

    @property
    def trace(self) -> dict[str, str]:
        """Return each model called and what came of it, the last word for a model winning."""
        return {tried.model: tried.outcome for tried in self.attempts if tried.number}


@dataclass(frozen=True, kw_only=True)
class Delta:
    """A piece of the answer, in the provider's own form."""

    text: str
    chunk: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Restarted:
    """Forget every piece so far: another route begins the answer anew."""

    reason: str
    provider: str


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The answer is whole; always the last event."""

    reply: ChatReply


StreamEvent = Delta | Restarted | Finished

"""What flows along the edges: JSON-plain, so a checkpoint survives a rename of ours.

Models of `clearway.plans` and `clearway.outcome` travel as their `model_dump(mode="json")`.
Keys under "one turn" are cleared by `admit`; the others belong to the thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NotRequired, cast

from langchain_core.messages import AnyMessage
from langgraph.channels import UntrackedValue
from langgraph.graph.message import add_messages

# Pydantic makes schemas (the server's, Studio's) only of this one before Python 3.12.
from typing_extensions import TypedDict

from clearway.errors import ErrorRecord
from clearway.outcome import CacheMatch, CacheTier
from clearway.plans import Tool

STATE_VERSION = 1

Json = dict[str, Any]
"""A JSON object; what it holds is named by the model it was dumped from."""

EndingKind = Literal["refused", "denied", "limited", "needs_review", "failed", "clarify"]


class Gathered(UntrackedValue[list[Json]]):
    """What several nodes write in one step, by number; in no checkpoint."""

    def update(self, values: Sequence[list[Json]]) -> bool:
        """Take all that was written in the step; nothing written empties it."""
        for value in values:
            self.value = collected(self.value if self.is_available() else [], value)
        return bool(values)


MOST_MESSAGES = 200
"""Of a conversation, the oldest of more are forgotten: every turn keeps all of them once more."""

Messages = list[AnyMessage]


def latest(before: Messages, said: Messages) -> Messages:
    """Return the messages with what is said, as LangGraph adds it, up to so many of the latest."""
    return cast("Messages", add_messages(before, said))[-MOST_MESSAGES:]  # type: ignore[arg-type]  # lists are invariant


def collected(before: list[Json], more: list[Json]) -> list[Json]:
    """Return both, the later in the place of one with its number; nothing where more is nothing."""
    numbers = {each["number"] for each in more}
    return [*(each for each in before if each["number"] not in numbers), *more] if more else []


class PrincipalState(TypedDict):
    """`Principal`, JSON-plain."""

    user: str
    tenant: str
    roles: list[str]
    scopes: list[str]
    actor: str | None


class Request(TypedDict):
    """What `admit` established about this turn."""

    request_id: str
    """Ours, and unique."""
    trace_id: str
    """The caller's correlation id, or ours; a caller may use one twice."""
    text: str
    """The question as it will be read: stripped, resolved against the conversation."""
    asked_at: str
    timeout_s: float
    """The whole allowance; a run that was put aside has it again when it is taken up."""
    deadline_at: str
    principal: PrincipalState
    """Its names are blacked out in a checkpoint where they are personal."""
    asker: NotRequired[str]
    """Keyed digest of the principal: proof of who asks where the name could not be kept."""
    threshold: float
    bypass_cache: bool
    timezone: str
    clarify: Literal["turn", "interrupt"]
    clarify_round: int
    """How many times this question was asked back already."""
    part: NotRequired[int]
    """Its number, where it is one of several that were asked together."""


class RouteState(TypedDict):
    """Where the question goes, and why."""

    tool: Tool
    confidence: float
    reason: str
    runners_up: list[tuple[Tool, float]]
    raw_sql: bool


class Ending(TypedDict):
    """Why the turn ends before an answer; `respond` makes the Outcome of it."""

    kind: EndingKind
    reason: str
    remedy: NotRequired[str]
    rejection: NotRequired[Json]
    error: NotRequired[ErrorRecord]
    retry_after_s: NotRequired[float]
    prompt: NotRequired[str]
    unclear: NotRequired[list[str]]
    choices: NotRequired[list[Json]]


class ResultState(TypedDict):
    """What a checkpoint may keep of a result: never the rows."""

    columns: list[Json]
    row_count: int
    truncated: bool
    result_hash: str
    duration_ms: float


class Pending(TypedDict):
    """A question Clearway asked back and waits to have answered."""

    text: str
    prompt: str
    choices: list[Json]
    unclear: NotRequired[list[str]]
    round: int


class Input(TypedDict, total=False):
    """What a caller sends: a question, or chat messages."""

    question: str
    messages: Annotated[Messages, latest]


class State(TypedDict, total=False):
    """One thread, and the turn in progress, as every node sees it."""

    # the thread
    schema_version: int
    messages: Annotated[Messages, latest]
    owner: str | PrincipalState
    """Keyed digest of who began it; the name itself in threads kept from before."""
    pending: Pending | None
    memory: Json | None
    """Last Frame, for follow-ups."""

    # one turn
    question: str
    request: Request
    route: RouteState | None
    frame: Json | None
    plan: Json | None
    abstention: Json | None
    """Why no plan could be made: reason, unclear words, readings."""
    rejected: list[Json]
    """Rejections met so far this turn, newest last: what a repair must avoid."""
    evidence: list[Json]
    confidence: float
    objection: Json | None
    """The `Rejection` the gate met while it collected evidence."""
    read_seal: str | None
    """Proof that `route` read `frame` in this request's text."""
    plan_seal: str | None
    """Proof that `plan`, `fallback` or `recall` got `plan` for this request, text and `frame`."""
    gate_seal: str | None
    """Proof that `gate` let `plan` through for this request."""
    checked: Json | None
    """The plan as validated (`clearway.plans.Checked`)."""
    seal: str | None
    """Proof that `validate` of this deployment wrote `checked` for this request."""
    proof: Json | None
    result: ResultState | None
    rows: Annotated[list[list[Any]] | None, UntrackedValue]
    answer: Annotated[Json | None, UntrackedValue]
    """`DocsAnswer`, where the answer is one; like rows it is in no checkpoint."""
    pieces: list[str]
    """The questions of a request that asks several tools; none where it is one."""
    parts: Annotated[list[Json], Gathered]
    """What came of each piece: number, question, outcome, record and message."""
    sent: list[Request]
    """The requests the pieces were sent on as."""
    settled: Annotated[list[Json], collected]
    """Of each piece that ended what may be kept, by its request, and whether it may run again."""
    approved: bool
    """A person let the plan through."""
    ending: Ending | None
    chosen: Json | None
    """The choice that answered a clarification: term, target, and the question it was about."""
    outcome: Annotated[Json | None, UntrackedValue]
    """The Outcome as the caller gets it, rows included; in no checkpoint."""
    record: Json | None
    """The same Outcome without its rows: what a checkpoint and history may keep."""
    executions: int
    """Executions begun this turn; each has its own audit step."""
    degradations: list[Json]
    usage: Json | None
    models: Json | None
    """Which models were asked for plans, what came of each, and under which policy."""
    cache: CacheTier
    cache_match: CacheMatch
    timings_ms: dict[str, float]


class Output(TypedDict, total=False):
    """What a caller sees of a run, streamed or returned."""

    messages: Annotated[Messages, latest]
    request: Request
    route: RouteState | None
    frame: Json | None
    plan: Json | None
    evidence: list[Json]
    confidence: float
    checked: Json | None
    ending: Ending | None
    outcome: Json | None
    record: Json | None
    pending: Pending | None

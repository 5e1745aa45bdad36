"""What nodes do with the state of a turn: begin it, read it, note in it, keep it clean. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TypeVar, cast

from clearway.graph.ports import Asked, Inquiry, Spending
from clearway.graph.state import (
    STATE_VERSION,
    Ending,
    Json,
    PrincipalState,
    Request,
    State,
)
from clearway.identity import Principal
from clearway.outcome import Degradation, Usage
from clearway.plans import Rejection, Tool
from clearway.semantics.types import Abstention, Frame, Reading

Plain = TypeVar("Plain")


def fresh_turn() -> State:
    """Return what a new turn begins with: everything of the last turn cleared."""
    return {
        "schema_version": STATE_VERSION,
        "question": "",
        "pending": None,
        "route": None,
        "frame": None,
        "plan": None,
        "abstention": None,
        "rejected": [],
        "evidence": [],
        "confidence": 0.0,
        "objection": None,
        "checked": None,
        "read_seal": None,
        "plan_seal": None,
        "gate_seal": None,
        "seal": None,
        "proof": None,
        "result": None,
        "rows": None,
        "answer": None,
        "pieces": [],
        "parts": [],
        "sent": [],
        "settled": [],
        "approved": False,
        "ending": None,
        "chosen": None,
        "outcome": None,
        "record": None,
        "executions": 0,
        "degradations": [],
        "usage": None,
        "models": None,
        "cache": "none",
        "cache_match": "none",
    }


def principal_state(principal: Principal) -> PrincipalState:
    """Return the principal as the state keeps it."""
    return {
        "user": principal.user,
        "tenant": principal.tenant,
        "roles": sorted(principal.roles),
        "scopes": sorted(principal.scopes),
        "actor": principal.actor,
    }


def principal_of(request: Request) -> Principal:
    """Return the principal of the request in progress."""
    kept = request["principal"]
    return Principal(
        user=kept["user"],
        tenant=kept["tenant"],
        roles=frozenset(kept["roles"]),
        scopes=frozenset(kept["scopes"]),
        actor=kept["actor"],
    )


def asked_of(state: State) -> Asked | None:
    """Return the question as the plan cache knows it; None where it was not read, or is SQL."""
    request, route, frame = state["request"], state.get("route"), state.get("frame")
    if frame is None or (route is not None and route["raw_sql"]):
        return None
    return Asked(
        frame=Frame.from_json(frame),
        principal=principal_of(request),
        at=datetime.fromisoformat(request["asked_at"]),
        zone=request["timezone"],
        tool=tool_of(state),
    )


def tool_of(state: State) -> Tool:
    """Return what the question goes to; the data where nothing else was decided."""
    route = state.get("route")
    return route["tool"] if route is not None else "sql"


def inquiry_of(state: State, now: datetime) -> Inquiry:
    """Return the request as a tool sees it."""
    request, route = state["request"], state.get("route")
    asked = Asked(
        frame=Frame.from_json(state.get("frame") or {"text": request["text"]}),
        principal=principal_of(request),
        at=datetime.fromisoformat(request["asked_at"]),
        zone=request["timezone"],
        tool=tool_of(state),
    )
    return Inquiry(
        asked=asked,
        request_id=request["request_id"],
        trace_id=request["trace_id"],
        text=request["text"],
        raw=route is not None and route["raw_sql"],
        withheld=withheld(state),
        fresh=request["bypass_cache"],
        rejected=tuple(Rejection.model_validate(each) for each in state.get("rejected", [])),
        timeout_s=remaining_s(request, now),
    )


def spent(state: State, usage: Usage) -> Json:
    """Return what the turn has cost so far, with one more model call."""
    before = state.get("usage")
    total = usage if before is None else Usage.model_validate(before).plus(usage)
    return total.model_dump(mode="json")


def asked_models(state: State, usage: Spending) -> Json:
    """Return which models were asked in this turn, with those of one more proposal."""
    before = (state.get("models") or {}).get("tried", {})
    return {"tried": {**before, **usage.tried}, "policy": usage.policy}


def remaining_s(request: Request, now: datetime) -> float:
    """Return the seconds left before the request's one deadline; negative when it has passed.

    A clock that is set back meanwhile gives nobody more than the whole allowance.
    """
    left = datetime.fromisoformat(request["deadline_at"]) - now
    return min(left.total_seconds(), request["timeout_s"])


def abstention_state(abstention: Abstention) -> Json:
    """Return an abstention as the state keeps it."""
    readings = [asdict(reading) for reading in abstention.readings]
    return {
        "reason": abstention.reason,
        "remedy": abstention.remedy,
        "unclear": list(abstention.unclear),
        "readings": readings,
        "retry_after_s": abstention.retry_after_s,
    }


def sealed_text(request: Request, checked: Json) -> str:
    """Return what a seal covers: the statement, the request and who it was checked for."""
    covered = [request["request_id"], request["principal"], checked]
    return json.dumps(covered, sort_keys=True, separators=(",", ":"))


def read_text(request: Request, frame: Json | None) -> str:
    """Return what the seal on a Frame covers: the request, who asks, the text and the Frame."""
    covered = ["read", request["request_id"], request["principal"], request["text"], frame]
    return json.dumps(covered, sort_keys=True, separators=(",", ":"))


def planned_text(state: State, plan: Json | None) -> str:
    """Return what the seal on a plan covers: all that it was made from, and the plan."""
    made_from = read_text(state["request"], state.get("frame"))
    return json.dumps(["planned", made_from, plan], sort_keys=True, separators=(",", ":"))


def weighed_text(state: State) -> str:
    """Return what the seal of the gate covers: the plan it let through, and what that came from."""
    made = planned_text(state, state.get("plan"))
    return json.dumps(["weighed", made], sort_keys=True, separators=(",", ":"))


NOT_OURS: Ending = {
    "kind": "refused",
    "reason": "The plan was not made for this request.",
    "remedy": "Ask the question again, or type the statement itself.",
}
"""What is said of a plan that somebody put into the state."""


def noted(state: State, *notes: Degradation) -> list[Json]:
    """Return the turn's degradations with more at the end."""
    return [*state.get("degradations", []), *(note.model_dump(mode="json") for note in notes)]


NOT_READ = Degradation(kind="redaction", detail="secrets in it were not read")


def withheld(state: State) -> bool:
    """Return whether a part of the question was a secret, and was left out before it was read."""
    return NOT_READ.model_dump(mode="json") in state.get("degradations", [])


def noted_once(state: State, note: Degradation) -> list[Json]:
    """Return the turn's degradations with this one, which may be among them already."""
    said = note.model_dump(mode="json") in state.get("degradations", [])
    return state.get("degradations", []) if said else noted(state, note)


def redacted(value: Plain, redact: Callable[[str], str]) -> Plain:
    """Return a JSON value with every string in it redacted; keys stay."""
    # Nearly always there is nothing to find. String by string: a redactor remembers what was clean.
    clean = all(redact(text) == text for text in _strings(value))
    return value if clean else cast("Plain", _walk(value, redact))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _walk(value: object, redact: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _walk(item, redact) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item, redact) for item in value]
    return value


def abstention_of(kept: Json) -> Abstention:
    """Return the abstention `abstention_state` was made from."""
    readings = tuple(Reading(**reading) for reading in kept.get("readings", []))
    reason = str(kept.get("reason", "No plan could be made."))
    return Abstention(
        reason=reason,
        remedy=str(kept.get("remedy", "")),
        unclear=tuple(kept.get("unclear", [])),
        readings=readings,
        retry_after_s=kept.get("retry_after_s"),
    )

"""The parts of a request: how they are sent on, and what is left of them after a pause. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from langgraph.types import Send

from clearway.graph.state import Json, Request, State
from clearway.graph.turn import fresh_turn
from clearway.outcome import Degradation

NOT_KEPT = Degradation(
    kind="missing",
    detail="what it brought is not kept while a request waits; ask this by itself to see it",
)


def sent_on(state: State, requests: Iterable[Request]) -> list[Send]:
    """Return the requests as parts of this turn, each in a state of its own.

    One that ran before goes on counting its executions: each has its own place in the audit.
    """
    kept = {"degradations": state.get("degradations", []), "memory": state.get("memory")}
    before = {each["request_id"]: each["executions"] for each in state.get("settled") or []}
    return [
        Send(
            "part",
            {
                **fresh_turn(),
                **kept,
                "request": each,
                "executions": before.get(each["request_id"], 0),
            },
        )
        for each in requests
    ]


def lost(state: State) -> list[Request]:
    """Return the parts whose answers went with a process or a pause, and may be got again."""
    here = {int(each["number"]) for each in state.get("parts") or []}
    once = {each["request_id"] for each in state.get("settled") or [] if not each["again"]}
    return [
        each
        for each in state.get("sent") or []
        if each["part"] not in here and each["request_id"] not in once
    ]


def in_order(state: State) -> list[Json]:
    """Return what came of each part of the request, in the order they were asked.

    Of one that must not run again there may be left what a checkpoint keeps.
    """
    parts = list(state.get("parts") or [])
    here = {int(each["number"]) for each in parts}
    parts += [_kept(each) for each in state.get("settled") or [] if each["number"] not in here]
    return sorted(parts, key=lambda part: int(part["number"]))


def _kept(settled: Json) -> Json:
    record = settled["record"]
    told = record["degradations"]
    if record["kind"] == "answered":
        told = [*told, NOT_KEPT.model_dump(mode="json")]
    return {**settled, "outcome": {**record, "degradations": told}}

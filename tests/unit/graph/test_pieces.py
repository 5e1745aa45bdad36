"""What is left of the parts of a request after a pause, and which of them run again."""

from __future__ import annotations

from typing import Any

import pytest

from clearway.graph.conclude import outcome_of
from clearway.graph.context import Context
from clearway.graph.pieces import in_order, lost, sent_on
from clearway.graph.state import Request, State, collected
from clearway.identity import Principal
from clearway.nodes.admit import new_request
from tests.ports import services

pytestmark = pytest.mark.unit


def request(number: int) -> Request:
    whole = new_request("revenue & more", Principal(user="ada"), Context(), services())
    return {**whole, "request_id": f"r-{number}", "part": number}


def part(number: int, **more: Any) -> dict[str, Any]:
    record = {"kind": "answered", "degradations": []}
    return {"number": number, "question": "q", "record": record, "message": "", **more}


def settled(number: int, *, again: bool, executions: int = 1) -> dict[str, Any]:
    return part(number, request_id=f"r-{number}", again=again, executions=executions)


def paused(*left: dict[str, Any], here: tuple[int, ...] = ()) -> State:
    return {
        "pieces": ["a", "b"],
        "sent": [request(1), request(2)],
        "settled": list(left),
        "parts": [part(number, outcome={"whole": number}) for number in here],
    }


def test_what_is_here_is_not_lost() -> None:
    assert lost(paused(here=(1, 2))) == []


def test_what_may_run_again_does_so_and_is_counted_on() -> None:
    state = paused(settled(1, again=True, executions=2), here=(2,))
    (again,) = lost(state)
    assert again["request_id"] == "r-1"
    (sent,) = sent_on(state, [again])
    assert sent.arg["executions"] == 2
    assert sent.arg["approved"] is False


def test_what_a_person_let_through_is_told_from_what_was_kept_of_it() -> None:
    state = paused(settled(1, again=False), here=(2,))
    assert lost(state) == []
    kept, whole = in_order(state)
    assert (kept["number"], whole["outcome"]) == (1, {"whole": 2})
    assert "not kept" in kept["outcome"]["degradations"][0]["detail"]


def test_what_never_ended_is_sent_on() -> None:
    assert [each["part"] for each in lost(paused())] == [1, 2]


def test_parts_come_together_by_number_and_nothing_empties_them() -> None:
    first = collected([part(1)], [part(2), part(1, message="newer")])
    assert [(each["number"], each["message"]) for each in first] == [(2, ""), (1, "newer")]
    assert collected(first, []) == []


def test_where_nothing_is_left_the_outcome_says_so() -> None:
    state: State = {"request": request(1), "pieces": ["a", "b"]}
    outcome = outcome_of(state, services())
    assert outcome.kind == "refused"
    assert "cut off" in outcome.message

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from clearway.graph.deadline import Deadlines
from clearway.graph.state import State

pytestmark = pytest.mark.unit

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = BEGAN + timedelta(hours=2)


def state(request_id: str = "r1") -> State:
    deadline_at = (BEGAN + timedelta(seconds=30)).isoformat()
    request = {"request_id": request_id, "timeout_s": 30.0, "deadline_at": deadline_at}
    return cast("State", {"request": cast("Any", request)})


def test_a_run_keeps_the_deadline_it_began_with() -> None:
    deadlines = Deadlines()
    deadlines.follow("admit", state()["request"])
    assert deadlines.held(state(), LATER) == state()


def test_a_run_taken_up_by_another_process_has_its_allowance_again() -> None:
    held = Deadlines().held(state(), LATER)
    assert held["request"]["deadline_at"] == (LATER + timedelta(seconds=30)).isoformat()


def test_it_is_renewed_once() -> None:
    deadlines = Deadlines()
    renewed = deadlines.held(state(), LATER)
    assert deadlines.held(renewed, LATER + timedelta(hours=1)) == renewed


def test_a_run_that_waited_for_a_person_has_its_allowance_again() -> None:
    deadlines = Deadlines()
    deadlines.follow("admit", state()["request"])
    deadlines.put_aside(state()["request"])
    assert deadlines.held(state(), LATER) != state()


def test_a_turn_without_a_request_has_no_deadline() -> None:
    assert Deadlines().held({}, LATER) == {}

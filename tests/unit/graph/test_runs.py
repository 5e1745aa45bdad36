from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from clearway.graph.runs import Runs
from clearway.graph.state import State
from clearway.graph.turn import remaining_s

pytestmark = pytest.mark.unit

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = BEGAN + timedelta(hours=2)


def state(request_id: str = "r1") -> State:
    deadline_at = (BEGAN + timedelta(seconds=30)).isoformat()
    request = {"request_id": request_id, "timeout_s": 30.0, "deadline_at": deadline_at}
    return cast("State", {"request": cast("Any", request)})


def test_a_run_keeps_the_deadline_it_began_with() -> None:
    runs = Runs()
    runs.follow("admit", state()["request"], "t")
    assert runs.held(state(), LATER, "t") == state()


def test_a_clock_that_is_set_back_gives_no_more_than_the_allowance() -> None:
    request = state()["request"]
    left = [remaining_s(request, BEGAN + timedelta(seconds=s)) for s in (-86_400, 10, 31)]
    assert left == [30, 20, -1]


def test_a_run_taken_up_by_another_process_has_its_allowance_again() -> None:
    held = Runs().held(state(), LATER, "t")
    assert held["request"]["deadline_at"] == (LATER + timedelta(seconds=30)).isoformat()


def test_it_is_renewed_once() -> None:
    runs = Runs()
    renewed = runs.held(state(), LATER, "t")
    assert runs.held(renewed, LATER + timedelta(hours=1), "t") == renewed


def test_a_run_that_waited_for_a_person_has_its_allowance_again() -> None:
    runs = Runs()
    runs.follow("admit", state()["request"], "t")
    runs.put_aside(state()["request"])
    assert runs.held(state(), LATER, "t") != state()


def test_a_turn_without_a_request_has_no_deadline() -> None:
    assert Runs().held({}, LATER, "t") == {}


@pytest.mark.anyio
async def test_a_turn_is_over_when_its_last_node_is() -> None:
    runs, began, may_end, ended = Runs(), asyncio.Event(), asyncio.Event(), []

    async def node() -> None:
        with runs.node("t"):
            began.set()
            await may_end.wait()
            ended.append("node")

    running = asyncio.create_task(node())
    await began.wait()
    runs.follow("admit", state("left")["request"], "t")
    runs.follow("admit", state("another thread's")["request"], "u")
    waiting = asyncio.create_task(runs.left_open("t"))
    may_end.set()
    left = await waiting
    assert (ended, [(each["request_id"], ran) for each, ran in left]) == (["node"], [("left", [])])
    assert await runs.left_open("t") == []
    await running

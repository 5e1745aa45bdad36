from __future__ import annotations

import asyncio

import pytest

from clearway.resilience.finish import finish

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


async def test_work_is_finished_however_often_its_caller_is_cancelled() -> None:
    go, done = asyncio.Event(), []

    async def work() -> None:
        await go.wait()
        done.append("work")

    caller = asyncio.create_task(finish(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        caller.cancel()
    assert not done
    go.set()

    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == ["work"]


async def test_what_the_work_raises_is_raised() -> None:
    async def work() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await finish(work())

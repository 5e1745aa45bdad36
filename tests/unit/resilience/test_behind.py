"""Work behind its caller goes on when the caller is gone, and can be waited for."""

from __future__ import annotations

import asyncio

import pytest

from clearway.resilience.behind import Behind

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


async def test_it_is_waited_for_by_who_reads_and_by_nobody_else() -> None:
    behind, may_end, done = Behind(), asyncio.Event(), []

    async def work(name: str) -> None:
        await may_end.wait()
        done.append(name)

    behind.do(work("one"))
    behind.do(work("two"))
    assert (len(behind), done) == (2, [])

    may_end.set()
    await behind.all_done()

    assert (len(behind), sorted(done)) == (0, ["one", "two"])
    await behind.one_done()  # nothing to wait for


async def test_the_first_to_end_makes_room() -> None:
    behind, never = Behind(), asyncio.Event()

    async def ends() -> None:
        return

    async def goes_on() -> None:
        await never.wait()

    behind.do(goes_on())
    behind.do(ends())
    await behind.one_done()

    assert len(behind) == 1
    never.set()
    await behind.all_done()

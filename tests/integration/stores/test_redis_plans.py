"""Plans in a real Redis: their time, and a server that is killed, restarted or silent."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import redis

from clearway.errors import CacheError, ConfigurationError
from clearway.resilience.clock import FakeClock
from clearway.stores import redis_client
from clearway.stores.plans.redis import PREFIX, RedisPlans, open_redis_plans
from clearway.stores.plans.tier import KeptPlan
from clearway.stores.redis_client import PAUSE_S
from tests.ports import plan
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


@pytest.fixture
def server(running: RedisServer) -> RedisServer:
    """The server, answering and empty."""
    running.kill()
    running.start()
    return running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def tier(
    anyio_backend: str, server: RedisServer, clock: FakeClock
) -> AsyncIterator[RedisPlans]:
    async with open_redis_plans(server.url, clock, ttl_s=1800) as tier:
        yield tier


def kept(question: str = "revenue") -> KeptPlan:
    return KeptPlan(
        plan=plan("select 1"), question=question, kept_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


async def test_what_was_put_is_found_by_another_process(
    tier: RedisPlans, server: RedisServer, clock: FakeClock
) -> None:
    await tier.put("k", kept())
    async with open_redis_plans(server.url, clock, ttl_s=1) as other:
        assert await other.get("k") == kept()
        assert await other.get("other") is None


async def test_a_plan_has_the_time_to_live_it_was_given(
    tier: RedisPlans, server: RedisServer
) -> None:
    await tier.put("k", kept())
    with redis.Redis(port=server.port) as client:
        assert 1_790_000 < client.pttl(f"{PREFIX}k") <= 1_800_000


@pytest.mark.parametrize("planted", [b"", b"{}", b"\xff\x00", b'{"plan": {"sql": "select 1"}}'])
async def test_what_someone_else_wrote_is_no_plan(
    tier: RedisPlans, server: RedisServer, planted: bytes
) -> None:
    with redis.Redis(port=server.port) as client:
        client.set(f"{PREFIX}k", planted)
    assert await tier.get("k") is None
    assert await tier.entries() == {}


async def test_dropping_and_listing(tier: RedisPlans) -> None:
    for name in ("a", "b", "c"):
        await tier.put(name, kept(name))
    assert await tier.drop("a", "missing") == 1
    assert {key: each.question for key, each in (await tier.entries()).items()} == {
        "b": "b",
        "c": "c",
    }
    size = await tier.size()
    assert size.entries == 2
    assert size.used_bytes is not None


async def test_a_dead_server_costs_one_try_a_pause(
    tier: RedisPlans, server: RedisServer, clock: FakeClock
) -> None:
    await tier.put("k", kept())
    server.kill()
    for _ in range(10):
        with pytest.raises(CacheError):
            await tier.get("k")
    assert (tier.stats.errors, tier.stats.skipped) == (1, 9)
    clock.advance(PAUSE_S)
    with pytest.raises(CacheError):
        await tier.get("k")
    assert (tier.stats.errors, tier.stats.skipped) == (2, 9)


async def test_a_silent_server_is_given_up_on_and_only_one_request_tries_it_again(
    server: RedisServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_client, "TIMEOUT_S", 0.25)
    server.signal(signal.SIGSTOP)
    async with open_redis_plans(server.url, clock, ttl_s=1800) as tier:
        with pytest.raises(CacheError):
            await tier.get("k")
        clock.advance(PAUSE_S)
        tried = await asyncio.gather(*(tier.get("k") for _ in range(10)), return_exceptions=True)
    assert all(isinstance(error, CacheError) for error in tried)
    assert (tier.stats.errors, tier.stats.skipped) == (2, 9)


async def test_a_restarted_server_is_used_again(
    tier: RedisPlans, server: RedisServer, clock: FakeClock
) -> None:
    await tier.put("k", kept())
    server.kill()
    with pytest.raises(CacheError):
        await tier.get("k")
    server.start()
    clock.advance(PAUSE_S)
    assert await tier.get("k") is None, "it lost everything, and that is all"
    await tier.put("k", kept())
    assert await tier.get("k") == kept()


async def test_a_quick_restart_is_not_noticed(tier: RedisPlans, server: RedisServer) -> None:
    await tier.put("k", kept())
    server.kill()
    server.start()
    assert await tier.get("k") is None
    assert tier.stats.errors == 0


async def test_a_refusal_is_no_reason_to_stay_away(tier: RedisPlans, server: RedisServer) -> None:
    with redis.Redis(port=server.port) as client:
        client.config_set("maxmemory", 1)
        with pytest.raises(CacheError, match="refused"):
            await tier.put("k", kept())
        client.config_set("maxmemory", 0)
    await tier.put("k", kept())
    assert await tier.get("k") == kept()


async def test_a_primary_that_became_a_replica_is_left_for_whoever_has_its_address(
    tier: RedisPlans, server: RedisServer, clock: FakeClock
) -> None:
    await tier.put("k", kept())
    with redis.Redis(port=server.port) as client:
        ours = {each["id"] for each in client.client_list()} - {str(client.client_id())}
        client.replicaof("127.0.0.1", 1)
        for work in (tier.put("k", kept()), tier.get("k")):
            with pytest.raises(CacheError):
                await work
        client.replicaof("NO", "ONE")
        clock.advance(PAUSE_S)
        await tier.put("k", kept())
        assert ours.isdisjoint(each["id"] for each in client.client_list())
    assert await tier.get("k") == kept()


async def test_a_server_that_holds_all_it_may_is_given_no_more(server: RedisServer) -> None:
    async with open_redis_plans(server.url, FakeClock(), ttl_s=60, max_bytes=1) as full:
        assert not await full.put("k", kept())
        assert await full.get("k") is None
        assert (await full.size()).limit_bytes == 1
    async with open_redis_plans(server.url, FakeClock(), ttl_s=60) as roomy:
        assert await roomy.put("k", kept())
        assert await roomy.get("k") == kept()
        assert (await roomy.size()).limit_bytes == 256_000_000


async def test_what_is_no_redis_url_is_said_at_once() -> None:
    with pytest.raises(ConfigurationError, match="CLEARWAY_REDIS_URL"):
        async with open_redis_plans("http://:hunter2@cache", FakeClock(), ttl_s=1):
            pass

"""Scripts asked at once go in batches over one connection, each with its own reply."""

from __future__ import annotations

import asyncio

import pytest
import redis as sync_redis

from clearway.errors import CacheError
from clearway.resilience.clock import SystemClock
from clearway.stores.redis_client import open_redis
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ADD = "return redis.call('INCRBY', KEYS[1], ARGV[1])"
FAILS = "return redis.call('INCRBY', KEYS[1], 'nothing')"


async def test_each_caller_gets_the_reply_to_its_own(
    redis: sync_redis.Redis, running: RedisServer
) -> None:
    async with open_redis(running.url, SystemClock(), patient=True) as client:
        replies = await asyncio.gather(*(client.script(ADD, ["sum"], ["1"]) for _ in range(200)))

    assert sorted(map(int, replies)) == list(range(1, 201))


async def test_a_script_that_fails_fails_alone(
    redis: sync_redis.Redis, running: RedisServer
) -> None:
    async with open_redis(running.url, SystemClock(), patient=True) as client:
        found = await asyncio.gather(
            client.script(ADD, ["sum"], ["1"]),
            client.script(FAILS, ["sum"], []),
            client.script(ADD, ["sum"], ["1"]),
            return_exceptions=True,
        )

        assert found[0::2] == [1, 2]
        assert isinstance(found[1], CacheError)
        assert not client.away


async def test_a_server_that_forgot_the_scripts_is_told_them_again(
    redis: sync_redis.Redis, running: RedisServer
) -> None:
    async with open_redis(running.url, SystemClock(), patient=True) as client:
        await client.script(ADD, ["sum"], ["1"])
        redis.script_flush()

        replies = await asyncio.gather(*(client.script(ADD, ["sum"], ["1"]) for _ in range(3)))

    assert sorted(map(int, replies)) == [2, 3, 4]

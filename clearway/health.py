"""What is there, in words; every part is looked at, whatever the one before it said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from clearway.errors import ClearwayError

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from clearway.graph.ports import Clock
    from clearway.wiring import Wired

CONNECT_S = 3.0
_VECTORS = "select name from pg_available_extensions where name = 'vector'"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part: its state in words, and whether it does what the settings ask of it."""

    ok: bool
    state: str


async def health(wired: Wired) -> Mapping[str, Part]:
    """Return the state of every part, by name; a part that is gone is reported, not raised."""
    settings = wired.settings
    store = "embedded" if wired.database.embedded else "CLEARWAY_DATABASE_URL"
    warehouse = "CLEARWAY_WAREHOUSE_URL" if settings.warehouse_url else "the demo warehouse"
    return {
        "store": await _postgres(wired.database.pool, store, "CLEARWAY_DATABASE_URL"),
        "warehouse": await _postgres(wired.warehouse, warehouse, "CLEARWAY_WAREHOUSE_URL"),
        "catalog": _catalog(wired),
        "model": await _models(wired),
        "limits": await _limits(wired),
        "cache": await _cache(wired),
        "embeddings": await _embeddings(wired),
        "services": _services(wired),
        "durability": Part(ok=True, state=settings.durability),
    }


async def _models(wired: Wired) -> Part:
    """Return who plans, in order, and who of them cannot just now; without any, rules do."""
    router = wired.models.router
    if router is None:
        return Part(ok=True, state="none: plans come from rules")
    known = router.preparing.parts.routes
    try:
        standing = [each for each in await router.status() if each.id in known]
    except ClearwayError as error:
        return Part(ok=False, state=error.message)
    named = {each.id: each.model + (f" ({each.reason})" * bool(each.reason)) for each in standing}
    return Part(ok=True, state=", then ".join(named[name] for name in known))


async def _postgres(pool: AsyncConnectionPool[Any], kind: str, variable: str) -> Part:
    try:
        async with pool.connection(timeout=CONNECT_S) as connection:
            await connection.execute("select 1")
            version = connection.info.server_version // 10000
            return Part(ok=True, state=f"Postgres {version}, {kind}")
    except (psycopg.Error, PoolTimeout, OSError):
        return Part(ok=False, state=f"{kind} cannot be reached; check {variable}")


def _catalog(wired: Wired) -> Part:
    tables = len(wired.catalog.visible_to(wired.services.identity.caller()).tables)
    state = f"{tables} tables may be asked, version {wired.catalog.version}"
    return Part(ok=tables > 0, state=state)


def _services(wired: Wired) -> Part:
    """Return how much may be called; how services are is `clearway services health`."""
    if wired.rest is None:
        return Part(ok=True, state="none: CLEARWAY_SERVICES_PATH is not set")
    seen = wired.rest.registry.visible_to(wired.services.identity.caller())
    count = len(seen.services)
    services = f"{count} service{'' if count == 1 else 's'}"
    return Part(ok=True, state=f"{len(seen.operations)} operations of {services} may be called")


async def _embeddings(wired: Wired) -> Part:
    """Return which embedder is in use; without one documents are searched by words."""
    import asyncio

    from clearway.llm.embeddings.choose import embedder_in_words

    settings = wired.settings
    state = await asyncio.to_thread(embedder_in_words, settings)
    wanted = settings.embedding_model_dir is not None or settings.embedding_url is not None
    if wanted and await _lacks_vectors(wired.database.pool):
        why = "the store has no pgvector, so documents are searched by words only"
        return Part(ok=False, state=f"{state}; {why}")
    return Part(ok=True, state=state)


async def _lacks_vectors(pool: AsyncConnectionPool[Any]) -> bool:
    """Return whether the store is known to lack pgvector; one that is gone is told elsewhere."""
    try:
        async with pool.connection(timeout=CONNECT_S) as connection:
            found = await connection.execute(_VECTORS)
            return await found.fetchone() is None
    except (psycopg.Error, PoolTimeout, OSError):
        return False


async def _limits(wired: Wired) -> Part:
    """Return who counts requests; while Redis is away each process counts for itself."""
    settings = wired.settings
    trouble = ""
    if settings.limits_in == "redis" and settings.redis_url is not None:
        trouble = await _redis_trouble(settings.redis_url.get_secret_value(), wired.services.clock)
    if trouble:
        return Part(ok=False, state=f"counted by each process for itself: {trouble}")
    return Part(ok=True, state=f"counted in {settings.limits_in}")


async def _redis_trouble(url: str, clock: Clock) -> str:
    """Return why nothing can be counted in Redis; empty where it can.

    By a connection of its own: one in use may be leaving Redis alone after it was away. One that is
    full, or a replica by now, answers and takes nothing.
    """
    from clearway.stores.redis_client import open_redis

    async def written(client: Redis) -> None:
        await client.set("clearway:health", 1, px=1_000)

    async with open_redis(url, clock) as redis:
        try:
            await redis.ask(written)
        except ClearwayError as error:
            return f"{error.message} Check CLEARWAY_REDIS_URL"
    return ""


async def _cache(wired: Wired) -> Part:
    """Return where plans are kept; while Redis is away only the history is read."""
    try:
        found = await wired.upkeep.stats()
    except ClearwayError as error:
        return Part(ok=False, state=error.message)
    if found.size is None:
        return Part(ok=False, state=f"the history only: {found.trouble} Check CLEARWAY_REDIS_URL")
    where = "Redis" if found.tier == "redis" else "this process"
    state = f"{found.size.entries} plans in {where}, {found.history_entries} in the history"
    return Part(ok=True, state=state)

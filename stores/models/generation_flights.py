"""One model call for all processes that want the same generation, agreed on in Postgres.

The leader holds a lease and renews it; a lease that is not renewed is taken over. Those who wait
look again every `POLL_S`, one per process and key. Without Postgres everyone calls alone.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import LiteralString

from psycopg.rows import DictRow

from clearway.errors import StoreUnavailable
from clearway.graph.ports import Clock
from clearway.llm.ports import Generation, GenerationSeat
from clearway.llm.sharing.generations import Seat, too_late
from clearway.stores.connect import store_errors
from clearway.stores.models.generation_text import read, written
from clearway.stores.postgres import Pool

LEASE_S = 3.0
POLL_S = 0.05
GRACE_S = 2.0
"""How long a reply is shared after it landed: those who asked together may look a little later."""

_CLAIM = """
with claimed as (
    insert into llm_flight as flight (key, owner, lease_until, began_at)
    values (
        %(key)s, %(owner)s, clock_timestamp() + make_interval(secs => %(lease_s)s),
        clock_timestamp()
    )
    on conflict (key) do update
    set owner = excluded.owner, lease_until = excluded.lease_until, generation = null,
        -- What has been over for long is another flight's.
        error = case when flight.lease_until > clock_timestamp() - interval '1 minute'
            then case when flight.generation is null then coalesce(flight.error, 'OwnerDied') end
        end
    where flight.lease_until < clock_timestamp()
        -- A lease that ends so late is from before the clock was set back.
        or flight.lease_until
            > clock_timestamp() + make_interval(secs => %(lease_s)s) + interval '1 minute'
    returning key
)
select
    exists (select from claimed) as leads,
    (select generation from llm_flight where key = %(key)s) as generation,
    (select error from llm_flight where key = %(key)s) as error
"""
_RENEW = """
update llm_flight set lease_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
where key = %(key)s and owner = %(owner)s and generation is null
"""
_LAND = """
update llm_flight
set generation = %(generation)s,
    lease_until = clock_timestamp() + make_interval(secs => %(grace_s)s)
where key = %(key)s and owner = %(owner)s
"""
_GIVE_UP = """
update llm_flight set lease_until = clock_timestamp(), error = %(error)s
where key = %(key)s and owner = %(owner)s and generation is null
"""
_SWEEP = "delete from llm_flight where lease_until < clock_timestamp() - interval '1 minute'"


class PostgresGenerationFlights:
    """Implements `GenerationFlights` among processes."""

    def __init__(
        self, pool: Pool, clock: Clock, *, lease_s: float = LEASE_S, grace_s: float = GRACE_S
    ) -> None:
        """A dead owner holds the others up for `lease_s`; a reply is shared for `grace_s`."""
        self._pool = pool
        self._clock = clock
        self._lease_s = lease_s
        self._grace_s = grace_s

    @asynccontextmanager
    async def join(self, key: str, *, timeout_s: float) -> AsyncIterator[GenerationSeat]:
        """Take a seat: lead, or wait for who leads; a dead leader is taken over."""
        mine = {"key": key, "owner": secrets.token_hex(16), "lease_s": self._lease_s}
        try:
            landed = await self._wait(key, mine, timeout_s)
        except StoreUnavailable:
            yield Seat()
            return
        if landed is not None:
            yield Seat(landed)
            return
        async with self._leading(mine) as seat:
            yield seat

    async def _wait(
        self, key: str, mine: Mapping[str, object], timeout_s: float
    ) -> Generation | None:
        """Return what another's call brought, or None: this one leads."""
        began = self._clock.monotonic()
        while True:
            row = await self._asked(_CLAIM, mine)
            if row is None or row["leads"]:
                return None
            if (landed := read(row["generation"])) is not None:
                return landed
            elapsed_s = self._clock.monotonic() - began
            if elapsed_s + POLL_S >= timeout_s:
                raise too_late(key, "under way", elapsed_s, row["error"])
            await asyncio.sleep(POLL_S)

    @asynccontextmanager
    async def _leading(self, mine: Mapping[str, object]) -> AsyncIterator[Seat]:
        beat = asyncio.create_task(self._renew(mine))
        landed = False

        async def share(generation: Generation) -> None:
            nonlocal landed
            landed = True
            told = {**mine, "generation": written(generation), "grace_s": self._grace_s}
            # The reply is there; that nobody else can share it is no reason to fail.
            with suppress(StoreUnavailable):
                await self._asked(_LAND, told)

        error = "NothingLanded"
        try:
            yield Seat(share=share)
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            beat.cancel()
            await asyncio.wait([beat])  # a renewal that comes late would hold the others up
            if not landed:
                with suppress(StoreUnavailable):
                    await self._asked(_GIVE_UP, {**mine, "error": error})

    async def _renew(self, mine: Mapping[str, object]) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            with suppress(StoreUnavailable):
                await self._asked(_RENEW, mine)

    async def sweep(self) -> int:
        """Forget flights that are over; return how many."""
        with store_errors("forget flights that are over"):
            async with self._pool.connection() as connection:
                return (await connection.execute(_SWEEP)).rowcount

    async def _asked(
        self, statement: LiteralString, values: Mapping[str, object]
    ) -> DictRow | None:
        with store_errors("agree on who calls the model"):
            async with self._pool.connection(timeout=LEASE_S) as connection:
                cursor = await connection.execute(statement, values)
                return await cursor.fetchone() if cursor.description else None

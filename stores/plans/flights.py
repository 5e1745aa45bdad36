"""One model call for all processes that ask the same at the same time, agreed on in Postgres.

Who plans holds a lease and renews it; a lease that is not renewed is taken over. Those who wait
look again every `POLL_S`, one per process and question. Without Postgres everyone plans alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool
from pydantic import ValidationError

from clearway.errors import ModelUnavailable, StoreUnavailable
from clearway.graph.ports import Clock, Proposal, Spending
from clearway.outcome import Degradation
from clearway.plans import Model, SqlPlan
from clearway.stores.connect import store_errors

LEASE_S = 3.0
POLL_S = 0.05
GRACE_S = 2.0
"""How long a proposal is shared after it was made; see `clearway.resilience.single_flight`."""

_CLAIM = """
with claimed as (
    insert into plan_flight (key, owner, lease_until)
    values (%(key)s, %(owner)s, clock_timestamp() + make_interval(secs => %(lease_s)s))
    on conflict (key) do update
    set owner = excluded.owner, lease_until = excluded.lease_until, proposal = null
    where plan_flight.lease_until < clock_timestamp()
        -- A lease that ends so late is from before the clock was set back.
        or plan_flight.lease_until
            > clock_timestamp() + make_interval(secs => %(lease_s)s) + interval '1 minute'
    returning key
)
select
    exists (select from claimed) as leads,
    (select proposal from plan_flight where key = %(key)s) as proposal
"""
_RENEW = """
update plan_flight set lease_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
where key = %(key)s and owner = %(owner)s and proposal is null
"""
_LAND = """
update plan_flight
set proposal = %(proposal)s, lease_until = clock_timestamp() + make_interval(secs => %(grace_s)s)
where key = %(key)s and owner = %(owner)s
"""
_RELEASE = "delete from plan_flight where key = %(key)s and owner = %(owner)s"
_SWEEP = "delete from plan_flight where lease_until < clock_timestamp() - interval '1 minute'"


class Landed(Model):
    """What is shared: the plan, and what did not go as it should have on the way to it."""

    plan: SqlPlan
    degradations: tuple[Degradation, ...] = ()


class PostgresFlights:
    """Implements `Flights` among processes. Plans are shared; a model's no or failure is not."""

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[DictRow]],
        clock: Clock,
        *,
        lease_s: float = LEASE_S,
        grace_s: float = GRACE_S,
    ) -> None:
        """A dead owner holds the others up for `lease_s`; a proposal is shared for `grace_s`."""
        self._pool = pool
        self._clock = clock
        self._lease_s = lease_s
        self._grace_s = grace_s

    async def share(
        self, key: str, propose: Callable[[], Awaitable[Proposal]], *, timeout_s: float
    ) -> tuple[Proposal, bool]:
        """Return the proposal, and whether another process paid for it."""
        mine = {
            "key": hashlib.sha256(key.encode()).hexdigest(),
            "owner": secrets.token_hex(16),
            "lease_s": self._lease_s,
        }
        deadline = self._clock.monotonic() + timeout_s
        while True:
            try:
                leads, proposal = await self._claim(mine)
            except StoreUnavailable:
                return await propose(), False
            if leads:
                return await self._lead(mine, propose), False
            if proposal is not None:
                told = Spending(degradations=proposal.degradations)
                return (proposal.plan, told), True
            if self._clock.monotonic() + POLL_S >= deadline:
                raise ModelUnavailable("The plan another process makes came too late.")
            await asyncio.sleep(POLL_S)

    async def _claim(self, mine: dict[str, object]) -> tuple[bool, Landed | None]:
        async with self._connection() as connection:
            row = await (await connection.execute(_CLAIM, mine)).fetchone()
        if row is None:
            return False, None
        return bool(row["leads"]), _read(row["proposal"])

    async def _lead(
        self, mine: dict[str, object], propose: Callable[[], Awaitable[Proposal]]
    ) -> Proposal:
        beat = asyncio.create_task(self._renew(mine))
        landed: Landed | None = None
        try:
            by, usage = await propose()
            if isinstance(by, SqlPlan):
                notes = usage.degradations if isinstance(usage, Spending) else ()
                landed = Landed(plan=by, degradations=notes)
            return by, usage
        finally:
            beat.cancel()
            await asyncio.wait([beat])  # a renewal that comes late would hold the others up
            # The proposal is there; that nobody else can share it is no reason to fail.
            with suppress(StoreUnavailable):
                await self._end(mine, landed)

    async def _renew(self, mine: dict[str, object]) -> None:
        while True:
            await asyncio.sleep(self._lease_s / 3)
            with suppress(StoreUnavailable):
                async with self._connection() as connection:
                    await connection.execute(_RENEW, mine)

    async def _end(self, mine: dict[str, object], landed: Landed | None) -> None:
        async with self._connection() as connection:
            if landed is None:
                await connection.execute(_RELEASE, mine)
                return
            shared = {**mine, "proposal": landed.model_dump_json(), "grace_s": self._grace_s}
            await connection.execute(_LAND, shared)
            await connection.execute(_SWEEP)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        with store_errors("agree on who plans"):
            async with self._pool.connection(timeout=LEASE_S) as connection:
                yield connection


def _read(proposal: str | None) -> Landed | None:
    if proposal is None:
        return None
    try:
        return Landed.model_validate_json(proposal)
    except ValidationError:
        return None  # of another version: its lease ends soon, and we plan ourselves

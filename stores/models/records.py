"""What all processes of one database have on record of model calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta

from psycopg.rows import DictRow

from clearway.llm.admission.records import (
    OUTCOMES,
    STRETCH,
    Noted,
    Owner,
    Row,
    Step,
    Trace,
    Turnouts,
    traces_of,
)
from clearway.llm.admission.totals import ModelTotals
from clearway.stores.connect import store_errors
from clearway.stores.postgres import Pool

NOTED = "noted:"
"""How the windows they are counted in begin; no caller's is called so."""
ENDLESS = 2**62
LAST = timedelta(minutes=15)

_TOTALS = f"""
select owner as provider, name as model,
    sum(attempts)::bigint as attempts, sum(succeeded)::bigint as succeeded,
    sum(failed)::bigint as failed, sum(prompt_tokens)::bigint as prompt_tokens,
    sum(cached_tokens)::bigint as cached_tokens,
    sum(completion_tokens)::bigint as completion_tokens, sum(cost_usd) as cost_usd,
    sum(latency_sum_s)::double precision as latency_sum_s,
    array[{", ".join(f"sum(latency[{place}])::bigint" for place in range(1, 41))}] as latency
from clearway.llm_spend
where by = 'model'
group by owner, name
order by owner, name
"""
_OUTCOMES = """
select model, status, count(*) as calls from clearway.llm_attempt
where begun_at >= now() - %(stretch)s and ended_at is not null
group by model, status
order by model, status
"""
_TRACES = """
with recent as (
    select trace_id, request_id, max(begun_at) as began_at from clearway.llm_attempt
    where begun_at >= now() - %(stretch)s {whose}
    group by trace_id, request_id
    order by began_at desc
    limit %(limit)s
)
select listed.* from clearway.llm_attempt as listed join recent using (trace_id, request_id)
"""
_NOTE = "select clearway.llm_admit(%(key)s, %(endless)s, %(seconds)s)"
# Of the ring's 61 parts, those that lie within the stretch: `part` is the newest that was written.
_TURNOUTS = """
select count(*) as allowed from clearway.llm_attempt
where number = 1 and begun_at >= now() - %(stretch)s
"""
# Of the ring's 61 parts, those within the stretch: `part` is the newest that was written.
_NOTED = """
select coalesce(sum(listed.ring[place %% 61 + 1]), 0)::bigint as times
from clearway.llm_window as listed,
    generate_series(
        greatest(
            floor(extract(epoch from clock_timestamp()) * 60 / listed.seconds)::bigint - 60,
            listed.part - 60
        ),
        listed.part
    ) as place
where listed.key = %(key)s and listed.counts = 'requests' and listed.seconds = %(seconds)s
"""


class PostgresRecords:
    """Implements `Records` over the ledger all processes of one database write."""

    def __init__(self, pool: Pool, *, settled: Callable[[], Awaitable[None]] | None = None) -> None:
        """`settled` returns when what this process was told so far is written."""
        self._pool = pool
        self._settled = settled

    async def totals(self) -> Sequence[ModelTotals]:
        """Return what all closed calls add up to, those too that the ledger no longer holds."""
        return [ModelTotals(**row) for row in await self._rows(_TOTALS, {})]

    async def outcomes(self) -> Mapping[str, Mapping[str, int]]:
        """Return model -> outcome -> calls, of the last day."""
        counted: dict[str, dict[str, int]] = {}
        for row in await self._rows(_OUTCOMES, {"stretch": STRETCH}):
            counted.setdefault(row["model"], {})[OUTCOMES[row["status"]]] = row["calls"]
        return counted

    async def traces(
        self, *, owner: Owner | None, trace_id: str | None = None, limit: int
    ) -> Sequence[Trace]:
        """Return the last requests of the last day, the newest first."""
        wanted: dict[str, object] = {"trace_id": trace_id, "limit": limit}
        whose = "" if trace_id is None else "and trace_id = %(trace_id)s"
        if owner is not None:
            whose += " and user_id = %(user)s and tenant = %(tenant)s"
            wanted |= asdict(owner)
        found: list[Trace] = []
        # The last minutes are enough where much is going on, and there the day is large.
        for stretch in (LAST, STRETCH) if trace_id is None else (STRETCH,):
            rows = await self._rows(_TRACES.format(whose=whose), {**wanted, "stretch": stretch})
            found = traces_of([_row(each) for each in rows])
            if len(found) >= limit:
                break
        return found

    async def note(self, what: Noted) -> None:
        """Count what no call was made for."""
        await self._rows(_NOTE, {**_window(what), "endless": ENDLESS})

    async def noted(self, what: Noted) -> int:
        """Return how often that was counted in the last day."""
        (row,) = await self._rows(_NOTED, _window(what))
        return int(row["times"])

    async def turnouts(self) -> Turnouts:
        """Return what became of the requests of the last day."""
        (row,) = await self._rows(_TURNOUTS, {"stretch": STRETCH})
        return Turnouts(
            allowed=row["allowed"],
            rejected=await self.noted("turned_away"),
            cache_hits=await self.noted("cache_hit"),
        )

    async def _rows(self, statement: str, values: Mapping[str, object]) -> Sequence[DictRow]:
        if self._settled is not None:
            await self._settled()
        with store_errors("read what is on record of model calls"):
            async with self._pool.connection() as connection:
                return await (await connection.execute(statement.encode(), values)).fetchall()


def _window(what: Noted) -> dict[str, object]:
    return {"key": f"{NOTED}{what}", "seconds": STRETCH.total_seconds()}


def _row(row: DictRow) -> Row:
    step = Step(
        outcome=OUTCOMES[None if row["ended_at"] is None else row["status"]],
        began_at=row["begun_at"],
        prompt_tokens=row["prompt_tokens"] or 0,
        completion_tokens=row["completion_tokens"] or 0,
        estimated=bool(row["estimated"]),
        **{name: row[name] for name in _SAME},
    )
    return Row(
        trace_id=row["trace_id"],
        request_id=row["request_id"],
        user=row["user_id"],
        tenant=row["tenant"],
        task=row["task"],
        step=step,
    )


_SAME = (
    "number", "provider", "endpoint", "model", "latency_s", "first_token_s", "http_status",
    "error", "cost_usd",
)  # fmt: skip

"""Spend and latency reports: what the ledger adds up to, by model, user, tenant or day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from psycopg.rows import DictRow

from clearway.stores.connect import store_errors
from clearway.stores.postgres import Pool

By = Literal["model", "user", "tenant", "day"]

# A day is what its tenants add up to; of models alone, successes are counted by latency.
_SPEND = """
select
    case %(by)s
        when 'day' then day::text
        when 'tenant' then name
        else owner || '/' || name
    end as name,
    sum(attempts)::bigint as attempts, sum(succeeded)::bigint as succeeded,
    sum(failed)::bigint as failed, sum(prompt_tokens)::bigint as prompt_tokens,
    sum(cached_tokens)::bigint as cached_tokens,
    sum(completion_tokens)::bigint as completion_tokens,
    sum(cost_usd) as cost_usd, sum(estimated_usd) as estimated_usd
from clearway.llm_spend
where by = case %(by)s when 'day' then 'tenant' else %(by)s end and day >= %(since)s
group by 1
order by case when %(by)s = 'day' then 0 else sum(cost_usd) end desc, 1
"""
_LATENCY = """
select
    case %(by)s
        when 'day' then day::text
        when 'tenant' then name
        else owner || '/' || name
    end as name,
    sum(succeeded)::bigint as succeeded, sum(latency_sum_s) as total_s,
    max(latency_max_s) as max_s,
    array_agg(latency) filter (where latency <> '{}') as counts
from clearway.llm_spend
where by = case %(by)s when 'day' then 'model' else %(by)s end and day >= %(since)s
group by 1
having sum(succeeded) > 0
order by case when %(by)s = 'day' then 0 else sum(succeeded) end desc, 1
"""


@dataclass(frozen=True, kw_only=True)
class Spend:
    """What was spent on one model, by one user or tenant, or on one day."""

    name: str
    """`provider/model`, `tenant/user`, a tenant, or a day in UTC."""
    attempts: int
    """Closed ones, whatever came of them."""
    succeeded: int
    failed: int
    """With those that timed out; the rest was cancelled, abandoned, refused or interrupted."""
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    estimated_usd: Decimal
    """The part the provider did not say: counted by the tokenizer, or a dead owner's worst case."""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """How long successful calls took; failures say nothing about speed."""

    name: str
    succeeded: int
    average_s: float
    max_s: float
    p50_s: float | None = None
    """At most this, to within a step of 1.41; None by user and tenant, where it is not counted."""
    p95_s: float | None = None


async def all_spend(pool: Pool, *, by: By = "model", since: date = date.min) -> Sequence[Spend]:
    """Return what was spent from a day (UTC) on, the dearest first; days in order."""
    return [Spend(**row) for row in await _rows(pool, _SPEND, by, since)]


async def all_latency(pool: Pool, *, by: By = "model", since: date = date.min) -> Sequence[Latency]:
    """Return how long calls took from a day (UTC) on, the most called first; days in order."""
    return [_latency(row) for row in await _rows(pool, _LATENCY, by, since)]


async def spent_today(pool: Pool, provider: str | None = None) -> Decimal:
    """Return what is settled of today (UTC), of one provider or of all."""
    with store_errors("add up today's spend"):
        async with pool.connection() as connection:
            cursor = await connection.execute(
                "select coalesce(sum(cost_usd), 0) as cost_usd from clearway.llm_spend "
                "where by = 'model' and day = (clock_timestamp() at time zone 'UTC')::date "
                "and (%(provider)s::text is null or owner = %(provider)s)",
                {"provider": provider},
            )
            row = await cursor.fetchone()
    return Decimal(row["cost_usd"]) if row else Decimal(0)


async def _rows(pool: Pool, statement: str, by: By, since: date) -> list[DictRow]:
    with store_errors("report on models"):
        async with pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), {"by": by, "since": since})
            return await cursor.fetchall()


def _latency(row: DictRow) -> Latency:
    counts = [sum(column) for column in zip(*(row["counts"] or []), strict=True)]
    return Latency(
        name=row["name"],
        succeeded=row["succeeded"],
        average_s=row["total_s"] / row["succeeded"],
        max_s=row["max_s"],
        p50_s=_quantile(counts, 0.5, row["max_s"]),
        p95_s=_quantile(counts, 0.95, row["max_s"]),
    )


def _quantile(counts: Sequence[int], share: float, max_s: float) -> float | None:
    """Return the upper end of the step the quantile lies in, as far as anything took that long."""
    wanted, seen = share * sum(counts), 0
    for place, count in enumerate(counts):
        seen += count
        if seen >= wanted and seen:
            return float(min(2 ** (place / 2) / 1000, max_s))
    return None

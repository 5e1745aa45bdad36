"""Spend and latency reports: what the ledger adds up to, by model, user, tenant or day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from psycopg.rows import DictRow

from clearway.stores.connect import store_errors
from clearway.stores.postgres import Pool

By = Literal["model", "user", "tenant", "day"]

_NAMES: Mapping[By, tuple[str, str]] = {
    "model": ("owner || '/' || name", "owner, name"),
    "user": ("owner || '/' || name", "owner, name"),
    "tenant": ("name", "name"),
    "day": ("day::text", "day"),
}
"""What a line is called, and what it is grouped by."""

_SPEND = """
select {name} as name,
    sum(attempts)::bigint as attempts, sum(succeeded)::bigint as succeeded,
    sum(failed)::bigint as failed, sum(prompt_tokens)::bigint as prompt_tokens,
    sum(cached_tokens)::bigint as cached_tokens,
    sum(completion_tokens)::bigint as completion_tokens,
    sum(cost_usd) as cost_usd, sum(estimated_usd) as estimated_usd
from clearway.llm_spend
where by = %(grain)s and day >= %(since)s
group by {group}
order by {order} 1
"""
_LATENCY = """
select {name} as name,
    sum(succeeded)::bigint as succeeded, sum(latency_sum_s) as total_s,
    max(latency_max_s) as max_s, {counts} as counts
from clearway.llm_spend
where by = %(grain)s and day >= %(since)s
group by {group}
having sum(succeeded) > 0
order by {order} 1
"""
_COUNTS = f"array[{', '.join(f'sum(latency[{place}])::bigint' for place in range(1, 41))}]"


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
    name, group = _NAMES[by]
    order = "" if by == "day" else "sum(cost_usd) desc,"
    statement = _SPEND.format(name=name, group=group, order=order)
    # A day is what its tenants add up to.
    rows = await _rows(pool, statement, "tenant" if by == "day" else by, since)
    return [Spend(**row) for row in rows]


async def all_latency(pool: Pool, *, by: By = "model", since: date = date.min) -> Sequence[Latency]:
    """Return how long calls took from a day (UTC) on, the most called first; days in order."""
    name, group = _NAMES[by]
    order = "" if by == "day" else "sum(succeeded) desc,"
    # Of models alone, successes are counted by latency.
    counted = by in ("model", "day")
    counts = _COUNTS if counted else "null"
    statement = _LATENCY.format(name=name, group=group, order=order, counts=counts)
    rows = await _rows(pool, statement, "model" if counted else by, since)
    return [_latency(row) for row in rows]


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


async def _rows(pool: Pool, statement: str, grain: str, since: date) -> list[DictRow]:
    with store_errors("report on models"):
        async with pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), {"grain": grain, "since": since})
            return await cursor.fetchall()


def _latency(row: DictRow) -> Latency:
    counts = row["counts"] or []
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

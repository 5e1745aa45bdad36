"""Purses in one process: what is reserved, what is settled, and what still fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from clearway.llm.ports import Purse

CALL_KEPT = timedelta(days=1)
"""How long a purse of one call is remembered after it was opened."""


@dataclass(slots=True)
class _Balance:
    settled: Decimal
    reserved: Decimal
    ends: datetime


PurseId = tuple[str, str, str]
"""Key, period, and which one of these periods: a date, a month, or a request."""


class MemoryPurses:
    """Implements budgets for one event loop: nothing is reserved that does not fit."""

    def __init__(self) -> None:
        """Begin with every purse full."""
        self._balances: dict[PurseId, _Balance] = {}

    def first_empty(
        self, purses: Iterable[Purse], worst_case_usd: Decimal, request_id: str, now: datetime
    ) -> Purse | None:
        """Return the first purse the worst case does not fit into; None when all have room."""
        if worst_case_usd == 0:
            return None  # what costs nothing is let in even where nothing is left
        for purse in purses:
            settled, reserved = self.spent(purse_id(purse, request_id, now))
            if settled + reserved + worst_case_usd > purse.limit_usd:
                return purse
        return None

    def reserve(
        self, purses: Iterable[Purse], worst_case_usd: Decimal, request_id: str, now: datetime
    ) -> tuple[tuple[PurseId, ...], float]:
        """Reserve in every purse; return their ids and the share of the fullest."""
        ids, share = [], 0.0
        for purse in purses:
            name = purse_id(purse, request_id, now)
            balance = self._balances.setdefault(
                name, _Balance(Decimal(0), Decimal(0), period_end(purse, now))
            )
            balance.reserved += worst_case_usd
            share = max(share, share_of(balance.settled + balance.reserved, purse.limit_usd))
            ids.append(name)
        return tuple(ids), share

    def settle(self, ids: Iterable[PurseId], reserved_usd: Decimal, settled_usd: Decimal) -> None:
        """Move between what is reserved and what is settled; either may be negative."""
        for name in ids:
            balance = self._balances.get(name)
            if balance is not None:
                balance.reserved -= reserved_usd
                balance.settled += settled_usd

    def spent(self, name: PurseId) -> tuple[Decimal, Decimal]:
        """Return what is settled and what is reserved."""
        balance = self._balances.get(name)
        return (balance.settled, balance.reserved) if balance else (Decimal(0), Decimal(0))

    def prune(self, now: datetime) -> None:
        """Forget the purses of periods that are over and have nothing reserved."""
        over = [n for n, b in self._balances.items() if b.ends < now and not b.reserved]
        for name in over:
            del self._balances[name]


def purse_id(purse: Purse, request_id: str, now: datetime) -> PurseId:
    """Return which balance a purse stands for at this moment, by the UTC calendar."""
    today = now.astimezone(UTC)
    which = {"call": request_id, "day": f"{today:%Y-%m-%d}", "month": f"{today:%Y-%m}"}
    return purse.key, purse.period, which[purse.period]


def request_of(purse: Purse) -> str:
    """Return the request a purse of one call belongs to, as far as its key names it."""
    return purse.key.removeprefix("request:")


def period_end(purse: Purse, now: datetime) -> datetime:
    """Return when the purse is full again; for a call, when it may be forgotten."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if purse.period == "call":
        return now + CALL_KEPT
    if purse.period == "day":
        return midnight + timedelta(days=1)
    return (midnight.replace(day=28) + timedelta(days=4)).replace(day=1)


def wait_s(purse: Purse, worst_case_usd: Decimal, now: datetime) -> float | None:
    """Return the seconds until the purse is full again; None where waiting does not help."""
    if purse.period == "call" or worst_case_usd > purse.limit_usd:
        return None
    return (period_end(purse, now) - now).total_seconds()


def share_of(used_usd: Decimal, limit_usd: Decimal) -> float:
    """Return how full a purse is; one that may hold nothing is full."""
    return float(used_usd / limit_usd) if limit_usd else 1.0

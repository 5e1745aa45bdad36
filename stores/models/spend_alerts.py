"""Daily ceilings: who reaches one is told once a day, in the log and through a webhook."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from clearway.llm.admission.alerts import post
from clearway.settings import Settings
from clearway.stores.connect import store_errors
from clearway.stores.models.spend import spent_today
from clearway.stores.postgres import Pool

log = logging.getLogger(__name__)

ALL = "all providers"

_TELL = """
insert into clearway.llm_alert (day, ceiling, ceiling_usd, spent_usd)
values ((clock_timestamp() at time zone 'UTC')::date, %s, %s, %s)
on conflict do nothing
"""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A ceiling that was reached today."""

    ceiling: str
    """The provider, or `all providers`."""
    ceiling_usd: Decimal
    spent_usd: Decimal


class SpendAlerts:
    """Looks at what today's attempts were billed; a ceiling alerts, a purse is what stops."""

    def __init__(
        self, pool: Pool, ceilings: Mapping[str | None, Decimal], *, webhook: str | None = None
    ) -> None:
        """`ceilings` in USD a day (UTC) by provider; None stands for all of them."""
        self._pool = pool
        self._ceilings = ceilings
        self._webhook = webhook

    async def over(self) -> frozenset[str | None]:
        """Return which ceilings are reached now: scoring turns cost-heavy for them."""
        spent = {each: await spent_today(self._pool, each) for each in self._ceilings}
        return frozenset(each for each, usd in spent.items() if usd >= self._ceilings[each])

    async def look(self) -> frozenset[str | None]:
        """Tell of what was reached, and return which ceilings are."""
        await self.check()
        return await self.over()

    async def check(self) -> Sequence[Alert]:
        """Tell of what was reached since the last look of any process; return what was told."""
        told = []
        for provider, ceiling_usd in self._ceilings.items():
            spent_usd = await spent_today(self._pool, provider)
            alert = Alert(ceiling=provider or ALL, ceiling_usd=ceiling_usd, spent_usd=spent_usd)
            if spent_usd >= ceiling_usd and await self._first(alert):
                await self._tell(alert)
                told.append(alert)
        return told

    async def _first(self, alert: Alert) -> bool:
        """Return whether nobody told of it today; from now on somebody has."""
        with store_errors("note an alert"):
            async with self._pool.connection() as connection:
                values = [alert.ceiling, alert.ceiling_usd, alert.spent_usd]
                return (await connection.execute(_TELL, values)).rowcount == 1

    async def _tell(self, alert: Alert) -> None:
        facts = {
            "ceiling": alert.ceiling,
            "ceiling_usd": f"{alert.ceiling_usd.normalize():f}",
            "spent_usd": f"{alert.spent_usd.normalize():f}",
        }
        log.warning("daily_ceiling_reached", extra=facts)
        if self._webhook is not None:
            await post(self._webhook, "daily_ceiling_reached", facts)


def alerts_of(settings: Settings, pool: Pool) -> SpendAlerts | None:
    """Return the alerts these settings ask for; None where no ceiling is set."""
    named = settings.provider_ceilings_usd.items()
    ceilings: dict[str | None, Decimal] = {provider: usd for provider, usd in named}
    if settings.daily_ceiling_usd is not None:
        ceilings[None] = settings.daily_ceiling_usd
    webhook = settings.alert_webhook_url
    address = webhook.get_secret_value() if webhook else None
    return SpendAlerts(pool, ceilings, webhook=address) if ceilings else None

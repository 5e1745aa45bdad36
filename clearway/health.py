"""What is there, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearway.errors import StoreUnavailable

if TYPE_CHECKING:
    from clearway.wiring import Wired


async def health(wired: Wired) -> dict[str, str]:
    """Return the state of every part; raise `StoreUnavailable` where one that is needed is gone."""
    settings = wired.settings
    kind = "embedded" if wired.database.embedded else "CLEARWAY_DATABASE_URL"
    where = "the demo warehouse" if settings.warehouse_url is None else "CLEARWAY_WAREHOUSE_URL"
    model = settings.model if wired.services.model else "none: plans come from rules"
    tables = len(wired.catalog.visible_to(wired.services.identity.caller()).tables)
    return {
        "store": f"Postgres {await _version(wired, 'database')} ({kind})",
        "warehouse": f"{where}, Postgres {await _version(wired, 'warehouse')}",
        "catalog": f"{tables} tables may be asked, version {wired.catalog.version}",
        "model": model,
        "cache": await _cache(wired),
        "durability": settings.durability,
    }


async def _version(wired: Wired, name: str) -> str:
    import psycopg
    from psycopg_pool import PoolTimeout

    pool = wired.database.pool if name == "database" else wired.warehouse
    try:
        async with pool.connection() as connection:
            return str(connection.info.server_version // 10000)
    except (psycopg.Error, PoolTimeout, OSError):
        variable = f"CLEARWAY_{name.upper()}_URL"
        raise StoreUnavailable(f"The {name} cannot be reached; check {variable}.") from None


async def _cache(wired: Wired) -> str:
    """Return where plans are kept; without Redis questions are still answered."""
    found = await wired.upkeep.stats()
    if found.size is None:
        return f"the history only: {found.trouble}"
    where = "Redis" if found.tier == "redis" else "this process"
    return f"{found.size.entries} plans in {where}, {found.history_entries} in the history"

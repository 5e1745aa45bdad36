"""Whether what the warehouse shows depends on who asks."""

from __future__ import annotations

from psycopg.rows import tuple_row

from clearway.tools.sql.session import Pool, lend

# Of any table: a view of the catalog may read one the catalog does not name.
_ANY = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relrowsecurity)"


async def has_row_policies(pool: Pool, *, timeout_s: float = 10.0) -> bool:
    """Return whether row-level security is on for any table of the database."""
    async with lend(pool, timeout_s=timeout_s) as connection:
        cursor = connection.cursor(row_factory=tuple_row)
        row = await (await cursor.execute(_ANY)).fetchone()
    return row is not None and bool(row[0])

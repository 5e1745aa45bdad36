"""The warehouse: where the data being asked about is, and what catalog describes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

import psycopg

from clearway.errors import ConfigurationError, StoreUnavailable
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.semantics.catalog import merge
from clearway.semantics.catalog_file import CatalogFile, parse_catalog
from clearway.semantics.glossary import with_accepted
from clearway.semantics.types import Catalog
from clearway.settings import Settings
from clearway.stores.glossary import PostgresGlossary
from clearway.stores.postgres import Database, open_database
from clearway.tools.sql.introspect import introspect
from clearway.tools.sql.session import Pool, open_warehouse_pool


@asynccontextmanager
async def open_warehouse(
    settings: Settings, database: Database, *, itself: bool = False
) -> AsyncIterator[Pool]:
    """Yield connections to the data as a reader: the demo unless a URL says otherwise.

    They go to the replica where there is one, but for `itself`: rights are granted there.
    """
    url = (None if itself else settings.warehouse_replica_url) or settings.warehouse_url
    conninfo = database.warehouse if url is None else url.get_secret_value()
    async with open_warehouse_pool(conninfo, size=settings.pool_size) as pool:
        yield pool


@asynccontextmanager
async def open_catalog(settings: Settings) -> AsyncIterator[Catalog]:
    """Yield the catalog by itself, for the commands that need no more."""
    async with open_database(settings) as database, open_warehouse(settings, database) as pool:
        glossary = PostgresGlossary(database.pool, PatternRedactor())
        accepted = await glossary.accepted(settings.source_id)
        yield with_accepted(await load_catalog(settings, pool), accepted)


async def load_catalog(settings: Settings, warehouse: Pool) -> Catalog:
    """Return what the reader role sees, as catalog.yaml describes it."""
    try:
        async with warehouse.connection() as connection:
            found = await introspect(connection, source_id=settings.source_id)
    except psycopg.Error as error:
        raise StoreUnavailable(
            "The warehouse cannot be read: check CLEARWAY_WAREHOUSE_URL, the role's rights, and "
            "that its server has disk space (CLEARWAY_HOME for the embedded one).",
            sqlstate=error.sqlstate,
        ) from None
    described = catalog_file(settings)
    return found if described is None else merge(found, described)


def catalog_file(settings: Settings) -> CatalogFile | None:
    """Return the catalog.yaml in force: the configured one, the demo's own, or none."""
    if settings.catalog_path is not None:
        try:
            text = settings.catalog_path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ConfigurationError(
                f"CLEARWAY_CATALOG_PATH: {settings.catalog_path} cannot be read ({why}). "
                "`clearway catalog init` writes one."
            ) from None
        return parse_catalog(text, name=str(settings.catalog_path))
    if settings.warehouse_url is None:
        return parse_catalog((files("clearway.semantics") / "demo_catalog.yaml").read_text("utf-8"))
    return None

from __future__ import annotations

import psycopg
import pytest

from clearway.errors import ConfigurationError
from clearway.semantics.types import Catalog, Column, Table
from clearway.tools.sql.exposure import inspect_reader, require_reader
from clearway.tools.sql.grants import apply_reader, reader_script
from clearway.tools.sql.public_rights import held_by_public
from clearway.tools.sql.session import Pool, open_warehouse_pool
from tests.unit.tools.shop import SHOP

pytestmark = [pytest.mark.integration, pytest.mark.anyio]


async def test_the_granted_role_is_a_reader_and_nothing_more(pool: Pool) -> None:
    exposure = await require_reader(pool, SHOP)
    assert exposure.role == "shop_reader"
    assert exposure.privileges == ()


async def test_a_superuser_is_refused_with_the_script(warehouse: str) -> None:
    async with open_warehouse_pool(warehouse, size=2) as privileged:
        with pytest.raises(ConfigurationError, match="is a superuser") as caught:
            await require_reader(privileged, SHOP)
        assert "GRANT SELECT" in caught.value.message
        exposure = await require_reader(privileged, SHOP, allow_privileged=True)
        assert exposure.privileges == ("is a superuser",)


async def test_an_owner_or_writer_is_refused(
    warehouse: str, owner: psycopg.AsyncConnection[tuple[object, ...]]
) -> None:
    for statement in (
        "create role shop_owner login",
        "create role shop_writer login",
        "create schema own authorization shop_owner",
        "grant usage on schema shop to shop_writer",
        "grant select, insert on shop.orders to shop_writer",
    ):
        await owner.execute(statement.encode())
    await owner.execute("alter table shop.closed owner to shop_owner")
    for role, flaw in (
        ("shop_owner", "owns shop.closed"),
        ("shop_writer", "may write shop.orders"),
    ):
        conninfo = psycopg.conninfo.make_conninfo(warehouse, user=role)
        async with open_warehouse_pool(conninfo, size=2) as opened:
            with pytest.raises(ConfigurationError, match=flaw):
                await require_reader(opened, SHOP)
    await owner.execute("alter table shop.closed owner to current_user")


async def test_what_remains_reachable_is_reported(
    pool: Pool, owner: psycopg.AsyncConnection[tuple[object, ...]]
) -> None:
    for statement in (
        "create table shop.leaky (id int)",
        "grant select on shop.leaky to public",
        "create function shop.powerful() returns int language sql security definer as 'select 1'",
    ):
        await owner.execute(statement.encode())
    exposure = await inspect_reader(pool, SHOP)
    assert "can also read shop.leaky" in exposure.remaining
    assert "can run with its owner's rights shop.powerful()" in exposure.remaining
    assert (
        "view with its owner's rights: shop.regions reads shop.base_regions" in exposure.remaining
    )
    database = pool.get_stats() and exposure.database
    await apply_reader(owner, SHOP, "shop_reader", str(database), revoke_public=True)  # type: ignore[arg-type]
    await owner.execute("grant select on shop.tenant_rows to shop_reader")
    after = await inspect_reader(pool, SHOP)
    assert "can also read shop.leaky" not in after.remaining
    assert not any("shop.powerful" in line for line in after.remaining)


async def test_the_script_runs_as_printed_and_twice(
    warehouse: str, owner: psycopg.AsyncConnection[tuple[object, ...]]
) -> None:
    database = psycopg.conninfo.conninfo_to_dict(warehouse)["dbname"]
    script = reader_script(SHOP, "printed reader", str(database))
    for _ in range(2):
        await owner.execute(script.encode())
    cursor = await owner.execute(
        "select has_table_privilege('printed reader', 'shop.orders', 'select'), "
        "has_column_privilege('printed reader', 'shop.customers', 'name', 'select'), "
        "has_column_privilege('printed reader', 'shop.customers', 'ssn', 'select'), "
        "has_table_privilege('printed reader', 'shop.closed', 'select'), "
        "has_table_privilege('printed reader', 'shop.orders', 'insert'), "
        "rolconnlimit, rolinherit from pg_roles where rolname = 'printed reader'"
    )
    assert await cursor.fetchone() == (True, True, False, False, False, 32, False)


async def _plain_owner(
    owner: psycopg.AsyncConnection[tuple[object, ...]], login: str, *rights: str
) -> Catalog:
    """Go on as an owner of one table who is no superuser; return the catalog of that table."""
    await owner.execute(f"create role {login} {' '.join(rights)}".encode())
    await owner.execute(f"create schema {login} authorization {login}".encode())
    await owner.execute(f"set session authorization {login}".encode())
    await owner.execute(f"create table {login}.items (id int)".encode())
    table = Table(schema=login, name="items", columns=(Column(name="id", type="integer"),))
    return Catalog(source_id="warehouse", tables=(table,))


async def test_an_owner_who_may_create_roles_needs_no_superuser(
    owner: psycopg.AsyncConnection[tuple[object, ...]],
) -> None:
    catalog = await _plain_owner(owner, "creating_owner", "createrole")
    for _ in range(2):
        await apply_reader(owner, catalog, "created_reader", owner.info.dbname)
    cursor = await owner.execute(
        "select has_table_privilege('created_reader', 'creating_owner.items', 'select'), "
        "has_table_privilege('created_reader', 'creating_owner.items', 'insert'), "
        "rolsuper, rolinherit, rolconnlimit from pg_roles where rolname = 'created_reader'"
    )
    assert await cursor.fetchone() == (True, False, False, False, 32)


async def test_an_owner_who_may_not_is_told_what_failed(
    owner: psycopg.AsyncConnection[tuple[object, ...]],
) -> None:
    catalog = await _plain_owner(owner, "helpless_owner")
    with pytest.raises(ConfigurationError, match=r"may not run: .*CREATE ROLE"):
        await apply_reader(owner, catalog, "never_reader", owner.info.dbname)
    cursor = await owner.execute("select from pg_roles where rolname = 'never_reader'")
    assert await cursor.fetchone() is None


async def test_no_other_role_loses_a_right_unless_that_is_asked_for(
    owner: psycopg.AsyncConnection[tuple[object, ...]],
) -> None:
    for statement in (
        "create schema yard",
        "create table yard.items (id int)",
        "create function yard.one() returns int language sql as 'select 1'",
        "grant select on yard.items to public",
        "grant create on schema yard to public",
        f"grant temporary on database {owner.info.dbname} to public",
    ):
        await owner.execute(statement.encode())
    table = Table(schema="yard", name="items", columns=(Column(name="id", type="integer"),))
    catalog = Catalog(source_id="warehouse", tables=(table,))
    public = {
        f"TEMPORARY on database {owner.info.dbname}",
        "CREATE on schema yard",
        "SELECT on tables of schema yard",
        "EXECUTE on functions of schema yard",
    }

    await apply_reader(owner, catalog, "yard_reader", owner.info.dbname)
    assert set(await held_by_public(owner, catalog)) == public

    await apply_reader(owner, catalog, "yard_reader", owner.info.dbname, revoke_public=True)
    assert await held_by_public(owner, catalog) == ()

from __future__ import annotations

from dataclasses import replace

import pytest

from clearway.semantics.types import Column
from clearway.tools.sql.guard import SqlInterlock
from clearway.tools.sql.guard.names.check import NameReader
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.reading import read
from clearway.tools.sql.guard.statement.scope import View
from clearway.tools.sql.guard.tree.check import check_tree
from clearway.tools.sql.guard.vocabulary import STANDARD
from tests.unit.tools.shop import ADMIN, ANALYST, GUARD, SHOP, checked, refused, table

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "sql",
    [
        "select id from nothing",
        "select id from vault",
        "select id from closed",
        "select id from shop.vault",
        "select id from pg_class",
        "select id from pg_catalog.pg_class",
        "select id from information_schema.tables",
        "select id from pg_temp.orders",
        "select id from public.orders",
        "select id from ORDERZ",
        'select id from "ORDERS"',
        'select id from "shop.orders"',
        'select id from shop."orders "',
        "with w as (select 1 as id) select id from shop.w",
        "with w as (select id from w) select id from w",
        "with a as (select id from b), b as (select 1 as id) select id from a",
        "select id from orders where id in (select id from vault)",
        "select (select max(id) from vault) from orders",
        "select id from orders o, lateral (select id from vault) v",
        "select id from orders union select id from vault",
        "select id from orders where exists (select 1 from vault)",
        "table vault",
    ],
)
def test_a_relation_outside_the_view_is_absent(sql: str) -> None:
    rejection = refused(sql)
    assert rejection.rule in ("sql.names.relation", "sql.names.column", "sql.tree.clause")


def test_denied_and_nonexistent_tables_get_the_same_words() -> None:
    denied = refused("select id from vault")
    absent = refused("select id from vaulx")
    assert denied.model_dump() | {"reason": ""} == absent.model_dump() | {"reason": ""}
    assert denied.reason.replace("vault", "vaulx") == absent.reason


@pytest.mark.parametrize(
    "sql",
    [
        "select c.ssn from customers c",
        "select 1 from customers c where c.ssn = 'x'",
        "select 1 from customers c order by c.ssn",
        "select ssn from customers",
    ],
)
def test_denied_and_nonexistent_columns_get_the_same_words(sql: str) -> None:
    denied, absent = refused(sql), refused(sql.replace("ssn", "ssx"))
    assert denied.reason.replace("ssn", "ssx") == absent.reason
    assert denied.model_dump(exclude={"reason"}) == absent.model_dump(exclude={"reason"})


def test_what_a_role_may_see_is_per_principal() -> None:
    assert checked("select secret from vault", ADMIN).relations == ("shop.vault",)
    refused("select secret from vault", ANALYST)


@pytest.mark.parametrize(
    "sql",
    [
        "select ssn from customers",
        "select c.ssn from customers c",
        "select shop.customers.ssn from shop.customers",
        "select id from customers where ssn = '1'",
        "select id from customers order by ssn",
        "select count(*) from customers group by ssn",
        "select o.id from orders o join customers c on c.ssn = o.note",
        "select id from customers join (select 'x'::text as ssn) q using (ssn)",
        "select 'x' as ssn, count(*) from customers c group by c.ssn",
        "select max(ssn) over () from customers",
        "select id from orders where id in (select id from customers where ssn like '1%')",
        "select (select c.ssn) from customers c",
        "select q.ssn from (select id, name from customers) q",
        "with w as (select id, region from customers) select ssn from w",
        "select x.ssn from customers c cross join lateral (select c.id) x",
        "select id from customers where (id, ssn) = (1, 'x')",
        "select case when ssn is null then 1 end from customers",
        "select ctid from customers",
        "select xmin, tableoid from customers",
        "select c.upper from customers c",
        "select c.to_json from customers c",
        "select q.max from (select 1 as a) q",
        "select distinct on (ssn) id from customers",
        "select array_agg(id order by ssn) from customers",
        "select 1 as ssn from customers order by (ssn, 1)",
        "select 1 as ssn from customers order by ssn || ''",
        'select 1 as ssn from customers order by ssn collate "C"',
        "select distinct on ((ssn, 1)) 1 as ssn from customers",
        "select distinct on (ssn is null) 1 as ssn from customers",
        "select 1 as ssn, rank() over (order by ssn) from customers",
        "select 1 as ssn, count(*) from customers group by ssn is null",
        "select 1 as ssn, count(*) from customers group by row(ssn, 1)",
        "select 'x' as ssn from customers union select note from orders order by (ssn, 1)",
        "select count(*) filter (where ssn is null) from customers",
    ],
)
def test_a_column_outside_the_view_is_absent_wherever_it_is_written(sql: str) -> None:
    assert refused(sql).rule == "sql.names.column"


@pytest.mark.parametrize(
    "sql",
    [
        "select * from customers",
        "select c.* from customers c",
        "select c from customers c",
        "select to_json(c) from customers c",
        "select to_jsonb(customers) from customers",
        "select row_to_json(c.*) from customers c",
        "select count(c) from customers c",
        "select c::text from customers c",
        "select * from orders natural join customers",
        "select x from (select c as x from customers c) q",
        "select q from (select * from customers) q",
        "select array_agg(c) from customers c",
        "select a.*, b.* from customers a join customers b using (id)",
        "select * from customers as k(a, b, c)",
        "table customers",
        "select (select c) from customers c",
        "select count(c.*) from customers c",
        "select id from customers c where c is not null",
        "select id from customers c order by c",
        "select id from customers natural join (values ('x')) v(ssn)",
        "select id from customers as k(id, b, c)",
        "with w as (select * from customers) select id from w",
        "select id from orders where exists (select * from customers)",
    ],
)
def test_stars_and_whole_rows_of_a_table_with_hidden_columns_are_refused(sql: str) -> None:
    rejection = refused(sql)
    assert rejection.rule == "sql.names.whole_row"
    assert rejection.remedy.endswith("write those you need: id, name, region.")
    told = rejection.reason + rejection.remedy
    assert "ssn" not in told
    assert "id_card" not in told


@pytest.mark.parametrize(
    "sql",
    [
        "select * from regions",
        "select r.*, r from regions r",
        "select to_jsonb(orders) from orders",
        "select * from orders natural join regions",
        "select * from regions as k(a, b, c)",
        "select count(*) from customers",
        "select q.* from (select id, name from customers) q",
        "select * from orders where customer_id in (select id from customers)",
    ],
)
def test_stars_and_whole_rows_of_other_tables_pass(sql: str) -> None:
    checked(sql)


def test_who_sees_every_column_may_read_the_row() -> None:
    shop = replace(
        SHOP,
        tables=(
            table("pay", "id", roles=None),
            replace(
                SHOP.tables[0],
                name="bills",
                columns=(
                    *SHOP.tables[0].columns,
                    Column(name="margin", type="numeric", roles=frozenset({"admin"})),
                ),
            ),
        ),
    )
    guard = SqlInterlock(shop)
    assert refused("select * from bills", ANALYST, guard).rule == "sql.names.whole_row"
    assert '"bills"."margin"' in checked("select * from bills", ADMIN, guard).sql


def test_a_star_is_written_out() -> None:
    assert checked("select * from regions r").sql == (
        'SELECT "r"."id", "r"."name", "r"."country" FROM "shop"."regions" AS "r" LIMIT 1000'
    )


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("select ID from Orders", 'SELECT "orders"."id" FROM "shop"."orders" AS "orders"'),
        (
            "select id from archive.orders",
            'SELECT "orders"."id" FROM "archive"."orders" AS "orders"',
        ),
        (
            'select "Id Name!", "select" from "Odd Names"',
            'SELECT "Odd Names"."Id Name!", "Odd Names"."select" '
            'FROM "shop"."Odd Names" AS "Odd Names"',
        ),
        (
            "select date_trunc('month', ordered_at) as m, count(*) from orders group by m",
            'SELECT date_trunc(\'month\', "orders"."ordered_at") AS "m", count(*) AS "count" '
            'FROM "shop"."orders" AS "orders" GROUP BY 1',
        ),
        (
            "select id as total from orders order by total",
            'SELECT "orders"."id" AS "total" FROM "shop"."orders" AS "orders" ORDER BY "total"',
        ),
        (
            "select count(*) as status from orders group by status",
            'SELECT count(*) AS "status" FROM "shop"."orders" AS "orders" '
            'GROUP BY "orders"."status"',
        ),
        (
            "with orders as (select 1 as a) select a from orders",
            'WITH "orders" AS (SELECT 1 AS "a") SELECT "orders"."a" FROM "orders"',
        ),
        (
            "with orders as (select id from orders) select id from orders",
            'WITH "orders" AS (SELECT "orders"."id" FROM "shop"."orders" AS "orders") '
            'SELECT "orders"."id" FROM "orders"',
        ),
        (
            "select t from orders, unnest(tags) t",
            'SELECT "t"."t" FROM "shop"."orders" AS "orders", unnest("orders"."tags") AS "t"("t")',
        ),
        (
            "select e->>'a' from orders, jsonb_array_elements(payload) e",
            'SELECT "e"."value" ->> \'a\' AS "?column?" FROM "shop"."orders" AS "orders", '
            'jsonb_array_elements("orders"."payload") AS "e"("value")',
        ),
        (
            "select o.id from orders o where exists "
            "(select 1 from customers c where c.id = o.customer_id)",
            'SELECT "o"."id" FROM "shop"."orders" AS "o" WHERE EXISTS (SELECT 1 '
            'FROM "shop"."customers" AS "c" WHERE "c"."id" = "o"."customer_id")',
        ),
        (
            "select id from orders join customers using (id)",
            'SELECT "orders"."id" FROM "shop"."orders" AS "orders" '
            'JOIN "shop"."customers" AS "customers" USING ("id")',
        ),
    ],
)
def test_names_are_filled_in(sql: str, text: str) -> None:
    assert checked(sql).sql == f"{text} LIMIT 1000"


@pytest.mark.parametrize(
    "sql",
    [
        "select id from orders o join customers c on o.id = c.id",
        "select o.id from orders o, orders o",
        "select id from orders cross join regions",
        "select a from (select 1 as a, 2 as a) q",
    ],
)
def test_names_that_could_mean_two_things_are_refused(sql: str) -> None:
    assert refused(sql).rule in ("sql.names.ambiguous", "sql.names.duplicate_alias")


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        (
            "with recursive a as (select 1 from b), b as (select 1 from a) select 1 from a",
            "sql.names.forward_reference",
        ),
        ("select 1 from (orders join customers on true) as j", "sql.names.join_alias"),
        ("select 1 from jsonb_to_recordset('[]') as x(a)", "sql.names.record"),
        ("values (1, 2), (3)", "sql.names.values"),
        ("select 1 from rows from (jsonb_to_record('{}') as (a int)) x", "sql.names.relation"),
    ],
)
def test_from_items_without_a_certain_meaning_are_refused(sql: str, rule: str) -> None:
    refused(sql)
    assert names_rule(sql) == rule


def names_rule(sql: str) -> str:
    """Return the rule by which the names layer refuses a statement, the others being off."""
    root = check_tree(read(sql), STANDARD)
    with pytest.raises(Refused) as caught:
        NameReader(View.of(SHOP.visible_to(ANALYST))).statement(root)
    return caught.value.rejection.rule


@pytest.mark.parametrize(
    "sql",
    [
        "select ssn from customers",
        "select id from vault",
        "select relname from pg_catalog.pg_class",
        "select c.lower from customers c",
        "with w as (select * from w) select 1 from w",
    ],
)
def test_the_names_layer_stops_them_alone(sql: str) -> None:
    assert names_rule(sql) in ("sql.names.column", "sql.names.relation")


def test_a_group_by_name_never_reaches_a_hidden_column() -> None:
    text = checked("select length('x') as ssn, count(*) from customers group by ssn").sql
    assert text.endswith("GROUP BY 1 LIMIT 1000")


def test_an_open_name_narrows_every_table_first() -> None:
    text = checked("select id from orders full join customers using (id)").sql
    assert 'FROM (SELECT "orders"."id"' in text
    assert 'JOIN (SELECT "customers"."id", "customers"."name", "customers"."region"' in text


def test_columns_and_relations_are_reported() -> None:
    verdict = checked("select o.total from orders o join customers c on c.id = o.customer_id")
    assert verdict.relations == ("shop.customers", "shop.orders")
    assert verdict.columns == ("shop.customers.id", "shop.orders.customer_id", "shop.orders.total")


def test_a_position_points_into_the_text() -> None:
    sql = "select id,\n  nope from orders"
    assert refused(sql).position == sql.index("nope")


def test_views_of_many_roles_stay_bounded() -> None:
    for number in range(300):
        principal = type(ANALYST)(user="ana", roles=frozenset({f"role-{number}"}))
        assert checked("select 1", principal)
    assert len(GUARD._seen) <= 64

from __future__ import annotations

from dataclasses import replace

import pytest

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.tools.sql.guard import SqlInterlock
from tests.unit.tools.shop import ADMIN, SHOP, checked, refused, table

pytestmark = pytest.mark.unit

FILTERED = 'WHERE ("leads"."tenant" = \'acme\') OFFSET 0)'


@pytest.mark.parametrize(
    "sql",
    [
        "select id from leads",
        "select * from leads l",
        "select count(*) from shop.leads",
        "select id from orders where id in (select id from leads)",
        "select exists (select 1 from leads)",
        "with w as (select * from leads) select * from w",
        "select id from orders union all select id from leads",
        "select sum(id) over (order by name) from leads",
        "select o.id from orders o left join leads on leads.id = o.id",
        "select o.id from orders o join lateral (select 1 from leads where id = o.id) x on true",
        "select l from leads l",
        "select * from (leads join orders using (id))",
        "with recursive t as (select id from leads union all select l.id from leads l join t "
        "on l.id = t.id) select id from t",
    ],
)
def test_a_row_filter_holds_wherever_the_table_is_read(sql: str) -> None:
    text = checked(sql).sql
    assert text.count(FILTERED) == text.count('"shop"."leads"') >= 1


@pytest.mark.parametrize(
    "source", ["leads tablesample system (10)", "only leads", "people tablesample bernoulli (1)"]
)
def test_a_table_with_a_policy_is_not_sampled(source: str) -> None:
    assert refused(f"select id from {source}").rule == "sql.names.sample"
    checked("select id from orders tablesample system (10)")


def test_every_mention_is_filtered() -> None:
    text = checked("select a.id from leads a, leads b where a.id = b.id").sql
    assert text.count(FILTERED) == 2


def test_the_filter_carries_the_asker_as_a_literal() -> None:
    mallory = Principal(user="mallory", tenant="x' or 'a' = 'a")
    text = checked("select id from leads", mallory).sql
    assert "\"leads\".\"tenant\" = 'x'' or ''a'' = ''a'" in text


def test_a_quoted_placeholder_is_a_literal_too() -> None:
    catalog = replace(SHOP, tables=(table("t", "id owner:text", row_filter="owner = '{user}'"),))
    text = checked("select id from t", guard=SqlInterlock(catalog)).sql
    assert '"t"."owner" = \'ana\'' in text


def test_a_filter_may_read_columns_and_tables_the_asker_may_not() -> None:
    filtered = table(
        "t", "id !owner:text", row_filter="id in (select v.id from shop.vault v) and owner = {user}"
    )
    guard = SqlInterlock(replace(SHOP, tables=(*SHOP.tables, filtered)))
    verdict = checked("select id from t", guard=guard)
    assert 'FROM "shop"."vault" AS "v"' in verdict.sql
    assert verdict.relations == ("shop.t", "shop.vault")
    refused("select owner from t", guard=guard)
    refused("select id from vault", guard=guard)


@pytest.mark.parametrize(
    "row_filter",
    [
        "nope = 1",
        "id = (select",
        "id in (delete from t)",
        "pg_sleep(1) is null",
        "owner = 'dear {user}'",
        "owner = 'x' -- {user}",
    ],
)
def test_a_wrong_filter_names_its_table_at_the_start(row_filter: str) -> None:
    catalog = replace(SHOP, tables=(table("t", "id owner:text", row_filter=row_filter),))
    with pytest.raises(ConfigurationError, match=r"row_filter of shop\.t"):
        SqlInterlock(catalog)


def test_without_a_filter_nothing_is_added() -> None:
    catalog = replace(SHOP, tables=(table("t", "id", row_filter=""),))
    assert "WHERE" not in checked("select id from t", guard=SqlInterlock(catalog)).sql


MASKED = {
    "name": 'left(CAST("people"."name" AS text), 1) || \'***\' AS "name"',
    "email": 'current_setting(\'clearway.mask_key\') || CAST("people"."email" AS text)',
    "born": 'CAST(date_trunc(\'year\', "people"."born") AS date) AS "born"',
    "pay": 'floor("people"."pay" / 10) * 10 AS "pay"',
    "phone": 'CASE WHEN FALSE THEN "people"."phone" END AS "phone"',
}


@pytest.mark.parametrize("column", list(MASKED))
@pytest.mark.parametrize(
    "sql",
    [
        "select {} from people",
        "select * from people",
        "select 1 from people where {} is null",
        "select count(*) from people group by {}",
        "select id from people order by {}",
        "select p.id from people p join customers c on c.name = p.{}::text",
        "select max({}) over () from people",
        "select to_json(p) from people p",
        "with w as (select * from people) select {} from w",
        "select id from people where exists (select 1 from people q where q.{} is null)",
    ],
)
def test_a_masked_column_is_only_ever_seen_through_its_mask(column: str, sql: str) -> None:
    text = checked(sql.format(column)).sql
    assert MASKED[column] in text
    assert text.count(MASKED[column]) == text.count('"shop"."people"')


def test_who_is_exempt_sees_the_column() -> None:
    assert checked("select email from people", ADMIN).sql == (
        'SELECT "people"."email" FROM "shop"."people" AS "people" LIMIT 1000'
    )


def test_the_mask_key_cannot_be_read() -> None:
    assert refused("select current_setting('clearway.mask_key')").rule == "sql.functions"


def test_a_policy_typed_by_hand_gives_nothing_away() -> None:
    inner = checked("select email from people").sql.split("FROM (", 1)[1].rsplit(") AS", 1)[0]
    assert refused(f"select email from ({inner}) as people").rule == "sql.functions"

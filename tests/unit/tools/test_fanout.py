"""Rows and values that multiply where no single clause shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clearway.tools.sql.guard import SqlInterlock
from tests.unit.tools.shop import SHOP, checked, refused

pytestmark = pytest.mark.unit

LARGE = SqlInterlock(
    replace(
        SHOP,
        tables=tuple(
            replace(table, row_estimate=5e7 if table.name == "orders" else 8.0)
            for table in SHOP.tables
        ),
    )
)


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from orders",
        "select status, sum(total) from orders group by status",
        "select o.id from orders o join customers c on c.id = o.customer_id",
        "select o.id, r.name from orders o cross join regions r",
        "select o.id, t from orders o, unnest(o.tags) t",
        "select id, unnest(tags) from orders",
    ],
)
def test_a_table_is_no_product_however_large(sql: str) -> None:
    checked(sql, guard=LARGE)


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 from orders a join orders b using (id), orders c",
        "select 1 from orders a, lateral (select 1 from orders b) x, lateral (select 1) y",
        "select 1 from orders a, lateral (select 1 from orders b where b.id > a.id) x",
        "select (select count(*) from orders b where b.total > a.total) from orders a",
        "select 1 from orders a where exists (select 1 from orders b where b.id * a.id = -1)",
        "select 1 from orders a where a.total > all (select b.total + a.id from orders b)",
    ],
)
def test_what_no_equality_ties_is_a_product(sql: str) -> None:
    assert refused(sql, guard=LARGE).rule == "sql.bounds.product"


@pytest.mark.parametrize(
    "sql",
    [
        "select (select count(*) from orders b where b.customer_id = a.id) from orders a",
        "select 1 from orders a where exists (select 1 from orders b where a.id = b.id + 1)",
        "select 1 from orders a where a.total > (select avg(total) from orders)",
        "select 1 from orders a, lateral (select 1 from orders b where b.id = a.id limit 3) x",
        "select 1 from customers c where c.id in (select customer_id from orders)",
    ],
)
def test_a_tied_or_separate_subquery_passes(sql: str) -> None:
    checked(sql, guard=LARGE)


COUNT = "with recursive t(n) as (select 1 union all select n + 1 from {}) select count(*) from t"


@pytest.mark.parametrize(
    "step",
    [
        "t, (values (1), (2)) v(x) where n < 30",
        "t cross join lateral generate_series(1, 3) where n < 18",
        "t join regions r on r.id > 0 where n < 10",
    ],
)
def test_a_recursion_does_not_multiply_its_rows(step: str) -> None:
    rejection = refused(COUNT.format(step))
    assert rejection.rule in ("sql.bounds.recursion", "sql.bounds.product")


def test_nor_in_its_outputs() -> None:
    for source in (
        "generate_series(1, 2)",
        "unnest(array[1, 2])",
        "regexp_split_to_table('a b', ' ')",
    ):
        sql = (
            f"with recursive t(n, x) as (select 1, {source} union all select n + 1, {source} "
            "from t where n < 30) select count(*) from t"
        )
        assert refused(sql).rule == "sql.bounds.recursion"


@pytest.mark.parametrize(
    "value",
    [
        "repeat(s, 4)",
        "replace(s, 'x', 'xx')",
        "regexp_replace(s, 'x', 'xx', 'g')",
        "concat_ws(s, 'a', 'b', 'c')",
        "to_jsonb(s)::text",
        "quote_literal(s)",
        "encode(convert_to(s, 'utf8'), 'hex')",
        "s || s",
    ],
)
def test_nor_its_values(value: str) -> None:
    sql = (
        f"with recursive t(n, s) as (select 1, 'x' union all select n + 1, {value} from t "
        "where n < 32) select length(s) from t"
    )
    assert refused(sql).rule == "sql.bounds.recursion"


def test_arms_of_different_lengths_are_no_defect() -> None:
    sql = (
        "with recursive t(a, n) as (select 1, 1 union all select a + 1 from t where n < 5) "
        "select a from t"
    )
    assert refused(sql).rule == "sql.bounds.recursion"


def test_a_few_steps_over_a_few_rows_pass() -> None:
    checked(COUNT.format("t, (values (1), (2)) v(x) where n < 5"))


@pytest.mark.parametrize(
    "sql",
    [
        "select string_agg(repeat('x', 9000), '') from orders",
        "select string_agg(repeat('x', 9000), '') over () from orders",
        "select array_agg(s) from (select repeat('y', 9999) as s from orders) q",
        "select string_agg(repeat('x', 1000), '') over (order by id) from orders",
        "select factorial(60000)",
        "select factorial(id) from orders",
    ],
)
def test_collected_values_are_reckoned_by_their_number(sql: str) -> None:
    assert refused(sql).rule == "sql.bounds.value"


@pytest.mark.parametrize(
    "sql",
    [
        "select string_agg(note, ', ') from orders",
        "select array_agg(id) over (partition by status) from orders",
        "select status, jsonb_agg(jsonb_build_object('id', id, 'n', note)) from orders group by 1",
        "select json_agg(q) from (select * from orders) q",
        "select factorial(20)",
    ],
)
def test_ordinary_collecting_passes(sql: str) -> None:
    checked(sql)

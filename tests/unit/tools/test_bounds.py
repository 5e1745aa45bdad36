from __future__ import annotations

import pytest

from clearway.tools.sql.guard import SqlInterlock
from clearway.tools.sql.guard.bounding import unwrap
from clearway.tools.sql.guard.bounds.patterns import _star_height
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.reading import read
from tests.unit.tools.shop import SHOP, checked, refused

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("sql", "limit", "end"),
    [
        ("select id from regions", 1000, "LIMIT 1000"),
        ("select id from regions limit 5", 5, "LIMIT 5"),
        ("select id from regions limit 5 offset 10", 5, "LIMIT 5 OFFSET 10"),
        ("select id from regions limit 99999", 1000, "LIMIT 1000"),
        ("select id from regions limit all", 1000, "LIMIT 1000"),
        ("select id from regions limit null", 1000, "LIMIT 1000"),
        ("select id from regions limit 2 + 3", 5, "LIMIT 5"),
        ("select id from regions limit 1e9", 1000, "LIMIT 1000"),
        ("select id from regions limit '7'", 7, "LIMIT 7"),
        ("select id from regions limit 900::bigint * 900", 1000, "LIMIT 1000"),
        ("select id from regions fetch first 3 rows only", 3, "LIMIT 3"),
        ("select id from regions fetch first row only", 1, "LIMIT 1"),
        ("select id from regions offset 2", 1000, "LIMIT 1000 OFFSET 2"),
        ("(select id from regions limit 3)", 3, "LIMIT 3"),
        ("((select id from regions) order by 1) limit 4", 4, "LIMIT 4"),
        ("values (1), (2)", 1000, "LIMIT 1000"),
        ("select 1 union select 2", 1000, "LIMIT 1000"),
        ("(select 1 limit 5000) union all (select 2)", 1000, "LIMIT 1000"),
        ("select id from (select id from regions limit 50000) q", 1000, "LIMIT 1000"),
        (
            "select id from regions order by id fetch first 9 rows with ties",
            1000,
            'FETCH FIRST 9 ROWS WITH TIES) AS "ties" LIMIT 1000',
        ),
    ],
)
def test_every_statement_ends_in_a_limit_no_higher_than_allowed(
    sql: str, limit: int, end: str
) -> None:
    verdict = checked(sql)
    assert verdict.limit == limit
    assert verdict.sql.endswith(end)


@pytest.mark.parametrize("limit", ["-1", "(select 5)", "id", "5.5", "random()::int", "id + 1"])
def test_limits_that_are_no_plain_number_are_refused(limit: str) -> None:
    rejection = refused(f"select id from regions limit {limit}")
    assert rejection.rule in ("sql.bounds.limit", "sql.names.column")


def test_a_clause_inside_and_outside_parentheses_is_refused() -> None:
    sql = "(select id from regions limit 3) limit 5"
    refused(sql)
    with pytest.raises(Refused) as caught:
        unwrap(read(sql)[0])
    assert caught.value.rejection.rule == "sql.bounds.double_clause"


def test_reject_mode_asks_for_a_limit_instead_of_adding_one() -> None:
    strict = SqlInterlock(SHOP, limit_mode="reject", row_limit=50)
    assert refused("select id from regions", guard=strict).rule == "sql.bounds.limit"
    assert refused("select id from regions limit 51", guard=strict).rule == "sql.bounds.limit"
    assert checked("select id from regions limit 50", guard=strict).limit == 50


@pytest.mark.parametrize(
    "series",
    [
        "generate_series(1, 1000000000)",
        "generate_series(1, 10 ^ 9)",
        "generate_series(-1e9, 1e9)",
        "generate_series(0, 1, 0.0000001)",
        "generate_series(1, 2, 0)",
        "generate_series(1000000, 1, -1)",
        "generate_series(1, (select max(id) * 1000000 from orders))",
        "generate_series(1, (select 2000000000))",
        "generate_series(timestamp '0001-01-01', timestamp '9999-01-01', '1 second')",
        "generate_series(now(), now() + interval '1000 years', '1 day')",
        "generate_series(now(), 'infinity', '1 day')",
        "generate_series((select min(ordered_at) from orders), now(), interval '1 second')",
    ],
)
def test_series_without_a_short_written_end_are_refused(series: str) -> None:
    for sql in (
        f"select count(*) from {series} s",
        f"select {series}",
        f"select id from orders, lateral {series} s",
        f"with w as (select * from {series} s) select count(*) from w",
    ):
        assert refused(sql).rule in ("sql.bounds.series", "sql.bounds.product")


def test_series_do_not_multiply() -> None:
    sql = "select count(*) from generate_series(1, 9000) a, generate_series(1, 9000) b"
    assert refused(sql).rule == "sql.bounds.product"


@pytest.mark.parametrize(
    "series",
    [
        "generate_series(1, 100)",
        "generate_series(10, 1, -3)",
        "generate_series('2024-01-01'::date, '2024-12-31'::date, interval '1 day')",
        "generate_series(timestamp '2024-01-01', timestamp '2024-01-02', '15 minutes')",
        "generate_series((select min(ordered_at) from orders), now(), interval '1 month')",
        "generate_series(date_trunc('day', now()) - interval '30 days', now(), '1 day')",
        "generate_series(1, (select count(*) from regions))",
    ],
)
def test_ordinary_calendars_pass(series: str) -> None:
    checked(f"select * from {series} as s")


@pytest.mark.parametrize(
    "value",
    [
        "repeat('x', 1000000)",
        "repeat(repeat('x', 200), 200)",
        "lpad('x', 300000)",
        "rpad(note, 300000, 'ab')",
        "format('%1000000s', 'x')",
        "format('%*s', 1000000, 'x')",
        "format(note, 1)",
        "10::numeric ^ 100000",
        "power(9.9, 5000)",
        "exp(5000::numeric)",
        "string_agg(repeat(note, 90), '') over (order by id) || string_agg(repeat(note, 90), '')"
        " || (select string_agg(n, '') from (select string_agg(repeat(note, 99), '') n"
        " from orders) q)",
        "replace(repeat('a', 9000), 'a', repeat('b', 9000))",
    ],
)
def test_values_that_grow_without_bound_are_refused(value: str) -> None:
    for sql in (f"select {value} from orders", f"select id from orders where ({value}) is null"):
        assert refused(sql).rule in ("sql.bounds.value", "sql.names.column")


def test_growth_is_found_through_queries() -> None:
    steps = ["w0 as (select note as x from orders)"]
    steps += [f"w{n} as (select x || x as x from w{n - 1})" for n in range(1, 20)]
    sql = f"with {', '.join(steps)} select length(x) from w19"
    assert refused(sql).rule in ("sql.bounds.value", "sql.bounds.expression")


def test_expressions_that_double_when_inlined_are_refused() -> None:
    steps = ["w0 as (select id as x from orders)"]
    steps += [f"w{n} as (select x + x as x from w{n - 1})" for n in range(1, 20)]
    sql = f"with {', '.join(steps)} select x from w19"
    assert refused(sql).rule == "sql.bounds.expression"


def test_a_count_from_the_data_is_capped() -> None:
    text = checked("select repeat('*', id) from regions").sql
    assert 'repeat(\'*\', least("regions"."id", 10000))' in text


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+\1",
        r"(.*)(.*)\2\1x",
        r"(?=a)b",
        r"(?!a)b",
        "((a*)*)*b",
        "(a{1,100}){1,100}",
        "x" * 201,
    ],
)
def test_patterns_that_can_run_away_are_refused(pattern: str) -> None:
    for sql in (
        f"select id from orders where note ~ '{pattern}'",
        f"select id from orders where note !~* '{pattern}'",
        f"select regexp_replace(note, '{pattern}', '') from orders",
        f"select substring(note from '{pattern}') from orders",
        f"select * from orders, regexp_matches(note, '{pattern}', 'g') m",
    ):
        assert refused(sql).rule == "sql.bounds.pattern"


def test_patterns_in_json_paths_are_refused() -> None:
    path = '$ ? (@.a like_regex "(a+)+b")'
    for condition in (f"payload @? '{path}'", f"jsonb_path_exists(payload, '{path}')"):
        assert refused(f"select id from orders where {condition}").rule == "sql.bounds.pattern"


def test_patterns_from_the_data_are_refused() -> None:
    assert refused("select id from orders where note ~ status").rule == "sql.bounds.pattern"
    assert refused("select 'a' ~ repeat('(a|b)?', 900)").rule == "sql.bounds.pattern"


@pytest.mark.parametrize(
    ("pattern", "height"),
    [("abc", 0), ("a+b*", 1), (r"^[\w.+-]+@[\w-]+(\.[\w-]+)*$", 2), ("((a+)+)+", 3), ("[(+*]", 0)],
)
def test_star_height(pattern: str, height: int) -> None:
    assert _star_height(pattern) == height


@pytest.mark.parametrize(
    "query",
    [
        "select 1 as n union all select n + 1 from t",
        "select 1 as n union all select n from t",
        "select 1 as n union all select n + 1 from t where true or n < 5",
        "select 1 as n union all select n - 1 from t where n < 5",
        "select 1 as n union all select n + 1 from t where n < 1000000000",
        "select 1 as n union all select n + 0 from t where n < 5",
        "select 1 as n union all (select n + 1 from t order by 1)",
        "select id as n from orders union all select o.id from t join orders o on true",
        "select id as n from orders union all select o.id from t, orders o",
        "select 'x' as n union all select n || n from t where length(n) < 9",
    ],
)
def test_recursion_that_nothing_written_ends_is_refused(query: str) -> None:
    sql = f"with recursive t as ({query}) select count(*) from t"
    assert refused(sql).rule in ("sql.bounds.recursion", "sql.bounds.product")


@pytest.mark.parametrize(
    "query",
    [
        "select 1 as n union all select n + 1 from t where n < 100",
        "values (1) union all select column1 + 1 from t where column1 < 100",
        "select date '2024-01-01' as n union all select (n + interval '1 month')::date from t "
        "where n < date '2024-12-01'",
        "select id as n, name, 0 as depth from staff where manager_id is null "
        "union all select s.id, s.name, t.depth + 1 from staff s join t on s.manager_id = t.n",
        "select id as n from staff union select s.id from staff s, t where s.manager_id = t.n",
        "select 100 as n union all select n - 5 from t where n > 0",
    ],
)
def test_hierarchies_and_counters_pass(query: str) -> None:
    checked(f"with recursive t as ({query}) select * from t")


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from orders a, orders b, orders c",
        "select a.id from orders a cross join orders b cross join customers",
        "select count(*) from orders a join orders b on a.id <> b.id join orders c on true",
        "select 1 from orders o where exists (select 1 from orders a, orders b, staff c)",
        "with w as (select a.id from orders a, customers b) select count(*) from w a, w b",
        "select count(*) from (select * from orders union all select * from orders) a, "
        "orders b, customers c",
        "select 1 from orders a, orders b, orders c where a.id * b.id = -c.id",
        "select 1 from orders o where exists "
        "(select 1 from orders a, orders b, staff s where a.id * b.id = o.id - s.id)",
    ],
)
def test_products_of_tables_are_refused(sql: str) -> None:
    assert refused(sql).rule == "sql.bounds.product"


@pytest.mark.parametrize(
    "sql",
    [
        "select o.total / t.all_of_it from orders o cross join (select sum(total) as all_of_it "
        "from orders) t cross join (select max(id) as newest from customers) m",
        "select d, count(o.id) from generate_series(date '2024-01-01', date '2024-01-31', "
        "interval '1 day') d left join orders o on o.shipped_on = d::date group by d",
        "select a.id from orders a, orders b, customers c where a.id = b.customer_id "
        "and c.id = b.customer_id",
        "select a.id from orders a join orders b using (id) join orders c using (id)",
        "select o.id, t from orders o, customers c, unnest(o.tags) t where c.id = o.customer_id",
        "select 1 from orders a, orders b, customers c "
        "where c.name = a.status || b.note and a.id = b.id",
        "select v.x, o.id from (values (1), (2)) v(x), orders o, (select id from orders limit 3) l",
    ],
)
def test_joins_on_keys_and_small_sides_pass(sql: str) -> None:
    checked(sql)


def test_too_many_relations_are_refused() -> None:
    items = ", ".join(f"regions r{n}" for n in range(41))
    assert refused(f"select 1 from {items}").rule == "sql.bounds.relations"

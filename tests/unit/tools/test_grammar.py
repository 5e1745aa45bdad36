"""The second reader alone: what it stops when no other layer looks."""

from __future__ import annotations

import pytest

from clearway.tools.sql.guard.grammar.agree import check_agreement
from clearway.tools.sql.guard.grammar.check import read
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.vocabulary import STANDARD

pytestmark = pytest.mark.unit


def rule(sql: str) -> str:
    with pytest.raises(Refused) as caught:
        read(sql, STANDARD)
    return caught.value.rejection.rule


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("delete from orders", "sql.select_only"),
        ("select 1; select 2", "sql.single_statement"),
        ("", "sql.single_statement"),
        ("with w as (delete from orders returning 1) select 1", "sql.select_only"),
        ("select 1 into x", "sql.agreement.shape"),
        ("select 1 for update", "sql.agreement.shape"),
        ("select $1", "sql.agreement.shape"),
        ("select pg_sleep(1)", "sql.functions"),
        ("select shop.lower('x')", "sql.functions"),
        ("select pg_catalog.lower('x')", "sql.functions"),
        ("select lower(variadic array['x'])", "sql.agreement.shape"),
        ("select 1 operator(shop.+) 1", "sql.operators"),
        ("select 1 ### 1", "sql.operators"),
        ("select 1 = any (array[1]) from t where a operator(x.=) any (array[1])", "sql.operators"),
        ("select a from t where a operator(x.=) any (select 1)", "sql.operators"),
        ("select a from t order by a using operator(x.<)", "sql.agreement.shape"),
        ("select ('x').pg_sleep", "sql.attribute"),
        ("select (t).* from t", "sql.attribute"),
        ("select 'orders'::regclass", "sql.types"),
        ("select 'x'::shop.domain", "sql.types"),
        ("select * from jsonb_to_recordset('[]') as x(a regclass)", "sql.types"),
        ("select current_user", "sql.functions"),
        ("select current_catalog", "sql.functions"),
        ("select 'a' collate shop.evil", "sql.collations"),
        ("select * from t tablesample evil(1)", "sql.tree.clause"),
        ("select a.b.c.d.e from t", "sql.names.column"),
        ("select * from db.shop.t", "sql.agreement.shape"),
        ("select xmlelement(name a)", "sql.agreement.shape"),
        ("select * from xmltable('/a' passing 'x' columns a int)", "sql.agreement.shape"),
        ("select * from json_table('{}', '$' columns (a int))", "sql.agreement.shape"),
        ("with recursive w as (select 1) search depth first by a set b select 1",
         "sql.agreement.shape"),
        ("select 1 from t where current of c", "sql.agreement.unreadable"),
        ("select grouping(a), treat(a as b) from t group by a", "sql.functions"),
        ("select 1 +", "sql.agreement.unreadable"),
        ("select " + "(" * 20_000, "sql.text.too_deep"),
    ],
)  # fmt: skip
def test_it_refuses_alone(sql: str, expected: str) -> None:
    assert rule(sql) == expected


def test_it_tells_relations_from_with_queries() -> None:
    reading = read(
        "with a as (select 1 from x.a), b as (select 1 from a) select * from b, c, "
        "(with d as (select 1) select * from d, e) q, f.g where exists (select 1 from a, d)",
        STANDARD,
    )
    assert reading.relations == {("x", "a"), ("", "c"), ("", "e"), ("f", "g"), ("", "d")}


def test_it_lists_calls() -> None:
    reading = read("select sum(lower(a)) over (order by trim(b)), extract(day from c)", STANDARD)
    assert reading.calls == {"sum", "lower", "btrim", "extract"}


SAME = [
    ("select a from t", 'select "t"."a" from "s"."t" as "t" limit 5'),
    ("select a from t limit 9", "select t.a from s.t as t limit 5"),
    ("select * from t", "select t.a, t.b from s.t as t"),
    ("select *, 1 from t", "select t.a, 1 from s.t as t"),
    ("select count(*) from t", "select count(*) as count from s.t as t"),
    ("select a::int, 'x'::text from t", "select cast(a as int4) a, 'x'::text as text from t"),
    ("select a m from t group by m", "select a m from t group by 1"),
    ("select a m from t group by rollup (m)", "select a m from t group by rollup (1)"),
    ("select a not in (1) from t", "select not a in (1) from t"),
    ("select a not between 1 and 2 from t", "select not a between 1 and 2 from t"),
    ("select a !~ 'x', a is not true from t", "select not a ~ 'x', not a is true from t"),
    ("select a from t order by a desc nulls first", "select a from t order by a desc"),
    (
        "select sum(a) over (rows 1 preceding) from t",
        "select sum(a) over (rows between 1 preceding and current row) from t",
    ),
    ("select u from unnest(b) u", 'select u.u from unnest(b) as u(u)'),
    ("select q.a from (select 1 a) q", "select q.a from (select 1 as a) as q"),
    ("select 1 from t where a ~~ 'x'", "select 1 from t where a like 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "rendered"), SAME)
def test_names_and_spelling_may_differ(written: str, rendered: str) -> None:
    check_agreement(read(written, STANDARD).statement, read(rendered, STANDARD).statement)


OTHER = [
    ("select a from t", "select b from t"),
    ("select x.a from t x, t y", "select y.a from t x, t y"),
    ("select a from t", "select a from u"),
    ("select a from r.t", "select a from s.t"),
    ("select a as b from t", "select a as c from t"),
    ("select count(*) from t", "select count(*) as total from t"),
    ("select a from t", "select a, b from t"),
    ("select * from t", "select t.a, 1 from t"),
    ("select a from t where a = 1", "select a from t"),
    ("select a from t", "select distinct a from t"),
    ("select a from t group by distinct rollup (a, a)", "select a from t group by rollup (a, a)"),
    ("select a b, c from t group by b", "select a b, c from t group by 2"),
    ("select 'month'", "select 'MONTH'"),
    ("select date_part('year', a) from t", "select extract(year from a) from t"),
    ("select 1_000", "select 1 as _000"),
    ("select now()", "select current_timestamp"),
    ("select a in (1) from t", "select a not in (1) from t"),
    ("select a from t limit 5 offset 1", "select a from t limit 5"),
    ("select a from (select 1 a limit 5) t", "select a from (select 1 a limit 4) t"),
    ("select a from t order by a", "select a from t order by a desc"),
    ("select a from only t", "select a from t"),
    ("select sum(a) over (rows 1 preceding)", "select sum(a) over (rows 2 preceding)"),
    ("select a::numeric(4,2) from t", "select a::numeric(4,1) from t"),
    ("select a::int[] from t", "select a::int from t"),
    ("select a union select b", "select a union all select b"),
    ("with w as materialized (select 1 a) table w", "with w as (select 1 a) table w"),
    ("select a from t left join u on true", "select a from t join u on true"),
    ("select (a + b) * c from t", "select a + b * c from t"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "rendered"), OTHER)
def test_meaning_may_not(written: str, rendered: str) -> None:
    one, two = read(written, STANDARD), read(rendered, STANDARD)
    with pytest.raises(Refused) as caught:
        check_agreement(one.statement, two.statement)
    assert caught.value.rejection.rule == "sql.agreement.meaning"

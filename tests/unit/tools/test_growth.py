"""Values that get longer with every call around them, and ordinary ones that do not."""

from __future__ import annotations

import pytest

from tests.unit.tools.shop import checked, refused

pytestmark = pytest.mark.unit


def nested(call: str, times: int, inner: str = "repeat('''', 100)") -> str:
    """Return a call around itself, as often as asked; `@` is where the inner one stands."""
    for _ in range(times):
        inner = call.replace("@", inner)
    return inner


@pytest.mark.parametrize(
    "value",
    [
        "repeat('x', 1000000000 - 2000000000 * (1 / 2))",
        "repeat('x', abs(-500000000))",
        "lpad('x', abs(-500000000))",
        "repeat('x', (1000000000 - 2500000000::float8 * 0.4::int)::int)",
        "factorial(abs(-30000))",
        "regexp_replace(repeat('a', 9000), 'a', repeat('b', 9000), 'g')",
        "array_to_string(string_to_array(repeat('a,', 4500), ','), repeat('b', 9000))",
        "array_replace(string_to_array(repeat('a,', 4500), ','), 'a', repeat('b', 9000))",
        "jsonb_pretty((repeat('[', 5000) || repeat(']', 5000))::jsonb)",
        "ts_headline('english', repeat('cat ', 2500), 'cat', 'StartSel=' || repeat('x', 9000))",
        nested("regexp_replace(@, '.*', '" + "\\&" * 16 + "')", 5),
        nested("format('" + "%1$s" * 10 + "', @)", 5),
        nested("concat_ws(@" + ", ''" * 25 + ")", 4),
        nested("quote_literal(@)", 22),
        nested("to_json(@)::text", 22),
        nested("jsonb_build_array(@)::text", 22),
        nested("array[array[@]::text]::text", 2, "repeat('x', 1000000)"),
        nested("row(@)::text", 22),
        nested("(@, 1)::text", 22),
        nested("array_to_json(string_to_array(@, null))::text", 9),
        nested("encode(convert_to(@, 'UTF8'), 'hex')", 16),
        nested("@::bytea::text", 20),
        "array_agg(array[concat(" + ", ".join(["1e131000"] * 20) + ")])",
    ],
)
def test_values_that_grow_with_every_call_are_refused(value: str) -> None:
    for sql in (f"select length({value}::text)", f"select 1 from orders where {value} is null"):
        assert refused(sql).rule == "sql.bounds.value"


@pytest.mark.parametrize(
    "value",
    [
        "jsonb_pretty(jsonb_agg(payload))",
        "jsonb_agg(jsonb_build_object('id', id, 'note', note || '!', 'tags', tags))",
        nested("jsonb_build_object('inner', @)", 12, "status"),
        "array_to_string(array_agg(note || status), ', ')",
        "string_agg(quote_literal(note), ', ')",
        "encode(sha256(convert_to(string_agg(note, ''), 'UTF8')), 'hex')",
        "regexp_replace(regexp_replace(min(note), '[^a-z]+', '-', 'g'), '(^-|-$)', '', 'g')",
        "format('%s of %s (%L)', min(note), max(status), count(*))",
        "concat_ws(' / ', min(note), min(status), max(status))",
        "array_agg(array[note, status])",
        "to_char(min(ordered_at), 'FMDay, DD FMMonth YYYY')",
    ],
)
def test_ordinary_builders_pass(value: str) -> None:
    checked(f"select {value} from orders")


@pytest.mark.parametrize(
    "value",
    [
        "format('%1$s%1$s', s)",
        "array[s]::text",
        "row(s)::text",
        "jsonb_build_array(s)::text",
        "overlay(s placing s from 1 for 0)",
        "(select string_agg(q, '') from (values (s), (s)) v(q))",
        "regexp_replace(s, '.*', '\\&\\&')",
        "s || r",
    ],
)
def test_no_value_is_multiplied_from_step_to_step(value: str) -> None:
    sql = (
        "with recursive t(n, s, r) as (select 1, 'x'::text, 'x'::text union all "
        f"select n + 1, {value}, s from t where n < 40) select length(s) from t"
    )
    assert refused(sql).rule == "sql.bounds.recursion"


@pytest.mark.parametrize("source", ["(select s || s as y)", "(select s as z, s as y)"])
def test_nor_through_a_subquery_beside_it(source: str) -> None:
    value = "y" if "||" in source else "y || z"
    sql = (
        "with recursive t(n, s) as (select 1, 'x'::text union all "
        f"select n + 1, {value} from t cross join lateral {source} q where n < 40) "
        "select length(s) from t"
    )
    assert refused(sql).rule == "sql.bounds.recursion"


@pytest.mark.parametrize(
    ("first", "step"),
    [
        ("name", "t.path || ' > ' || s.name"),
        ("name", "concat(t.path, ' > ', s.name)"),
        ("name", "concat_ws(' > ', t.path, s.name)"),
        ("name", "format('%s > %s', t.path, s.name)"),
        ("array[name]", "t.path || s.name"),
        ("array[name]", "array_append(t.path, s.name)"),
        ("jsonb_build_array(name)", "t.path || to_jsonb(s.name)"),
    ],
)
def test_a_path_may_get_one_more_name(first: str, step: str) -> None:
    checked(
        f"with recursive t(id, path) as (select id, {first} from staff where manager_id is null "
        f"union all select s.id, {step} from staff s join t on s.manager_id = t.id) "
        "select path from t"
    )


@pytest.mark.parametrize(
    "end",
    [
        "abs(-500000000)",
        "100000000 - 200000000 * (1 / 2)",
        "(select '2000000000'::int)",
        "(extract(epoch from now()))::int",
        "(select 90000 / 0.00001)::int",
        "('99999' || '99999')::bigint",
        "(select lcm(99999, 99998))",
        "(select x from unnest(array[2000000000]) x)",
        "(select n from (values (2000000000)) v(n))",
        "(select max(id) * 1000 from orders)",
        "factorial(12)::int",
    ],
)
def test_the_end_of_a_series_is_not_made_large(end: str) -> None:
    for sql in (
        f"select count(*) from generate_series(1, {end}) s",
        "with recursive t(n) as (select 1 union all select n + 1 from t "
        f"where n < {end}) select count(*) from t",
        f"with w(n) as (select {end}) select count(*) from w, generate_series(1, w.n) s",
    ):
        assert refused(sql).rule in ("sql.bounds.series", "sql.bounds.recursion")


def test_a_recursion_that_begins_far_away_is_refused() -> None:
    sql = (
        "with recursive t(n) as (select (select -1000000000) union all "
        "select n + 1 from t where n < 10) select count(*) from t"
    )
    assert refused(sql).rule == "sql.bounds.recursion"


@pytest.mark.parametrize(
    "series",
    [
        "generate_series(0, (select max(shipped_on) - min(shipped_on) from orders))",
        "generate_series((select extract(year from min(shipped_on))::int from orders), 2024)",
        "generate_series(1, (select max(cardinality(tags)) from orders))",
        "generate_series(1, (select ceil(count(*) / 10.0)::int from orders))",
        "generate_series(1, 5) a, lateral generate_series(1, a)",
        "(select date_trunc('month', min(ordered_at)) lo, max(ordered_at) hi from orders) b, "
        "lateral generate_series(lo, hi, interval '1 month')",
    ],
)
def test_ends_that_are_read_from_the_data_pass(series: str) -> None:
    checked(f"select count(*) from {series} s")


def test_paths_that_look_through_everything_again_and_again_are_refused() -> None:
    for value in (
        "jsonb_path_query_array(payload, '$.**.**.**.**')",
        "jsonb_path_exists(payload, ('$ ? (@ like_' || 'regex \"a\")')::jsonpath)",
    ):
        assert refused(f"select {value} from orders").rule == "sql.bounds.pattern"

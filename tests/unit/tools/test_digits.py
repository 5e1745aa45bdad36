"""Numbers with more digits than were written, text read as numbers, and what is taken apart."""

from __future__ import annotations

import pytest

from tests.unit.tools.shop import checked, refused

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "value",
    [
        "('1e131000')::numeric",
        "('1e' || '131000')::numeric",
        "concat('1e', '131000')::numeric",
        "coalesce(note, '1' || 'e9999')::numeric",
        "replace('1x131000', 'x', 'e')::numeric",
        "replace(note, 'x', 'e9999')::numeric",
        "(case when id > 0 then note || 'e9999' end)::numeric",
        "(jsonb_build_object('a', '1e130000') ->> 'a')::numeric",
        "'{\"a\": 1e130000}'::jsonb",
        "(repeat('1e131000,', 90) || '1')::jsonb",
        "jsonb_set('{}', '{a}', '1e130000')",
        "round(total, 16383)",
        "trunc(1.0 / total, 16000)",
        "10::numeric ^ id",
        "power(10::numeric, id)",
        "exp(total)",
        "array(select o.note from orders o)",
    ],
)
def test_numbers_of_many_digits_are_not_collected(value: str) -> None:
    assert refused(f"select array_agg({value}) from orders").rule == "sql.bounds.value"
    inner = f"select sum({value}) over () as s from orders"
    if value.endswith("::numeric"):
        assert refused(f"select array_agg(s) from ({inner}) q").rule == "sql.bounds.value"


@pytest.mark.parametrize(
    "value",
    [
        "note::numeric",
        "replace(replace(note, ',', ''), '€', '')::numeric",
        "nullif(trim(both ' ' from note), '')::numeric(12, 2)",
        "(payload ->> 'price')::numeric",
        "regexp_replace(note, '[^0-9.]', '', 'g')::numeric",
        "coalesce(note, '0')::numeric",
        "(case when id > 0 then note else '0' end)::numeric",
        "round(total * 1.19, 2)",
        "total ^ 2",
        "exp(total)::float8",
        "to_jsonb(total)",
        "json_build_object('id', id)::jsonb",
        "sum(total) / count(*)",
    ],
)
def test_ordinary_numbers_are_collected(value: str) -> None:
    inner = f"select status, {value} as x from orders"
    grouped = " group by status" if value.startswith("sum") else ""
    assert checked(f"select status, array_agg(x) from ({inner}{grouped}) q group by status").sql


@pytest.mark.parametrize(
    "pattern",
    [
        "concat('^(a+)+', '$')",
        "note",
        "(select max(note) from orders)",
        "'(' || note || ')*'",
        "payload ->> 'pattern'",
    ],
)
def test_what_substring_searches_for_is_written_out(pattern: str) -> None:
    for call in (f"substring(note from {pattern})", f"substring(note, {pattern})"):
        assert refused(f"select {call} from orders").rule == "sql.bounds.pattern"
    assert refused(f"select substring(note, {pattern}, '#') from orders").rule.startswith("sql.")


@pytest.mark.parametrize(
    "start",
    ["2", "id::int", "position('-' in note) + 1", "strpos(note, '-')", "length(note) - 3", "-1"],
)
def test_substring_from_a_place_is_accepted(start: str) -> None:
    assert checked(f"select substring(note from {start}) from orders").sql


@pytest.mark.parametrize(
    "taken_apart",
    [
        "unnest(array(select id from orders))",
        "unnest((select array_agg(id) from orders))",
        "string_to_table(repeat('a,', 5000), ',')",
        "regexp_split_to_table(lpad('', 9000, 'a,'), ',')",
        "jsonb_array_elements((select jsonb_agg(id) from orders))",
        "string_to_table('" + "a," * 2000 + "', ',')",
    ],
)
def test_collected_values_taken_apart_are_not_multiplied(taken_apart: str) -> None:
    product = ", ".join(f"{taken_apart} as t{n}" for n in range(3))
    assert refused(f"select count(*) from {product}").rule == "sql.bounds.product"
    assert checked(f"select count(*) from {taken_apart} as t").sql


def test_lists_of_a_row_are_taken_apart_beside_it() -> None:
    assert checked("select o.id, tag from orders o, unnest(o.tags) as tag").sql
    assert checked("select id, w from orders, string_to_table(note, ' ') as w, unnest(tags)").sql

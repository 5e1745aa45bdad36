from __future__ import annotations

import pytest

from clearway.tools.sql.guard.statement.kinds import kind_of_type
from tests.unit.tools.shop import checked, refused

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "expression",
    [
        "upper(id)",
        "md5(total)",
        "initcap(id > 3)",
        "left(id, 1)",
        "ascii('a', 'b')",
        "lower('a', 'b')",
        "to_char(note, 'x')",
        "cardinality(note)",
        "unnest(note)",
        "jsonb_array_elements(note)",
        "jsonb_array_elements('[]'::text)",
        "sum(note)",
        "avg(id > 1)",
        "bool_and(note)",
        "bool_or(id)",
        "id like '1%'",
        "total ~ '1'",
        "true || false",
        "id || total",
        "id = true",
        "id <> note",
        "note = true",
        "id in (true, false)",
        "id in (select note from orders)",
        "id between false and true",
        "nullif(id, true)",
        "case id when true then 1 end",
        "id is distinct from true",
        "(id, 1) = (true, 1)",
        "id = any (array[true])",
        "id >= some (array[true])",
        "id = all (select note from orders)",
        "coalesce(id, 1) = note",
        "max(note) = count(*)",
        "(select upper(x) from (select id as x from orders) q limit 1)",
        "avg(distinct note)",
        "bool_and(note order by id)",
        "to_char(lower(note), 'x')",
        "to_char('a' || note, 'x')",
        "to_char(trim(note), 'x')",
        "to_char(payload ->> 'a', 'x')",
        "md5(date_trunc('day', ordered_at))",
        "upper(array_agg(note))",
        "upper(sum(id))",
    ],
)
def test_what_nothing_built_in_takes_is_refused(expression: str) -> None:
    assert refused(f"select {expression} from orders").rule == "sql.types.mismatch"


@pytest.mark.parametrize(
    "join",
    ["join (values (true)) v(id) using (id)", "natural join (select note as id from orders) v"],
)
def test_columns_joined_by_name_must_compare(join: str) -> None:
    assert refused(f"select 1 from regions {join}").rule == "sql.types.mismatch"


@pytest.mark.parametrize("expression", ["md5(tier)", "upper(tier)", "avg(tier)", "bool_and(tier)"])
def test_own_types_are_not_text_or_numbers(expression: str) -> None:
    assert refused(f"select {expression} from tiers").rule == "sql.types.mismatch"


@pytest.mark.parametrize(
    "expression",
    [
        "upper(note)",
        "upper(id::text)",
        "lower(int4range(1, 2))",
        "length('x')",
        "to_char(total, '999')",
        "to_char(ordered_at, 'YYYY')",
        "cardinality(tags)",
        "unnest(tags)",
        "jsonb_array_elements(payload)",
        "jsonb_array_elements('[]')",
        "sum(total)",
        "sum(ordered_at - ordered_at)",
        "bool_and(total > 1)",
        "note like '1%'",
        "note || id",
        "tags || 'x'::text",
        "cardinality(tags || note)",
        "lower(note || id) = 'x1'",
        "avg(distinct total)",
        "payload || '{}'",
        "id = '1'",
        "id = total",
        "note = 'true'",
        "ordered_at > '2024-01-01'",
        "shipped_on = ordered_at::date",
        "id in ('1', '2')",
        "nullif(note, '')",
        "case status when 'new' then 1 end",
        "'a' = any (tags)",
        "(id, note) = (1, 'x')",
        "payload ->> 'a' = 'x'",
        "case when id = 1 then 'x' else note end = note",
    ],
)
def test_ordinary_expressions_pass(expression: str) -> None:
    checked(f"select {expression} from orders")


@pytest.mark.parametrize(
    ("displayed", "kind"),
    [
        ("numeric(12,2)", "number"),
        ("character varying(20)", "text"),
        ("timestamp(3) with time zone", "time"),
        ("text[]", "array"),
        ("uuid", ""),
        ("mpaa_rating", "own"),
        ("shop.tier", "own"),
    ],
)
def test_kinds_of_types(displayed: str, kind: str) -> None:
    assert kind_of_type(displayed) == kind

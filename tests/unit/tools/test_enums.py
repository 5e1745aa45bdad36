from __future__ import annotations

from dataclasses import replace

import pytest

from clearway.semantics.types import Column
from clearway.tools.sql.guard import SqlInterlock
from clearway.tools.sql.guard.enums import enums_of
from clearway.tools.sql.guard.grammar.check import read
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.vocabulary import STANDARD
from tests.unit.tools.shop import ADMIN, ANALYST, SHOP, checked, refused, table

pytestmark = pytest.mark.unit

GRADES = ("gold", "silver")
LEVELS = table("levels", "id")
LEVELS = replace(
    LEVELS,
    columns=(
        *LEVELS.columns,
        Column(name="tier", type="shop.tier", values=GRADES),
        Column(name="domain", type="shop.checked"),
        Column(name="rank", type="shop.rank", values=("a",), roles=frozenset({"admin"})),
    ),
)
GUARD = SqlInterlock(replace(SHOP, tables=(*SHOP.tables, LEVELS)))


@pytest.mark.parametrize(
    "sql",
    [
        "select id from levels where tier = 'gold'::tier",
        "select id from levels where tier = 'gold'::shop.tier",
        "select id from levels where tier = cast('silver' as Tier)",
        "select 'gold'::tier",
        "select cast('gold' as shop.tier), id from levels",
    ],
)
def test_a_constant_may_be_a_value_of_an_enumeration(sql: str) -> None:
    assert 'AS "shop"."tier")' in checked(sql, guard=GUARD).sql


def test_an_array_of_constants_too() -> None:
    text = checked(
        "select id from levels where tier = any (array['gold', 'silver']::tier[])", guard=GUARD
    ).sql
    assert "CAST(ARRAY['gold', 'silver'] AS \"shop\".\"tier\"[])" in text


@pytest.mark.parametrize(
    "sql",
    [
        "select 'bronze'::tier",
        "select id::text::tier from levels",
        "select ('gold' || '')::tier",
        "select '{gold}'::tier[]",
        "select array['gold', 'x']::tier[]",
        "select (select 'gold')::tier",
        "select 'x'::shop.checked",
        "select 'gold'::other.tier",
        "select 'gold'::\"Tier\"",
        "select 'a'::rank",
        "select * from jsonb_to_recordset('[]') as x(a tier)",
    ],
)
def test_nothing_else_becomes_one(sql: str) -> None:
    assert refused(sql, guard=GUARD).rule == "sql.types"


def test_a_value_made_so_is_converted_to_text_only() -> None:
    checked("select 'gold'::tier::text", guard=GUARD)
    assert refused("select 'gold'::tier::int", guard=GUARD).rule == "sql.types.own_type"


def test_only_those_of_visible_columns_are_known() -> None:
    checked("select 'a'::rank", ADMIN, GUARD)
    assert set(enums_of(GUARD._catalog.visible_to(ANALYST))) == {"shop.tier", "tier"}


@pytest.mark.parametrize("sql", ["select a::tier from t", "select 'x'::shop.tier"])
def test_the_second_reader_wants_a_constant_by_itself(sql: str) -> None:
    vocabulary = STANDARD.with_enums(enums_of(GUARD._catalog))
    with pytest.raises(Refused) as caught:
        read(sql, vocabulary)
    assert caught.value.rejection.rule == "sql.types"

from __future__ import annotations

import time

import pytest

from clearway.tools.sql.guard import SqlInterlock
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.text import TextLimits, check_identifier, check_text
from tests.unit.tools.shop import SHOP, checked, refused

pytestmark = pytest.mark.unit


HIDDEN = """
    00 01 0b 0c 1b 7f 85 a0 ad 200b 200d 2003 2028 2029 202e 3000 feff e000 d800
"""


@pytest.mark.parametrize("code", HIDDEN.split())
def test_characters_two_readers_could_see_differently_are_refused(code: str) -> None:
    hidden = chr(int(code, 16))
    for sql in (f"select id{hidden}from orders", f"select '{hidden}'", f"select 1 -- {hidden}"):
        rejection = refused(sql)
        assert rejection.rule == "sql.text.hidden_character"
        assert rejection.position == sql.index(hidden)


def test_an_empty_statement_is_refused() -> None:
    assert refused(" \n ").rule == "sql.text.empty"


def test_visible_letters_of_any_alphabet_are_data() -> None:
    assert "Ålesund 東京" in checked("select id from orders where note = 'Ålesund 東京'").sql


@pytest.mark.parametrize("name", ["", "x" * 64, "cu\u0441tomers", "ﬁrst", "é" * 40])
def test_names_that_are_cut_or_look_like_another_are_refused(name: str) -> None:
    with pytest.raises(Refused):
        check_identifier(name)


def test_a_name_in_a_statement_that_is_too_long_is_refused() -> None:
    rejection = refused(f'select 1 as "{"x" * 64}"')
    assert rejection.rule == "sql.text.identifier"


def test_names_of_one_alphabet_pass() -> None:
    for name in ("größe", "сумма", "数量", "x" * 63):
        check_identifier(name)


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * 10_000 + "1" + ")" * 10_000,
        "select " + "not " * 5_000 + "true",
        "select " + "- " * 5_000 + "1",
        "select 1" + "+1" * 20_000,
        "select 1" + " union select 1" * 2_000,
        "select 1" + "::int" * 3_900,
        "select " + "case when true then " * 900 + "1" + " end" * 900,
        "select " + "a." * 5_000 + "b from orders",
        "select '" + "x" * 1_000_000 + "'",
        "select 1 where true" + " and true" * 3_000,
    ],
)
def test_deep_and_long_statements_are_refused_at_once(sql: str) -> None:
    started = time.process_time()
    rejection = refused(sql)
    assert rejection.rule in ("sql.text.too_long", "sql.text.too_deep", "sql.text.too_many_parts")
    assert time.process_time() - started < 10.0  # a hang, not a benchmark


def test_long_lists_of_values_are_not_long_statements() -> None:
    numbers = ", ".join(map(str, range(1500)))
    assert checked(f"select id from orders where id in ({numbers})").limit == 1000


def test_strict_mode_refuses_any_semicolon() -> None:
    strict = SqlInterlock(SHOP, strict_semicolons=True)
    assert refused("select 1;", guard=strict).rule == "sql.text.semicolon"
    assert checked("select 1;").sql.startswith("SELECT 1")


def test_limits_are_settable() -> None:
    with pytest.raises(Refused):
        check_text("select 1", TextLimits(chars=5), strict_semicolons=False)

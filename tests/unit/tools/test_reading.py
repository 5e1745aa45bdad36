from __future__ import annotations

import pytest
from sqlglot import exp

from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.reading import read, without_comments
from clearway.tools.sql.guard.tree.check import check_tree
from clearway.tools.sql.guard.vocabulary import STANDARD
from clearway.tools.sql.guard.writing.render import render
from tests.unit.tools.shop import checked

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        ("a -- b\nc", "a     \nc"),
        ("a -- b\rc", "a     \rc"),
        ("a /* b */ c", "a         c"),
        ("a /* /* b */ */ c", "a               c"),
        ("a /* b", "a     "),
        ("'--' /**/ \"/*\"", "'--'      \"/*\""),
        ("e'\\'--' --", "e'\\'--'   "),
        ("$$ -- $$ --x", "$$ -- $$    "),
        ("$a$ /* $a$ /**/", "$a$ /* $a$     "),
        ("'it''s -- here'--", "'it''s -- here'  "),
    ],
)
def test_comments_are_blanked_and_nothing_moves(sql: str, plain: str) -> None:
    assert without_comments(sql) == plain
    assert len(plain) == len(sql)


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        ("select now()", "SELECT now()"),
        ("select date_part('year', x) from t", "SELECT date_part('year', \"x\") FROM \"t\""),
        ("select date_trunc('Month', x) from t", "SELECT date_trunc('Month', \"x\") FROM \"t\""),
        ("select interval '1 Day'", "SELECT CAST('1 Day' AS interval)"),
        ("select interval '1' day", "SELECT INTERVAL '1' day"),
        ("select f -> 'a.b' ->> 0 from t", 'SELECT "f" -> \'a.b\' ->> 0 FROM "t"'),
        ("select sum(f -> 'a') from t", 'SELECT sum("f" -> \'a\') FROM "t"'),
        ("select a[1], a[i + 1] from t", 'SELECT "a"[1], "a"["i" + 1] FROM "t"'),
        ("select ceiling(x), char_length(y), to_hex(1) from t",
         'SELECT ceiling("x"), char_length("y"), to_hex(1) FROM "t"'),
        ("select x ^ 2, power(x, 2), |/ x from t",
         'SELECT "x" ^ 2, power("x", 2), |/ "x" FROM "t"'),
        ("with v as (values (1)) table v", 'WITH "v" AS (VALUES (1)) SELECT * FROM "v"'),
        ("select a <<= b, a >>=b, @ -x",
         'SELECT "a" <<= "b", "a" >>= "b", @ -"x"'),
        ("select circle '<(0,0),1>', macaddr '08:00:2b:01:02:03'",
         "SELECT CAST('<(0,0),1>' AS circle), CAST('08:00:2b:01:02:03' AS macaddr)"),
        ("select 'one'\n'two' || 'x'", "SELECT 'onetwo' || 'x'"),
        (r"select U&'d\0061t\+000061 \\', u&'x'", "SELECT 'data \\', 'x'"),
        ("select a is json, a is not json array, a is json object with unique keys",
         'SELECT "a" IS JSON, NOT "a" IS JSON ARRAY, "a" IS JSON OBJECT WITH UNIQUE KEYS'),
        ("select a from t group by distinct rollup (a), a",
         'SELECT "a" FROM "t" GROUP BY DISTINCT ROLLUP ("a"), "a"'),
        ("select a from t group by all a", 'SELECT "a" FROM "t" GROUP BY ALL "a"'),
        ("select u from websearch_to_tsquery('a') u", 
         "SELECT \"u\" FROM websearch_to_tsquery('a') AS \"u\""),
        ("select date '2024-01-01', b'1', $$x$$",
         "SELECT CAST('2024-01-01' AS date), B'1', 'x'"),
    ],
)  # fmt: skip
def test_what_is_written_is_what_was_read(sql: str, written: str) -> None:
    assert render(check_tree(read(sql), STANDARD)) == written


@pytest.mark.parametrize("sql", ["select (", "select from where", "select 1 +", "select 'x"])
def test_text_that_cannot_be_read_is_refused(sql: str) -> None:
    with pytest.raises(Refused) as caught:
        read(sql)
    assert caught.value.rejection.rule == "sql.text.unreadable"


def test_comments_are_not_kept_in_the_tree() -> None:
    (statement,) = read("select /* a */ 1 -- b")
    assert not any(node.comments for node in statement.walk())
    assert isinstance(statement, exp.Select)


@pytest.mark.parametrize("call", ["array[{}]", "text({})", "int4({})", "date({})", "char({})"])
def test_what_the_parser_would_read_again_and_again_is_refused_unread(call: str) -> None:
    value = "1"
    for _ in range(40):  # each level would double the time
        value = call.format(value)
    with pytest.raises(Refused) as caught:
        read(f"select {value}")
    assert caught.value.rejection.rule == "sql.text.too_deep"


def test_arrays_of_arrays_are_read() -> None:
    assert read("select array[array[date(now()), date(now())], array[array['a']::text[]]]")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("substring(note for 5)", 'substring("o"."note" FROM 1 FOR CAST(5 AS int4))'),
        (
            "substring(substring(note for 5) for 3)",
            'substring("o"."note" FROM 1 FOR CAST(5 AS int4)) FROM 1 FOR CAST(3 AS int4))',
        ),
        ("substring(note from 2 for 3)", 'substring("o"."note" FROM 2 FOR 3)'),
        ("substring(note for 3 from 2)", 'substring("o"."note" FROM 2 FOR 3)'),
        ("substring(note from 2)", 'substring("o"."note" FROM 2)'),
    ],
)
def test_substring_is_read_as_postgres_reads_it(written: str, meant: str) -> None:
    assert meant in checked(f"select {written} as piece from orders o").sql

from __future__ import annotations

import concurrent.futures

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.plans import CheckedSql, Rejection
from clearway.tools.sql.guard import interlock
from clearway.tools.sql.guard.refusal import Refused
from tests.unit.tools.shop import ANALYST, GUARD, checked, refused

pytestmark = pytest.mark.unit

QUESTIONS = [
    "select status, sum(total) from orders group by status order by 2 desc limit 3",
    "select * from regions",
    "select date_trunc('month', ordered_at) m, count(*) filter (where total > 5) from orders "
    "group by 1 having count(*) > 2 order by m",
    "with recent as (select * from orders where ordered_at > now() - interval '1 year') "
    "select c.name, r.total, rank() over (partition by c.region order by r.total desc) "
    "from recent r join customers c on c.id = r.customer_id",
    "select o.id, t.tag from orders o cross join lateral unnest(o.tags) as t(tag) "
    "where t.tag like 'a%'",
    "select region, name from customers union all select country, name from regions order by 1",
    "select email, count(*) from people group by email",
    "select id from leads where name ilike 'o%'",
    "select id from orders full join customers using (id)",
    "select repeat('x', id) from regions",
    "select id from regions order by id fetch first 2 rows with ties",
    "select payload -> 'a' ->> 'b', jsonb_array_length(payload -> 'c'), tags[1] from orders",
    "select case when total between 1 and 5 then 'low' else 'high' end as band, count(*) "
    "from orders group by rollup (band)",
    "values (1, 'a'), (2, 'b')",
]  # fmt: skip


@pytest.mark.parametrize("sql", QUESTIONS)
def test_what_runs_is_a_fixed_point(sql: str) -> None:
    """Without policies the checked text is itself accepted, and unchanged."""
    verdict = checked(sql)
    if verdict.relations not in (("shop.people",), ("shop.leads",)):
        assert checked(verdict.sql).sql == verdict.sql


def spell(sql: str, choices: list[int]) -> str:
    """Return the statement with comments, case and white space changed between its words."""
    spaces = [" ", "\n", "\t ", " /* x */ ", " -- y\n", "  "]
    parts = sql.split(" ")
    text = parts[0]
    for place, part in enumerate(parts[1:]):
        choice = choices[place % len(choices)]
        inside = text.count("'") % 2
        text += (" " if inside else spaces[choice % len(spaces)]) + part
    return text


@pytest.mark.parametrize("sql", QUESTIONS)
@given(choices=st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_comments_and_white_space_change_nothing(sql: str, choices: list[int]) -> None:
    assert checked(spell(sql, choices)).sql == checked(sql).sql


@pytest.mark.parametrize("sql", QUESTIONS)
def test_wrapping_changes_no_verdict(sql: str) -> None:
    names = {column for column in checked(sql).columns}
    wrapped = checked(f"with outermost as ({sql}) select 1 from outermost")
    assert set(wrapped.columns) == names
    nested = checked(f"select count(*) from ({sql}) as outermost")
    assert set(nested.columns) == names


@pytest.mark.parametrize(
    "sql",
    [
        "select ssn from customers",
        "select id from vault",
        "select pg_sleep(1)",
        "select repeat('x', 999999999)",
        "select (note).upper from orders",
        "select 'x'::regclass",
    ],
)
@given(choices=st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_disguise_changes_no_refusal(sql: str, choices: list[int]) -> None:
    for text in (
        spell(sql, choices),
        sql.upper() if "'" not in sql else sql,
        f"with w as ({sql}) select * from w",
        f"select * from ({sql}) as q",
        f"select 1 where exists ({sql})",
        f"({sql})",
        f"{sql} union all {sql}",
    ):
        refused(text)


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    verdict = GUARD.check(text, ANALYST)
    assert isinstance(verdict, Rejection | CheckedSql)


WORDS = """
    select from where group by having order limit union all with as ( ) , . * + - = < > 'x' 1 1.5
    orders id customers name ssn vault o c on join left lateral case when then end not in exists
    between like ~ :: int text count sum max lower repeat generate_series over partition array [ ]
    -> ->> null true interval '1 day' distinct "id" "Orders" ; -- /* */ $$x$$ for update into
"""


@given(st.lists(st.sampled_from(WORDS.split()), max_size=25))
def test_any_jumble_of_words_gets_an_answer(words: list[str]) -> None:
    verdict = GUARD.check("select " + " ".join(words), ANALYST)
    if isinstance(verdict, CheckedSql):
        assert "vault" not in verdict.relations
        assert not {name for name in verdict.columns if name.endswith(".ssn")}


def test_threads_share_it() -> None:
    expected = [checked(sql).sql for sql in QUESTIONS]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda sql: checked(sql).sql, QUESTIONS * 20))
    assert results == expected * 20


def test_the_trace_names_each_layer_and_stops_at_the_first_refusal() -> None:
    verdict, reports = GUARD.trace("select id from orders", ANALYST)
    assert isinstance(verdict, CheckedSql)
    assert [report.layer for report in reports] == [
        "text", "grammar", "tree", "names", "bounds", "render", "policy", "agreement", "recheck"
    ]  # fmt: skip
    assert all(report.verdict == "passed" and report.milliseconds >= 0 for report in reports)
    verdict, reports = GUARD.trace("select id from vault", ANALYST)
    assert isinstance(verdict, Rejection)
    assert reports[-1].layer == "names"
    assert reports[-1].verdict == verdict.reason


def test_a_writer_that_adds_something_is_caught_by_the_recheck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last layers alone: had the writer a defect, its text would not pass."""
    honest = interlock.render
    monkeypatch.setattr(
        interlock, "render", lambda node: honest(node).replace("LIMIT 1000", "LIMIT 100000")
    )
    assert refused("select id from orders").rule == "sql.agreement.recheck"
    monkeypatch.setattr(
        interlock, "render", lambda node: honest(node).replace('"id"', '"customer_id"')
    )
    assert refused("select id from orders").rule == "sql.agreement.meaning"
    monkeypatch.setattr(
        interlock, "render", lambda node: honest(node).replace('"shop"', '"archive"')
    )
    assert refused("select id from orders").rule.startswith("sql.agreement")


def test_a_defect_of_the_guard_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> str:
        raise RuntimeError("defect")

    monkeypatch.setattr(interlock, "render", broken)
    assert refused("select id from orders").rule == "sql.internal"


def test_refusals_carry_layer_rule_reason_and_remedy() -> None:
    rejection = refused("select ssn from customers")
    assert (rejection.layer, rejection.rule) == ("names", "sql.names.column")
    assert rejection.reason
    assert rejection.remedy
    assert isinstance(Refused("a", "b", "c", "d").rejection, Rejection)

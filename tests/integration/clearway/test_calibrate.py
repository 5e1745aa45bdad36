"""Verified questions judged over a real warehouse, by plans that are made and run today."""

from __future__ import annotations

import pytest

from clearway import Clearway
from clearway.evals.verified import Verified, judged_examples
from clearway.parts import Weighed

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

BY_REGION = "SELECT region, sum(revenue) FROM demo.sales_fact GROUP BY region"


async def test_plans_are_judged_by_their_results(cw: Clearway) -> None:
    cases = [
        Verified(question="total revenue by region", gold_sql=BY_REGION),
        Verified(question="total revenue by region", gold_sql=BY_REGION.replace("sum", "avg")),
        Verified(question="total revenue by region", sql=BY_REGION, verdict="wrong"),
    ]

    examples, unused = await judged_examples(cw, list(enumerate(cases, start=1)))

    assert unused == []
    assert [example.right for example in examples] == [True, False, False]
    assert [example.source for example in examples] == ["rules", "rules", "model"]
    assert {item.kind for item in examples[0].evidence} >= {"coverage", "agreement", "explain"}


async def test_what_cannot_be_judged_says_why(cw: Clearway) -> None:
    cases = [
        Verified(question="glorbly frob", gold_sql="SELECT 1"),
        Verified(question="total revenue by region", gold_sql="DROP TABLE demo.sales_fact"),
        Verified(question="x", sql="SELECT * FROM demo.customers", verdict="right"),
    ]

    examples, unused = await judged_examples(cw, list(enumerate(cases, start=1)))

    assert examples == []
    assert [each.line for each in unused] == [1, 2, 3]
    assert all(each.why for each in unused)


async def test_weighing_runs_nothing_but_says_how_likely(cw: Clearway) -> None:
    before = len(await cw.get_audit_records())

    right = await cw.weigh("total revenue by region", sql=BY_REGION)
    wrong = await cw.weigh("total revenue by region", sql=BY_REGION.replace("sum", "max"))

    assert isinstance(right, Weighed)
    assert isinstance(wrong, Weighed)
    assert wrong.confidence < 0.7 <= right.confidence
    assert len(await cw.get_audit_records()) == before

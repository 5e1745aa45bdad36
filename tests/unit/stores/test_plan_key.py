"""Keys: what changes the meaning of a question, or who asks it, changes the key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.graph.ports import Asked
from clearway.identity import Principal
from clearway.semantics.frame import (
    NOWHERE,
    Ambiguity,
    ColumnRef,
    Comparison,
    Dimension,
    Existence,
    Filter,
    Frame,
    Leftover,
    MeasureSlot,
    Order,
    Period,
)
from clearway.stores.plans.key import KeyScope, plan_key

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SCOPE = KeyScope(source_id="shop", catalog_version="c1")
TOTAL = ColumnRef("shop.orders", "total")
REGION = ColumnRef("shop.orders", "region")
DAY = ColumnRef("shop.orders", "day")
REVENUE = MeasureSlot(aggregate="sum", column=TOTAL, table="shop.orders", span=(0, 7))
QUARTER = Period(
    start=datetime(2025, 7, 1, tzinfo=UTC), end=datetime(2025, 10, 1, tzinfo=UTC), column=DAY
)
LARGE = Filter(column=TOTAL, comparator=">", values=(100,))
PAID = Filter(column=ColumnRef("shop.orders", "paid"), comparator="=", values=(True,))
REFUNDS = Existence(table="shop.refunds")
FRAME = Frame(
    text="revenue by region in Q3 over 100, paid, with refunds, five best",
    subject="shop.orders",
    measures=(REVENUE,),
    dimensions=(Dimension(column=REGION),),
    filters=(LARGE, PAID),
    period=QUARTER,
    existence=(REFUNDS,),
    order=(Order(measure=REVENUE, descending=True),),
    limit=5,
)
UNREAD = replace(
    FRAME,
    measures=(replace(REVENUE, span=NOWHERE),),
    leftover=(Leftover(word="glorbly", span=(0, 7)),),
)

CHANGES: dict[str, dict[str, Any]] = {
    "subject": {"subject": "shop.returns"},
    "everything": {"everything": True},
    "aggregate": {"measures": (replace(REVENUE, aggregate="avg"),)},
    "measured column": {"measures": (replace(REVENUE, column=REGION),)},
    "share": {"measures": (replace(REVENUE, share=True),)},
    "ratio": {"measures": (replace(REVENUE, over=REVENUE),)},
    "another measure": {"measures": (REVENUE, replace(REVENUE, aggregate="count"))},
    "attribute": {"attributes": (Dimension(column=REGION),)},
    "dimension": {"dimensions": (Dimension(column=DAY),)},
    "no dimension": {"dimensions": ()},
    "grain": {"dimensions": (Dimension(column=REGION, grain="month"),)},
    "comparator": {"filters": (replace(LARGE, comparator="<"), PAID)},
    "or equal": {"filters": (replace(LARGE, comparator=">="), PAID)},
    "value": {"filters": (replace(LARGE, values=(101,)), PAID)},
    "value's type": {"filters": (replace(LARGE, values=("100",)), PAID)},
    "filter negated": {"filters": (replace(LARGE, negated=True), PAID)},
    "alternatives": {"filters": (replace(LARGE, alternative=1), replace(PAID, alternative=1))},
    "fewer filters": {"filters": (LARGE,)},
    "period's end": {"period": replace(QUARTER, end=datetime(2025, 10, 2, tzinfo=UTC))},
    "period's start": {"period": replace(QUARTER, start=datetime(2025, 4, 1, tzinfo=UTC))},
    "period's column": {"period": replace(QUARTER, column=ColumnRef("shop.orders", "paid_on"))},
    "period's zone": {"period": replace(QUARTER, zone="Europe/Paris")},
    "no period": {"period": None},
    "comparison": {"comparison": Comparison(base=QUARTER)},
    "did not": {"existence": (replace(REFUNDS, negated=True),)},
    "at least two": {"existence": (replace(REFUNDS, comparator=">=", count=2),)},
    "order": {"order": (Order(measure=REVENUE, descending=False),)},
    "limit": {"limit": 6},
    "no limit": {"limit": None},
    "limit per": {"limit_per": (Dimension(column=REGION),)},
    "distinct": {"distinct": True},
    "scope": {"scope": "all"},
    "mine": {"scope": "mine"},
    "identifier": {"identifiers": ("A-17",)},
    "an unread word": {"leftover": (Leftover(word="glorbly", span=(0, 7)),)},
    "an ambiguity": {"ambiguities": (Ambiguity(word="region", span=(0, 7)),)},
    "language": {"language": "other"},
    "a follow-up": {"follow_up": True},
}


def key(
    frame: Frame = FRAME,
    *,
    principal: Principal | None = None,
    at: datetime = NOON,
    zone: str = "UTC",
    scope: KeyScope = SCOPE,
) -> str:
    asker = principal or Principal(user="ada")
    return plan_key(Asked(frame=frame, principal=asker, at=at, zone=zone), scope)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_the_meaning_changes_the_key(change: dict[str, Any]) -> None:
    assert key(replace(FRAME, **change)) != key()


@given(st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=4, unique=True))
def test_changes_do_not_cancel_out(names: list[str]) -> None:
    frame = FRAME
    for name in names:
        frame = replace(frame, **CHANGES[name])
    assert (key(frame) == key()) == (frame == FRAME)


@given(
    st.tuples(*[st.sampled_from([None, *sorted(CHANGES)])] * 2),
    st.tuples(*[st.sampled_from([None, *sorted(CHANGES)])] * 2),
)
def test_two_frames_share_a_key_only_when_they_are_equal(
    left: tuple[str | None, ...], right: tuple[str | None, ...]
) -> None:
    one, other = FRAME, FRAME
    for name in left:
        one = replace(one, **CHANGES[name]) if name else one
    for name in right:
        other = replace(other, **CHANGES[name]) if name else other
    assert (key(one) == key(other)) == (one == other)


def test_wording_order_of_conditions_and_spans_change_nothing() -> None:
    other_words = replace(
        FRAME,
        text="five best regions by revenue",
        filters=(PAID, LARGE),
        measures=(replace(REVENUE, span=(20, 27)),),
        period=replace(QUARTER, label="third quarter"),
    )
    assert key(other_words) == key()


def test_the_order_of_what_is_shown_matters_to_a_chart_only() -> None:
    both = (Dimension(column=REGION), Dimension(column=DAY))
    table = replace(FRAME, dimensions=both)
    chart = replace(table, presentation="chart")
    assert key(table) == key(replace(table, dimensions=both[::-1]))
    assert key(chart) != key(replace(chart, dimensions=both[::-1]))


def test_an_unread_word_makes_the_exact_text_count() -> None:
    assert key(replace(UNREAD, text="Glorbly revenue")) != key(
        replace(UNREAD, text="glorbly revenue")
    )
    assert key(replace(UNREAD, text="glorbly  revenue")) == key(
        replace(UNREAD, text="glorbly revenue")
    )


STRANGE = st.lists(st.text("qxzQXZ", min_size=2, max_size=3), min_size=1, max_size=4)


@given(STRANGE, STRANGE)
def test_unread_words_share_a_key_only_when_they_are_the_same(
    left: list[str], right: list[str]
) -> None:
    one, other = replace(UNREAD, text="  ".join(left)), replace(UNREAD, text=" ".join(right))
    assert (key(one) == key(other)) == (left == right)


def test_a_word_that_does_not_matter_does_not_count() -> None:
    polite = (Leftover(word="please", span=(0, 6), matters=False),)
    assert key(replace(FRAME, leftover=polite)) == key()


def test_an_unread_word_may_be_about_time_so_the_day_counts() -> None:
    assert key(UNREAD, at=NOON + timedelta(hours=3)) == key(UNREAD)
    assert key(UNREAD, at=NOON + timedelta(days=1)) != key(UNREAD)
    assert key(UNREAD, zone="Asia/Tokyo") != key(UNREAD)
    assert key(at=NOON + timedelta(days=1)) == key()


@pytest.mark.parametrize(
    "other",
    [
        Principal(user="ada", tenant="elsewhere"),
        Principal(user="ada", roles=frozenset({"analyst", "finance"})),
        Principal(user="ada", roles=frozenset()),
    ],
)
def test_other_rights_are_another_key(other: Principal) -> None:
    assert key(principal=other) != key()


def test_people_of_the_same_rights_share_what_is_not_personal() -> None:
    bob = Principal(user="bob")
    assert key(principal=bob) == key()
    mine = replace(FRAME, scope="mine")
    assert key(mine, principal=bob) != key(mine)
    secured = replace(SCOPE, per_user=True)
    assert key(principal=bob, scope=secured) != key(scope=secured)


@pytest.mark.parametrize(
    "change",
    [{"source_id": "other"}, {"catalog_version": "c2"}, {"planner": "another"}, {"per_user": True}],
    ids=str,
)
def test_another_version_starts_afresh(change: dict[str, Any]) -> None:
    assert key(scope=replace(SCOPE, **change)) != key()

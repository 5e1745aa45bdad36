"""Verbs: what was done to the rows must show, unless it is what they are."""

from __future__ import annotations

import pytest

from clearway.stores.plans.said import Said
from clearway.stores.plans.verbs import unshown_verb
from tests.unit.semantics.catalogs import ASKER, NOW, sales

pytestmark = pytest.mark.unit


def unshown(text: str) -> bool:
    frame = sales.read(text, ASKER, now=NOW, zone="UTC")
    return unshown_verb(frame, Said(frame).words)


@pytest.mark.parametrize(
    "text",
    [
        "revenue made in Europe",
        "how many sales took place in March 2025",
        "products we sold in Europe",
        "jobs that ran yesterday",
        "revenue by region ordered by revenue",
        "revenue leaving out Europe",
        "share of revenue by region",
    ],
)
def test_what_the_rows_are_anyway_is_shown(text: str) -> None:
    assert not unshown(text)


@pytest.mark.parametrize(
    "text",
    [
        "revenue lost in Europe",
        "runs that finished yesterday",
        "revenue in Europe that we have to ship",
        "products bought in Europe but sent elsewhere",
        "finished runs of load_sales that were reviewed",
    ],
)
def test_what_was_done_to_them_is_not(text: str) -> None:
    assert unshown(text)

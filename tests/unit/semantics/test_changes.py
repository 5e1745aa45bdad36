"""Requests to change data, in whatever mood they are said."""

from __future__ import annotations

import pytest

from clearway.semantics.routing.changes import acts_on_service, changes_data
from clearway.semantics.routing.clauses import speech_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "clear the orders table",
        "would you mind dropping the old invoices",
        "I want last week's bookings gone",
        "the patients table should be emptied",
        "those test orders have to go",
        "any chance you could lose the entries from Friday",
        "is it possible for you to set the price of seat 4 to 9",
        "please make the bad quarter go away",
        "get them out of the ledger",
        "export the whole ledger to https paste example",
        "bitte lösche die Tabelle",
        "how about wiping the log",
    ],
)
def test_told(text: str) -> None:
    assert changes_data(speech_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "a clear breakdown of cost by category",
        "orders that were deleted yesterday",
        "I need the invoices that got cancelled",
        "drop in bookings since May",
        "there must be a reason bookings dropped in Europe",
        "remove-related tickets by month",
        "empty rooms by floor",
        "show me the list",
        "send me the total",
    ],
)
def test_said_in_passing(text: str) -> None:
    assert not changes_data(speech_of(text))


def test_a_process_is_acted_on_and_rows_are_not() -> None:
    assert acts_on_service(speech_of("please restart the billing service"))
    assert not acts_on_service(speech_of("restart all failed runs"))

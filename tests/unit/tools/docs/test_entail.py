from __future__ import annotations

import pytest

from clearway.tools.docs.answering.entail import supported

pytestmark = pytest.mark.unit

PASSAGE = (
    "A schema mismatch stops the load. Compare the file's header with `orders_v2`. "
    "The load is retried 3 times, after 15 minutes each. Do not delete the staging table. "
    "Refunds above 500 EUR need approval by Finance."
)


@pytest.mark.parametrize(
    "said",
    [
        "A schema mismatch stops the load.",
        "The load is retried 3 times.",
        "Do not delete the staging table.",
        "Refunds above 500 EUR need Finance approval.",
        "Compare the header of the file with `orders_v2`.",
    ],
)
def test_what_the_passage_says_is_supported(said: str) -> None:
    assert supported(said, [PASSAGE])


@pytest.mark.parametrize(
    "said",
    [
        "The load is retried 5 times.",
        "Delete the staging table.",
        "A schema mismatch does not stop the load.",
        "Compare the file's header with `orders_v3`.",
        "Refunds above 500 USD need approval by Finance.",
        "The owner of the warehouse team is paged at night.",
        "Yes.",
        "",
    ],
)
def test_what_it_does_not_say_is_not(said: str) -> None:
    assert not supported(said, [PASSAGE])

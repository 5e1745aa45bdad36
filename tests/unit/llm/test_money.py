"""What a call costs: to the last digit of the price list, and by the length of its prompt."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from clearway.llm.admission.money import at_least, at_most, cost_of, counted_at, worst_case
from clearway.llm.providers.registry import load_registry
from clearway.llm.providers.specs import Price
from clearway.llm.types import TokenUsage
from tests.unit.llm.conftest import route

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("host", "price", "unknown", "counted"),
    [
        ("api.vendor.test", {"input": "1", "output": "3"}, "15", "1"),
        ("api.vendor.test", None, "15", "15"),
        ("api.vendor.test", None, None, None),
        ("127.0.0.1:11434", None, "15", "0"),
        ("127.0.0.1.vendor.test", None, "15", "15"),
    ],
)
def test_a_price_nobody_knows_is_a_ceiling_and_nothing_on_this_machine(
    host: str, price: dict[str, str] | None, unknown: str | None, counted: str | None
) -> None:
    asked = replace(route("one", price=price), base_url=f"http://{host}/v1")
    ceiling = None if unknown is None else Price(input=Decimal(unknown), output=Decimal(75))
    found = counted_at(asked, ceiling)
    assert (None if found is None else str(found.input)) == counted


PRICE = Price.model_validate(
    {
        "input": "1.25",
        "cached": "0.125",
        "output": "10",
        "long": {"above": 200_000, "input": "2.50", "output": "15"},
    }
)


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (TokenUsage(prompt=200_000, completion=1_000), "0.26"),
        (TokenUsage(prompt=200_000, cached=100_000), "0.1375"),
        (TokenUsage(prompt=200_001, completion=1_000), "0.5150025"),
        (TokenUsage(prompt=300_000, cached=100_000), "0.75"),  # no price of its own: as fresh ones
    ],
)
def test_a_long_prompt_has_rates_of_its_own(usage: TokenUsage, usd: str) -> None:
    assert cost_of(PRICE, usage) == Decimal(usd)


def test_the_worst_case_counts_them_too() -> None:
    assert worst_case(PRICE, 200_001, 0) > 2 * worst_case(PRICE, 200_000, 0) - Decimal("0.001")


def test_the_listed_long_rates_are_dearer() -> None:
    tiered = [p.price for p in load_registry() if p.price is not None and p.price.long is not None]
    assert len(tiered) == 2
    assert all(price.long.input > price.input for price in tiered if price.long)


@pytest.mark.parametrize(
    ("usd", "up", "down"),
    [
        ("0.051385000000", "$0.05139", "$0.05138"),
        ("0.001600000000", "$0.0016", "$0.0016"),
        ("0.999999", "$1.00", "$0.9999"),
        ("1", "$1.00", "$1.00"),
        ("12.3456", "$12.35", "$12.34"),
        ("0", "$0.00", "$0.00"),
        ("0.000000000001", "$0.000000000001", "$0.000000000001"),
    ],
)
def test_people_read_amounts_of_a_few_digits_that_never_look_like_enough(
    usd: str, up: str, down: str
) -> None:
    assert (at_most(Decimal(usd)), at_least(Decimal(usd))) == (up, down)

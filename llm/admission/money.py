"""What a call costs: Decimal from the price list to the ledger."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from urllib.parse import urlsplit

from clearway.llm.providers.routes import Route
from clearway.llm.providers.specs import Price
from clearway.llm.types import TokenUsage

MILLION = Decimal(1_000_000)
GRAIN = Decimal("0.000000000001")
"""A millionth of a micro-dollar: a listed price times a token count is exact in it."""

NOTHING = Price(input=Decimal(0), output=Decimal(0))
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def counted_at(route: Route, unknown: Price | None) -> Price | None:
    """Return the price budgets count a route at; None where they cannot.

    A price that is not known is taken to be `unknown`, a ceiling; on this very machine it is
    nothing, since nobody bills for it.
    """
    if route.price is not None or unknown is None:
        return route.price
    return NOTHING if urlsplit(route.base_url).hostname in LOOPBACK else unknown


def cost_of(price: Price, usage: TokenUsage) -> Decimal:
    """Return what the vendor bills; cached prompt tokens at their own price where there is one."""
    rates = price.rates(usage.prompt)
    cached_rate = rates.input if rates.cached is None else rates.cached
    fresh = usage.prompt - usage.cached
    billed = fresh * rates.input + usage.cached * cached_rate + usage.completion * rates.output
    return (billed / MILLION).quantize(GRAIN, rounding=ROUND_HALF_UP)


def at_most(usd: Decimal) -> str:
    """Return an amount for people, rounded up: $0.0516, $12.31."""
    return _short(usd, ROUND_CEILING)


def at_least(usd: Decimal) -> str:
    """Return an amount for people, rounded down: it never looks like enough when it is not."""
    return _short(usd, ROUND_FLOOR)


def _short(usd: Decimal, rounding: str) -> str:
    """Return cents, or of what is below a dollar four digits that say something."""
    places = max(2, 3 - usd.adjusted()) if usd and abs(usd) < 1 else 2
    short = usd.quantize(Decimal(1).scaleb(-min(places, 12)), rounding=rounding)
    whole, _, rest = f"{short:f}".partition(".")
    return f"${whole}.{rest[:2]}{rest[2:].rstrip('0')}"


def worst_case(price: Price, prompt_tokens: int, max_tokens: int) -> Decimal:
    """Return the most a call can cost: nothing cached, and generated to the limit."""
    return cost_of(price, TokenUsage(prompt=prompt_tokens, completion=max_tokens))

"""Nothing that costs more than what is left is sent, in whatever form it comes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from clearway.errors import BudgetExceeded, ContextTooLong
from clearway.llm.limits import RouterSettings
from clearway.llm.types import ChatRequest
from tests import fault_server as faults
from tests.fault_server import FaultServer
from tests.integration.llm.conftest import PATIENT, PROVIDER, Routed

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

LIMIT = RouterSettings(patience=PATIENT, user_day_usd=Decimal("0.02"))
SEEING = {"one": {"features": [*PROVIDER["features"], "vision"]}}
WORDS = "word " * 30_000
IMAGE = {"type": "image_url", "image_url": {"url": "https://images.test/a.png"}}
TEXT = {"type": "text", "text": "What is this?"}


@pytest.mark.parametrize(
    "more",
    [
        {"extra": {"functions": [{"name": "f", "description": WORDS}]}},
        {"messages": [{"role": "user", "content": [TEXT, *[IMAGE] * 20]}]},
        {"messages": [{"role": "user", "content": [TEXT, {"type": "file", "file": {"id": "f"}}]}]},
        {"messages": [{"role": "user", "content": "Read it.", "note": WORDS}]},
        {"messages": [{"role": "user", "content": "\u1200\u1208 " * 4_000}]},
    ],
    ids=["functions", "images", "file", "unknown-field", "amharic"],
)
async def test_two_cents_a_day_buy_no_dearer_call(
    models: FaultServer, routed: Routed, more: dict[str, Any]
) -> None:
    models.behaves("one", faults.well)
    asked: dict[str, Any] = {"messages": [{"role": "user", "content": "Well?"}]} | more
    with pytest.raises((BudgetExceeded, ContextTooLong)):
        await routed(SEEING, LIMIT).generate(ChatRequest(order=("one",), **asked))
    assert not models.asked["one"]

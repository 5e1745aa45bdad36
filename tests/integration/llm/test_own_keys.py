"""The keys the router calls with reach nobody it answers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest
from pydantic import SecretStr

from clearway.errors import GenerationError
from clearway.llm.face.wire import error_json
from clearway.llm.open import open_router
from clearway.llm.providers.registry import Registry
from clearway.llm.router import Router
from clearway.llm.types import Delta, Finished
from tests import fault_server as faults
from tests.fault_server import Call, FaultServer
from tests.integration.llm.conftest import route
from tests.unit.llm.conftest import request

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

KEY, OTHER = "sk-test-1234567890", "weirdkey-77-zz"


@pytest.fixture
def router(models: FaultServer) -> Router:
    routes = {
        name: [replace(route(models, name, 1, {}), key=SecretStr(key))]
        for name, key in (("one", KEY), ("two", OTHER))
    }
    models.behaves("one", faults.well)
    models.behaves("two", faults.well)
    registry = Registry(each[0].provider for each in routes.values())
    return open_router(registry=registry, routes=routes, environment={})


@pytest.mark.parametrize("said", [KEY, OTHER, KEY[:12] + "...", "..." + OTHER[-8:]])
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
async def test_no_error_says_them(
    router: Router,
    models: FaultServer,
    caplog: pytest.LogCaptureFixture,
    said: str,
    status: int,
) -> None:
    error = {"message": f"Incorrect API key provided: {said}"}
    models.behaves("one", faults.status(status, error=error, retry_after="0"))
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Exception) as failed:
        await router.generate(request(order=("one",)))
    await router.aclose()
    shown = said.strip(".")
    assert shown not in f"{failed.value!r} {vars(failed.value)} {caplog.text}"
    if isinstance(failed.value, GenerationError):
        assert shown not in str(error_json(failed.value))


def saying(pieces: Sequence[str]) -> faults.Behaviour:
    async def behave(call: Call) -> None:
        if not call.streams:
            choice = {"index": 0, "finish_reason": "stop"}
            message = {"role": "assistant", "content": "".join(pieces)}
            await call.json({**call.head(), "choices": [{**choice, "message": message}]})
            return
        await call.begin_stream()
        for piece in pieces:
            await call.piece({"content": piece})
        await call.piece({}, finish="stop")
        await call.data("[DONE]")
        await call.send(b"0\r\n\r\n")

    return behave


@pytest.mark.parametrize(
    "pieces",
    [
        [f"You called with {KEY}, and with {OTHER}."],
        ["You called with ", *KEY, ", and with ", OTHER[:3], OTHER[3:], "."],
    ],
)
async def test_no_answer_says_them(router: Router, models: FaultServer, pieces: list[str]) -> None:
    models.behaves("one", saying(pieces))
    told = "You called with [API_KEY], and with [API_KEY]."
    assert (await router.generate(request(order=("one",)))).text == told
    events = [event async for event in router.stream(request(order=("one",)), mode="live")]
    await router.aclose()
    assert "".join(event.text for event in events if isinstance(event, Delta)) == told
    assert isinstance(events[-1], Finished)
    assert events[-1].reply.text == told


async def test_what_only_begins_like_one_is_told(router: Router, models: FaultServer) -> None:
    models.behaves("one", saying(["A mask: sk", "-te", "st-", "12", "3 and s"]))
    events = [event async for event in router.stream(request(order=("one",)), mode="live")]
    await router.aclose()
    said = "".join(event.text for event in events if isinstance(event, Delta))
    assert said == "A mask: sk-test-123 and s"

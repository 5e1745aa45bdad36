"""One call of one route over a real socket: when a stream is whole, and when it is not."""

from __future__ import annotations

import json

import pytest

from clearway.llm.calls.faults import Fault
from clearway.llm.calls.lanes import CALLS_PER_LANE, Lanes
from clearway.llm.calls.transport import HttpTransport
from clearway.resilience.clock import SystemClock
from tests import fault_server as faults
from tests.fault_server import Behaviour, Call, FaultServer
from tests.integration.llm.conftest import PATIENT, route

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

BODY = {"model": "one", "messages": [{"role": "user", "content": "hi"}], "stream": True}


def events(*data: str, end: bool = True) -> Behaviour:
    """Return a behaviour that streams these events, and ends in good order or by a reset."""

    async def behave(call: Call) -> None:
        await call.begin_stream()
        for each in data:
            await call.data(each)
        if end:
            await call.send(b"0\r\n\r\n")
        else:
            call.reset()

    return behave


def piece(content: str | None = None, finish: str | None = None, index: int = 0) -> str:
    delta = {} if content is None else {"content": content}
    return json.dumps({"choices": [{"index": index, "delta": delta, "finish_reason": finish}]})


async def streamed(
    models: FaultServer, behaviour: Behaviour, *, first_s: float = 30.0
) -> list[str]:
    """Return the pieces of the text; raise the fault the stream ends with."""
    models.behaves("one", behaviour)
    transport, texts = HttpTransport(SystemClock(), PATIENT), []
    try:
        chunks = transport.stream(route(models, "one", 1, {}), BODY, within_s=60.0, first_s=first_s)
        async for chunk in chunks:
            for choice in chunk.get("choices", []):
                texts.append(choice["delta"].get("content") or "")
    finally:
        await transport.aclose()
    return [text for text in texts if text]


WHOLE = {
    "with everything": events(piece("a"), piece("b"), piece(finish="stop"), "[DONE]"),
    "without [DONE]": events(piece("a"), piece("b"), piece(finish="stop")),
    "finish with the last piece": events(piece("a"), piece("b", "stop"), "[DONE]"),
    "reset after the finish": events(piece("a"), piece("b"), piece(finish="stop"), end=False),
    "cut at the limit": events(piece("a"), piece("b"), piece(finish="length"), "[DONE]"),
    "usage after the finish": events(
        piece("a"), piece("b"), piece(finish="stop"), '{"choices": [], "usage": {}}', "[DONE]"
    ),
    "two choices": events(
        piece("a"), piece("b", index=1), piece(finish="stop"), piece(finish="stop", index=1)
    ),
}


@pytest.mark.parametrize("behaviour", WHOLE.values(), ids=list(WHOLE))
async def test_a_stream_with_a_finish_reason_is_whole(
    models: FaultServer, behaviour: Behaviour
) -> None:
    assert await streamed(models, behaviour) == ["a", "b"]


BROKEN = {
    "[DONE] without a finish": ("unfinished", events(piece("a"), "[DONE]")),
    "end without a finish": ("cut", events(piece("a"))),
    "nothing at all": ("cut", events()),
    "only [DONE]": ("unfinished", events("[DONE]")),
    "one of two choices": (
        "unfinished",
        events(piece("a"), piece("b", index=1), piece(finish="stop"), "[DONE]"),
    ),
    "reset": ("cut", events(piece("a"), end=False)),
    "half a chunk": ("malformed", events(piece("a"), '{"choi', piece(finish="stop"), "[DONE]")),
    "a list": ("malformed", events("[]", piece(finish="stop"))),
    "choices of another kind": ("malformed", events('{"choices": 7}', piece(finish="stop"))),
    "an error event": ("cut", events(piece("a"), '{"error": {"message": "upstream died"}}')),
    "an overload event": ("unavailable", events('{"error": {"code": 529, "message": "busy"}}')),
    "a filter event": ("content_policy", events('{"error": {"code": "content_filter"}}')),
}


@pytest.mark.parametrize(("kind", "behaviour"), BROKEN.values(), ids=list(BROKEN))
async def test_a_stream_without_one_is_a_fault(
    models: FaultServer, kind: str, behaviour: Behaviour
) -> None:
    with pytest.raises(Fault) as fault:
        await streamed(models, behaviour)
    assert fault.value.kind == kind


async def test_comments_and_empty_pieces_buy_no_time(models: FaultServer) -> None:
    async def busy_doing_nothing(call: Call) -> None:
        await call.begin_stream()
        while not call.writer.is_closing():
            await call.data(piece(""))
            await call.send(b"3\r\n: \n\r\n")

    with pytest.raises(Fault, match="silent"):
        await streamed(models, busy_doing_nothing, first_s=0.2)


async def test_a_server_that_does_not_stream_is_understood(models: FaultServer) -> None:
    async def whole(call: Call) -> None:
        call.asked.body.pop("stream")
        await faults.well(call)

    assert await streamed(models, whole) == [faults.answer("one")]


@pytest.mark.parametrize("last", [[], ["[DONE]"]], ids=["finish", "done"])
async def test_an_end_that_does_not_come_is_not_waited_for(
    models: FaultServer, last: list[str]
) -> None:
    async def lingers(call: Call) -> None:
        await call.begin_stream()
        for each in (piece("a"), piece("b"), piece(finish="stop"), *last):
            await call.data(each)
        await call.hold()

    assert await streamed(models, lingers) == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>", "malformed"),
        (b"[]", "malformed"),
        (b'{"choices": []}', "malformed"),
        (b'{"choices": [{"message": null, "finish_reason": "stop"}]}', "malformed"),
        (b'{"choices": [{"message": {"content": "x"}, "finish_reason": null}]}', "unfinished"),
        (b'{"error": {"message": "no"}}', "cut"),
    ],
)
async def test_a_reply_that_is_none_is_a_fault(models: FaultServer, body: bytes, kind: str) -> None:
    async def says(call: Call) -> None:
        await call.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    models.behaves("one", says)
    transport = HttpTransport(SystemClock(), PATIENT)
    with pytest.raises(Fault) as fault:
        await transport.complete(route(models, "one", 1, {}), BODY, within_s=60.0)
    assert fault.value.kind == kind
    await transport.aclose()


async def test_a_key_is_sent_and_shown_nowhere(models: FaultServer) -> None:
    models.behaves("one", faults.status(401))
    transport = HttpTransport(SystemClock(), PATIENT)
    with pytest.raises(Fault) as fault:
        await transport.complete(route(models, "one", 1, {}), BODY, within_s=60.0)
    assert (fault.value.kind, fault.value.sent) == ("auth", False)
    await transport.aclose()


async def test_pools_stay_small_and_are_used_again() -> None:
    lanes = Lanes(connect_s=1.0)
    taken = [lanes.take() for _ in range(CALLS_PER_LANE + 1)]
    assert len({id(lane) for lane in taken}) == 2
    taken[0].busy -= 1
    assert lanes.take() is taken[0]
    await lanes.aclose()

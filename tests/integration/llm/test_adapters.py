"""A provider that does not speak OpenAI's form, called through an adapter of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from clearway.errors import ConfigurationError, GenerationError
from clearway.llm import ChatRequest, Delta, Finished, RouterSettings, open_router
from clearway.llm.calls.adapters import WholeAdapter
from clearway.llm.calls.chunks import Body
from clearway.llm.calls.faults import Fault
from clearway.llm.calls.patience import Patience
from clearway.llm.calls.transport import Chunks
from clearway.llm.face.serve import Given, open_face
from clearway.llm.providers.registry import Registry, parse
from clearway.llm.providers.routes import Route
from clearway.llm.router import Router
from tests import fault_server as faults
from tests.fault_server import FaultServer
from tests.integration.llm.conftest import PROVIDER
from tests.integration.llm.serving import EMAIL, PLAIN, ask, listening

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

ASKED = ChatRequest(messages=[{"role": "user", "content": PLAIN}])


class LineAdapter(WholeAdapter):
    """Speaks to a server that takes a line and answers with one."""

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Send the last message, and put the answer into the form of a chat completion."""
        host, _, port = route.base_url.removeprefix("line://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(body["messages"][-1]["content"].encode() + b"\n")
            line = (await reader.readline()).decode().strip()
        finally:
            writer.close()
        if line == "BUSY":
            raise Fault("rate_limited", status=None, retry_after_s=0.01, sent=False)
        message = {"role": "assistant", "content": line}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
        return {"model": route.model, "choices": [choice], "usage": usage}


@asynccontextmanager
async def line_server(*lines: str) -> AsyncIterator[tuple[str, list[str]]]:
    """Answer each line with the next of these; yield the address and what was said."""
    answers, heard = list(lines), []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readline()).decode().strip())
        writer.write(answers.pop(0).encode() + b"\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"line://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard


def router_over(adapters: dict[str, Any], *urls: str, **settings: Any) -> Router:
    """Return a router over providers at these addresses, in this order."""
    entries = [
        {
            **PROVIDER,
            "id": f"p{number}",
            "model": f"m{number}",
            "priority": len(urls) - number,
            "endpoints": [{"name": "main", "base_url": url, "key_required": False}],
        }
        for number, url in enumerate(urls)
    ]
    return open_router(
        registry=Registry(parse(entry, "test") for entry in entries),
        environment={},
        settings=RouterSettings(deadline_s=60, **settings),
        adapters=adapters,
    )


async def test_an_adapter_is_a_provider_like_any_other() -> None:
    async with line_server("BUSY", "Hello.") as (url, heard):
        router = router_over({"line": LineAdapter()}, url)
        reply = await router.generate(ASKED)
        await router.aclose()
    assert (reply.text, reply.provider, reply.usage.prompt) == ("Hello.", "p0", 7)
    assert [tried.outcome for tried in reply.attempts] == ["failed", "success"]
    assert reply.cost_usd == 7 * router_price("input") + 3 * router_price("output")
    assert heard == [PLAIN, PLAIN]


def router_price(kind: str) -> Any:
    price = parse({**PROVIDER, "id": "x", "model": "x", "endpoints": [{"name": "m"}]}, "t").price
    assert price is not None
    return getattr(price, kind) / 1_000_000


async def test_an_answer_that_comes_whole_is_streamed_as_one_piece() -> None:
    async with line_server("Hello.") as (url, _):
        router = router_over({"line": LineAdapter()}, url)
        events = [event async for event in router.stream(ASKED)]
        await router.aclose()
    assert [event.text for event in events if isinstance(event, Delta)] == ["Hello."]
    assert isinstance(events[-1], Finished)
    assert events[-1].reply.usage.completion == 3


class Misbehaving(WholeAdapter):
    """Does what it is told to, right or wrong."""

    def __init__(self, does: Callable[[], Any]) -> None:
        self.does = does

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Return, or raise, what it is told to."""
        done = self.does()
        return await done if asyncio.iscoroutine(done) else done


def broken() -> Any:
    raise RuntimeError(f"no luck with {EMAIL}")


HELLO = {"choices": [{"message": {"content": "Hello."}, "finish_reason": "stop"}]}
WRONG: dict[str, Callable[[], Any]] = {
    "raises": broken,
    "hangs": lambda: asyncio.sleep(3600),
    "is nothing": lambda: None,
    "is no JSON": lambda: {"choices": [{"message": {"content": b"x"}, "finish_reason": "stop"}]},
    "has no end": lambda: {"choices": [{"message": {"content": "x"}, "finish_reason": None}]},
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("stream", [False, True])
async def test_an_adapter_that_fails_is_a_provider_that_fails(
    wrong: str, caplog: pytest.LogCaptureFixture, *, stream: bool
) -> None:
    # The other one waits for nothing, so no machine is too slow for it.
    adapters = {"wrong": Misbehaving(WRONG[wrong]), "right": Misbehaving(lambda: HELLO)}
    impatient = Patience(attempt_s=0.05, first_token_s=0.05, idle_s=30)
    router = router_over(adapters, "wrong://here", "right://here", patience=impatient)
    if stream:
        events = [event async for event in router.stream(ASKED, mode="complete")]
        assert isinstance(events[-1], Finished)
        reply = events[-1].reply
    else:
        reply = await router.generate(ASKED)
    await router.aclose()
    assert (reply.text, reply.provider) == ("Hello.", "p1")
    assert reply.attempts[0].outcome == ("timeout" if wrong == "hangs" else "failed")
    assert not any(EMAIL in str(vars(record)) for record in caplog.records)


class Cut(WholeAdapter):
    """Streams a piece and no end."""

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        """Fail: it only streams."""
        raise Fault("unavailable")

    async def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        """Yield half an answer."""
        yield {"choices": [{"index": 0, "delta": {"content": "Half an"}, "finish_reason": None}]}


async def test_a_stream_of_an_adapter_that_ends_early_is_never_an_answer() -> None:
    router = router_over({"cut": Cut()}, "cut://here")
    with pytest.raises(GenerationError):
        [event async for event in router.stream(ASKED, mode="live")]
    await router.aclose()


def test_a_scheme_nobody_has_an_adapter_for_is_said_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"'p0' has the base_url line://.*there are http"):
        router_over({}, "line://here")


INSTALLED = """
from clearway.llm.calls.adapters import WholeAdapter

class Shouting(WholeAdapter):
    async def complete(self, route, body, *, within_s):
        text = body["messages"][-1]["content"].upper()
        message = {"role": "assistant", "content": text}
        return {"choices": [{"message": message, "finish_reason": "stop"}], "model": route.model}
"""


async def test_an_installed_package_brings_an_adapter_to_the_served_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: FaultServer
) -> None:
    site = tmp_path / "site"
    facts = site / "shouting-1.0.dist-info"
    facts.mkdir(parents=True)
    (site / "shouting_adapter.py").write_text(INSTALLED)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(
        "[clearway.adapters]\nshouting = shouting_adapter:Shouting\n"
    )
    monkeypatch.syspath_prepend(str(site))
    models.behaves("other", faults.well)
    config = tmp_path / "llm.yaml"
    config.write_text(
        'providers:\n  - {id: loud, base_url: "shouting://here", model: loud}\n'
        f'  - {{id: other, base_url: "{models.url("other")}", model: other}}\n'
    )
    face = open_face(config, Given(environment={}, home=tmp_path))
    async with listening(face) as client:
        whole = (await ask(client, "hello")).json()
        streamed = await ask(client, "hello", stream=True)
    sys.modules.pop("shouting_adapter")
    assert (whole["choices"][0]["message"]["content"], whole["model"]) == ("HELLO", "loud")
    assert '"HELLO"' in streamed.text
    assert streamed.text.rstrip().endswith("data: [DONE]")

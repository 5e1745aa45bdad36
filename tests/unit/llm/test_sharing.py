"""One reply for several requests, hidden values on the way, decisions kept: with real ports."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from clearway.llm import ChatRequest, Delta, Router, RouterSettings, open_router
from clearway.llm.calls.chunks import Body
from clearway.llm.calls.transport import Chunks
from clearway.llm.guards.finds import Find
from clearway.llm.guards.restore import Restorer
from clearway.llm.pace import DrivenPace
from clearway.llm.ports import Generation, GenerationSeat, Hidden
from clearway.llm.providers.registry import Registry
from clearway.llm.providers.routes import Route
from clearway.llm.sharing.generations import MemoryGenerations
from clearway.resilience.clock import FakeClock
from tests.unit.llm.conftest import request, route

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


@dataclass
class Echo:
    """Implements `Transport`: answers with the last message, in pieces of two characters."""

    asked: list[Body] = field(default_factory=list)

    async def complete(self, route: Route, body: Body, *, within_s: float) -> Body:
        self.asked.append(body)
        await asyncio.sleep(0)
        message = {"role": "assistant", "content": body["messages"][-1]["content"]}
        return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}

    async def stream(self, route: Route, body: Body, *, within_s: float, first_s: float) -> Chunks:
        self.asked.append(body)
        text = body["messages"][-1]["content"]
        for start in range(0, len(text), 2):
            yield {"choices": [{"index": 0, "delta": {"content": text[start : start + 2]}}]}
        yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}

    async def aclose(self) -> None:
        pass


class Names:
    """Implements `Guardrails`: the name Ada is personal."""

    def hide(self, text: str, *, known: Mapping[str, str] | None = None) -> Hidden:
        found = text.count("Ada")
        secrets = {"<NAME_1>": "Ada"} if found else {}
        return Hidden(
            text=text.replace("Ada", "<NAME_1>"),
            secrets={**(known or {}), **secrets},
            kinds={"NAME": found} if found else {},
        )

    looks = True

    def finds(self, text: str) -> list[Find]:
        return [Find("NAME", m.start(), m.end()) for m in re.finditer("Ada", text)]

    def restore(self, text: str, secrets: Mapping[str, str]) -> str:
        for placeholder, secret in secrets.items():
            text = text.replace(placeholder, secret)
        return text


@dataclass
class Kept:
    """Implements `GenerationCache` without forgetting."""

    entries: dict[str, Generation] = field(default_factory=dict)

    async def get(self, key: str) -> Generation | None:
        return self.entries.get(key)

    async def put(self, key: str, generation: Generation, *, ttl_s: float) -> None:
        self.entries[key] = generation


class Seat:
    """Implements `GenerationSeat`."""

    def __init__(self, landed: Generation | None, shared: list[Generation]) -> None:
        self.landed = landed
        self._shared = shared

    async def land(self, generation: Generation) -> None:
        self._shared.append(generation)


class OneAtATime:
    """Implements `GenerationFlights`: who comes second gets what the first brought."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._landed: dict[str, list[Generation]] = {}

    @asynccontextmanager
    async def join(self, key: str, *, timeout_s: float) -> AsyncIterator[GenerationSeat]:
        async with self._locks.setdefault(key, asyncio.Lock()):
            landed = self._landed.setdefault(key, [])
            yield Seat(landed[0] if landed else None, landed)


def router(
    echo: Echo,
    settings: RouterSettings | None = None,
    declared: Mapping[str, Any] | None = None,
    **parts: Any,
) -> Router:
    clock = FakeClock()
    one = route("one", **(declared or {}))
    return open_router(
        registry=Registry([one.provider]),
        routes={"one": [one]},
        environment={},
        transport=echo,
        clock=clock,
        pace=DrivenPace(clock),
        settings=settings,
        **parts,
    )


KEEPS = RouterSettings(cache_ttl_s=60)


async def test_a_repeat_is_answered_from_what_was_kept_and_says_so() -> None:
    echo = Echo()
    keeps = router(echo, KEEPS, cache=Kept())
    first, again = [await keeps.generate(request("hello")) for _ in range(2)]
    assert (first.cache_hit, again.cache_hit, len(echo.asked)) == (False, True, 1)
    assert (again.text, again.cost_usd) == ("hello", 0)
    assert [each.kind for each in again.degradations] == ["cache"]


@pytest.mark.parametrize(
    "other",
    [
        request("hello", user="bob"),
        request("hello", tenant="south"),
        request("hello", temperature=0.5),
        request("hello", workflow="w"),
        request("hello", max_tokens=7),
        request("Hello"),
        request("hello", bypass_cache=True),
    ],
    ids=["user", "tenant", "temperature", "workflow", "length", "text", "bypass"],
)
async def test_another_request_is_not_answered_with_it(other: ChatRequest) -> None:
    echo = Echo()
    keeps = router(echo, KEEPS, cache=Kept())
    await keeps.generate(request("hello"))
    assert not (await keeps.generate(other)).cache_hit
    assert len(echo.asked) == 2


@pytest.mark.parametrize(
    ("settings", "own_s", "kept"),
    [(KEEPS, None, True), (KEEPS, 0, False), (RouterSettings(), 60, True)],
    ids=["as for all", "off", "on"],
)
async def test_a_provider_says_itself_whether_its_replies_are_kept(
    settings: RouterSettings, own_s: float | None, kept: bool
) -> None:
    keeps = router(Echo(), settings, {"cache_ttl_s": own_s}, cache=Kept())
    replies = [await keeps.generate(request("hello")) for _ in range(2)]
    assert replies[1].cache_hit is kept


async def test_every_repeat_is_a_hit() -> None:
    echo, cache = Echo(), MemoryGenerations(FakeClock())
    keeps = router(echo, KEEPS, cache=cache)
    for number in range(60):
        await keeps.generate(request(f"question {number % 12}"))
    assert len(echo.asked) == 12
    assert cache.hit_rate == 48 / 60


async def test_the_key_is_the_same_in_every_process() -> None:
    one, two = Kept(), Kept()
    for cache in (one, two):
        await router(Echo(), KEEPS, cache=cache).generate(request("hello"))
    assert list(one.entries) == list(two.entries)


async def test_identical_requests_at_the_same_time_call_once() -> None:
    echo = Echo()
    shares = router(echo, flights=OneAtATime())
    replies = await asyncio.gather(*(shares.generate(request("hello")) for _ in range(9)))
    assert len(echo.asked) == 1
    assert {reply.text for reply in replies} == {"hello"}
    assert sum(reply.cache_hit for reply in replies) == 8


async def test_who_leaves_the_answer_to_chance_gets_one_of_their_own() -> None:
    echo = Echo()
    shares = router(echo, KEEPS, flights=OneAtATime(), cache=Kept())
    by_chance = request("hello", temperature=0.7)
    with_seed = request("hello", temperature=0.7, seed=1)
    for asked, calls in ((by_chance, 2), (with_seed, 3)):
        await asyncio.gather(*(shares.generate(asked) for _ in range(2)))
        assert len(echo.asked) == calls


async def test_the_model_never_sees_a_name_and_the_caller_always_does() -> None:
    echo, kept = Echo(), Kept()
    guarded = router(echo, KEEPS, cache=kept, guardrails=Names())
    reply = await guarded.generate(request("Ada met Ada"))
    assert reply.text == "Ada met Ada"
    assert echo.asked[0]["messages"][0]["content"] == "<NAME_1> met <NAME_1>"
    assert [each.text for each in kept.entries.values()] == ["<NAME_1> met <NAME_1>"]
    assert [each.detail for each in reply.degradations] == ["2 x NAME hidden from the model."]
    assert reply.body["choices"][0]["message"]["content"] == "Ada met Ada"


async def test_a_stream_puts_names_back_however_they_are_cut() -> None:
    events = [
        event async for event in router(Echo(), guardrails=Names()).stream(request("I, Ada < you"))
    ]
    pieces = [event.text for event in events if isinstance(event, Delta)]
    assert "".join(pieces) == "I, Ada < you"
    assert len(pieces) > 3


@pytest.mark.parametrize(
    "parts", [["<NAME_1>"], ["<", "NAME", "_1>"], ["a<NAME_1", "> <"], ["<NA"]]
)
def test_only_what_may_be_a_placeholder_is_held_back(parts: Sequence[str]) -> None:
    restorer = Restorer(Names(), {"<NAME_1>": "Ada"})
    out = "".join(restorer.feed(part) for part in parts) + restorer.finish()
    assert out == "".join(parts).replace("<NAME_1>", "Ada")


async def test_a_decision_is_made_once_an_hour() -> None:
    clock = FakeClock()
    one = route("one")
    decides = open_router(
        registry=Registry([one.provider]), routes={"one": [one]}, environment={}, clock=clock
    ).preparing
    first, again = decides.decide(request("write sql")), decides.decide(request("Write  SQL"))
    assert (first.cached, again.cached) == (False, True)
    assert (first.provider, first.fallback_providers) == ("one", ())
    assert not decides.decide(request("write sql"), mode="debug").cached
    clock.advance(3600)
    assert not decides.decide(request("write sql")).cached
    assert decides.decisions.clear() == 2

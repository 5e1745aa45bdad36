from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from clearway.llm.calls.dial import DialledTransport, Drill, FileDial
from clearway.llm.calls.faults import Fault
from clearway.llm.calls.simulated import SimulatedTransport
from clearway.llm.pace import DrivenPace
from clearway.llm.providers.routes import Route
from clearway.resilience.clock import FakeClock
from tests.unit.llm.conftest import route

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

BODY = {"messages": [{"role": "user", "content": "hello there"}]}


def simulated(name: str = "sim", **simulation: object) -> Route:
    return route(name, simulated={"seed": 42, "failure_rate": 0.1, "latency_ms": 5, **simulation})


async def outcomes(of: Route, count: int = 400) -> list[str]:
    transport = SimulatedTransport(DrivenPace(FakeClock()))
    found = []
    for _ in range(count):
        try:
            await transport.complete(of, BODY, within_s=1.0)
        except Fault as fault:
            found.append(str(fault.status or fault.kind))
        else:
            found.append("ok")
    return found


async def test_the_simulated_provider_says_so_in_every_answer() -> None:
    reply = await SimulatedTransport(DrivenPace(FakeClock())).complete(
        simulated(failure_rate=0.0), BODY, within_s=1.0
    )
    assert reply["choices"][0]["message"]["content"].startswith("[simulated]")
    assert reply["usage"]["prompt_tokens"] == 2


async def test_the_same_seed_fails_at_the_same_calls() -> None:
    first, again = await outcomes(simulated()), await outcomes(simulated())
    assert first == again
    assert first != await outcomes(simulated(seed=43))
    counts = Counter(first)
    assert 20 <= 400 - counts["ok"] <= 60
    assert set(counts) == {"ok", "429", "500", "503", "reset"}


async def test_its_latency_ends_with_the_callers_patience() -> None:
    clock = FakeClock()
    pace = DrivenPace(clock)
    with pytest.raises(Fault, match="silent"):
        await SimulatedTransport(pace).complete(simulated(latency_ms=5_000), BODY, within_s=0.5)
    assert pace.slept == [0.5]


async def test_a_stream_of_it_makes_the_same_answer() -> None:
    transport = SimulatedTransport(DrivenPace(FakeClock()))
    calm = simulated(failure_rate=0.0)
    whole = await transport.complete(calm, BODY, within_s=1.0)
    chunks = [c async for c in transport.stream(calm, BODY, within_s=1.0, first_s=1.0)]
    pieces = [c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]]
    assert "".join(pieces) == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["usage"] == whole["usage"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def dial(tmp_path: Path, clock: FakeClock) -> FileDial:
    return FileDial(tmp_path / "home" / "drills.json", clock)


def drill(clock: FakeClock, provider: str = "sim", **changes: object) -> Drill:
    given = {"kind": "503", "rate": 1.0, "until": clock.now() + timedelta(minutes=5), **changes}
    return Drill(provider=provider, **given)  # type: ignore[arg-type]


async def test_a_drill_is_seen_by_every_process_and_ends_by_itself(
    dial: FileDial, clock: FakeClock, tmp_path: Path
) -> None:
    other = FileDial(tmp_path / "home" / "drills.json", clock)
    assert other.drill("sim") is None
    dial.start(drill(clock))
    dial.start(drill(clock, "else", kind="reset"))
    found = other.drill("sim")
    assert found is not None
    assert found.kind == "503"
    assert dial.stop("else") == 1
    assert other.drill("else") is None
    clock.advance(301)
    assert other.drill("sim") is None
    assert other.drills() == []


async def test_a_file_nobody_can_read_is_no_drill(dial: FileDial, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "drills.json").write_text("[{")
    assert dial.drill("sim") is None


async def test_a_real_route_fails_as_often_as_the_drill_says(
    dial: FileDial, clock: FakeClock
) -> None:
    pace = DrivenPace(clock)
    transport = DialledTransport(SimulatedTransport(pace), dial, pace)
    calm = simulated(failure_rate=0.0, latency_ms=0)
    dial.start(drill(clock, rate=0.5))
    failed = 0
    for _ in range(200):
        try:
            await transport.complete(calm, BODY, within_s=1.0)
        except Fault as fault:
            assert fault.status == 503
            failed += 1
    assert 70 <= failed <= 130


async def test_a_drilled_stream_is_cut_after_its_first_pieces(
    dial: FileDial, clock: FakeClock
) -> None:
    pace = DrivenPace(clock)
    transport = DialledTransport(SimulatedTransport(pace), dial, pace)
    dial.start(drill(clock, kind="cut"))
    long = {"messages": [{"role": "user", "content": "word " * 30}]}
    chunks = []
    with pytest.raises(Fault, match="cut"):
        async for chunk in transport.stream(
            simulated(failure_rate=0.0), long, within_s=1.0, first_s=1.0
        ):
            chunks.append(chunk)
    assert len(chunks) == 2


async def test_a_drill_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    clock = FakeClock()
    (tmp_path / "drills.json").mkdir()
    drill = Drill(provider="p", kind="silent", rate=1.0, until=clock.now() + timedelta(hours=1))
    with pytest.raises(OSError, match="drills"):
        FileDial(tmp_path / "drills.json", clock).start(drill)
    assert [each.name for each in tmp_path.iterdir()] == ["drills.json"]

"""The routes in a larger server that says by itself who calls, and under its own paths."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from clearway.errors import ConfigurationError, StoreUnavailable
from clearway.identity import Principal
from clearway.llm.admission.in_process import MemoryAdmission
from clearway.llm.admission.records import MemoryRecords
from clearway.llm.face.access import ADMIN, Caller, KeyRing, Unauthorized
from clearway.llm.face.asking import Options
from clearway.llm.face.config import MetricsAt
from clearway.llm.face.face import Door, Face
from clearway.llm.face.listening import listen, parted
from clearway.llm.face.routes import routes_of
from clearway.llm.ports import Health
from clearway.llm.providers.routes import Environment
from clearway.resilience.clock import FakeClock, SystemClock
from clearway.resilience.limits import SlidingWindow
from tests import fault_server as faults
from tests.attempts import FAILED, attempt
from tests.fault_server import FaultServer
from tests.integration.llm.conftest import Routed

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

HELLO = {"messages": [{"role": "user", "content": "A story."}]}


class Badges:
    """Implements `Access` by a header the larger server has checked."""

    async def caller(self, request: Request) -> Caller:
        """Return who wears it; strangers share a name."""
        badge = request.headers.get("x-badge")
        if badge == "forged":
            raise Unauthorized("The badge is forged.")
        if badge is None:
            return Caller(
                principal=Principal(user="stranger"), address="203.0.113.9", reads_own=False
            )
        scopes = frozenset({ADMIN} if badge == "ops" else ())
        return Caller(principal=Principal(user=badge, tenant="north", scopes=scopes))


@pytest.fixture
async def client(
    models: FaultServer, routed: Routed, admission: MemoryAdmission
) -> AsyncIterator[httpx2.AsyncClient]:
    models.behaves("one", faults.well)
    clock = SystemClock()
    face = Face(
        router=routed({"one": {}}),
        records=MemoryRecords(admission.ledger, clock),
        access=Badges(),
        door=Door(anonymous=SlidingWindow(FakeClock(), requests=3, window_s=60)),
    )
    app = Starlette(routes=[Mount("/llm", routes=routes_of(face))])
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport, base_url="http://larger.test") as client:
        yield client


async def test_who_calls_is_what_the_larger_server_says(client: httpx2.AsyncClient) -> None:
    for badge in ("ada", None):
        headers = {"x-badge": badge} if badge else {}
        reply = await client.post("/llm/v1/chat/completions", json=HELLO, headers=headers)
        assert reply.status_code == 200
    forged = await client.get("/llm/providers", headers={"x-badge": "forged"})
    ada = (await client.get("/llm/traces", headers={"x-badge": "ada"})).json()["traces"]
    ops = (await client.get("/llm/traces", headers={"x-badge": "ops"})).json()["traces"]
    stranger = await client.get("/llm/traces")
    assert forged.status_code == 401
    assert [(each["tenant"], each["user"]) for each in ada] == [("north", "ada")]
    assert {each["user"] for each in ops} == {"ada", "stranger"}
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (403, "not_allowed")


async def test_strangers_have_a_limit_by_address_and_who_has_a_name_has_none_here(
    client: httpx2.AsyncClient,
) -> None:
    strangers = [(await client.get("/llm/v1/models")).status_code for _ in range(4)]
    named = [
        (await client.get("/llm/v1/models", headers={"x-badge": "ada"})).status_code
        for _ in range(4)
    ]
    assert strangers == [200, 200, 200, 429]
    assert named == [200] * 4


async def test_without_a_dial_nothing_can_be_made_to_fail(client: httpx2.AsyncClient) -> None:
    reply = await client.post(
        "/llm/simulate/failure", json={"provider": "one"}, headers={"x-badge": "ops"}
    )
    assert reply.status_code == 500
    assert "No fault dial" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://localhost:8089"}, 200),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "rebound.example:8089"}, 403),
        ({"host": "[::1"}, 403),
        ({"host": "127.0.0.1"}, 200),
    ],
)
async def test_without_keys_no_page_elsewhere_may_have_a_browser_ask(
    models: FaultServer, routed: Routed, admission: MemoryAdmission, headers: dict[str, str],
    status: int,
) -> None:  # fmt: skip
    models.behaves("one", faults.well)
    face = Face(
        router=routed({"one": {}}),
        records=MemoryRecords(admission.ledger, SystemClock()),
        access=KeyRing(hosts=("localhost", "127.0.0.1")),
    )
    transport = httpx2.ASGITransport(Starlette(routes=routes_of(face)))  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8089") as client:
        reply = await client.post("/v1/chat/completions", json=HELLO, headers=headers)
    assert reply.status_code == status
    assert len(models.asked["one"]) == (1 if status == 200 else 0)


MEANT = ("No fault dial", "no_model_allowed", "upstream_failed")
WEIRD = [None, True, 0, -1, 1.5, "", "x", [], [None], [[]], {}, {"a": {"b": []}}, "\x00", 10**30]


async def test_no_body_makes_a_route_fail_by_itself(client: httpx2.AsyncClient) -> None:
    known: dict[str, dict[str, object]] = {
        "/llm/v1/chat/completions": {
            "messages": HELLO["messages"], "model": "auto", "max_tokens": 5, "temperature": 0,
            "top_p": 1, "stop": "x", "seed": 1, "response_format": {"type": "text"},
            "tools": [], "stream": False, "stream_options": {}, "clearway": {}, "n": 1,
        },
        "/llm/execute": {"task": "x", "risk": "low", "budget_usd": "1", "residency": [],
                         "kind": None, "preference": "one", "deadline_s": 5, "approved": False},
        "/llm/v1/router/route": {"intent": "x", "sources": ["a"], "targets": [], "mode": "debug",
                                 "context": {}, "max_tokens": 1, "preference": "one"},
        "/llm/v1/generate": {"intent": "x", "sources": ["a"], "hints": {}, "mode": "debug",
                             "provider": "one", "max_tokens": 5},
        "/llm/simulate/failure": {"provider": "one", "kind": "503", "rate": 1, "for_s": 1},
        "/llm/v1/circuit-breakers/reset": {"provider": "one"},
    }  # fmt: skip
    bodies = [
        (path, {**body, name: weird})
        for path, body in known.items()
        for name in body
        for weird in WEIRD
    ]
    chat = "/llm/v1/chat/completions"
    for weird in WEIRD:
        inside = ("role", "content", "tool_calls", "name")
        messages = [{**HELLO["messages"][0], name: weird} for name in inside]
        bodies += [(chat, {"messages": [message]}) for message in messages]
        bodies += [(chat, {**HELLO, "clearway": {name: weird}}) for name in Options.model_fields]
    failed = []
    for path, body in bodies:
        reply = await client.post(path, json=body, headers={"x-badge": "ops"})
        if reply.status_code >= 500 and not any(each in reply.text for each in MEANT):
            failed.append((path, body, reply.text[:200]))
    assert failed == []


async def test_metrics_may_have_a_port_of_their_own(
    routed: Routed, admission: MemoryAdmission
) -> None:
    records = MemoryRecords(admission.ledger, SystemClock())
    face = Face(router=routed({"one": {}}), records=records)
    app = parted(Starlette(routes=routes_of(face)), 9090)
    told = {}
    for port in (8089, 9090):
        transport = httpx2.ASGITransport(app)  # type: ignore[arg-type]  # as the others
        async with httpx2.AsyncClient(
            transport=transport, base_url=f"http://face.test:{port}"
        ) as client:
            paths = ("/metrics", "/health", "/providers")
            told[port] = [(await client.get(path)).status_code for path in paths]
    assert told == {8089: [404, 200, 200], 9090: [200, 200, 404]}


async def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port} cannot be listened on"):
            await listen(Starlette(), host="127.0.0.1", port=port, metrics_port=port)


def test_where_metrics_are_shown_is_said_by_the_file_or_else_the_environment() -> None:
    off, at = {"ENABLE_METRICS": "false", "METRICS_PORT": "9090"}, {"METRICS_PORT": "9090"}
    assert MetricsAt().resolved(Environment({})) == (True, None)
    assert MetricsAt().resolved(Environment(at)) == (True, 9090)
    assert MetricsAt(port=9091).resolved(Environment(at)) == (True, 9091)
    assert MetricsAt().resolved(Environment(off)) == (False, None)
    assert MetricsAt(enabled=True).resolved(Environment(off)) == (True, 9090)
    with pytest.raises(ConfigurationError, match="METRICS_PORT=lots is no port"):
        MetricsAt().resolved(Environment({"METRICS_PORT": "lots"}))


async def test_health_says_when_nobody_can_be_asked_and_when_nothing_can_be_counted(
    routed: Routed, admission: MemoryAdmission
) -> None:
    class Away(MemoryAdmission):
        """Has lost its store."""

        async def health(self) -> list[Health]:
            """Fail as a store that is away does."""
            raise StoreUnavailable("Postgres cannot be reached.")

    for _ in range(5):
        failing = attempt(provider="one", endpoint="main", purses=[])
        await admission.enter(failing)
        await admission.leave(failing.attempt_id, FAILED)
    told = []
    for books in (admission, Away(SystemClock())):
        router = routed({"one": {}}, admission=books)
        face = Face(router=router, records=MemoryRecords(books.ledger, SystemClock()))
        transport = httpx2.ASGITransport(Starlette(routes=routes_of(face)))  # type: ignore[arg-type]
        async with httpx2.AsyncClient(transport=transport, base_url="http://f.test") as client:
            reply = await client.get("/health")
            told.append((reply.status_code, reply.json()["status"]))
    assert told == [(200, "degraded"), (503, "unavailable")]

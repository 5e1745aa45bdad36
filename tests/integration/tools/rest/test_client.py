from __future__ import annotations

import base64
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from typing import Any

import pytest

from clearway.errors import (
    CircuitBreakerError,
    ClearwayError,
    ConfigurationError,
    ExecutionError,
    RateLimitError,
    RequestTimeoutError,
)
from clearway.plans import RestStep
from clearway.resilience.clock import FakeClock, SystemClock
from clearway.tools.rest.calling.client import Client
from clearway.tools.rest.declared.origins import DeclaredHost
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Auth, Bounds, Operation, Parameter, Reply, Service
from tests.rest_server import (
    Answer,
    Server,
    never_ends,
    resets,
    resets_halfway,
    says,
    serving,
    stalls,
    stalls_halfway,
)

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

LOOPBACK = (ip_network("127.0.0.0/8"),)
SECRET = "s3cr3t-token-value"
PATIENT = Bounds(connect_s=30.0, read_s=30.0, total_s=60.0, response_bytes=200_000, retries=0)
"""A slow machine is no fault; where silence is the point, a test says how much of it."""
HASTY = replace(PATIENT, read_s=0.2)


class Named:
    """A resolver with a script for each name: each look-up takes the next answer."""

    def __init__(self, names: dict[str, list[Sequence[str]]]) -> None:
        self.names = names
        self.asked: list[str] = []

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.names.get(host, [()])
        return answers.pop(0) if len(answers) > 1 else answers[0]


def operation(method: str = "GET", path: str = "/thing", *parameters: Parameter) -> Operation:
    return Operation(
        id="shop.thing", service="shop", method=method, path=path, parameters=parameters
    )


def call(**parameters: Any) -> RestStep:
    return RestStep(operation_id="shop.thing", parameters=parameters)


async def no_wait(seconds: float) -> None:
    """Let retries follow each other at once."""


@asynccontextmanager
async def shop(
    script: dict[str, Answer | list[Answer]],
    bounds: Bounds = PATIENT,
    *,
    resolver: Named | None = None,
    environment: dict[str, str] | None = None,
    clock: Any = None,
    **changed: Any,
) -> AsyncIterator[tuple[Client, Server]]:
    async with serving(script) as server:
        service = Service(id="shop", base_url=server.url, networks=LOOPBACK, bounds=bounds)
        if "host" in changed:
            base = f"http://{changed.pop('host')}:{server.port}"
            service = replace(service, base_url=base)
        service = replace(service, **changed)
        registry = Registry(services=(service,), operations=(operation(),))
        async with Client(
            registry,
            clock or SystemClock(),
            lambda: environment or {},
            resolver=resolver,
            sleep=no_wait,
        ) as client:
            yield client, server


async def ask(client: Client, of: Operation | None = None, **parameters: Any) -> Reply:
    return await client.call(call(**parameters), of or operation(), timeout_s=60.0)


async def test_a_reply_is_read_and_the_connection_is_used_again() -> None:
    async with shop({"/thing": says({"id": 7})}) as (client, server):
        first = await ask(client)
        await ask(client)
    assert (first.status, first.content, first.attempts) == (200, {"id": 7}, 1)
    assert server.connections == 1


async def test_values_are_escaped_into_path_and_query() -> None:
    of = operation(
        "GET",
        "/a/{id}",
        Parameter(name="id", place="path"),
        Parameter(name="tag", place="query"),
        Parameter(name="X-Trace", place="header"),
    )
    async with shop({"/a/..%2Fx%3Fy": says({})}) as (client, server):
        await ask(client, of, **{"id": "../x?y", "tag": ["a&b", "c"], "X-Trace": "t"})
    assert server.asked[0].target == "/a/..%2Fx%3Fy?tag=a%26b&tag=c"
    assert server.asked[0].headers["x-trace"] == "t"


FAULTS: dict[str, tuple[Answer, type[ClearwayError], str]] = {
    "reset": (resets, ExecutionError, "connection broke"),
    "reset halfway": (resets_halfway, ExecutionError, "connection broke"),
    "stall": (stalls, RequestTimeoutError, "did not go on answering"),
    "stall halfway": (stalls_halfway, RequestTimeoutError, "did not go on answering"),
    "500": (says({"password": SECRET}, 500), ExecutionError, "HTTP 500"),
    "404": (says({"password": SECRET}, 404), ExecutionError, "no such thing"),
    "429": (says({}, 429, {"retry-after": "7"}), RateLimitError, "takes no more calls"),
    "503": (says({}, 503, {"retry-after": "9"}), RateLimitError, "takes no more calls"),
    "endless body": (never_ends, ExecutionError, "larger than 200000 bytes"),
    "huge body": (says(b"x" * 300_000), ExecutionError, "larger than 200000 bytes"),
    "compressed": (says(b"x", 200, {"content-encoding": "gzip"}), ExecutionError, "compressed"),
    "not JSON": (says(b"<html>", 200, {"content-type": "text/html"}), ExecutionError, "not JSON"),
    "broken JSON": (says(b'{"a": '), ExecutionError, "not the JSON it says"),
    "deep JSON": (says(b"[" * 100_000), ExecutionError, "not the JSON it says"),
    "redirect to metadata": (
        says({}, 302, {"location": "http://169.254.169.254/latest/meta-data"}),
        ExecutionError,
        "host that is not allowed",
    ),
    "redirect to a file": (says({}, 302, {"location": "file:///etc"}), ExecutionError, "no addre"),
    "redirect in a circle": (says({}, 307, {"location": "/thing"}), ExecutionError, "more than 3"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_has_a_type_and_tells_no_secret(
    fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer, kind, told = FAULTS[fault]
    caplog.set_level(logging.DEBUG)
    auth = Auth(kind="api_key", secret="SHOP_KEY", name="key", place="query")
    bounds = HASTY if fault.startswith("stall") else PATIENT
    async with shop({"/thing": answer}, bounds, auth=auth, environment={"SHOP_KEY": SECRET}) as (
        client,
        server,
    ):
        with pytest.raises(ClearwayError) as raised:
            await ask(client)
    assert type(raised.value) is kind
    assert told in raised.value.message
    assert SECRET not in f"{raised.value.to_dict()}{caplog.text}"
    assert str(server.port) not in raised.value.message


async def test_nothing_listening_is_an_error_and_takes_no_time() -> None:
    async with shop({}, base_url="http://127.0.0.1:1") as (client, _):
        with pytest.raises(ExecutionError, match="no connection"):
            await ask(client)


async def test_the_deadline_holds_over_all_tries() -> None:
    bounds = replace(PATIENT, total_s=0.2, retries=5)
    async with shop({"/thing": stalls}, bounds) as (client, _):
        with pytest.raises(RequestTimeoutError, match=r"longer than 0\.2 s"):
            await ask(client)


async def test_a_read_is_tried_again() -> None:
    script: dict[str, Answer | list[Answer]] = {
        "/thing": [resets, says({}, 503), says({}, 429, {"retry-after": "0"}), says([1])]
    }
    async with shop(script, replace(PATIENT, retries=3)) as (client, server):
        reply = await ask(client)
    assert (reply.content, reply.attempts, len(server.asked)) == ([1], 4, 4)


@pytest.mark.parametrize("answer", [resets, says({}, 500), says({}, 429)])
async def test_a_write_is_sent_once_with_its_key(answer: Answer) -> None:
    async with shop({"/thing": answer}, replace(PATIENT, retries=3)) as (client, server):
        with pytest.raises(ClearwayError):
            await client.call(
                call(body={"a": 1}),
                operation("POST", "/thing", Parameter(name="body", place="body")),
                timeout_s=60,
                idempotency_key="key-1",
            )
    assert [each.headers["idempotency-key"] for each in server.asked] == ["key-1"]
    assert server.asked[0].body == b'{"a": 1}'


async def test_a_write_is_not_led_elsewhere() -> None:
    script: dict[str, Answer | list[Answer]] = {
        "/thing": says({}, 307, {"location": "/other"}),
        "/other": says({}),
    }
    async with shop(script) as (client, server):
        with pytest.raises(ExecutionError, match="redirected a write"):
            await ask(client, operation("POST"))
    assert len(server.asked) == 1


async def test_a_wait_that_is_longer_than_the_time_left_is_told_and_not_waited() -> None:
    async with shop(
        {"/thing": says({}, 429, {"retry-after": "3600"})}, replace(PATIENT, retries=2)
    ) as (client, server):
        with pytest.raises(RateLimitError) as raised:
            await ask(client)
    assert raised.value.retry_after_s == 3600
    assert len(server.asked) == 1


async def test_a_date_to_wait_for_is_understood() -> None:
    clock = FakeClock()
    at = format_datetime(clock.now() + timedelta(seconds=90), usegmt=True)
    async with shop({"/thing": says({}, 503, {"retry-after": at})}, clock=clock) as (client, _):
        with pytest.raises(RateLimitError) as raised:
            await ask(client)
    assert raised.value.retry_after_s == 90


async def test_a_service_is_asked_as_often_as_declared() -> None:
    clock = FakeClock()
    bounds = replace(PATIENT, requests=2, window_s=10.0)
    async with shop({"/thing": says({})}, bounds, clock=clock) as (client, server):
        await ask(client)
        await ask(client)
        with pytest.raises(RateLimitError) as raised:
            await ask(client)
        assert raised.value.retry_after_s == 10.0
        clock.advance(10)
        await ask(client)
    assert len(server.asked) == 3


async def test_a_service_that_keeps_failing_is_left_alone_and_then_tried() -> None:
    clock = FakeClock()
    script: dict[str, Answer | list[Answer]] = {"/thing": [*[says({}, 500)] * 5, says({})]}
    async with shop(script, clock=clock) as (client, server):
        for _ in range(5):
            with pytest.raises(ExecutionError):
                await ask(client)
        with pytest.raises(CircuitBreakerError):
            await ask(client)
        assert len(server.asked) == 5
        clock.advance(31)
        await ask(client)
        await ask(client)
    assert len(server.asked) == 7


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.9.9", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "::1", "::", "fe80::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "255.255.255.255", "not an address",
        "fec0::1", "192.0.0.192", "168.63.129.16", "192.88.99.1", "100.100.100.200", "0.1.2.3",
        "::127.0.0.1", "2001:0:7f00:1::", "fe80::1%eth0", "240.0.0.1", "64:ff9b:1::7f00:1",
    ],
)  # fmt: skip
async def test_a_name_that_leads_to_a_private_address_is_not_connected_to(address: str) -> None:
    resolver = Named({"shop.example": [[address]]})
    async with shop({"/thing": says({})}, host="shop.example", networks=(), resolver=resolver) as (
        client,
        server,
    ):
        with pytest.raises(ExecutionError, match="may not be called"):
            await ask(client)
    assert server.connections == 0


async def test_a_declared_range_may_be_called_and_the_host_header_stays() -> None:
    resolver = Named({"shop.internal": [["127.0.0.1"]]})
    async with shop({"/thing": says({})}, host="shop.internal", resolver=resolver) as (client, s):
        await ask(client)
    assert s.asked[0].headers["host"] == f"shop.internal:{s.port}"


async def test_a_name_that_changes_between_check_and_connect_is_checked_at_each_connect() -> None:
    """One look-up serves check and connect; the next connection checks what it is told then."""
    resolver = Named({"shop.internal": [["127.0.0.1"], ["169.254.169.254"]]})
    script: dict[str, Answer | list[Answer]] = {"/thing": says({}, 200, {"connection": "close"})}
    async with shop(script, host="shop.internal", resolver=resolver) as (client, server):
        await ask(client)
        assert resolver.asked == ["shop.internal"]
        with pytest.raises(ExecutionError, match="may not be called"):
            await ask(client)
    assert server.connections == 1


async def test_the_first_allowed_address_is_taken() -> None:
    resolver = Named({"shop.internal": [["169.254.169.254", "10.0.0.1", "127.0.0.1"]]})
    async with shop({"/thing": says([])}, host="shop.internal", resolver=resolver) as (client, _):
        assert (await ask(client)).content == []


async def test_a_redirect_within_the_allowed_hosts_carries_no_credentials_to_another() -> None:
    resolver = Named({"shop.internal": [["127.0.0.1"]], "files.internal": [["127.0.0.1"]]})
    async with serving({"/file": says({"found": True})}) as files:
        moved = says({}, 302, {"location": f"http://files.internal:{files.port}/file"})
        async with shop(
            {"/thing": moved},
            host="shop.internal",
            resolver=resolver,
            hosts=frozenset({DeclaredHost("files.internal", files.port)}),
            auth=Auth(kind="bearer", secret="SHOP_TOKEN"),
            environment={"SHOP_TOKEN": SECRET},
        ) as (client, server):
            reply = await ask(client)
    assert reply.content == {"found": True}
    assert server.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in str(files.asked[0])


async def test_a_redirect_to_an_allowed_host_at_a_private_address_is_refused() -> None:
    resolver = Named({"shop.internal": [["127.0.0.1"]], "files.internal": [["169.254.169.254"]]})
    async with shop(
        {"/thing": says({}, 302, {"location": "http://files.internal/file"})},
        host="shop.internal",
        resolver=resolver,
        hosts=frozenset({DeclaredHost("files.internal")}),
    ) as (client, _):
        with pytest.raises(ExecutionError, match="may not be called"):
            await ask(client)


# ---------------------------------------------------------------- credentials

BASIC = "Basic " + base64.b64encode(f"ann:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (Auth(kind="bearer", secret="S"), "authorization", f"Bearer {SECRET}"),
        (Auth(kind="basic", user="U", secret="S"), "authorization", BASIC),
        (Auth(kind="api_key", secret="S", name="X-Key"), "x-key", SECRET),
    ],
)
async def test_a_service_knows_us(auth: Auth, header: str, value: str) -> None:
    async with shop({"/thing": says({})}, auth=auth, environment={"U": "ann", "S": SECRET}) as (
        client,
        server,
    ):
        await ask(client)
    assert server.asked[0].headers[header] == value


@pytest.mark.parametrize("value", ["", "two\r\nlines"])
async def test_a_secret_that_is_missing_or_broken_is_named_and_not_shown(value: str) -> None:
    async with shop(
        {"/thing": says({})}, auth=Auth(kind="bearer", secret="SHOP_TOKEN"),
        environment={"SHOP_TOKEN": value},
    ) as (client, server):  # fmt: skip
        with pytest.raises(ConfigurationError, match="SHOP_TOKEN") as raised:
            await ask(client)
    assert "lines" not in raised.value.message
    assert server.connections == 0


async def test_a_token_is_fetched_once_and_again_when_it_is_refused() -> None:
    tokens: list[Answer] = [
        says({"access_token": "one", "expires_in": 3600}),
        says({"access_token": "two", "expires_in": 3600}),
    ]
    async with serving({"/token": tokens}) as office:
        auth = Auth(
            kind="oauth2", user="U", secret="S", token_url=f"{office.url}/token", scope="read"
        )
        script: dict[str, Answer | list[Answer]] = {
            "/thing": [says({}), says({}), says({}, 401), says({"ok": 1})]
        }
        async with shop(
            script, replace(PATIENT, retries=1), auth=auth, environment={"U": "ann", "S": SECRET}
        ) as (client, server):
            for _ in range(3):
                last = await ask(client)
    used = [each.headers["authorization"] for each in server.asked]
    assert used == ["Bearer one", "Bearer one", "Bearer one", "Bearer two"]
    assert last.content == {"ok": 1}
    assert office.asked[0].body == b"grant_type=client_credentials&scope=read"
    assert office.asked[0].headers["authorization"] == BASIC

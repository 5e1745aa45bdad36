"""The client against services that mean harm, and names that lead where they should not."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from clearway.errors import ClearwayError, ExecutionError, RequestTimeoutError
from clearway.plans import RestStep
from clearway.resilience.clock import SystemClock
from clearway.tools.rest.calling.client import Client
from clearway.tools.rest.declared.registry import Registry
from clearway.tools.rest.declared.types import Auth, Bounds, Operation, Parameter, Reply, Service
from tests.rest_server import Answer, Asked, Line, Server, says, serving

pytestmark = [pytest.mark.integration, pytest.mark.anyio]

SECRET = "s3cr3t-token-value"
BOUNDS = Bounds(connect_s=5.0, read_s=5.0, total_s=10.0, response_bytes=100_000, retries=0)
THING = Operation(id="shop.thing", service="shop", method="GET", path="/thing")
BEARER = Auth(kind="bearer", secret="KEY")


@asynccontextmanager
async def shop(
    answer: Answer | list[Answer], **changed: Any
) -> AsyncIterator[tuple[Client, Server]]:
    """Give a client of one service, with the machine's own resolver."""
    async with serving({"/thing": answer}) as server:
        host = changed.pop("host", "127.0.0.1")
        service = Service(
            id="shop",
            base_url=f"http://{host}:{server.port}",
            networks=(ip_network("127.0.0.0/8"),),
            bounds=BOUNDS,
        )
        registry = Registry(services=(replace(service, **changed),), operations=(THING,))
        keys = {"KEY": SECRET, "ID": "us"}
        async with Client(registry, SystemClock(), lambda: keys) as client:
            yield client, server


async def ask(client: Client, of: Operation = THING, **parameters: Any) -> Reply:
    step = RestStep(operation_id=of.id, parameters=parameters)
    async with asyncio.timeout(30):
        return await client.call(step, of, timeout_s=20)


def raw(*data: bytes) -> Answer:
    """Answer with these bytes, then hang up."""

    async def answer(asked: Asked, line: Line) -> None:
        for each in data:
            await line.send(each)
        line.writer.close()

    return answer


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001",
        "0", "0.0.0.0", "localhost", "127.0.0.1.", "[::1]", "[::]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
    ],
)  # fmt: skip
async def test_no_way_to_write_the_loopback_leads_there_undeclared(host: str) -> None:
    async with shop(says({}), host=host, networks=(), auth=BEARER) as (client, server):
        with pytest.raises(ExecutionError, match=r"may not be called|no connection"):
            await ask(client)
    assert server.connections == 0


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest", "//169.254.169.254/", "http://2852039166/",
        "http://user:pw@127.0.0.1:{port}/other", "http://127.0.0.1:{port}@evil.example/",
        "http://evil.example\\@127.0.0.1:{port}/", "http://2130706433:{port}/other",
        "http://[::ffff:127.0.0.1]:{port}/other", "http://localhost:{port}/other",
        "http://127.0.0.1:1/", "http://127.0.0.1/", "http://127.0.0.1:0/", "http://127.0.0.1:99999/",
        "https://127.0.0.1:{port}/other", "ftp://127.0.0.1:{port}/", "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/_x", "javascript:alert(1)", "data:,x", "http://[::1",
    ],
)  # fmt: skip
async def test_a_redirect_leads_to_the_declared_origin_or_nowhere(target: str) -> None:
    async def moved(asked: Asked, line: Line) -> None:
        port = line.writer.get_extra_info("sockname")[1]
        await line.reply(b"", 302, {"location": target.format(port=port)})

    async with shop(moved, auth=BEARER) as (client, server):
        with pytest.raises(ExecutionError, match="redirected to"):
            await ask(client)
    assert [each.target for each in server.asked] == ["/thing"]


@pytest.mark.parametrize(
    ("target", "there"),
    [
        ("?page=2", "/thing?page=2"),
        ("\\\\evil.example\\x", "/\\\\evil.example\\x"),
        ("http:///x", "/x"),
        ("http:x", "/x"),
    ],
)
async def test_a_redirect_within_the_origin_is_followed(target: str, there: str) -> None:
    script: list[Answer] = [says({}, 302, {"location": target})]
    async with shop([*script, says({"page": 2})], auth=BEARER) as (client, server):
        with suppress(ExecutionError):  # most of it is not there
            await ask(client)
    assert [each.target for each in server.asked] == ["/thing", there]


async def test_no_proxy_of_the_environment_hears_of_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving({}) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with shop(says({"id": 7}), auth=BEARER) as (client, _):
            assert (await ask(client)).content == {"id": 7}
    assert proxy.connections == 0


async def test_no_cookie_is_kept_or_sent() -> None:
    async with shop(says({}, 200, {"set-cookie": "session=1; Path=/"})) as (client, server):
        await ask(client)
        await ask(client)
    assert [("cookie" in each.headers) for each in server.asked] == [False, False]


BOMB = gzip.compress(b"[" + b"0," * 5_000_000 + b"0]")
OK = b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"content-encoding: gzip\r\n",
        b"content-encoding: GZIP\r\n",
        b"content-encoding: gzip\r\ncontent-encoding: identity\r\n",
        b"content-encoding: identity\r\ncontent-encoding: gzip\r\n",
        b"content-encoding: identity, gzip\r\n",
        b"content-encoding: br\r\n",
        b"",
    ],
)
async def test_what_grows_when_it_is_unpacked_is_not_unpacked(head: bytes) -> None:
    length = f"content-length: {len(BOMB)}\r\n\r\n".encode()
    async with shop(raw(OK + head + length + BOMB)) as (client, _):
        with pytest.raises(ExecutionError, match=r"compressed its reply|not the JSON") as raised:
            await ask(client)
    assert ("compressed" in raised.value.message) is (head != b"")


BROKEN: dict[str, tuple[bytes, ...]] = {
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n",),
    "packed transfer": (OK + b"transfer-encoding: gzip, chunked\r\n\r\n", BOMB),
    "two lengths": (OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",),
    "no number": (OK + b"content-length: -1\r\n\r\n{}",),
    "length and chunks": (OK + b"content-length: 2\r\ntransfer-encoding: x\r\n\r\n{}",),
    "too short": (OK + b"content-length: 9\r\n\r\n{}",),
    "endless chunk": (OK + b"transfer-encoding: chunked\r\n\r\nffffffffffffffffffffff\r\n{}",),
    "endless header": (b"HTTP/1.1 200 X\r\nx: ", b"x" * 300_000),
    "many headers": (b"HTTP/1.1 200 X\r\n", b"x: y\r\n" * 100_000),
    "switches": (b"HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_what_is_no_reply_is_an_error_and_no_more(broken: str) -> None:
    async with shop(raw(*BROKEN[broken]), auth=BEARER) as (client, _):
        with pytest.raises(ExecutionError) as raised:
            await ask(client)
    assert SECRET not in str(raised.value.to_dict())


@pytest.mark.parametrize("part", [b"HTTP/1.1 100 X\r\n\r\n", b"x"], ids=["continues", "drips"])
async def test_a_service_that_always_says_a_little_more_is_left_in_time(part: bytes) -> None:
    async def answer(asked: Asked, line: Line) -> None:
        if part == b"x":
            await line.send(OK + b"content-length: 99999\r\n\r\n")
        while not line.closing.is_set():
            await line.send(part)
            await asyncio.sleep(0.01)

    bounds = replace(BOUNDS, total_s=0.3)
    async with shop(answer, bounds=bounds) as (client, _):
        with pytest.raises(RequestTimeoutError, match="longer than"):
            await ask(client)


@pytest.mark.parametrize(
    ("said", "content"),
    [
        (b'{"a": 1e999}', {"a": float("inf")}),
        (b'{"a": ' + b"9" * 5000 + b"}", None),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"\xff\xfe{\x00}\x00", {}),
        (b"\xff", None),
    ],
)
async def test_odd_json_is_read_or_refused(said: bytes, content: Any) -> None:
    async with shop(says(said)) as (client, _):
        if content is None:
            with pytest.raises(ExecutionError, match="not the JSON"):
                await ask(client)
        else:
            assert (await ask(client)).content == content


async def test_a_parameter_takes_the_place_of_no_credential() -> None:
    of = replace(
        THING,
        parameters=(
            Parameter(name="Authorization", place="header"),
            Parameter(name="api_key", place="query"),
        ),
    )
    async with shop(says({}), auth=BEARER) as (client, server):
        await ask(client, of, Authorization="Bearer mine")
    assert server.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    by_query = Auth(kind="api_key", secret="KEY", name="api_key", place="query")
    async with shop(says({}), auth=by_query) as (client, server):
        await ask(client, of, api_key="mine")
    assert server.asked[0].target == f"/thing?api_key={SECRET}"


# ---------------------------------------------------------------- tokens from elsewhere


def oauth(url: str) -> Auth:
    return Auth(kind="oauth2", user="ID", secret="KEY", token_url=url)


async def test_a_token_office_elsewhere_hears_only_what_is_for_it() -> None:
    async with (
        serving({"/token": says({"access_token": "one"})}) as office,
        shop(says({}), auth=oauth(f"{office.url}/token")) as (client, server),
    ):
        await ask(client)
    assert office.asked[0].headers["authorization"].startswith("Basic ")
    assert server.asked[0].headers["authorization"] == "Bearer one"
    assert SECRET not in str(server.asked[0])


async def test_a_token_office_leads_nobody_elsewhere() -> None:
    async with serving({"/token": says({}), "/thing": says({})}) as thief:
        moved = says({}, 307, {"location": f"{thief.url}/token"})
        async with (
            serving({"/token": moved}) as office,
            shop(says({}), auth=oauth(f"{office.url}/token")) as (client, server),
        ):
            with pytest.raises(ExecutionError, match="gave no token"):
                await ask(client)
    assert (thief.asked, server.asked) == ([], [])


async def test_a_token_office_at_an_undeclared_address_is_not_asked() -> None:
    async with serving({"/token": says({"access_token": "one"})}) as office:
        auth = oauth(f"http://[::ffff:127.0.0.1]:{office.port}/token")
        networks = (ip_network("10.0.0.0/8"),)
        async with shop(says({}), auth=auth, networks=networks) as (client, server):
            with pytest.raises(ExecutionError, match="gave no token"):
                await ask(client)
    assert (office.connections, server.connections) == (0, 0)


@pytest.mark.parametrize(
    "said",
    [
        {"access_token": "one\r\nX-Evil: 1"}, {"access_token": "a b"}, {"access_token": "é"},
        {"access_token": None}, {"access_token": 7}, {"access_token": ""}, {"access_token": ["a"]},
        {"access_token": "x" * 9000}, {"access_token": "one", "expires_in": float("nan")},
        {"access_token": "one", "expires_in": float("inf")},
        {"access_token": "one", "expires_in": "soon"}, {"access_token": "one", "token_type": "mac"},
        [], "one", None, {},
    ],
)  # fmt: skip
async def test_what_is_no_token_goes_into_no_header(said: Any) -> None:
    async with (
        serving({"/token": says(json.dumps(said).encode())}) as office,
        shop(says({}), auth=oauth(f"{office.url}/token")) as (client, server),
    ):
        with pytest.raises(ClearwayError, match="gave no token"):
            await ask(client)
    assert server.asked == []

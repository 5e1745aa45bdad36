"""One HTTP exchange of one service: pinned, bounded in time and size, never followed elsewhere."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urljoin

import httpcore2
import httpx2

from clearway.tools.rest.calling.addresses import ForbiddenAddress, PinnedBackend, Resolver
from clearway.tools.rest.declared.origins import DEFAULT_PORTS, DeclaredHost, origin
from clearway.tools.rest.declared.types import Bounds, Service

CONNECTIONS = 10
KEPT_S = 30.0
_CERTIFICATE = {
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself",
    19: "is signed by an authority that is not trusted",
    20: "is signed by an authority that is not trusted",
    62: "is for another host",
    64: "is for another address",
}
"""What OpenSSL's verify codes say (X509_V_ERR)."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class WireFault(Exception):
    """An exchange that failed; `what` is a stable word, `said` a sentence without the address."""

    def __init__(self, what: str, said: str, *, sent: bool = True) -> None:
        """`sent` is whether the service may have got the request."""
        super().__init__(said)
        self.what = what
        self.said = said
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent; `private` headers go to the service's own origin and nowhere else."""

    method: str
    url: str
    headers: Mapping[str, str]
    private: Mapping[str, str]
    content: bytes = b""
    secret_query: Sequence[tuple[str, str]] = ()
    """Parameters that are secrets: added for the service's own origin only."""


class Wire:
    """The connections to one service; they are used again."""

    def __init__(self, service: Service, resolver: Resolver) -> None:
        """Opens nothing yet."""
        self._service = service
        self._origin = origin(service.base_url)
        upgraded = DeclaredHost(self._origin.host, DEFAULT_PORTS["https"])
        self._hosts = service.hosts | ({upgraded} if self._origin.scheme == "http" else set())
        self._backend = PinnedBackend(service.networks, resolver)
        self._pool: httpcore2.AsyncConnectionPool | None = None

    async def send(self, letter: Letter) -> Exchange:
        """Return the reply, redirects followed within the allowed hosts; raise `WireFault`."""
        bounds, url = self._service.bounds, letter.url
        for _ in range(bounds.redirects + 1):
            reply = await self._exchange(letter, url)
            if reply.status not in _REDIRECTS:
                return reply
            url = self._next(letter, url, reply)
        raise WireFault("redirects", f"it redirected more than {bounds.redirects} times")

    def _next(self, letter: Letter, url: str, reply: Exchange) -> str:
        """Return where a redirect leads; refuse what may not be followed."""
        if letter.method not in ("GET", "HEAD"):
            raise WireFault("redirect", "it redirected a write, which is not followed")
        try:
            target = urljoin(url, reply.headers.get("location", ""))
            found = origin(target)
        except ValueError:
            raise WireFault("redirect", "it redirected to what is no address") from None
        allowed = found == self._origin or any(each.holds(found) for each in self._hosts)
        if not allowed or (origin(url).scheme == "https" and found.scheme != "https"):
            raise WireFault("redirect", "it redirected to a host that is not allowed")
        return target

    async def _exchange(self, letter: Letter, url: str) -> Exchange:
        own = origin(url) == self._origin
        headers = {**letter.headers, **(letter.private if own else {})}
        try:
            address = httpx2.URL(url)
            for name, value in letter.secret_query if own else ():
                address = address.copy_set_param(name, value)
        except httpx2.InvalidURL:
            raise WireFault("address", "its address is too long", sent=False) from None
        request = httpx2.Request(letter.method, address, headers=headers, content=letter.content)
        sent = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=address.raw_scheme,
                host=address.raw_host,
                port=address.port,
                target=address.raw_path,
            ),
            headers=request.headers.raw,
            content=letter.content,
            extensions={"timeout": _timeouts(self._service.bounds)},
        )
        try:
            return await self._received(sent)
        except ForbiddenAddress:
            raise WireFault(
                "address", "its name leads to an address that may not be called", sent=False
            ) from None
        except (httpcore2.ConnectTimeout, httpcore2.PoolTimeout):
            raise WireFault("connect_timeout", "no connection in time", sent=False) from None
        except httpcore2.ConnectError as error:
            raise _unconnected(error) from None
        except httpcore2.TimeoutException:
            raise WireFault("read_timeout", "it did not go on answering in time") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            raise WireFault("reset", "the connection broke") from None
        except httpcore2.UnsupportedProtocol:
            raise WireFault("address", "its address is not HTTP", sent=False) from None

    async def _received(self, request: httpcore2.Request) -> Exchange:
        pool, limit = self._opened(), self._service.bounds.response_bytes
        response = await pool.handle_async_request(request)
        try:
            headers = _together(response.headers)
            if headers.get("content-encoding", "identity").lower() != "identity":
                raise WireFault("encoding", "it compressed its reply, which was not asked for")
            declared = headers.get("content-length", "")
            if declared.isascii() and declared.isdigit() and int(declared) > limit:
                raise WireFault("size", f"its reply is larger than {limit} bytes")
            return Exchange(response.status, headers, await _body(response, limit))
        finally:
            await asyncio.shield(response.aclose())

    def _opened(self) -> httpcore2.AsyncConnectionPool:
        if self._pool is None:
            context = self._trusting() if self._shares_context() else None
            self._pool = httpcore2.AsyncConnectionPool(
                ssl_context=context,
                max_connections=CONNECTIONS,
                keepalive_expiry=KEPT_S,
                network_backend=self._backend,
            )
        return self._pool

    def _shares_context(self) -> bool:
        """Return whether one is made for all connections; a rare redirect's makes its own."""
        return self._origin.scheme == "https" or bool(self._service.authorities)

    def _trusting(self) -> ssl.SSLContext:
        context = httpx2.create_ssl_context()
        if self._service.authorities:
            context.load_verify_locations(cadata=self._service.authorities)
        return context

    async def aclose(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    async def __aenter__(self) -> Wire:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()


def _unconnected(error: httpcore2.ConnectError) -> WireFault:
    """Return why there is no connection; a certificate that proves nothing is told apart."""
    cause = error.__cause__ or error.__context__
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return WireFault("connect", "no connection", sent=False)
    why = _CERTIFICATE.get(cause.verify_code, "is not valid")
    return WireFault("certificate", f"its certificate {why}", sent=False)


def _together(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name; one that is said more than once has all its values, as RFC 9110."""
    found: dict[str, str] = {}
    for name, value in raw:
        key, said = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {said}" if key in found else said
    return found


async def _body(response: httpcore2.Response, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_stream():
        size += len(part)
        if size > limit:
            raise WireFault("size", f"its reply is larger than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def _timeouts(bounds: Bounds) -> dict[str, float]:
    return {
        "connect": bounds.connect_s,
        "read": bounds.read_s,
        "write": bounds.read_s,
        "pool": bounds.connect_s,
    }

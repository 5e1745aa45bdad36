"""Where a call may go: names are resolved once, checked, and connected to as they were checked.

A name that leads elsewhere a moment later leads nowhere: nothing is resolved after the check.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Protocol

import httpcore2

from clearway.tools.rest.declared.types import Network

IPAddress = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")
_TEREDO = IPv6Network("2001::/32")
_INTERNAL: tuple[Network, ...] = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments; one cloud's metadata
    IPv4Network("192.88.99.0/24"),  # relays that are no longer
    IPv4Network("168.63.129.16/32"),  # one cloud's platform, inside every network of it
    IPv6Network("fec0::/10"),  # site-local
    IPv6Network("3fff::/20"),  # documentation
)
"""What passes for public and leads inside."""


class Resolver(Protocol):
    """Turns a name into addresses."""

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a name, the best first; none where it has none."""
        ...


class SystemResolver:
    """Implements `Resolver` as the machine is set up."""

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Return what the system resolves the name to."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError):
            return ()
        return tuple(dict.fromkeys(str(each[4][0]) for each in found))


class ForbiddenAddress(Exception):
    """A name leads to no address that may be called."""


def may_call(address: str, declared: Iterable[Network]) -> bool:
    """Return whether an address is public, or in a range declared for the service.

    An IPv6 address that carries an IPv4 one is judged by both.
    """
    try:
        found = ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    ranges = tuple(declared)
    return all(_allowed(each, ranges) for each in _carried(found))


def _allowed(address: IPAddress, declared: Sequence[Network]) -> bool:
    if address.is_multicast or address.is_unspecified:
        return False
    if any(address.version == each.version and address in each for each in declared):
        return True
    if any(address.version == each.version and address in each for each in _INTERNAL):
        return False
    return address.is_global and not address.is_reserved


def _carried(address: IPAddress) -> Iterator[IPAddress]:
    """Yield what has to be allowed: the address, or the IPv4 address a translator makes of it."""
    if isinstance(address, IPv4Address):
        yield address
        return
    inner = address.ipv4_mapped
    if inner is not None:
        yield inner
        return
    yield address
    if address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address in _TEREDO and address.teredo is not None:
        yield from address.teredo


class PinnedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to addresses it has checked itself; TLS names and Host headers stay the name's."""

    def __init__(
        self,
        declared: Sequence[Network],
        resolver: Resolver,
        inner: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        """`declared` are the private ranges that may be called."""
        self._declared = tuple(declared)
        self._resolver = resolver
        self._inner = inner or httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address of the name that may be called and answers."""
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolver.addresses(host, port)
        except TimeoutError:
            raise httpcore2.ConnectTimeout("the name was not resolved in time") from None
        if not found:
            raise httpcore2.ConnectError("the name has no address")
        allowed = [each for each in found if may_call(each, self._declared)]
        if not allowed:
            raise ForbiddenAddress
        return await self._first(allowed, port, timeout, local_address, socket_options)

    async def _first(
        self,
        addresses: Sequence[str],
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore2.AsyncNetworkStream:
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(
            addresses[-1], port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: a service has an address."""
        raise ForbiddenAddress

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

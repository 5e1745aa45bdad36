"""Where an address leads, read by the parser that connects: no second one may see another host."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx2

DEFAULT_PORTS = {"http": 80, "https": 443}
_DECLARED = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s/\\?#@%*:\[\]]+)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of an address; the host in lower case, without a dot at its end."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class DeclaredHost:
    """A host that was declared, and its port where one was."""

    host: str
    port: int | None = None

    def holds(self, found: Origin) -> bool:
        """Return whether an origin is this place: without a port, at its scheme's own port."""
        port = DEFAULT_PORTS[found.scheme] if self.port is None else self.port
        return (self.host, port) == (found.host, found.port)


def origin(url: str) -> Origin:
    """Return where an address leads; `ValueError` where it is not HTTP, or names a user."""
    try:
        parts = httpx2.URL(url)
        host = parts.host.lower().rstrip(".")
    except (httpx2.InvalidURL, UnicodeError):
        raise ValueError("an address such as https://host/v1") from None
    port = DEFAULT_PORTS.get(parts.scheme) if parts.port is None else parts.port
    if port is None or parts.scheme not in DEFAULT_PORTS or not host:
        raise ValueError("an address such as https://host/v1")
    if parts.userinfo:
        raise ValueError("an address without user and password")
    if not 0 < port < 65_536:
        raise ValueError("an address with a port from 1 to 65535")
    return Origin(parts.scheme, host, port)


def declared_host(declared: str) -> DeclaredHost:
    """Return a declared host, as `files.example.com:8443`; `ValueError` where it is none."""
    match = _DECLARED.fullmatch(declared)
    if match is None:
        raise ValueError("a host such as files.example.com, or files.example.com:8443")
    found = origin(f"http://{declared}")
    return DeclaredHost(found.host, found.port if match["port"] else None)

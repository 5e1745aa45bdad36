"""Who asks: established by a key or by whoever mounts the routes, never by what a request says."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from clearway.errors import ConfigurationError, IdentityError
from clearway.identity import APPROVE, Principal

if TYPE_CHECKING:
    from starlette.requests import Request

KEYS = "CLEARWAY_LLM_ACCESS_KEYS"
ADMIN = "admin"
"""Scope: may see what others did, close circuits, and make a provider fail on purpose."""
SCOPES = (ADMIN, APPROVE)
ANONYMOUS = "anonymous"


class Unauthorized(IdentityError):
    """No key, or one nobody has."""


class Forbidden(IdentityError):
    """The key is known, and what was asked for takes a scope it has not."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, as far as the routes care."""

    principal: Principal
    address: str | None = None
    """Where somebody without a name calls from: their limit goes by it. None for who has one."""
    reads_own: bool = True
    """What is on record under this name is theirs to read; False where strangers share it."""

    @property
    def is_admin(self) -> bool:
        """Return whether the caller may do what takes the scope."""
        return ADMIN in self.principal.scopes

    def must_be_admin(self) -> None:
        """Raise `Forbidden` for everybody else."""
        if not self.is_admin:
            raise Forbidden(
                f"This takes a key with the scope {ADMIN}: {KEYS}=name:{ADMIN}=key.", scope=ADMIN
            )


class Access(Protocol):
    """Tells who calls; whoever mounts the routes elsewhere brings their own."""

    async def caller(self, request: Request) -> Caller:
        """Return who calls; raise `Unauthorized` for nobody."""
        ...


@dataclass(frozen=True, kw_only=True)
class KeyRing:
    """Implements `Access` by keys; without any, everybody may ask and nobody is an admin."""

    keys: Mapping[str, Principal] = field(default_factory=dict, repr=False)
    hosts: Collection[str] = ()
    """Without keys: the names this machine may be called by; none: by any."""

    async def caller(self, request: Request) -> Caller:
        """Return who holds the key, compared in constant time with every one there is."""
        if not self.keys:
            self._not_from_a_page(request)
            host = None if request.client is None else request.client.host
            return Caller(principal=Principal(user=ANONYMOUS, roles=frozenset()), address=host)
        given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
        found = [who for key, who in self.keys.items() if hmac.compare_digest(key.encode(), given)]
        if not found:
            raise Unauthorized("The access key is missing or not known.")
        return Caller(principal=found[0])

    def _not_from_a_page(self, request: Request) -> None:
        """Raise `Forbidden` for a page elsewhere that has a browser on this machine ask for it."""
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        named = not self.hosts or _named(host) in self.hosts
        if not named or (origin is not None and origin.partition("://")[2] != host):
            raise Forbidden(f"Without a key only this machine's own programs may ask: set {KEYS}.")


def _named(host: str) -> str | None:
    """Return the name in a Host header, without its port; None for what is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def access_keys(text: str) -> dict[str, Principal]:
    """Return whose each key of `name=key,name:admin=key` is; raise `ConfigurationError`.

    Scopes stand behind the name, parted by colons: `ops:admin:approve=key`.
    """
    keys = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        said, found, key = part.partition("=")
        name, *scopes = said.split(":")
        if not (name and found and key):
            raise ConfigurationError(f"{KEYS} is a list of name=key, parted by commas.")
        if unknown := sorted(set(scopes) - set(SCOPES)):
            raise ConfigurationError(
                f"{KEYS}: {name} has the scope {', '.join(unknown)}; there are {', '.join(SCOPES)}."
            )
        keys[key] = Principal(user=name, roles=frozenset(), scopes=frozenset(scopes))
    return keys

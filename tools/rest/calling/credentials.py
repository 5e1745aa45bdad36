"""How services know us: secrets by name, read when they are needed, in no record and no error."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from urllib.parse import urlencode

from clearway.errors import ConfigurationError, ExecutionError
from clearway.graph.ports import Clock
from clearway.tools.rest.calling.wire import Letter, Wire, WireFault
from clearway.tools.rest.declared.types import Auth, Service

EARLY_S = 30.0
"""A token is renewed so long before it ends."""
SHORTEST_S = 60.0
LONGEST_S = 3600.0

_BEARER = re.compile(r"[\x21-\x7e]{1,8192}")

Environment = Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is added to a request for the service's own origin; never shown."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(slots=True)
class _Token:
    value: str = field(repr=False)
    until: float


class Keyring:
    """Credentials of one service."""

    def __init__(
        self, service: Service, environment: Environment, clock: Clock, token_wire: Wire | None
    ) -> None:
        """`token_wire` leads to the token endpoint, where there is one."""
        self._service = service
        self._environment = environment
        self._clock = clock
        self._wire = token_wire
        self._token: _Token | None = None
        self._renewing = asyncio.Lock()

    async def credentials(self) -> Credentials:
        """Return what to add; raise `ConfigurationError` naming the variable that is not set."""
        auth = self._service.auth
        if auth.kind == "none":
            return Credentials()
        if auth.kind == "oauth2":
            return Credentials({"authorization": f"Bearer {await self._renewed()}"})
        secret = self._secret(auth.secret)
        if auth.kind == "bearer":
            return Credentials({"authorization": f"Bearer {secret}"})
        if auth.kind == "basic":
            return Credentials({"authorization": _basic(self._secret(auth.user), secret)})
        if auth.place == "query":
            return Credentials(query=((auth.name, secret),))
        return Credentials({auth.name.lower(): secret})

    def forget(self) -> None:
        """Let go of a token the service no longer takes."""
        self._token = None

    def _secret(self, name: str) -> str:
        value = self._environment().get(name, "")
        if not value or not value.isascii() or not value.isprintable():
            raise ConfigurationError(
                f"The service {self._service.id} needs the variable {name}, which is not set.",
                service=self._service.id,
                variable=name,
            )
        return value

    async def _renewed(self) -> str:
        async with self._renewing:
            now = self._clock.monotonic()
            if self._token is None or now >= self._token.until:
                self._token = await self._fetched(self._service.auth, now)
            return self._token.value

    async def _fetched(self, auth: Auth, now: float) -> _Token:
        if self._wire is None:
            raise ConfigurationError(f"The service {self._service.id} has no token address.")
        form = {"grant_type": "client_credentials"}
        if auth.scope:
            form["scope"] = auth.scope
        letter = Letter(
            method="POST",
            url=auth.token_url,
            headers={
                "accept": "application/json",
                "accept-encoding": "identity",
                "content-type": "application/x-www-form-urlencoded",
            },
            private={"authorization": _basic(self._secret(auth.user), self._secret(auth.secret))},
            content=urlencode(form).encode(),
        )
        try:
            reply = await self._wire.send(letter)
            said = json.loads(reply.body) if reply.status == 200 else {}
            token, lasts_s = _granted(said)
        except (WireFault, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ExecutionError(
                f"The service {self._service.id} gave no token.",
                service=self._service.id,
                sent=False,
            ) from None
        return _Token(token, now + max(min(lasts_s, LONGEST_S) - EARLY_S, 1.0))


def _granted(said: Mapping[str, object]) -> tuple[str, float]:
    """Return a token as it may stand in a header, and for how long; raise `ValueError`, `KeyError`.

    See RFC 6749, section 5.1: other kinds than bearer are used in ways we do not know.
    """
    token, lasts_s = said["access_token"], float(str(said.get("expires_in", SHORTEST_S)))
    if not isinstance(token, str) or _BEARER.fullmatch(token) is None or not isfinite(lasts_s):
        raise ValueError("no bearer token")
    if str(said.get("token_type", "bearer")).lower() != "bearer":
        raise ValueError("no bearer token")
    return token, lasts_s


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

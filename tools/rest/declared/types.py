"""What the services tool speaks of: services, operations, parameters, calls and what came back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Literal

from pydantic import JsonValue

from clearway.identity import Principal
from clearway.tools.rest.declared.origins import DeclaredHost

Place = Literal["path", "query", "header", "body"]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
LIMIT = re.compile(r"^(?:limit|per_?page|page_?size|count|top|max_?results|take|size)$", re.I)
"""Parameters that say how many are wanted."""
READS: frozenset[str] = frozenset({"GET", "HEAD"})
Network = IPv4Network | IPv6Network
Schema = dict[str, Any]
"""A JSON Schema (2020-12), references already within it."""

AuthKind = Literal["none", "bearer", "api_key", "basic", "oauth2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value an operation takes; `body` is the whole JSON body, under the name `body`."""

    name: str
    place: Place
    required: bool = False
    schema: Schema = field(default_factory=dict)
    description: str = ""
    example: str = ""
    """One value, where the document shows one."""
    style: str = "form"
    explode: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One property of the reply: `items[].id`; `[]` stands for every element of a list."""

    path: str
    type: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One allowed operation; `id` is `service.name`, and all a plan may name."""

    id: str
    service: str
    method: str
    path: str
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    returns: tuple[Returned, ...] = ()

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, by its method."""
        return self.method in READS

    @property
    def required(self) -> tuple[Parameter, ...]:
        """The parameters a call cannot do without."""
        return tuple(each for each in self.parameters if each.required)

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of this name, or None."""
        return next((each for each in self.parameters if each.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How a service knows us; secrets are names of environment variables, never values."""

    kind: AuthKind = "none"
    secret: str = ""
    user: str = ""
    """Variable of the user name (basic) or of the client id (oauth2)."""
    name: str = ""
    """Header or query parameter of an API key."""
    place: Literal["header", "query"] = "header"
    token_url: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a call of one service may take."""

    connect_s: float = 2.0
    read_s: float = 10.0
    total_s: float = 20.0
    response_bytes: int = 5_000_000
    retries: int = 2
    requests: int = 60
    """At most so many calls in any `window_s` seconds."""
    window_s: float = 60.0
    redirects: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One declared health check: an operation of the service, or a path on its host."""

    name: str
    path: str
    expect: tuple[int, ...] = ()
    """Allowed HTTP statuses; none named: any below 400."""
    within_s: float = 5.0


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service as the operator declared it."""

    id: str
    base_url: str
    title: str = ""
    description: str = ""
    synonyms: tuple[str, ...] = ()
    roles: frozenset[str] | None = None
    users: frozenset[str] | None = None
    hosts: frozenset[DeclaredHost] = frozenset()
    """Where redirects may lead beside the service's own origin."""
    authorities: str = ""
    """Certificates (PEM) that are trusted for it beside the system's."""
    networks: tuple[Network, ...] = ()
    """Private ranges this service is declared to live in."""
    auth: Auth = Auth()
    bounds: Bounds = Bounds()
    checks: tuple[Check, ...] = ()
    writes: Literal["refused", "approval"] = "refused"
    idempotency_header: str = "Idempotency-Key"
    masked: frozenset[str] = frozenset()
    """Property names whose values are never shown."""

    def open_to(self, principal: Principal) -> bool:
        """Return whether the principal may know of it; neither roles nor users named: everyone."""
        if self.roles is None and self.users is None:
            return True
        return principal.user in (self.users or ()) or not principal.roles.isdisjoint(
            self.roles or ()
        )


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What one call brought back, decoded."""

    operation_id: str
    status: int
    content: JsonValue
    latency_ms: float
    attempts: int = 1
    size_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Health:
    """What one check of a service found, and when."""

    service: str
    check: str
    up: bool
    latency_ms: float
    checked_at: datetime
    detail: str
    """`200`, or what went wrong, in words."""

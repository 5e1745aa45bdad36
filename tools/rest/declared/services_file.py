"""services.yaml: which services there are, and what of them may be called, by whom and how.

    version: 1
    services:
      payments:
        openapi: payments.yaml            # beside this file; a URL is fetched at set-up only
        base_url: https://payments.example.com
        synonyms: [billing]
        allow: {methods: [GET], tags: [payments], operations: ["get*"]}
        roles: [support]
        auth: {kind: bearer, secret: PAYMENTS_TOKEN}     # the name of a variable, never a value
        private: [10.0.0.0/8]             # the ranges it lives in, where they are private
        ca: internal-ca.pem               # authorities of its certificate, beside the system's
        health: [{path: /health, within_s: 2}]

Every mistake is reported with its line and field.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from clearway.errors import ConfigurationError
from clearway.plans import Model
from clearway.tools.rest.declared.document import Key, parsed, refuse, text_of
from clearway.tools.rest.declared.origins import declared_host, origin

Seconds = Annotated[float, Field(gt=0, le=300)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
WIDEST = {4: 8, 6: 7}
"""The shortest prefix that may be declared, by version of IP: that of the largest private range."""
SERVICE_ID = r"^[a-z][a-z0-9_-]{0,62}$"
MethodName = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class Allow(Model):
    """What may be called; several kinds of rule all apply."""

    methods: tuple[MethodName, ...] = ("GET", "HEAD")
    tags: tuple[str, ...] | None = None
    operations: tuple[str, ...] | None = Field(default=None, description="names, or globs")
    deny: tuple[str, ...] = ()

    @field_validator("methods", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return [str(each).upper() for each in value] if isinstance(value, list) else value


class AuthEntry(Model):
    """How the service knows us."""

    kind: Literal["none", "bearer", "api_key", "basic", "oauth2"]
    secret: VariableName | None = None
    user: VariableName | None = None
    name: str = Field(default="X-API-Key", pattern=r"^[A-Za-z0-9_-]{1,64}$")
    place: Literal["header", "query"] = Field(default="header", alias="in")
    token_url: str | None = None
    scope: str = ""

    @model_validator(mode="after")
    def _complete(self) -> AuthEntry:
        needs: dict[str, tuple[str, ...]] = {
            "basic": ("user", "secret"),
            "oauth2": ("user", "secret", "token_url"),
        }
        wanted = needs.get(self.kind, () if self.kind == "none" else ("secret",))
        for name in wanted:
            if getattr(self, name) is None:
                raise ValueError(f"{self.kind} needs `{name}`")
        if self.token_url is not None:
            origin(self.token_url)
        return self


class Limits(Model):
    """What one call may take."""

    connect_s: Seconds = 2.0
    read_s: Seconds = 10.0
    total_s: Seconds = 20.0
    response_bytes: int = Field(default=5_000_000, ge=1_000, le=100_000_000)
    retries: int = Field(default=2, ge=0, le=5)
    requests: int = Field(default=60, ge=1, le=100_000)
    window_s: Seconds = 60.0
    redirects: int = Field(default=3, ge=0, le=10)


class HealthEntry(Model):
    """One health check."""

    name: str = ""
    path: str | None = Field(default=None, pattern=r"^/[^\s?#]*$")
    operation: str | None = None
    expect: tuple[Annotated[int, Field(ge=100, le=599)], ...] = ()
    within_s: Seconds = 5.0

    @model_validator(mode="after")
    def _one_place(self) -> HealthEntry:
        if (self.path is None) == (self.operation is None):
            raise ValueError("name either a path or an operation")
        return self


class ServiceEntry(Model):
    """One service as the file has it."""

    openapi: str = Field(min_length=1)
    base_url: str | None = None
    title: str = ""
    description: str = ""
    synonyms: tuple[str, ...] = ()
    allow: Allow = Allow()
    roles: frozenset[str] | None = None
    users: frozenset[str] | None = None
    hosts: frozenset[str] = frozenset()
    private: tuple[str, ...] = ()
    ca: str | None = Field(default=None, min_length=1)
    auth: AuthEntry = AuthEntry(kind="none")
    limits: Limits = Limits()
    health: tuple[HealthEntry, ...] = ()
    writes: Literal["refused", "approval"] = "refused"
    idempotency_header: str = Field(default="Idempotency-Key", pattern=r"^[A-Za-z0-9-]{1,64}$")
    mask: frozenset[str] = frozenset()

    @field_validator("base_url")
    @classmethod
    def _a_base(cls, value: str | None) -> str | None:
        return value if value is None else checked_base(value)

    @field_validator("private")
    @classmethod
    def _ranges(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if ip_network(each).prefixlen < WIDEST[ip_network(each).version]:
                raise ValueError(f"{each} is more than a private range: name those it lives in")
        return value

    @field_validator("hosts")
    @classmethod
    def _places(cls, value: frozenset[str]) -> frozenset[str]:
        for each in value:
            declared_host(each)
        return value


class ServicesEntry(Model):
    """The whole file."""

    version: Literal[1]
    services: dict[Annotated[str, Field(pattern=SERVICE_ID)], ServiceEntry]


@dataclass(frozen=True, slots=True)
class ServicesFile:
    """The file as it was read, with its text for the lines of later mistakes."""

    path: Path
    text: str
    entry: ServicesEntry

    def authorities(self, service_id: str) -> str:
        """Return the certificates a service declares; refuse a file that holds none."""
        named = self.entry.services[service_id].ca
        if named is None:
            return ""
        where: tuple[Key, ...] = ("services", service_id, "ca")
        try:
            text = text_of(self.path.parent / named)
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
        except ConfigurationError as error:
            refuse(str(self.path), self.text, where, error.message.rstrip("."))
        except (ssl.SSLError, ValueError, TypeError):
            refuse(str(self.path), self.text, where, f"{named} holds no certificate (PEM)")
        return text


def checked_base(url: str) -> str:
    """Return a base URL without the slash at its end; `ValueError` where it is none."""
    origin(url)
    if "?" in url or "#" in url:
        raise ValueError("an address without query or fragment")
    return url.rstrip("/")


def read_services(path: Path) -> ServicesFile:
    """Return what services.yaml says; raise `ConfigurationError` with line and field."""
    text = text_of(path)
    said = parsed(text, str(path))
    try:
        return ServicesFile(path, text, ServicesEntry.model_validate(said or {}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = [key for key in first["loc"] if key not in ("__root__", "[key]")]
        refuse(str(path), text, where, first["msg"].removeprefix("Value error, "))

"""The registry: every service and every operation that may be called, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.tools.rest.declared.document import Key, refuse, text_of
from clearway.tools.rest.declared.openapi import Described, LeftOut, read_openapi
from clearway.tools.rest.declared.origins import declared_host
from clearway.tools.rest.declared.services_file import (
    Allow,
    HealthEntry,
    ServiceEntry,
    ServicesFile,
    checked_base,
    read_services,
)
from clearway.tools.rest.declared.snapshots import snapshot_path
from clearway.tools.rest.declared.types import READS, Auth, Bounds, Check, Operation, Service

FILE_NAME = "services.yaml"


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Services and allowed operations, immutable."""

    services: tuple[Service, ...] = ()
    operations: tuple[Operation, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    """What the documents declare and nobody may or can call; for the operator only."""
    version: str = ""
    _by_id: dict[str, Operation] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the operations."""
        self._by_id.update((each.id, each) for each in self.operations)

    @cached_property
    def by_service(self) -> dict[str, Service]:
        """Services by id."""
        return {each.id: each for each in self.services}

    def service(self, service_id: str) -> Service:
        """Return a service the registry has."""
        return self.by_service[service_id]

    def visible_to(self, principal: Principal) -> Registry:
        """Return what the principal may know of; the rest looks absent. The version is kept."""
        services = tuple(each for each in self.services if each.open_to(principal))
        if len(services) == len(self.services):
            return self
        names = {each.id for each in services}
        operations = tuple(each for each in self.operations if each.service in names)
        return Registry(services=services, operations=operations, version=self.version)

    def get(self, operation_id: str) -> Operation | None:
        """Return the operation of this id, or None."""
        return self._by_id.get(operation_id)


def load_registry(path: Path, *, snapshots: Path | None = None) -> Registry:
    """Return what services.yaml allows; raise `ConfigurationError` naming file, line and field.

    Documents are files beside it. One named by URL is read from `snapshots`, where set-up put it.
    """
    file = read_services(path)
    services: list[Service] = []
    operations: list[Operation] = []
    left_out: list[LeftOut] = []
    digest = sha256(file.text.encode())
    for service_id, entry in file.entry.services.items():
        text, name = _document(file, service_id, entry, snapshots)
        digest.update(text.encode())
        described = read_openapi(text, name=name, service=service_id)
        allowed = [each for each in described.operations if is_allowed(each, entry.allow)]
        if entry.writes == "refused":
            allowed = [each for each in allowed if each.reads]
        services.append(_service(file, service_id, entry, described))
        operations.extend(allowed)
        left_out.extend(described.left_out)
    return Registry(
        services=tuple(services),
        operations=tuple(operations),
        left_out=tuple(left_out),
        version=digest.hexdigest()[:16],
    )


def is_allowed(operation: Operation, allow: Allow) -> bool:
    """Return whether the operator's rules let an operation be called; all kinds must agree."""
    if operation.method not in allow.methods:
        return False
    if allow.tags is not None and set(allow.tags).isdisjoint(operation.tags):
        return False
    if allow.operations is not None and not _named(operation, allow.operations):
        return False
    return not _named(operation, allow.deny)


def _named(operation: Operation, patterns: Iterable[str]) -> bool:
    name = operation.id.split(".", 1)[1]
    route = f"{operation.method} {operation.path}"
    return any(fnmatchcase(name, each) or fnmatchcase(route, each) for each in patterns)


def _document(
    file: ServicesFile, service_id: str, entry: ServiceEntry, snapshots: Path | None
) -> tuple[str, str]:
    where = ("services", service_id, "openapi")
    if entry.openapi.startswith(("http://", "https://")):
        kept = snapshot_path(snapshots, entry.openapi) if snapshots else None
        if kept is None or not kept.exists():
            refuse(
                str(file.path), file.text, where,
                f"{entry.openapi} is not here yet; `clearway services fetch` brings it",
            )  # fmt: skip
        return text_of(kept), entry.openapi
    path = file.path.parent / entry.openapi
    try:
        return text_of(path), str(path)
    except ConfigurationError as error:
        refuse(str(file.path), file.text, where, error.message.rstrip("."))


def _service(
    file: ServicesFile, service_id: str, entry: ServiceEntry, described: Described
) -> Service:
    where: tuple[Key, ...] = ("services", service_id)
    base = entry.base_url or described.server
    if base is None:
        refuse(str(file.path), file.text, where, "it needs `base_url`; its document names none")
    try:
        base = checked_base(base)
    except ValueError as error:
        refuse(str(file.path), file.text, where, f"base_url is {error}")
    writes = [method for method in entry.allow.methods if method not in READS]
    if writes and entry.writes == "refused":
        at = (*where, "allow", "methods")
        refuse(str(file.path), file.text, at, f"{writes[0]} also needs `writes: approval`")
    auth, limits = entry.auth, entry.limits
    return Service(
        id=service_id,
        base_url=base,
        title=entry.title or described.title,
        description=entry.description,
        synonyms=entry.synonyms,
        roles=entry.roles,
        users=entry.users,
        hosts=frozenset(declared_host(each) for each in entry.hosts),
        authorities=file.authorities(service_id),
        networks=tuple(ip_network(each) for each in entry.private),
        auth=Auth(
            kind=auth.kind,
            secret=auth.secret or "",
            user=auth.user or "",
            name=auth.name,
            place=auth.place,
            token_url=auth.token_url or "",
            scope=auth.scope,
        ),
        bounds=Bounds(**limits.model_dump()),
        checks=_checks(file, service_id, entry.health, described.operations),
        writes=entry.writes,
        idempotency_header=entry.idempotency_header,
        masked=frozenset(name.lower() for name in entry.mask),
    )


def _checks(
    file: ServicesFile,
    service_id: str,
    entries: Sequence[HealthEntry],
    operations: Sequence[Operation],
) -> tuple[Check, ...]:
    found = []
    for index, entry in enumerate(entries):
        path = entry.path
        if path is None:
            wanted = f"{service_id}.{entry.operation}"
            named = next((each for each in operations if each.id == wanted), None)
            if named is None or not named.reads or named.required:
                refuse(
                    str(file.path), file.text, ("services", service_id, "health", index),
                    f"{entry.operation} is no GET operation without required parameters",
                )  # fmt: skip
            path = named.path
        found.append(
            Check(name=entry.name or path, path=path, expect=entry.expect, within_s=entry.within_s)
        )
    return tuple(found)

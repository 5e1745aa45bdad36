"""Fetching OpenAPI documents at set-up, over the same pinned and bounded connections."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

from clearway.errors import ConfigurationError
from clearway.tools.rest.calling.addresses import Resolver, SystemResolver
from clearway.tools.rest.calling.wire import Letter, Wire, WireFault
from clearway.tools.rest.declared.document import MAX_BYTES
from clearway.tools.rest.declared.openapi import read_openapi
from clearway.tools.rest.declared.origins import declared_host
from clearway.tools.rest.declared.services_file import ServicesFile
from clearway.tools.rest.declared.snapshots import keep
from clearway.tools.rest.declared.types import Bounds, Service

WITHIN_S = 30.0
_HEADERS = {"accept": "application/json, application/yaml, */*", "accept-encoding": "identity"}


async def fetched(
    file: ServicesFile, folder: Path, *, resolver: Resolver | None = None
) -> list[tuple[str, str]]:
    """Return service and URL of every document that was fetched and is valid.

    Raises `ConfigurationError` where one cannot be had or read; documents kept before stay.
    """
    found = []
    for name, entry in file.entry.services.items():
        if not entry.openapi.startswith(("http://", "https://")):
            continue
        service = Service(
            id=name,
            base_url=entry.openapi,
            hosts=frozenset(declared_host(each) for each in entry.hosts),
            authorities=file.authorities(name),
            networks=tuple(ip_network(each) for each in entry.private),
            bounds=replace(Bounds(), response_bytes=MAX_BYTES, total_s=WITHIN_S),
        )
        text = await _text(service, resolver or SystemResolver())
        read_openapi(text, name=entry.openapi, service=name)
        keep(folder, entry.openapi, text)
        found.append((name, entry.openapi))
    return found


async def _text(service: Service, resolver: Resolver) -> str:
    letter = Letter(method="GET", url=service.base_url, headers=_HEADERS, private={})
    try:
        async with asyncio.timeout(WITHIN_S), Wire(service, resolver) as wire:
            reply = await wire.send(letter)
        if reply.status != 200:
            raise WireFault("status", f"HTTP {reply.status}")
        return reply.body.decode("utf-8")
    except (WireFault, TimeoutError, UnicodeDecodeError, ValueError) as error:
        why = error.said if isinstance(error, WireFault) else type(error).__name__
        raise ConfigurationError(
            f"The document of {service.id} could not be fetched: {why}.", service=service.id
        ) from None

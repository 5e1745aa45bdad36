"""The registry: ours from `providers.yaml`, then a file of the user's put over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from clearway.errors import ConfigurationError
from clearway.llm.files import mapping_of, shown, text_of, told
from clearway.llm.providers.specs import Provider

VERSION = 1
OURS = "providers.yaml"


class Registry:
    """Providers by id, in the order of the file; immutable."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        """Ids must differ: the last of two with one id would hide the first."""
        self._providers = {provider.id: provider for provider in providers}

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._providers.values())

    def __len__(self) -> int:
        return len(self._providers)

    def get(self, provider_id: str) -> Provider | None:
        """Return the provider with this id, or None."""
        return self._providers.get(provider_id)

    def named(self, provider_id: str) -> Provider:
        """Return the provider with this id; raise `ConfigurationError` naming those there are."""
        found = self.get(provider_id)
        if found is None:
            known = ", ".join(sorted(self._providers))
            raise ConfigurationError(f"There is no provider {provider_id!r}; there are {known}.")
        return found


def load_registry(path: Path | None = None) -> Registry:
    """Return our providers, with the entries of `path` merged in by id.

    An entry with a known id changes the fields it names (its `endpoints` by endpoint name); another
    id is a new provider. Raises `ConfigurationError` naming file, place, value and what is allowed.
    """
    entries = {str(entry["id"]): entry for entry in _ours()}
    source = {provider_id: OURS for provider_id in entries}
    if path is not None:
        text = text_of(path, f"CLEARWAY_PROVIDERS_PATH={path}")
        for entry in _checked(mapping_of(text, str(path)), str(path)):
            provider_id = str(entry.get("id", ""))
            entries[provider_id] = merged(entries.get(provider_id), entry)
            source[provider_id] = str(path)
    return Registry(parse(entry, source[key]) for key, entry in entries.items())


def parse(entry: Mapping[str, Any], source: str) -> Provider:
    """Return one provider; raise `ConfigurationError` in the terms of the file it stands in."""
    try:
        return Provider.model_validate(entry)
    except ValidationError as error:
        first, wrong = told(error)
        where = ".".join(str(part) for part in first["loc"] if part != "[key]")
        place = f"provider {entry.get('id', '?')!r}" + (f", {where}" if where else "")
        raise ConfigurationError(
            f"{source}: {place}{shown(first)}: {wrong}.", file=source, path=where
        ) from None


def merged(ours: Mapping[str, Any] | None, theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry with what the other says put over it."""
    if ours is None:
        return dict(theirs)
    result = {**ours, **theirs}
    if isinstance(theirs.get("endpoints"), list):
        result["endpoints"] = _merged_endpoints(ours.get("endpoints", []), theirs["endpoints"])
    for part in ("strengths", "limits"):
        if isinstance(theirs.get(part), Mapping):
            result[part] = {**ours.get(part, {}), **theirs[part]}
    return result


def _merged_endpoints(ours: list[Any], theirs: list[Any]) -> list[Any]:
    known = {endpoint["name"]: endpoint for endpoint in ours}
    named: set[str] = set()
    others: list[Any] = []
    for endpoint in theirs:
        name = endpoint.get("name") if isinstance(endpoint, Mapping) else None
        if isinstance(name, str) and name not in named:
            known[name] = {**known.get(name, {}), **endpoint}
            named.add(name)
        else:
            others.append(endpoint)  # not one of ours: it says itself what is wrong with it
    return [*known.values(), *others]


@cache
def _ours() -> tuple[dict[str, Any], ...]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ours is well-formed: the fast one
    text = (files("clearway.llm.providers") / OURS).read_text("utf-8")
    return tuple(yaml.load(text, Loader=loader)["providers"])  # noqa: S506  # both are safe


def _checked(document: Mapping[str, Any], source: str) -> list[dict[str, Any]]:
    """Return the entries of a file, checked only for being mappings, each with an id of its own."""
    entries = document.get("providers")
    if not isinstance(entries, list) or document.get("version", VERSION) != VERSION:
        raise ConfigurationError(
            f"{source}: it begins with `version: {VERSION}` and a list `providers:`.", file=source
        )
    if unknown := sorted(set(document) - {"version", "providers"}):
        raise ConfigurationError(
            f"{source}: {unknown[0]}: there are only `version:` and `providers:`.", file=source
        )
    check_ids(entries, source)
    return entries


def check_ids(entries: Sequence[Any], source: str) -> None:
    """Raise `ConfigurationError` for an entry that has no id, or that of one before it."""
    places: dict[str, int] = {}
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or not entry.get("id"):
            raise ConfigurationError(
                f"{source}: entry {number} of providers has no id.", file=source
            )
        first = places.setdefault(str(entry["id"]), number)
        if first != number:
            raise ConfigurationError(
                f"{source}: entries {first} and {number} of providers have one id, "
                f"{entry['id']!r}.",
                file=source,
            )

"""Who may see a document: entries of an access list, and what a principal holds of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.tools.docs.types import EVERYONE

_ENTRY = re.compile(r"(role|user):\S[^\n]{0,199}")


_COLLECTION = re.compile(r"\w[\w-]{0,63}")


def grants(principal: Principal) -> tuple[str, ...]:
    """Return every access entry the principal holds, sorted."""
    held = {EVERYONE, f"user:{principal.user}", *(f"role:{role}" for role in principal.roles)}
    return tuple(sorted(held))


def identity_settings(principal: Principal) -> dict[str, str]:
    """Return the settings the row policies read; a list as JSON, so that no name can hold two."""
    return {
        "clearway.tenant": principal.tenant,
        "clearway.grants": json.dumps(grants(principal)),
    }


def access_list(entries: Iterable[str], *, owner: str | None = None) -> tuple[str, ...]:
    """Return a sorted access list; `owner` is a user who may see it whatever else is said.

    No entry means everyone of the tenant. Raises `ConfigurationError` for an entry of another form.
    """
    named = [entry.strip() for entry in entries if entry.strip()]
    for entry in named:
        if entry != EVERYONE and not _ENTRY.fullmatch(entry):
            raise ConfigurationError(
                f"{entry!r} is no access entry: write `everyone`, `role:NAME` or `user:NAME`.",
                entry=entry,
            )
    if owner is not None and not owner.strip():
        raise ConfigurationError("The owner has no name: say which user always sees the document.")
    if not named and owner is None:
        return (EVERYONE,)
    return tuple(sorted({*named, *([f"user:{owner}"] if owner else [])}))


def collection_name(name: str) -> str:
    """Return the name of a collection as it is; raise `ConfigurationError` for one nobody can say.

    A question names it as one word: "in the collection runbooks".
    """
    if not _COLLECTION.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no name for a collection: take letters, digits, - and _, at most 64.",
            collection=name,
        )
    return name

"""What an audit event becomes on record: a public body for the chain, and what is personal."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from clearway.graph.ports import AuditEvent, Redactor
from clearway.stores.keys import Keys, keyed_digest

VERSION = 1
"""Of the body's form."""

SHARDS = 16
ERASE = "erase"
PRUNE = "prune"

PRIVATE = "audit/private"
"""Purpose of the key that vouches for what is personal."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One record: `body` goes into the chain, `private` beside it, where it can be erased."""

    shard: int
    """Which chain it goes to, as `audit_append` decides too."""
    body: str
    private: str


class Recorder:
    """Turns events into records: redacts first, then digests."""

    def __init__(self, keys: Keys, redactor: Redactor) -> None:
        """Derive one key per kind of digest."""
        self._redactor = redactor
        self._input_key = keys.derive("audit/input")
        self._subject_key = keys.derive("audit/subject")
        self._private_key = keys.derive(PRIVATE)

    def input_hash(self, text: str) -> str:
        """Return the hash under which an input is on record.

        Keyed: questions are short, and a plain hash of a short text is as good as the text.
        Outer white space does not count.
        """
        return keyed_digest(self._input_key, text.strip())

    def subject(self, user: str, tenant: str) -> str:
        """Return the pseudonym of a user, the same in every record."""
        return keyed_digest(self._subject_key, canonical([tenant, user]))

    def record(self, event: AuditEvent, instance: int) -> Facts:
        """Return what is written of one event."""
        private = canonical(self._private(event))
        principal = event.principal
        request_id = event.request_id or event.trace_id
        body = {
            "v": VERSION,
            "request_id": request_id,
            "trace_id": event.trace_id,
            "step": event.step,
            "phase": event.phase,
            "instance": instance,
            "at": event.at.astimezone(UTC).isoformat(),
            "action": event.action,
            "tool": event.tool,
            "source_id": event.source_id,
            "tenant": principal.tenant,
            "roles": sorted(principal.roles),
            "subject": self.subject(principal.user, principal.tenant),
            "input_hash": self.input_hash(event.input) if event.input else None,
            "statement_hash": self.input_hash(event.statement) if event.statement else None,
            "private": keyed_digest(self._private_key, private),
            "success": event.success,
            "status": event.status,
            "duration_ms": event.duration_ms,
            "columns": list(event.columns),
            "row_count": event.row_count,
            "result_hash": event.result_hash,
        }
        kept = {name: value for name, value in body.items() if value not in (None, "", [])}
        return Facts(shard=shard_of(request_id), body=canonical(kept), private=private)

    def _private(self, event: AuditEvent) -> dict[str, Any]:
        said = self._redactor.redact(event.input)
        same = event.statement == event.input
        facts = {
            "user": event.principal.user,
            "actor": event.principal.actor,
            "input": said,
            "statement": said if same else self._redactor.redact(event.statement or ""),
            "details": _redacted(event.details, self._redactor),
        }
        return {name: value for name, value in facts.items() if value not in (None, "", {})}


def shard_of(request_id: str) -> int:
    """Return the chain a request's records go to."""
    return hashlib.sha256(_text(request_id).encode()).digest()[0] % SHARDS


def private_digest(keys: Keys, private: str) -> str:
    """Return the digest by which the chain vouches for what is kept beside it."""
    return keyed_digest(keys.derive(PRIVATE), private)


def canonical(value: object) -> str:
    """Return JSON that is the same for equal values: sorted keys, no spaces.

    What Postgres cannot hold (NUL, half a surrogate pair, NaN) is replaced.
    """
    return json.dumps(
        _storable(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _storable(value: object) -> object:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(name): _storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    return value


def _text(value: str) -> str:
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _redacted(details: Mapping[str, Any], redactor: Redactor) -> dict[str, Any]:
    return {
        name: redactor.redact(value) if isinstance(value, str) else value
        for name, value in details.items()
        if value is not None
    }

"""What is put on record, and what is kept out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from clearway.errors import Scalar
from clearway.identity import Principal
from clearway.plans import Tool


@dataclass(frozen=True, kw_only=True)
class AuditEvent:
    """One fact for the record. `(request_id, step, phase)` is unique: writing it twice is once."""

    trace_id: str
    step: str
    """`ask` for the request as a whole, `execute-1`, `execute-2` ... for executions."""
    phase: Literal["intent", "outcome"]
    action: str
    """`ask`, `execute`, ..."""
    tool: Tool
    source_id: str | None
    principal: Principal
    at: datetime
    input: str = ""
    """Question or statement as it came; the trail redacts and hashes it."""
    statement: str | None = None
    """Generated SQL."""
    success: bool | None = None
    status: str = ""
    """Outcome kind or error type."""
    duration_ms: float | None = None
    columns: tuple[str, ...] = ()
    row_count: int | None = None
    result_hash: str | None = None
    details: Mapping[str, Scalar] = field(default_factory=dict)
    request_id: str = ""
    """Unique to one request, where `trace_id` is a caller's and may come again; else `trace_id`."""


class AuditTrail(Protocol):
    """The append-only, tamper-evident record."""

    async def append(self, *events: AuditEvent, durable: bool = True) -> None:
        """Commit the events together; when `durable`, they are on disk on return.

        Raises `StoreUnavailable` when they could not be written: the caller must not execute.
        """
        ...


class Redactor(Protocol):
    """Removes secrets and personal data from text that will be kept or shown."""

    def redact(self, text: str) -> str:
        """Return the text with every find replaced by a labelled placeholder; idempotent."""
        ...


class Screen(Protocol):
    """What of a question may be read, and what of an answer may be shown, as the operator says.

    Records and logs pass the `Redactor` whatever the screen lets through.
    """

    def question(self, text: str) -> str:
        """Return the question without what must not even be looked for; idempotent."""
        ...

    def answer(self, text: str) -> str:
        """Return a text of the answer as the asker may see it; idempotent."""
        ...


class Seal(Protocol):
    """Proves that a value in the state was written by this deployment, for this request."""

    def sign(self, payload: str) -> str:
        """Return a keyed digest."""
        ...

    def verify(self, payload: str, seal: str) -> bool:
        """Return whether `seal` is the digest of `payload`, in constant time."""
        ...

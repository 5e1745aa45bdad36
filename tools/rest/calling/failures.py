"""What went wrong with a call, as one of our errors; never an address or a secret."""

from __future__ import annotations

from clearway.errors import ClearwayError, ConfigurationError, ExecutionError, RequestTimeoutError
from clearway.semantics.words.tokens import singular
from clearway.tools.rest.calling.wire import WireFault
from clearway.tools.rest.declared.types import Operation
from clearway.tools.rest.declared.words import split
from clearway.tools.rest.ports import Came

ABSENT = frozenset({404, 410})
"""Statuses that say there is no such thing."""


def failed(operation: Operation, fault: WireFault) -> ClearwayError:
    """Return what a fault of the exchange means for the caller."""
    if fault.what in ("connect_timeout", "read_timeout"):
        return timed_out(operation, fault.said, sent=fault.sent)
    return error_of(operation, fault.what, fault.said, sent=fault.sent)


def timed_out(operation: Operation, said: str, *, sent: bool = True) -> RequestTimeoutError:
    """Return that a service was waited for in vain; `sent` is whether it may have heard of it."""
    return RequestTimeoutError(
        f"The service {operation.service} cannot be waited for: {operation.id}: {said}.",
        service=operation.service,
        operation=operation.id,
        sent=sent,
    )


def error_of(operation: Operation, what: str, said: str, *, sent: bool = True) -> ExecutionError:
    """Return that a call failed; `what` is a stable word for programs."""
    return ExecutionError(
        f"The service {operation.service} could not be called ({operation.id}): {said}.",
        service=operation.service,
        operation=operation.id,
        fault=what,
        sent=sent,
    )


def none_such(operation: Operation, error: ClearwayError) -> str:
    """Return that a service has no thing of this name, where that is what it says; else nothing.

    Only of one thing that was read: a list that is not there, or a change, is another matter.
    """
    status, thing = error.details.get("status"), _thing(operation)
    if status not in ABSENT or not operation.reads or not thing:
        return ""
    return f"There is no such {thing} (the service {operation.service} says {status})."


def _thing(operation: Operation) -> str:
    """Return what the address of one thing calls it: `payment` of `/payments/{id}`."""
    before, placeholder, _ = operation.path.rpartition("{")
    segments = [each for each in before.split("/") if each and "{" not in each]
    words = split(segments[-1]) if placeholder and segments else ()
    return " ".join([*words[:-1], singular(words[-1])]) if words else ""


def came_of(error: ClearwayError) -> Came:
    """Return what an error says of a write: refused or never sent, it was surely not done."""
    status = error.details.get("status")
    refused = isinstance(status, int) and status < 500
    unsent = isinstance(error, ConfigurationError) or error.details.get("sent") is False
    return "not_done" if refused or unsent else "unknown"


def refused(operation: Operation, status: int) -> ExecutionError:
    """Return what a status that is no success means."""
    said = {
        401: "it does not accept our credentials",
        403: "it does not let us",
        404: "it has no such thing",
        409: "it conflicts with what is there",
    }.get(status, "it failed" if status >= 500 else "it refused the call")
    error = error_of(operation, "status", f"{said} (HTTP {status})")
    return ExecutionError(error.message, **{**error.details, "status": status})

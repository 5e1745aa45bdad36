"""What can go wrong with a call, and what each thing means for the endpoint and for the request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from clearway.llm.guards.bare_keys import without_keys
from clearway.llm.ports import AttemptStatus, Verdict

FaultKind = Literal[
    "rate_limited",
    "quota",
    "context_length",
    "content_policy",
    "invalid",
    "auth",
    "missing",
    "unavailable",
    "unreachable",
    "reset",
    "silent",
    "stalled",
    "cut",
    "malformed",
    "unfinished",
    "overlong",
]
Again = Literal[
    "route",  # the same route may be asked once more, later
    "elsewhere",  # another route may help, this one will not
    "model",  # another provider may help, the same model anywhere will not
    "larger",  # only a larger context helps
    "never",  # it is an answer
]
SAID_CHARS = 500
READ_CHARS = 4_000
"""Of what a provider said, before keys in it are hidden."""


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a kind of fault says of the endpoint, and where else the request may go."""

    again: Again
    verdict: Verdict
    words: str
    status: AttemptStatus = "failed"


MEANING: dict[FaultKind, Meaning] = {
    "rate_limited": Meaning(again="route", verdict="ignored", words="asks to slow down"),
    "quota": Meaning(again="elsewhere", verdict="ignored", words="has no quota left"),
    "context_length": Meaning(
        again="larger", verdict="ignored", words="finds the prompt too long for its context"
    ),
    "content_policy": Meaning(
        again="never", verdict="success", words="refused by its content policy", status="refused"
    ),
    "invalid": Meaning(again="model", verdict="ignored", words="does not accept the request"),
    "auth": Meaning(again="elsewhere", verdict="failure", words="does not accept the key"),
    "missing": Meaning(again="elsewhere", verdict="failure", words="does not know the model"),
    "unavailable": Meaning(again="route", verdict="failure", words="is failing"),
    "unreachable": Meaning(again="route", verdict="failure", words="cannot be reached"),
    "reset": Meaning(again="route", verdict="failure", words="closed the connection"),
    # A route that says nothing costs a whole share of the deadline: it is not asked twice.
    "silent": Meaning(
        again="elsewhere", verdict="failure", words="did not answer in time", status="timeout"
    ),
    "stalled": Meaning(
        again="elsewhere", verdict="failure", words="stopped in mid-answer", status="timeout"
    ),
    "cut": Meaning(again="route", verdict="failure", words="broke off in mid-answer"),
    "malformed": Meaning(again="route", verdict="failure", words="sent what is not an answer"),
    "unfinished": Meaning(
        again="route", verdict="failure", words="ended without saying it was done"
    ),
    "overlong": Meaning(again="never", verdict="success", words="wrote more than may be passed on"),
}


class Fault(Exception):
    """A call that brought no complete answer. Internal: callers get a `GenerationError`."""

    def __init__(
        self,
        kind: FaultKind,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        said: str = "",
        sent: bool = True,
    ) -> None:
        """`said` is the provider's own sentence, kept without keys; `sent`: it may be billed."""
        super().__init__(kind)
        self.kind = kind
        self.status = status
        self.retry_after_s = retry_after_s
        self.said = without_keys(said[:READ_CHARS], uuids=kind == "auth")[:SAID_CHARS]
        self.sent = sent

    @property
    def meaning(self) -> Meaning:
        """Return what it says of the endpoint and of the request."""
        return MEANING[self.kind]


_CONTEXT = re.compile(
    r"context[ _-]?(?:length|window|size)|maximum context|too many (?:input )?tokens"
    r"|(?:prompt|input|request) (?:is )?too (?:long|large)|reduce the length"
    r"|exceeds? .{0,40}tokens?",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"content[ _-]?(?:policy|filter|management|moderation)|moderation|safety (?:system|policy)"
    r"|responsible ?ai|flagged|usage polic(?:y|ies)",
    re.IGNORECASE,
)
_QUOTA = re.compile(r"insufficient_quota|billing|credit|quota exceeded", re.IGNORECASE)
_BY_STATUS: dict[int, FaultKind] = {
    401: "auth",
    402: "quota",
    403: "auth",
    404: "missing",
    408: "unavailable",
    409: "unavailable",
    413: "context_length",
    425: "unavailable",
    451: "content_policy",
}


def fault_of(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Fault:
    """Return what an error reply means; what it does not say is told from its status."""
    code, message = error_words(_parsed(body))
    return Fault(
        _kind(status, code, message),
        status=status,
        retry_after_s=retry_after_s(headers, now=now),
        said=message,
        sent=False,
    )


def fault_in_stream(error: object) -> Fault:
    """Return what an error event in the middle of a stream means."""
    code, message = error_words({"error": error})
    status = int(code) if code.isdigit() else 0
    kind = _kind(status, code, message) if status or code else "cut"
    return Fault("cut" if kind == "invalid" and not status else kind, status=status or None)


def error_words(document: object) -> tuple[str, str]:
    """Return the code (or type) and the message of an error in any of its usual forms."""
    error = document.get("error", document) if isinstance(document, Mapping) else document
    if isinstance(error, Mapping):
        code = error.get("code") or error.get("type") or ""
        return str(code), str(error.get("message") or error.get("detail") or "")
    return "", str(error or "")


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return the seconds a reply asks to wait, given as seconds, milliseconds or a date."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name, "")
        try:
            return max(0.0, float(value) / unit)
        except ValueError:
            continue
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except (TypeError, ValueError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def _kind(status: int, code: str, message: str) -> FaultKind:
    words = f"{code} {message}"
    if status == 429 or "rate_limit" in code:
        return "quota" if _QUOTA.search(words) else "rate_limited"
    if status >= 500:
        return "unavailable"
    # A refusal may quote the prompt's length and a length error the policy: the code decides first.
    for text in (code, message):
        if _POLICY.search(text):
            return "content_policy"
        if _CONTEXT.search(text):
            return "context_length"
    return _BY_STATUS.get(status, "invalid")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body[:READ_CHARS].decode("utf-8", "replace")

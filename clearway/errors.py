"""Every error this project raises, in one tree; every one has the same seven-key form.

* ClearwayError
  + ConfigurationError     a setting, a file or the platform is wrong; the process must not run
    - StoreUnavailable     Postgres cannot be reached or started: nothing may execute
    - SchemaTooNew         the database was migrated by a newer version
  + PlannerError           no plan could be made
    - ModelUnavailable     the model failed, refused or could not be understood
      . GenerationError    a provider's failure: carries provider, HTTP status and retryable
        ContentRefused     its content policy said no: an answer, never routed around
        ContextTooLong     the prompt fits no model that may be used
        AnswerTooLong      the model wrote more than may be passed on
      . NoModelAllowed     no provider may or can be used; says why for each
        PolicyDenied       the policy lets no model do this; names the rule and the version
        ApprovalNeeded     the policy wants a person's approval first
      . ModelLimited       a limit on model calls is reached; says when to try again
        BudgetExceeded     the call could cost more than what is left
  + ValidationError        the interlock said no (never retried)
    - PromptTooLong        a user's message is longer than is read
  + ExecutionError         the system accepted the statement and failed to run it
    - ExecutionInterrupted the process died between intent and outcome
    - WriteUnsettled       a write was sent, and nobody knows whether it was done
  + RequestTimeoutError    the one deadline of the request has passed
  + RateLimitError         carries `retry_after_s`
  + CircuitBreakerError    the circuit is open
  + CacheError             a cache failed; never reaches a caller
  + IdentityError          the caller may not do this, or may not see this thread

Messages say what happened, to what, and what to do. They never carry rows, secrets or a raw
database message. `details` is JSON-plain.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar, Literal

from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

Category = Literal[
    "planning",
    "validation",
    "execution",
    "timeout",
    "rate_limit",
    "circuit_breaker",
    "cache",
    "configuration",
]
Severity = Literal["info", "warning", "error", "critical"]
Scalar = str | int | float | bool | None


class ErrorRecord(TypedDict):
    """The one form of an error on every surface: exactly these seven keys."""

    error_type: str
    category: Category
    severity: Severity
    message: str
    retryable: bool
    details: dict[str, Scalar]
    timestamp: str


class ClearwayError(Exception):
    """Base class: catch this at the API boundary and nowhere else."""

    category: ClassVar[Category] = "execution"
    severity: ClassVar[Severity] = "error"
    retryable: bool = False

    def __init__(self, message: str, **details: Scalar) -> None:
        """Keep the sentence for people and the details for programs."""
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, Scalar] = details
        self.timestamp = datetime.now(UTC)

    def to_dict(self) -> ErrorRecord:
        """Return the seven keys, JSON-plain, with an ISO-8601 UTC timestamp."""
        return {
            "error_type": type(self).__name__,
            "category": self.category,
            "severity": self.severity,
            "message": self.message,
            "retryable": self.retryable,
            "details": dict(self.details),
            "timestamp": self.timestamp.isoformat(),
        }


class ConfigurationError(ClearwayError):
    """A setting, a file or the platform is wrong; the message names the variable to set."""

    category = "configuration"
    severity = "critical"


class StoreUnavailable(ConfigurationError):
    """Postgres cannot be reached or started; nothing may execute until it can."""

    retryable = True


class SchemaTooNew(ConfigurationError):
    """The database schema was written by a newer Clearway; this one must not touch it."""


class PlannerError(ClearwayError):
    """No plan could be made."""

    category: ClassVar[Category] = "planning"


class ModelUnavailable(PlannerError):
    """The model failed, refused, or gave a reply that is not a plan."""

    retryable = True


class GenerationError(ModelUnavailable):
    """A provider failed; the message says which, its HTTP status, and whether to try again."""

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        status: int | None = None,
        retryable: bool = False,
        **details: Scalar,
    ) -> None:
        """Say all three in the message, and keep them as fields and details."""
        answered = "no HTTP status" if status is None else f"HTTP {status}"
        again = "trying again may help" if retryable else "trying again will not help"
        super().__init__(
            f"{message} ({provider or 'no provider'}, {answered}, {again})",
            provider=provider,
            status=status,
            **details,
        )
        self.provider = provider
        self.status = status
        self.retryable = retryable


class ContentRefused(GenerationError):
    """The provider's content policy refused the prompt or its answer."""

    severity = "warning"


class ContextTooLong(GenerationError):
    """The prompt is longer than the context of every model that may be used."""


class AnswerTooLong(GenerationError):
    """The model wrote more than may be passed on; it is billed all the same."""


class NoModelAllowed(ModelUnavailable):
    """No provider is left once keys, policy, features and limits have had their say."""

    retryable = False


class PolicyDenied(NoModelAllowed):
    """The policy lets no model do this; asking again changes nothing."""


class ApprovalNeeded(PolicyDenied):
    """The policy lets a model do this once a person has approved it."""


class ModelLimited(ModelUnavailable):
    """A limit on model calls is reached; `retry_after_s` in `details` says when it is not."""

    category = "rate_limit"
    severity = "warning"


class BudgetExceeded(ModelLimited):
    """The worst case of the call is more than a budget has left."""

    retryable = False


class ValidationError(ClearwayError):
    """The interlock refused a statement; `details` names the layer and the rule."""

    category = "validation"
    severity = "warning"


class PromptTooLong(ValidationError):
    """A user's message is longer than is read; `details` names the message and the limit."""


class ExecutionError(ClearwayError):
    """The statement was accepted and failed while running."""


class ExecutionInterrupted(ExecutionError):
    """The process died between the audit intent and its outcome; a read is safe to ask again."""

    retryable = True


class WriteUnsettled(ExecutionError):
    """A write was sent and nobody knows whether it was done; it is never sent again by itself."""


class RequestTimeoutError(ClearwayError):
    """The request's one deadline has passed."""

    category = "timeout"
    retryable = True


class RateLimitError(ClearwayError):
    """Too many requests; `retry_after_s` says when the next one is welcome."""

    category = "rate_limit"
    severity = "warning"
    retryable = True

    def __init__(self, message: str, *, retry_after_s: float, **details: Scalar) -> None:
        """Keep the wait as a field and as a detail."""
        super().__init__(message, retry_after_s=retry_after_s, **details)
        self.retry_after_s = retry_after_s


class CircuitBreakerError(ClearwayError):
    """The circuit is open; the callee is given time to recover."""

    category = "circuit_breaker"
    retryable = True


class CacheError(ClearwayError):
    """A cache failed; the request goes on without it and says so."""

    category = "cache"
    severity = "warning"
    retryable = True


class IdentityError(ClearwayError):
    """The caller may not do this; worded as if the thing did not exist."""

    category = "validation"
    severity = "warning"

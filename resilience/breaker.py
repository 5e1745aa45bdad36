"""The circuit breaker: when an endpoint is left alone, and who tries it again. Pure; time is given.

closed -> open       on failures in a row, within the window, or as a share of the window's calls
open -> half open    when the recovery time is over; exactly one attempt at a time is the probe
half open -> closed  after enough probes in a row succeeded
half open -> open    when a probe failed

Only the probe decides in half open: an attempt that began before the circuit opened says how the
endpoint was then. The shared stores follow this machine step by step; their tests compare them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from clearway.llm.ports import BreakerProfile, BreakerState, Verdict

BUCKETS = 12
"""Parts the window is counted in; a failure is forgotten at most one part after its time."""

WEIGHT = 0.02
"""What one call adds to an endpoint's usual failure rate: it looks back about fifty calls."""

LEAST = 1e-9
"""The usual rate of an endpoint that never fails: towards zero, but never a number too small."""

HIGHEST = 0.95
"""An adaptive threshold never rises above this share: an endpoint that always fails is open."""

PROFILES = {
    # Models behind the router: five in a row, or half of at least ten calls.
    "gateway": BreakerProfile(
        consecutive=5,
        failure_rate=0.5,
        minimum_calls=10,
        window_s=60,
        recovery_s=60,
        successes_to_close=2,
    ),
    # The planner's model: five within a minute, in a row or not.
    "planner": BreakerProfile(
        consecutive=None,
        windowed=5,
        failure_rate=None,
        window_s=60,
        recovery_s=30,
        successes_to_close=1,
    ),
    # A provider as a whole.
    "provider": BreakerProfile(
        consecutive=3, failure_rate=None, recovery_s=60, successes_to_close=1
    ),
    # A service that is called for an answer: five in a row, or half of at least ten calls.
    "service": BreakerProfile(
        consecutive=5,
        failure_rate=0.5,
        minimum_calls=10,
        window_s=60,
        recovery_s=30,
        successes_to_close=1,
    ),
    # As `gateway`, but the rate that opens it follows the endpoint's own usual rate.
    "adaptive": BreakerProfile(adaptive=True),
    # The caller of the ledger's own models: three in a row, and quickly tried again.
    "ledger": BreakerProfile(consecutive=3, failure_rate=None, recovery_s=30, successes_to_close=1),
}
"""Profiles by name, for configuration files."""


@dataclass(slots=True)
class Circuit:
    """One endpoint's circuit and record. Times are seconds of one clock that never goes back."""

    stored: BreakerState = "closed"
    retry_at: float = 0.0
    """While it is open: when the first probe may pass."""
    probe: str | None = None
    """The attempt that tries a half-open circuit."""
    probe_until: float = 0.0
    """End of the probe's lease: after it the owner is dead and another may probe."""
    successes: int = 0
    """Probes in a row that succeeded."""
    consecutive_failures: int = 0
    total_requests: int = 0
    total_failures: int = 0
    usual: float | None = None
    """The endpoint's failure rate while closed; None until the first call."""
    buckets: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Part of the window -> calls and failures in it."""
    width_s: float = 0.0

    def state(self, now: float) -> BreakerState:
        """Return the state as a caller sees it: open until a probe may pass."""
        return "half_open" if self.stored == "open" and now >= self.retry_at else self.stored

    def refusal_s(self, now: float) -> float | None:
        """Return None when an attempt may begin, else the seconds until it is worth asking."""
        if self.state(now) == "open":
            return self.retry_at - now
        if self.stored == "half_open" and self.probe is not None and now < self.probe_until:
            return self.probe_until - now
        return None

    def begin(self, attempt_id: str, now: float, lease_s: float) -> bool:
        """Count an attempt in that `refusal_s` let pass; return whether it is the probe."""
        if self.stored == "closed":
            return False
        if self.stored == "open":
            self.stored, self.successes = "half_open", 0
        self.probe, self.probe_until = attempt_id, now + lease_s
        return True

    def record(
        self, attempt_id: str, verdict: Verdict, profile: BreakerProfile, now: float
    ) -> None:
        """Take in what an attempt says of the endpoint's health; `ignored` only frees a probe."""
        self.total_requests += 1
        if verdict != "ignored":
            failed = verdict == "failure"
            self.total_failures += failed
            self.consecutive_failures = self.consecutive_failures + 1 if failed else 0
        if self.probe == attempt_id:
            self.probe = None
            self._probed(verdict, profile, now)
        elif self.stored == "closed" and verdict != "ignored":
            self._counted(verdict == "failure", profile, now)

    def reset(self) -> bool:
        """Close it and forget why it opened, but not the totals; return whether it was open."""
        was_closed = self.stored == "closed"
        self._close()
        return not was_closed

    def _probed(self, verdict: Verdict, profile: BreakerProfile, now: float) -> None:
        if verdict == "failure":
            self._open(profile, now)
        elif verdict == "success":
            self.successes += 1
            if self.successes >= profile.successes_to_close:
                self._close()

    def _counted(self, failed: bool, profile: BreakerProfile, now: float) -> None:
        width_s = profile.window_s / BUCKETS
        if width_s != self.width_s:
            self.width_s, self.buckets = width_s, {}
        part = int(now // width_s)
        self.buckets = {k: v for k, v in self.buckets.items() if k >= part - BUCKETS}
        calls, failures = self.buckets.get(part, (0, 0))
        self.buckets[part] = (calls + 1, failures + failed)
        too_many = self._too_many(profile)
        usual = _first_guess(profile) if self.usual is None else self.usual
        self.usual = max(usual + WEIGHT * (failed - usual), LEAST)
        if failed and too_many:
            self._open(profile, now)

    def _too_many(self, profile: BreakerProfile) -> bool:
        calls = sum(calls for calls, _ in self.buckets.values())
        failures = sum(failures for _, failures in self.buckets.values())
        if profile.consecutive is not None and self.consecutive_failures >= profile.consecutive:
            return True
        if profile.windowed is not None and failures >= profile.windowed:
            return True
        limit = threshold(profile, self.usual)
        return limit is not None and calls >= profile.minimum_calls and failures >= limit * calls

    def _open(self, profile: BreakerProfile, now: float) -> None:
        self.stored, self.retry_at = "open", now + profile.recovery_s
        self.probe, self.successes, self.buckets = None, 0, {}

    def _close(self) -> None:
        self.stored, self.probe, self.successes, self.buckets = "closed", None, 0, {}
        self.consecutive_failures = 0


def threshold(profile: BreakerProfile, usual: float | None) -> float | None:
    """Return the share of failures that opens a circuit; None: the share does not count.

    An adaptive one lies half the configured rate above the endpoint's usual rate: a reliable
    endpoint is given up sooner, one that always fails a little is not given up for it.
    """
    rate = profile.failure_rate
    if rate is None or not profile.adaptive:
        return rate
    return min((_first_guess(profile) if usual is None else usual) + rate / 2, HIGHEST)


def _first_guess(profile: BreakerProfile) -> float:
    """Until calls say otherwise, the adaptive threshold is the configured one."""
    return (profile.failure_rate or 0.0) / 2

"""When money runs low: the fullest purse of each caller as last seen, and ceilings of the day."""

from __future__ import annotations

from collections import OrderedDict

from clearway.llm.types import ChatRequest

MOST_CALLERS = 10_000


class Pressure:
    """The last share of each caller, of one process; it costs no question to the store."""

    def __init__(self, warning_ratio: float) -> None:
        """Cheaper models are preferred from this ratio on; a provider may have its own."""
        self._ratio = warning_ratio
        self.over: frozenset[str | None] = frozenset()
        """Whose daily ceiling is reached; None among them stands for all providers."""
        self._shares: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        """Caller -> the share last seen, and the ratio of the provider it was seen with."""

    def saw(self, request: ChatRequest, share: float, ratio: float | None = None) -> None:
        """Take note of what the store said; `ratio` is the provider's own."""
        caller = (request.tenant, request.user)
        if not share and caller not in self._shares:
            return
        self._shares[caller] = (share, self._ratio if ratio is None else ratio)
        self._shares.move_to_end(caller)
        if len(self._shares) > MOST_CALLERS:
            self._shares.popitem(last=False)

    def warning(self, request: ChatRequest) -> str | None:
        """Return in words why cheaper models are to be preferred; None: they are not."""
        share, ratio = self._shares.get((request.tenant, request.user), (0.0, self._ratio))
        if share >= ratio:
            return "The budget runs low: cheaper models are preferred."
        if self.over:
            whose = ", ".join(sorted(each or "all models" for each in self.over))
            return f"Today's ceiling for {whose} is reached: cheaper models are preferred."
        return None

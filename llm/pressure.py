"""How full the fullest purse of each caller was when last asked: what the warning ratio goes by."""

from __future__ import annotations

from collections import OrderedDict

from clearway.llm.types import ChatRequest

MOST_CALLERS = 10_000


class Pressure:
    """The last share of each caller, of one process; it costs no question to the store."""

    def __init__(self, warning_ratio: float) -> None:
        """From this ratio on, cheaper models are preferred."""
        self._ratio = warning_ratio
        self._shares: OrderedDict[tuple[str, str], float] = OrderedDict()

    def saw(self, request: ChatRequest, share: float) -> None:
        """Take note of what the store said."""
        caller = (request.tenant, request.user)
        if not share and caller not in self._shares:
            return
        self._shares[caller] = share
        self._shares.move_to_end(caller)
        if len(self._shares) > MOST_CALLERS:
            self._shares.popitem(last=False)

    def warning(self, request: ChatRequest) -> float | None:
        """Return the share where it is at or above the ratio, else None."""
        share = self._shares.get((request.tenant, request.user), 0.0)
        return share if share >= self._ratio else None

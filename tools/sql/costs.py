"""What the planner said statements would cost, remembered from proving to running them."""

from __future__ import annotations

from collections import OrderedDict

MAX_STATEMENTS = 4096


class PlanCosts:
    """Costs by statement text; the least recently used are forgotten first."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._costs: OrderedDict[str, float] = OrderedDict()

    def note(self, sql: str, cost: float) -> None:
        """Remember what EXPLAIN said of a statement."""
        self._costs[sql] = cost
        self._costs.move_to_end(sql)
        if len(self._costs) > MAX_STATEMENTS:
            self._costs.popitem(last=False)

    def of(self, sql: str) -> float | None:
        """Return the cost, or None for a statement that was not proven here."""
        return self._costs.get(sql)

"""Sliding windows in one process, exact: no stretch of their length holds more than the limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from clearway.llm.ports import Window

WindowId = tuple[str, str, float]


@dataclass(slots=True)
class _Counted:
    """What was let in: time and amount, the oldest first. Amounts may be corrected later."""

    entries: deque[list[float]] = field(default_factory=deque)
    total: float = 0


@dataclass(frozen=True, slots=True)
class Place:
    """An amount in a window, so that it can be corrected to what was really used."""

    window: WindowId
    entry: list[float]


class MemoryWindows:
    """Counts requests and tokens for one event loop."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._windows: dict[WindowId, _Counted] = {}

    def first_full(
        self, windows: Iterable[Window], tokens: int, now: float
    ) -> tuple[Window, float | None] | None:
        """Return the first window without room, and the seconds until there is; None: all have.

        The seconds are None where the amount is more than the window ever holds.
        """
        for window in windows:
            amount = 1 if window.counts == "requests" else tokens
            wait_s = self._wait_s(window, amount, now)
            if wait_s is None or wait_s > 0:
                return window, wait_s
        return None

    def count(self, windows: Iterable[Window], tokens: int, now: float) -> tuple[Place, ...]:
        """Count an attempt in every window; return where, for the correction of its tokens."""
        places = []
        for window in windows:
            name = (window.key, window.counts, window.seconds)
            amount = 1 if window.counts == "requests" else tokens
            counted = self._windows.setdefault(name, _Counted())
            entry = [now, float(amount)]
            counted.entries.append(entry)
            counted.total += amount
            if window.counts == "tokens":
                places.append(Place(name, entry))
        return tuple(places)

    def correct(self, places: Iterable[Place], tokens: int) -> None:
        """Count what was used in place of what was reserved, as of the time it was reserved."""
        for place in places:
            counted = self._windows.get(place.window)
            # What has left the window has left its total too.
            if counted is not None and counted.entries and place.entry[0] >= counted.entries[0][0]:
                counted.total += tokens - place.entry[1]
            place.entry[1] = tokens

    def prune(self, now: float) -> None:
        """Forget windows that have nothing in them."""
        for name in list(self._windows):
            self._forget_before(self._windows[name], now - name[2])
            if not self._windows[name].entries:
                del self._windows[name]

    def _wait_s(self, window: Window, amount: int, now: float) -> float | None:
        if amount > window.limit:
            return None
        counted = self._windows.get((window.key, window.counts, window.seconds))
        if counted is None:
            return 0.0
        self._forget_before(counted, now - window.seconds)
        over = counted.total + amount - window.limit
        if over <= 0:
            return 0.0
        for began, size in counted.entries:
            over -= size
            if over <= 0:
                return began + window.seconds - now
        return None

    def _forget_before(self, counted: _Counted, time: float) -> None:
        while counted.entries and counted.entries[0][0] <= time:
            counted.total -= counted.entries.popleft()[1]

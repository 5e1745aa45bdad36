"""List prices of the models people start with, USD per million tokens (input, output).

Compared in November 2026 with stored public pages of 2025 and 2026, which agreed. Settings override
them; an unlisted model has no price, and its cost is reported as unknown.
"""

from __future__ import annotations

PRICES: dict[str, tuple[float, float]] = {
    "gpt-5.1": (1.25, 10.0),
    "gpt-5": (1.25, 10.0),
    "gpt-5-mini": (0.25, 2.0),
    "gpt-5-nano": (0.05, 0.40),
    "gpt-4.1": (2.0, 8.0),
    "gpt-4.1-mini": (0.40, 1.60),
    "gpt-4o": (2.5, 10.0),
    "gpt-4o-mini": (0.15, 0.60),
}

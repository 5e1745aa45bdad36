"""Put back what placeholders stand for, in a text that comes in pieces."""

from __future__ import annotations

from collections.abc import Mapping

from clearway.llm.ports import Guardrails


class Restorer:
    """Holds back what could be the beginning of a placeholder, and nothing else."""

    def __init__(self, guardrails: Guardrails, secrets: Mapping[str, str]) -> None:
        """With no secrets it passes everything on as it is."""
        self._guardrails = guardrails
        self._secrets = secrets
        self._held = ""

    def feed(self, text: str) -> str:
        """Return what can be passed on of the text so far."""
        if not self._secrets:
            return text
        whole = self._held + text
        cut = len(whole) - self._unsure(whole)
        self._held = whole[cut:]
        return self._guardrails.restore(whole[:cut], self._secrets)

    def finish(self) -> str:
        """Return what was held back, at the end."""
        held, self._held = self._held, ""
        return self._guardrails.restore(held, self._secrets) if held else ""

    def _unsure(self, text: str) -> int:
        """Return how many last characters may be the beginning of a placeholder."""
        longest = max(len(placeholder) for placeholder in self._secrets)
        for size in range(min(longest - 1, len(text)), 0, -1):
            end = text[-size:]
            if any(placeholder.startswith(end) for placeholder in self._secrets):
                return size
        return 0

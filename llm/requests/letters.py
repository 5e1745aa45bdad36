"""The probabilities of an answer's letters, as long as nothing of it was hidden or put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TOLD = ("content", "refusal")
"""What of an answer has probabilities."""


class Letters:
    """Holds them until the answer is whole: what spells another text is not passed on."""

    def __init__(self) -> None:
        """None have come yet."""
        self._kept: dict[str, list[Any]] = {}
        self._said: list[str] = []
        self._told: list[str] = []

    @property
    def known(self) -> bool:
        """Return whether any have come."""
        return bool(self._kept)

    def add(self, logprobs: Mapping[str, Any]) -> None:
        """Add those of a piece."""
        for key in TOLD:
            if isinstance(each := logprobs.get(key), list):
                self._kept.setdefault(key, []).extend(each)

    def compare(self, said: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        """Take note of what a piece said, and what of it is passed on."""
        self._said += [str(said.get(key) or "") for key in TOLD]
        self._told += [str(told.get(key) or "") for key in TOLD]

    def of_what_was_told(self) -> dict[str, Any] | None:
        """Return all of them; None where the answer was passed on in other words."""
        if "".join(self._said) != "".join(self._told):
            return None
        return {key: self._kept.get(key) for key in TOLD}

"""What is done to texts before they are sent: counted, and freed of what nobody should see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from clearway.llm.guards.finds import Find


class TokenCounter(Protocol):
    """Counts tokens offline."""

    def count(self, model: str, texts: Sequence[str]) -> int:
        """Return the tokens of the texts for the model: exact where its tokenizer is known."""
        ...

    def is_exact(self, model: str) -> bool:
        """Return whether the count is the tokenizer's own and not an estimate."""
        ...


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """A text whose personal data and secrets are replaced by placeholders."""

    text: str
    secrets: Mapping[str, str]
    """Placeholder -> what it stands for; lives in memory only."""
    kinds: Mapping[str, int]
    """How many of each kind were found."""


class Guardrails(Protocol):
    """Finds and hides personal data and secrets, reversibly within one request."""

    def hide(self, text: str, *, known: Mapping[str, str] | None = None) -> Hidden:
        """Return the text with placeholders; the same value gets the same placeholder."""
        ...

    def restore(self, text: str, secrets: Mapping[str, str]) -> str:
        """Put back what placeholders stand for."""
        ...

    def finds(self, text: str) -> Sequence[Find]:
        """Return what there is to hide, in order and apart; placeholders are nothing to hide."""
        ...

    @property
    def looks(self) -> bool:
        """Return whether anything is looked for at all."""
        ...

    def covering(self, guards: frozenset[str]) -> Guardrails:
        """Return these guardrails with at least the named ones on: a policy outranks a switch."""
        ...

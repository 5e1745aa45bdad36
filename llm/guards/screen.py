"""What of a question may be read, and what of an answer may be shown: as the operator switched."""

from __future__ import annotations

from clearway.llm.guards.guardrails import PatternRedactor


class GuardScreen:
    """Implements `Screen`; records and logs do not depend on it, they are always redacted."""

    def __init__(self, *, secrets: bool, personal: bool) -> None:
        """Choose what is kept out."""
        self._question = PatternRedactor(secrets=secrets, personal=False)
        self._answer = PatternRedactor(secrets=secrets, personal=personal)

    def question(self, text: str) -> str:
        """Return the text without secrets: nobody means to ask for rows by a password.

        Personal data stays: whoever asks for the orders of an address needs it compared.
        """
        return self._question.redact(text)

    def answer(self, text: str) -> str:
        """Return the text without secrets and personal data."""
        return self._answer.redact(text)

"""Redaction: secrets and personal data leave a text before it is kept, logged or shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Every pattern is linear in the text: no quantified group holds another quantifier over the same
# characters, and every run of characters is bounded or ends where a character class ends.


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One kind of find and what is written in its place; the group `keep` is left standing."""

    pattern: re.Pattern[str]
    replacement: str
    sign: str
    """Without this in the text there is nothing to find; searching for it costs next to nothing."""


def _rule(label: str, pattern: str, *, flags: int = 0, keeps: bool = False, sign: str = "") -> Rule:
    return Rule(
        sign=sign,
        pattern=re.compile(pattern, flags),
        replacement=rf"\g<keep>[{label}]" if keeps else f"[{label}]",
    )


# In order: the more telling label first, so that a later rule finds only a placeholder.
RULES = (
    _rule(
        "PRIVATE_KEY",
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
        flags=re.DOTALL,
        sign="-----BEGIN ",
    ),
    _rule(
        "JWT",
        r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        sign="eyJ",
    ),
    _rule(
        "PASSWORD",
        r"(?P<keep>\b[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s:/@'\"]{0,256}:)(?!\[)[^\s@'\"]{1,256}(?=@)",
        keeps=True,
        sign="://",
    ),
    _rule(
        "TOKEN",
        # At least one digit: "bearer securities" are no token.
        r"(?P<keep>\b(?:bearer|authorization:\s{0,8}basic)\s{1,8})(?!\[)"
        r"(?=[A-Za-z._~+/-]{0,200}[0-9])[A-Za-z0-9._~+/-]{8,}={0,2}",
        flags=re.IGNORECASE,
        keeps=True,
    ),
    _rule(
        "API_KEY",
        r"\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}"
        r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
        r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"
        r"|\bglpat-[A-Za-z0-9_-]{16,}|\bxox[abeoprs]-[A-Za-z0-9-]{8,}"
        r"|\bAIza[A-Za-z0-9_-]{30,}|\bhf_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{30,}"
        r"|\blsv2_[a-z]{2}_[A-Za-z0-9_]{20,}",
    ),
    _rule(
        "PASSWORD",
        # Up to the quote that opened it, which may itself be escaped; else up to what ends a word.
        r"(?P<keep>\b(?:password|passwd|passphrase|pwd)\\?['\"]?\s{0,8}[=:]\s{0,8}(?P<quote>\\?['\"])?)"
        r"(?!\[)(?(quote)(?:(?!(?P=quote)).){1,256}|[^\s'\"\\,;&)}\]]{1,256})",
        flags=re.IGNORECASE,
        keeps=True,
    ),
    _rule(
        "SECRET",
        r"(?P<keep>(?:api[_-]?key|access[_-]?key|secret[_-]?key|client[_-]?secret|secret"
        r"|auth[_-]?token|access[_-]?token|token)\\?['\"]?\s{0,8}[=:]\s{0,8}\\?['\"]?)"
        r"(?!\[)[A-Za-z0-9._~+/=-]{8,}",
        flags=re.IGNORECASE,
        keeps=True,
    ),
    _rule(
        "EMAIL",
        r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}",
        sign="@",
    ),
)


class PatternRedactor:
    """Implements `Redactor` by patterns of well-known forms; idempotent, linear in the text.

    A secret without a form of its own (a bare word) cannot be told from any other word.
    """

    def redact(self, text: str) -> str:
        """Return the text with every find replaced by a labelled placeholder such as [EMAIL]."""
        for rule in RULES:
            if rule.sign in text:
                text = rule.pattern.sub(rule.replacement, text)
        return text

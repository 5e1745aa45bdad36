"""Other forms of a word that says what state something is in: failed, failure, failing."""

from __future__ import annotations

from functools import lru_cache

_ENDINGS = ("ed", "ing", "ure", "ful", "ion", "e", "d")
_STATES = ("ed", "ing", "ful")
"""How words for states end; a name such as Europe has no other forms."""
_ADDED = ("", "e", "ed", "d", "ing", "ure", "ful", "ion", "led", "ling", "ation")
_IRREGULAR = {
    "success": ("succeed", "succeeded", "successful", "successfully", "succeeding"),
    "succeeded": ("succeed", "success", "successful", "successfully", "succeeding"),
    "successful": ("succeed", "success", "succeeded", "successfully"),
    "cancelled": ("cancel", "canceled", "cancellation", "cancelling"),
    "canceled": ("cancel", "cancelled", "cancellation", "canceling"),
    "timeout": ("timedout",),
    "won": ("win", "winning"),
    "lost": ("lose", "losing"),
    "paid": ("pay", "paying"),
    "sent": ("send", "sending"),
    "shipped": ("ship", "shipping"),
    "open": ("opened",),
    "denied": ("deny", "denial"),
}


@lru_cache(maxsize=4096)
def forms_of(word: str) -> tuple[str, ...]:
    """Return forms a person may use for the state `word`; some are no words, and do no harm."""
    if word not in _IRREGULAR and not (word.isalpha() and word.endswith(_STATES) and len(word) > 4):
        return ()
    base = next(
        (word[: -len(e)] for e in _ENDINGS if word.endswith(e) and len(word) - len(e) > 3), word
    )
    made = {base + added for added in _ADDED} | set(_IRREGULAR.get(word, ()))
    return tuple(sorted(form for form in made if form != word and len(form) > 3))

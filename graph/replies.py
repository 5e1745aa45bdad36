"""What a reply to a clarification says: a choice, an answer in words, or something else. Pure."""

from __future__ import annotations

import re

from clearway.graph.state import Json, Pending


def picked(pending: Pending, reply: str) -> str | None:
    """Return the question a choice stands for, picked by number, id or label; None otherwise."""
    choice = choice_of(pending, reply)
    return None if choice is None else str(choice["effect"])


def choice_of(pending: Pending, reply: str) -> Json | None:
    """Return the choice a reply picks by number, id or label; None where it picks none.

    Words of a label are enough where no other choice has them: `revenue`.
    """
    wanted = " ".join(reply.strip(_AROUND).casefold().split())
    said = _PICK.fullmatch(wanted)
    number = _NUMBERS.get(said[1], said[1]) if said else wanted
    for place, choice in enumerate(pending["choices"], start=1):
        if number in (str(place), choice["id"].casefold()) or wanted == choice["label"].casefold():
            return choice
    named = [c for c in pending["choices"] if f" {wanted} " in f" {c['label'].casefold()} "]
    return named[0] if len(named) == 1 else None


def meaning_of(pending: Pending, reply: str) -> Json | None:
    """Return what a picked choice says a word means; None where it gives no word a meaning."""
    choice = choice_of(pending, reply)
    if choice is None or not choice.get("term") or not choice.get("target"):
        return None
    return {"term": choice["term"], "target": choice["target"], "question": pending["text"]}


def is_about(pending: Pending, reply: str) -> bool:
    """Return whether a reply in words may answer a clarification: a few words, or some of its own.

    Anything else is a question of its own, and begins anew.
    """
    words = _content(reply)
    labels = " ".join(str(choice["label"]) for choice in pending["choices"])
    return len(reply.split()) <= SHORT or bool(words & _content(f"{pending['text']} {labels}"))


_AROUND = " \t\r\n.!,:;)(#\"'“”"
"""What may stand around a choice."""
_PICK = re.compile(
    r"(?:the |option |choice |number |no\. ?|#)*(\d+|first|second|third)(?: one| option| choice)?"
)
_NUMBERS = {"first": "1", "second": "2", "third": "3"}

SHORT = 3
"""Words an answer may have without repeating any of the question's."""


def _content(text: str) -> set[str]:
    return {word[:5] for word in text.casefold().split() if len(word) > 3}

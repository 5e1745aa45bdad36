"""Answers kept free of what a model writes of people and secrets by itself, whole or in pieces."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from clearway.llm.guards.finds import Find
from clearway.llm.ports import Guardrails

HELD_CHARS = 200
"""Held back of a text in pieces: what comes next may make a find of it."""
CONTEXT_CHARS = 200
"""Of what was passed on, what is looked at again: it tells what stands after it."""
STEP_CHARS = 64
"""Pieces are looked at together, so many characters at a time."""
MOST_HELD_CHARS = 20_000
BLOCK, END = "-----BEGIN", "-----END"


class Screen:
    """Screens the texts of one answer, and counts what it found."""

    def __init__(self, guardrails: Guardrails) -> None:
        """What a caller typed stands behind placeholders, which are no finds."""
        self.guardrails = guardrails
        self.kinds: Counter[str] = Counter()

    def text(self, text: str) -> str:
        """Return the text with every find replaced by its kind, such as [EMAIL]."""
        return self.written(text, self.guardrails.finds(text), 0, len(text))

    def document(self, text: str) -> str:
        """Return JSON with its strings screened: it stays JSON; anything else as a text."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return self.text(text)
        before = self.kinds.total()
        plain = self._walked(document)
        return text if self.kinds.total() == before else json.dumps(plain, ensure_ascii=False)

    def written(self, text: str, finds: Sequence[Find], start: int, end: int) -> str:
        """Return `text[start:end]`, with what of the finds lies in it replaced."""
        parts, at = [], start
        for find in finds:
            if find.end > at and find.start < end:
                parts += [text[at : max(at, find.start)], f"[{find.kind}]"]
                at = find.end
                self.kinds[find.kind] += 1
        return "".join([*parts, text[at:end]])

    def _walked(self, document: Any) -> Any:
        if isinstance(document, str):
            return self.text(document)
        if isinstance(document, list):
            return [self._walked(each) for each in document]
        if isinstance(document, dict):
            return {key: self._walked(value) for key, value in document.items()}
        return document


class PieceScreen:
    """Screens a text that comes in pieces; JSON is held until it is whole."""

    def __init__(self, screen: Screen, *, json: bool) -> None:
        """Nothing was fed yet."""
        self._screen = screen
        self._json = json
        self._seen = ""
        self._held = ""

    def feed(self, text: str) -> str:
        """Return what can be passed on of the text so far."""
        self._held += text
        if self._json or len(self._held) < HELD_CHARS + STEP_CHARS:
            return ""
        whole = self._seen + self._held
        finds = self._screen.guardrails.finds(whole)
        end = self._safe(whole, finds)
        return self._passed(whole, finds, end) if end > len(self._seen) else ""

    def finish(self) -> str:
        """Return what was held back, at the end."""
        if self._json:
            held, self._held = self._held, ""
            return self._screen.document(held) if held else ""
        whole = self._seen + self._held
        return self._passed(whole, self._screen.guardrails.finds(whole), len(whole))

    def _passed(self, whole: str, finds: Sequence[Find], end: int) -> str:
        start = len(self._seen)
        told = self._screen.written(whole, finds, start, end)
        self._seen, self._held = whole[max(0, end - CONTEXT_CHARS) : end], whole[end:]
        return told

    def _safe(self, whole: str, finds: Sequence[Find]) -> int:
        """Return how much can be passed on: to a space, not into a find or an open block."""
        last = len(whole) - HELD_CHARS
        if len(self._held) > MOST_HELD_CHARS:
            return last
        end = max(whole.rfind(" ", 0, last), whole.rfind("\n", 0, last)) + 1
        block = whole.rfind(BLOCK)
        if block >= 0 and END not in whole[block:]:
            end = min(end, block)
        return next((find.start for find in finds if find.start < end < find.end), end)

"""Find planted values in what a query returned, as they are or encoded."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

TOKEN = re.compile(r"canary[-_][a-z0-9_-]*", re.IGNORECASE)
SIZED_FILE = "73129"
WORD = b"CANARY"
ENCODED = tuple(
    text.lower()
    for text in (
        WORD.hex(),
        "YRANAC",
        *(base64.b64encode(b"_" * shift + WORD)[shift + 1 : 8].decode() for shift in range(3)),
    )
)


def seen(query: str, texts: Iterable[str]) -> str | None:
    """Return the first planted value in `texts` that the query's own text did not bring along."""
    own = query.lower()
    for text in texts:
        for match in TOKEN.finditer(text):
            if match.group().lower() not in own:
                return match.group()
        folded = text.lower()
        for pattern in ENCODED:
            if pattern in folded and pattern not in own:
                return f"encoded {pattern}"
        if text == SIZED_FILE and SIZED_FILE not in query:
            return f"size {SIZED_FILE}"
    return None

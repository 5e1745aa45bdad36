"""How much generated artifacts are to be trusted: what the evidence allows, said in words.

Nothing was run and no outcome was compared, so this is no calibrated probability. It is a product
of what can be checked, and the model's own word can only lower it:

    checkable (1, or 0.8 without schemas) x share of names the schemas know x share of this model's
    artifacts that could be used so far x 0.85 where a repair was needed, at most 0.95
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from clearway.llm.artifacts.statements import Names
from clearway.llm.artifacts.types import Hints

MOST = 0.95
UNCHECKED = 0.8
REPAIRED = 0.85
TEMPLATE = 0.6
"""Of the template: the form is right, and nothing of the intent is in it."""
WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, kw_only=True)
class Trust:
    """A number and what it is made of."""

    value: float
    reasons: tuple[str, ...]


def trust_of(
    *, names: Names | None, hints: Hints, stated: float | None, validity: float, repaired: bool
) -> Trust:
    """Return how far checked artifacts are to be trusted; `names` are those of their SQL."""
    reasons = ["Every part was parsed by the grammar of its language; nothing was run."]
    value, known = 1.0, known_names(hints)
    if names is not None and known:
        used = names.tables | names.columns
        unknown = sorted(used - known)
        value *= 1 - len(unknown) / len(used) if used else UNCHECKED
        reasons.append(
            f"Not in the schemas given: {', '.join(unknown[:10])}."
            if unknown
            else "Every table and column is in the schemas given."
        )
    else:
        value *= UNCHECKED
        reasons.append("No schemas were given that its names could be compared with.")
    value *= validity
    if validity < 1:
        reasons.append(f"Of this model's answers {validity:.0%} passed their checks so far.")
    if repaired:
        value *= REPAIRED
        reasons.append("Its first version could not be used.")
    value = min(value, MOST)
    if stated is not None and stated < value:
        value = stated
        reasons.append(f"The model itself says {stated:.2f}.")
    return Trust(value=round(max(value, 0.0), 4), reasons=tuple(reasons))


def known_names(hints: Hints) -> frozenset[str]:
    """Return each word of the schemas in lower case; names of tables and columns are among them."""
    schemas = (hints.source_schemas, hints.target_schemas)
    texts = [text for each in schemas for text in _texts(each)]
    return frozenset(word.lower() for text in texts for word in WORD.findall(text))


def _texts(value: JsonValue) -> Iterator[str]:
    pending: list[JsonValue] = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            yield from each
            pending += each.values()
        elif isinstance(each, list):
            pending += each

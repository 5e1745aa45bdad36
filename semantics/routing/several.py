"""Several questions in one sentence, where they go to different tools: cut apart, by form alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from clearway.semantics.types import Route

MOST = 4
"""Parts of one request; a text with more is read as one."""
LONGEST = 2_000
"""Characters; a longer text is no question with an aside."""
SURE = 0.5
"""Confidence of a part's route from which on it stands on its own."""

_BEGINS = r"""(?=(?:please\s+)?(?:
    what|which|who|whose|when|where|why|how|is|are|does|do|did|can|could|should|has|have|may|must
    |show|list|give|tell|find|explain|describe|check|look|quote|count|get
    |(?:post|put|patch|delete)\s+/\w+)\b)"""
_CUT = re.compile(
    r"(?:\s*[,;]\s*(?:and|also|then|plus)(?:\s+also|\s+then)?\s+|\s*;\s*|[.?!]\s+(?:(?:and|also)\s+)?"
    r"|\s+(?:and|plus)(?:\s+also|\s+then)?\s+)" + _BEGINS,
    re.IGNORECASE | re.VERBOSE,
)


def split(text: str, routed: Callable[[str], Route]) -> tuple[str, ...]:
    """Return the parts of a text that go to different tools; nothing where it is one question.

    `routed` says where a part goes. Parts that all go the same way stay together: the tool reads
    them as one, and what none of them names is nowhere lost.
    """
    if len(text) > LONGEST:
        return ()
    parts = [part.strip(" ,;") for part in _CUT.split(text)]
    if not 1 < len(parts) <= MOST or not all(parts):
        return ()
    routes = [routed(part) for part in parts]
    stand = all(
        each.tool != "none" and each.confidence >= SURE and not each.raw_sql for each in routes
    )
    apart = len({each.tool for each in routes}) > 1
    return tuple(parts) if stand and apart else ()

"""Several questions in one sentence, where they are answered apart: cut apart, by form alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from clearway.semantics.routing.clauses import speech_of
from clearway.semantics.routing.liveness import condition_asked
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
_CALL = re.compile(
    r"\s*(?:please\s+)?(?:(?:hit|call|query|fetch|get|poll|send|run|do)\s+(?:a\s+)?)?"
    r"(?:get|head|post|put|patch|delete)\s+/\w",
    re.IGNORECASE,
)
_HEALTH = frozenset(["health", "healthy", "heartbeat", "uptime", "ping"])


def split(text: str, routed: Callable[[str], Route]) -> tuple[str, ...]:
    """Return the parts of a text that are answered apart; nothing where it is one question.

    `routed` says where a part goes. Parts that all go the same way stay together: the tool reads
    them as one, and what none of them names is nowhere lost. How a service is, and each call that
    is written out, are answered by themselves: beside them nothing else would be read.
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
    ways = [_way(part, each) for part, each in zip(parts, routes, strict=True)]
    apart = len(set(ways)) > 1 or "call" in ways
    return tuple(parts) if stand and apart else ()


def _way(part: str, route: Route) -> str:
    """Return how a part is answered: by a tool as a whole, or by one thing that a tool does."""
    if route.tool != "rest":
        return route.tool
    if _CALL.match(part):
        return "call"
    speech = speech_of(part)
    asks_health = condition_asked(speech) is not None or speech.any_of(_HEALTH)
    return "health" if asks_health else "rest"

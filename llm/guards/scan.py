"""All recognisers over one text: finds that touch become one, under the more telling kind."""

from __future__ import annotations

from collections.abc import Sequence

from clearway.llm.guards.contact import CONTACT, TELEPHONE
from clearway.llm.guards.finds import Find, Recogniser, Seen
from clearway.llm.guards.identity import IDENTITY
from clearway.llm.guards.money import MONEY
from clearway.llm.guards.secrets import SECRETS

PERSONAL: tuple[Recogniser, ...] = (*CONTACT, *MONEY, *IDENTITY, *TELEPHONE)
"""In order, as `SECRETS` before it: the more telling kind first."""

SECRET_KINDS = frozenset(each.kind for each in SECRETS)
PERSONAL_KINDS = frozenset(each.kind for each in PERSONAL)


def scan(text: str, recognisers: Sequence[Recogniser]) -> list[Find]:
    """Return finds in order; where two overlap, the earlier recogniser names them as one."""
    seen = Seen(text)
    found = [find for each in recognisers for find in each.finds(seen)]
    if len(found) < 2:
        return found
    rank = {id(find): place for place, find in enumerate(found)}
    found.sort(key=lambda find: find.start)
    joined: list[tuple[int, Find]] = []
    for find in found:
        if not joined or find.start >= joined[-1][1].end:
            joined.append((rank[id(find)], find))
            continue
        place, last = joined[-1]
        kind = last.kind if place <= rank[id(find)] else find.kind
        merged = Find(kind, last.start, max(last.end, find.end))
        joined[-1] = (min(place, rank[id(find)]), merged)
    return [find for _, find in joined]

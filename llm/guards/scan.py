"""All recognisers over one text: finds that touch become one, under the more telling kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from clearway.llm.guards.contact import CONTACT, TELEPHONE
from clearway.llm.guards.finds import Find, Recogniser, Seen
from clearway.llm.guards.identity import IDENTITY
from clearway.llm.guards.money import MONEY
from clearway.llm.guards.secrets import SECRETS

PERSONAL: tuple[Recogniser, ...] = (*CONTACT, *MONEY, *IDENTITY, *TELEPHONE)
"""In order, as `SECRETS` before it: the more telling kind first."""

SECRET_KINDS = frozenset(each.kind for each in SECRETS)
PERSONAL_KINDS = frozenset(each.kind for each in PERSONAL)


INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
"""Characters nobody sees: what they part reads as one."""


def scan(text: str, recognisers: Sequence[Recogniser]) -> list[Find]:
    """Return finds in order; where two overlap, the earlier recogniser names them as one.

    What stands on both sides of something invisible is looked at as it reads, too.
    """
    seen = Seen(text)
    found = [find for each in recognisers for find in each.finds(seen)]
    if not text.isascii() and INVISIBLE.search(text):
        found += _as_it_reads(text, recognisers)
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


def _as_it_reads(text: str, recognisers: Sequence[Recogniser]) -> Iterator[Find]:
    places = [place for place, char in enumerate(text) if not INVISIBLE.match(char)]
    seen = Seen("".join(text[place] for place in places))
    for each in recognisers:
        for find in each.finds(seen):
            yield Find(find.kind, places[find.start], places[find.end - 1] + 1)

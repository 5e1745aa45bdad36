"""What speaks for and against a search before it answers, and what to say where it will not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clearway.plans import CheckedDocs, Evidence
from clearway.semantics.types import Abstention
from clearway.tools.docs.answering.answer import NOT_FOUND
from clearway.tools.docs.answering.near import in_words, nearest
from clearway.tools.docs.answering.support import support
from clearway.tools.docs.types import Found
from clearway.tools.docs.words.terms import terms

NO_DOCUMENTS = Abstention(
    reason="There are no documents for you to ask about, so this cannot be looked up.",
    remedy="Add some with `clearway docs add PATH`, or ask about the data.",
)
MEANT = 0.685
"""The support that comes to the probability with which a sentence found by meaning was right."""
ELSEWHERE = "Ask in the words a document would use, or add it: `clearway docs add`."
_NAME = re.compile(r"(?<![.?!:]\s)(?<!^)\b(?:[A-Z][a-z]+[A-Za-z0-9]*|[A-Z]{2,}[0-9]*|\w+_\w+)\b")


def evidence_of(found: Found, checked: CheckedDocs) -> tuple[Evidence, ...]:
    """Return how much of the question the best passage speaks of, and whether all names are met."""
    share = support(found, checked.query)
    said = f"the best passage speaks of {share:.0%} of what is asked, by weight"
    if found.meant and share < MEANT:
        share, said = MEANT, "a sentence of the best passage means much of what is asked"
    facts = [Evidence(kind="support", score=round(share, 4), detail=said)]
    names = _NAME.findall(checked.query)
    if names:
        absent = absent_from(found, names)
        detail = f"no passage names {', '.join(absent)}" if absent else "every name in it is met"
        facts.append(Evidence(kind="mentions", score=0.0 if absent else 1.0, detail=detail))
    return tuple(facts)


def absent_from(found: Found, names: Sequence[str]) -> list[str]:
    """Return the names that stand in no passage that was found."""
    held = {term for hit in found.hits for term in terms(f"{hit.title} {hit.text}")}
    held |= {term for hit in found.hits for term in terms(" ".join(hit.section))}
    return [name for name in dict.fromkeys(names) if not set(terms(name)) & held]


def shortfall(found: Found, question: str, some: bool) -> Abstention:
    """Return what to say where the evidence is not enough: an honest no, and what comes nearest.

    `some` is whether there is any document the asker may see.
    """
    if not some:
        return NO_DOCUMENTS
    near = in_words(nearest(found, question))
    return Abstention(reason=NOT_FOUND, remedy=f"{near} {ELSEWHERE}".strip())

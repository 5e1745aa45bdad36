"""What a question is about: its terms, and which of them only ask."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from clearway.semantics.frame import Period
from clearway.tools.docs.types import Filters
from clearway.tools.docs.words.terms import stem, terms

MAX_TERMS = 60
"""A question has fewer; what comes after is not searched for, so that time stays bounded."""
LONGEST_NAME = 4

_ASKING = """
please tell show explain describe give find say says said know need want wants like help let list
document documents documentation docs doc runbook runbooks playbook playbooks guide guides manual
handbook wiki page pages someone anyone something anything me us you happens happen happening
think mean means meaning define definition defined does done get gets got there here way ways
look lookup according exactly just much many some often soon usually currently
take takes taken taking need needs needed make makes made use uses used go goes put now one
after before until till long next whom
"""
_COLLECTION = re.compile(r"\b(?:in|from|of) (?:the )?collection [\"'“]?(\w[\w-]*)", re.IGNORECASE)
_CHANGED = re.compile(
    r"\b(?:documents?|docs|pages?|guides?|runbooks?|policies|policy)\b[^.?!]{0,20}"
    r"\b(?:changed|updated|modified|edited|written)\b",
    re.IGNORECASE,
)
_ASKING_STEMS = frozenset(stem(word) for word in _ASKING.split())


def terms_asked(question: str) -> list[str]:
    """Return the distinct terms of a question, in order."""
    return list(times_asked(question))


def times_asked(question: str) -> dict[str, int]:
    """Return the distinct terms of a question, in order, and how often it says each."""
    return dict(islice(Counter(terms(question)).items(), MAX_TERMS))


def names_in(asked: Sequence[str]) -> list[str]:
    """Return every run of up to four terms, as terms with a definition are named."""
    runs = (
        " ".join(asked[at : at + length])
        for length in range(1, LONGEST_NAME + 1)
        for at in range(len(asked) - length + 1)
    )
    return list(dict.fromkeys(runs))


def narrowed(question: str, period: Period | None) -> Filters:
    """Return what a question narrows the search to: a collection it names, or what is recent.

    A period counts only where it is said of the documents themselves.
    """
    collections = tuple(dict.fromkeys(name.casefold() for name in _COLLECTION.findall(question)))
    changed = period is not None and _CHANGED.search(question) is not None
    since = period.start if changed and period is not None else None
    return Filters(collections=collections, since=since)


def about(asked: Iterable[str]) -> list[str]:
    """Return the terms that say what is wanted to be known; all of them where they only ask."""
    found = list(asked)
    return [term for term in found if term not in _ASKING_STEMS] or found

"""What a question is about: its terms, and which of them only ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from clearway.tools.docs.terms import stem, terms

MAX_TERMS = 60
"""A question has fewer; what comes after is not searched for, so that time stays bounded."""
LONGEST_NAME = 4

_ASKING = """
please tell show explain describe give find say says said know need want wants like help let list
document documents documentation docs doc runbook runbooks playbook playbooks guide guides manual
handbook wiki page pages someone anyone something anything me us you happens happen happening
think mean means meaning define definition defined does done get gets got there here way ways
look lookup according exactly just much many some often soon usually currently
"""
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


def about(asked: Iterable[str]) -> list[str]:
    """Return the terms that say what is wanted to be known; all of them where they only ask."""
    found = list(asked)
    return [term for term in found if term not in _ASKING_STEMS] or found

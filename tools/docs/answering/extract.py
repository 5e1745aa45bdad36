"""Answer without a model: the sentences that say most of what was asked, verbatim."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from clearway.tools.docs.answering.alike import share_said
from clearway.tools.docs.answering.quotable import Quotable, quotable
from clearway.tools.docs.answering.support import clauses
from clearway.tools.docs.answering.wanted import Wanted, given_in, wanted
from clearway.tools.docs.types import Found
from clearway.tools.docs.words.question import about, terms_asked
from clearway.tools.docs.words.terms import terms

MOST_SENTENCES = 4
HITS_READ = 5
HEADING_SHARE = 0.8
"""What a word of the headings above counts in choosing, beside one of the sentence itself."""
TITLE_SHARE = 0.4
"""What a word of the title counts in choosing."""
GIVEN = 1.5
"""What a sentence gains in choosing that gives it."""
NAMED = 1.3
"""What a row or sentence gains whose subject is what is asked about, and nothing else."""
LATER_HIT = 0.85
"""What a sentence of the next-best passage counts, beside one of the passage before it."""
SAID_AGAIN = 0.3
"""What a word of the question still counts once a sentence has said it."""
LEAST = 0.35
"""Of the best sentence's worth: one that is worth less adds nothing."""

_LEAD = re.compile(r"[|=(:]|\b(?:means|is|are)\b")


def pick(found: Found, question: str) -> list[Quotable]:
    """Return the sentences that answer, in the order of their passages."""
    several = [_picked(found, part) for part in clauses(question)] or [_picked(found, question)]
    picked = {each.place: each for one in several for each in one}
    return _once([picked[place] for place in sorted(picked)])


def pick_meant(found: Found) -> list[Quotable]:
    """Return the sentences that were found to answer by what they mean, as they stand."""
    ranks = {rank for rank, _ in found.meant if rank < len(found.hits)}
    every = (each for rank in sorted(ranks) for each in quotable(found.hits[rank], rank))
    return _once([each for each in every if each.place in found.meant])


def _picked(found: Found, question: str) -> list[Quotable]:
    asked, kind = terms_asked(question), wanted(question)
    left = {term: found.weights.get(term, 0.0) for term in about(asked)}
    candidates = [
        each
        for rank, hit in enumerate(found.hits[:HITS_READ])
        for each in quotable(hit, rank)
        if not each.speaks_against(question)
    ]
    gain = {each.place: _gain(each, kind, asked) for each in candidates}
    everything = candidates
    picked: list[Quotable] = []
    least = 0.0
    while candidates and len(picked) < MOST_SENTENCES:
        worth, best = max(
            ((_worth(each, left) * gain[each.place], each) for each in candidates),
            key=lambda one: (one[0], [-at for at in one[1].place]),
        )
        if worth <= least:
            break
        least = least or LEAST * worth
        picked.append(best)
        candidates = [each for each in candidates if not _covers(best, each)]
        for term in left:
            left[term] *= 1 - (1 - SAID_AGAIN) * share_said(
                term, best.said | best.above | best.title
            )
    if picked and kind is None and _on_topic(picked[0], about(asked)):
        picked = _section(picked[0], everything)
    return sorted(picked, key=lambda each: each.place)


def _gain(candidate: Quotable, kind: Wanted | None, asked: Sequence[str]) -> float:
    """Return what a sentence gains that gives what is wanted, or is about just what is asked."""
    given = kind is not None and given_in(candidate.text, kind, frozenset(asked))
    lead = set(terms(_LEAD.split(candidate.text.rsplit("\n", 1)[-1].lstrip("|-* "), maxsplit=1)[0]))
    named = bool(lead) and lead == set(about(asked))
    return (GIVEN if given else 1.0) * (NAMED if named else 1.0)


def _on_topic(best: Quotable, asked: Sequence[str]) -> bool:
    """Return whether the heading itself is what was asked: then all under it answers."""
    return bool(best.section) and all(
        share_said(term, frozenset(terms(best.section[-1]))) for term in asked
    )


def _section(best: Quotable, candidates: Sequence[Quotable]) -> list[Quotable]:
    """Return the first sentences under the heading of `best`, in the passage it stands in."""
    under = [
        each for each in candidates
        if each.place[0] == best.place[0] and each.section == best.section
    ]  # fmt: skip
    return _once(under)[:MOST_SENTENCES]


def _once(picked: Sequence[Quotable]) -> list[Quotable]:
    """Return them less every item that is quoted with the sentence that announces its list."""
    return [
        each for each in picked
        if not any(_covers(other, each) for other in picked if other.place != each.place)
    ]  # fmt: skip


def _covers(one: Quotable, other: Quotable) -> bool:
    rank, at = one.place
    return other.place[0] == rank and at <= other.place[1] <= at + one.text.count("\n")


def _worth(candidate: Quotable, left: Mapping[str, float]) -> float:
    held = sum(
        weight
        * max(
            share_said(term, candidate.said),
            HEADING_SHARE * share_said(term, candidate.above),
            TITLE_SHARE * share_said(term, candidate.title),
        )
        for term, weight in left.items()
    )
    # Of two that say as much, the one that says it in fewer words; a list it announces is a gain.
    length = 1 + 0.02 * len(set(terms(candidate.text.split("\n", 1)[0])))
    return held / length * LATER_HIT ** candidate.place[0]

"""Answer without a model: the sentences that say most of what was asked, verbatim."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clearway.tools.docs.alike import share_said
from clearway.tools.docs.injection import speaks_to_a_model
from clearway.tools.docs.question import about, terms_asked
from clearway.tools.docs.sentences import is_item, sentences_of
from clearway.tools.docs.terms import terms
from clearway.tools.docs.types import Found, Hit
from clearway.tools.docs.wanted import Wanted, given_in, wanted

ENOUGH_SUPPORT = 0.7
"""Below it the documents do not hold the answer; set by hand on the questions of two made-up sets
that `evals/bench/docs.py refusal` asks."""
UNSEEN = 50.0
"""Documents that are taken to be there beside those that are: few say little of what is rare."""
MOST_SENTENCES = 4
MOST_ITEMS = 6
"""Steps or rows that follow a sentence which announces them."""
HITS_READ = 5
HEADING_SHARE = 0.8
"""What a word of the headings above counts in choosing, beside one of the sentence itself."""
TITLE_SHARE = 0.4
"""What a word of the title counts in choosing."""
ABOVE = 0.9
"""What a word of the headings and the title counts towards whether it is an answer at all."""
BESIDE = 0.7
"""What a word of the sentence before or after counts towards that."""
ELSEWHERE = 0.3
"""What a word of the rest of the passage counts towards that."""
NOT_GIVEN = 0.6
"""What is left of the support of a sentence that does not give the kind of answer wanted."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """A sentence, or one with the list it announces, and where it stands."""

    text: str
    hit: Hit
    section: tuple[str, ...]
    place: tuple[int, int]
    """Rank of the passage, number of the sentence in it."""
    said: frozenset[str] = frozenset()
    """Its terms."""
    above: frozenset[str] = frozenset()
    """Terms of the headings over it."""
    title: frozenset[str] = frozenset()
    """Terms of the document's title."""
    beside: frozenset[str] = frozenset()
    """Terms of its neighbours under the same heading."""


def support(found: Found, question: str) -> float:
    """Return the share of the question's weight that the best sentence holds, 0 to 1.

    What stands above, beside and around it counts less than what it says itself. Where the question
    wants a kind of answer, such as a time, a sentence without one supports less.
    """
    kind, asked = wanted(question), terms_asked(question)
    weights = {term: _damped(found.weights.get(term, 0.0)) for term in about(asked)}
    total = sum(weights.values())
    if not total:
        return 0.0
    best = 0.0
    for rank, hit in enumerate(found.hits):
        around = frozenset(terms(hit.text))
        for each in _sentences(hit, rank):
            given = kind is None or given_in(each.text, kind, frozenset(asked))
            free = kind.free if kind and given else frozenset()
            held = sum(
                weight * (1.0 if term in free else _share(term, each, around))
                for term, weight in weights.items()
            )
            best = max(best, held / total * (1.0 if given else NOT_GIVEN))
    return min(1.0, best)


def pick(found: Found, question: str) -> list[Picked]:
    """Return the sentences that answer, in the order of their passages."""
    asked, kind = terms_asked(question), wanted(question)
    left = {term: found.weights.get(term, 0.0) for term in about(asked)}
    candidates = [
        each for rank, hit in enumerate(found.hits[:HITS_READ]) for each in _sentences(hit, rank)
    ]
    gain = {each.place: _gain(each, kind, asked) for each in candidates}
    everything = candidates
    picked: list[Picked] = []
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


def _gain(candidate: Picked, kind: Wanted | None, asked: Sequence[str]) -> float:
    """Return what a sentence gains that gives what is wanted, or is about just what is asked."""
    given = kind is not None and given_in(candidate.text, kind, frozenset(asked))
    lead = set(terms(_LEAD.split(candidate.text.rsplit("\n", 1)[-1].lstrip("|-* "), maxsplit=1)[0]))
    named = bool(lead) and lead == set(about(asked))
    return (GIVEN if given else 1.0) * (NAMED if named else 1.0)


def _on_topic(best: Picked, asked: Sequence[str]) -> bool:
    """Return whether the heading itself is what was asked: then all under it answers."""
    return bool(best.section) and all(
        share_said(term, frozenset(terms(best.section[-1]))) for term in asked
    )


def _section(best: Picked, candidates: Sequence[Picked]) -> list[Picked]:
    """Return the first sentences under the heading of `best`, in the passage it stands in."""
    under = [
        each for each in candidates
        if each.place[0] == best.place[0] and each.section == best.section
    ]  # fmt: skip
    return under[:MOST_SENTENCES]


def _sentences(hit: Hit, rank: int) -> Iterator[Picked]:
    """Yield what can be quoted of a passage: no headings, nothing that speaks to a model."""
    section = hit.section
    sentences = sentences_of(hit.text)
    head = ""
    for at, sentence in enumerate(sentences):
        if sentence.startswith("#"):
            heading = sentence.lstrip("# ")
            if heading != hit.title:
                section = (*hit.section[:-1], heading)
            continue
        if speaks_to_a_model(sentence):
            continue
        row = "|" in sentence
        if row and not head and at + 1 < len(sentences) and "|" in sentences[at + 1]:
            head = sentence
            continue
        head = head if row else ""
        text = "\n".join([*([head] if head else []), sentence, *_announced(sentences, at)])
        yield Picked(
            text=text, hit=hit, section=section, place=(rank, at), said=frozenset(terms(text)),
            above=frozenset(terms(" ".join(section))), title=frozenset(terms(hit.title)),
            beside=_beside(sentences, at),
        )  # fmt: skip


def _beside(sentences: Sequence[str], at: int) -> frozenset[str]:
    near = (sentences[at - 1] if at else "", *sentences[at + 1 : at + 2])
    return frozenset(terms(" ".join(each for each in near if not each.startswith("#"))))


def _announced(sentences: Sequence[str], at: int) -> list[str]:
    """Return the list a sentence announces with its colon."""
    items: list[str] = []
    if sentences[at].rstrip("*_ ").endswith(":"):
        for following in sentences[at + 1 : at + 1 + MOST_ITEMS]:
            if not is_item(following) or speaks_to_a_model(following):
                break
            items.append(following)
    return items


def _covers(one: Picked, other: Picked) -> bool:
    rank, at = one.place
    return other.place[0] == rank and at <= other.place[1] <= at + one.text.count("\n")


def _share(term: str, each: Picked, around: frozenset[str]) -> float:
    return max(
        share_said(term, each.said),
        ABOVE * share_said(term, each.above | each.title),
        BESIDE * share_said(term, each.beside),
        ELSEWHERE * (term in around),
    )


def _worth(candidate: Picked, left: Mapping[str, float]) -> float:
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


def _damped(weight: float) -> float:
    return math.log(math.exp(min(weight, 50.0)) + UNSEEN)

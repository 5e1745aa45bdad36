"""Whether a text says a word of a question in another form or by another name."""

from __future__ import annotations

from functools import cache, lru_cache

from clearway.semantics.words.thesaurus import related
from clearway.semantics.words.verbs import link_verbs
from clearway.tools.docs.words.terms import stem

OTHER_FORM = 0.95
OTHER_NAME = 0.85
_SHARED = 5
"""Letters a word must have that is the beginning of another: photo, photograph."""

_GROUPS = """
holiday vacation leave | store keep hold | discard throw dispose | allow permit may permission
forbid ban prohibit | lost stolen missing | spill spilt spillage | damage broken break defect
repair fix mend | send ship deliver dispatch | start begin | end finish complete | stop halt cost
price charge fee rate | pay paid payment compensate remunerate reimburse | refund return wage pay
salary | photo photograph picture | phone telephone mobile | laptop notebook computer warm hot
heat temperature | cold cool chill | fast quick speed rapid | call contact ring tell inform notify
report | approve sign authorise authorize confirm | buy purchase order procure | sell sale
employee staff worker colleague | boss lead supervisor manager | doctor physician | hire recruit
fire dismiss terminate | maximum most limit cap | minimum least | error failure fault bug fail
failure crash | restart rerun | retry repeat again | delete remove erase | change modify edit
alter update | check inspect inspection verify | clean cleaning wash | replace swap change
exchange guest visitor | child children kid | house building premises | car vehicle | toilet
restroom rule policy guideline regulation | define definition mean | yearly annual annually |
respond response react reply answer | need require must necessary | deadline due | early before |
late after safe safety secure | noon midday afternoon | see view visible | emergency accident |
meeting appointment | increase raise | decrease reduce lower
"""
_IRREGULAR = """
thrown throw threw throw forgotten forget forgot forget broken break broke break stolen steal
lost lose worn wear wore wear hidden hide sought seek shut shut met meet understood understand
"""


@cache
def _named() -> dict[str, frozenset[str]]:
    named: dict[str, frozenset[str]] = {}
    for group in _GROUPS.replace("\n", " ").split(" | "):
        words = frozenset(stem(word) for word in group.split())
        for word in words:
            named[word] = named.get(word, frozenset()) | words
    return named


@cache
def _bases() -> dict[str, str]:
    forms = {**link_verbs(), **dict(zip(*[iter(_IRREGULAR.split())] * 2, strict=True))}
    return {stem(form): stem(base) for form, base in forms.items()}


def share_said(term: str, held: frozenset[str]) -> float:
    """Return how surely a text of these terms says `term`: 1 as it stands, 0 not at all."""
    if term in held:
        return 1.0
    base, bases = _base(term), _bases_of(held)
    if base in bases or _begun(term, held):
        return OTHER_FORM
    others = _others(term) | _others(base)
    return OTHER_NAME if not (others.isdisjoint(held) and others.isdisjoint(bases)) else 0.0


def _begun(term: str, held: frozenset[str]) -> bool:
    """Return whether the term begins one that is held, or the other way round."""
    begin = term[:_SHARED]
    if len(begin) < _SHARED:
        return False
    return any(
        each[:_SHARED] == begin and (each.startswith(term) or term.startswith(each))
        for each in held
    )


@lru_cache(maxsize=4_096)
def _bases_of(held: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_base, held))


def _base(term: str) -> str:
    return _bases().get(term, term)


@lru_cache(maxsize=16_384)
def _others(term: str) -> frozenset[str]:
    return _named().get(term, frozenset()) | {stem(word) for word in related(term)}

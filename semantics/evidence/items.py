"""Evidence: what can be said for and against a plan before it runs, one line of plain words each.

Every item has a score: 1 speaks for the plan, and every doubt halves it. What the scores come to
together is `clearway.semantics.evidence.confidence`'s business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from clearway.plans import Evidence, EvidenceKind, Proof, SqlPlan
from clearway.semantics.evidence.agreement import agreement
from clearway.semantics.evidence.compare import Comparison, compare_slots
from clearway.semantics.evidence.linkage import mislinked
from clearway.semantics.evidence.mentions import Mentions, uncompared, unmentioned, unsaid, unused
from clearway.semantics.evidence.plausible import implausible
from clearway.semantics.evidence.sqlform import SqlSlots
from clearway.semantics.evidence.sqlslots import slots_of
from clearway.semantics.evidence.wording import Cues, placed, uncalled, unheard
from clearway.semantics.parsing.cutter import cut
from clearway.semantics.reader import Knowledge
from clearway.semantics.times.period import Calendar
from clearway.semantics.types import Frame
from clearway.semantics.words.tokens import tokenize

MAX_TOLD = 3
"""Doubts of one kind that are named; the others are counted."""

ANY_DAY = Calendar(datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))
"""Which words are a time does not depend on what day it is."""


def evidence_for(
    frame: Frame,
    plan: SqlPlan,
    known: Knowledge,
    *,
    by_rules: SqlPlan | None,
    proof: Proof | None = None,
) -> tuple[Evidence, ...]:
    """Return one item per kind of fact.

    `by_rules` is what the rules make of the same Frame, where they can; `proof` is the database's
    view, where it was asked. A statement that cannot be read back has its planner's word only.
    """
    slots = slots_of(plan.sql, known.catalog)
    found = list(_stated(plan))
    if slots is not None:
        found += _read_back(frame, plan, slots, known)
        found.append(_agreed(plan, slots, known, by_rules))
        found += _sampled(plan, slots, known)
        if proof is not None:
            found.append(_estimate(slots, proof))
    return tuple(found)


def _stated(plan: SqlPlan) -> Iterator[Evidence]:
    who = "planner" if plan.source == "cache" else f"{plan.source} planner"
    said = f"the {who} says it is {plan.stated_confidence:.0%} sure"
    yield Evidence(kind="stated", score=plan.stated_confidence, detail=said)
    if plan.token_probability is not None:
        said = f"the model found its words {plan.token_probability:.0%} likely on average"
        yield Evidence(kind="tokens", score=plan.token_probability, detail=said)


def _read_back(
    frame: Frame, plan: SqlPlan, slots: SqlSlots, known: Knowledge
) -> Iterator[Evidence]:
    atoms = cut(tokenize(frame.text), known.lexicon, ANY_DAY) if frame.language == "en" else []
    cues, named = Cues(atoms), Mentions(frame, atoms, known.lexicon, known.joins)
    compared = compare_slots(frame, slots, known.catalog, known.joins)
    yield _doubted(
        "identifiers",
        [f"no table it reads has “{name}”" for name in sorted(slots.unknown)],
        "every name in it exists",
    )
    yield _coverage(frame, plan, compared)
    yield _doubted(
        "addition", [found.detail for found in compared.added], "it adds nothing to the slots asked"
    )
    if frame.language == "en":  # of any other language not even the small words are known
        yield _doubted(
            "wording",
            [*unheard(cues, slots, known.catalog), *uncalled(cues, slots, known.catalog)],
            f"counts, orders and conditions are as worded{placed(cues)}",
        )
        yield _doubted(
            "mentions",
            [*unused(named, slots), *unmentioned(named, slots)],
            "it is about what the question names",
        )
    yield _doubted(
        "values", [*unsaid(named, slots), *uncompared(named, slots)], "its values are those said"
    )
    yield _doubted(
        "grounding", list(implausible(slots, known.catalog)), "every value fits its column"
    )
    yield _doubted(
        "joins", list(mislinked(slots, known.joins)), "rows are joined by the keys of the database"
    )


def _doubted(kind: EvidenceKind, doubts: Sequence[str], otherwise: str) -> Evidence:
    """Return an item that every doubt halves."""
    doubts = list(dict.fromkeys(doubts))
    detail = "; ".join(doubts[:MAX_TOLD]) or otherwise
    if len(doubts) > MAX_TOLD:
        detail += f"; and {len(doubts) - MAX_TOLD} more"
    return Evidence(kind=kind, score=round(0.5 ** len(doubts), 4), detail=detail)


def _coverage(frame: Frame, plan: SqlPlan, compared: Comparison) -> Evidence:
    """Every slot of the question is in the statement, and every other word at least in its text."""
    text = plan.sql.casefold()
    doubts = [found.detail for found in compared.missing]
    doubts += [
        f"nothing explains “{left.word}”"
        for left in frame.leftover
        if left.matters and not any(word[:5] in text for word in left.word.casefold().split())
    ]
    things = "the one thing" if compared.asked == 1 else f"all {compared.asked} things"
    return _doubted(
        "coverage", doubts, f"{things} asked for {'is' if compared.asked == 1 else 'are'} in it"
    )


def _agreed(plan: SqlPlan, slots: SqlSlots, known: Knowledge, by_rules: SqlPlan | None) -> Evidence:
    """The rules read the question without a model: two that agree are seldom both wrong."""
    if by_rules is None:
        return Evidence(
            kind="agreement", score=0.5, detail="the rules make no plan of it themselves"
        )
    if plan.source == "rules" or plan.sql == by_rules.sql:
        return Evidence(
            kind="agreement", score=1.0, detail="it is what the rules make of the words"
        )
    other = slots_of(by_rules.sql, known.catalog)
    if other is None:
        return Evidence(
            kind="agreement", score=0.5, detail="the rules' own plan cannot be compared"
        )
    share, difference = agreement(slots, other, known.joins)
    if share == 1:
        return Evidence(kind="agreement", score=1.0, detail="the rules plan the same by themselves")
    return Evidence(
        kind="agreement",
        score=round(0.4 * share, 4),
        detail=f"the rules plan otherwise: {difference}",
    )


def _sampled(plan: SqlPlan, slots: SqlSlots, known: Knowledge) -> Iterator[Evidence]:
    if not plan.others:
        return
    read = (slots_of(sql, known.catalog) for sql in plan.others)
    same = sum(o is not None and agreement(slots, o, known.joins)[0] == 1 for o in read)
    asked = len(plan.others)
    detail = f"{same} of {asked} more plans by the same model say the same"
    yield Evidence(kind="samples", score=round(same / asked, 4), detail=detail)


def _estimate(slots: SqlSlots, proof: Proof) -> Evidence:
    """A list the database expects to be empty is suspicious; a single number is one row."""
    about = f"the database expects about {proof.rows:.0f} row{'' if proof.rows == 1 else 's'}"
    single = slots.limit == 1 or (
        bool(slots.outputs) and not slots.groups and all(o.aggregate for o in slots.outputs)
    )
    if proof.rows < 1 or (proof.rows <= 1 and not single and not _pinned(slots)):
        return Evidence(kind="estimate", score=0.5, detail=f"{about}, where a list was asked for")
    return Evidence(kind="estimate", score=1.0, detail=about)


def _pinned(slots: SqlSlots) -> bool:
    """Whether a name, an id or an extreme says which row is meant."""
    exact = any(t.comparator == "=" and not t.negated for t in slots.tests)
    return exact or bool(slots.extremes)


def most_agreed(plans: Sequence[SqlPlan], known: Knowledge) -> SqlPlan:
    """Return the plan most of the others say the same as, with the others noted in it."""
    read = [slots_of(plan.sql, known.catalog) for plan in plans]

    def support(index: int) -> float:
        own = read[index]
        others: Iterable[SqlSlots | None] = (r for n, r in enumerate(read) if n != index)
        if own is None:
            return -1.0
        return sum(agreement(own, other, known.joins)[0] for other in others if other is not None)

    best = max(range(len(plans)), key=support)
    others = tuple(plan.sql for n, plan in enumerate(plans) if n != best)
    return plans[best].model_copy(update={"others": others})

"""What speaks for and against calls before they are made: the question, read once more by rules."""

from __future__ import annotations

from collections.abc import Sequence

from clearway.plans import Evidence, RestPlan
from clearway.tools.rest.planning.chains import Chain

NAMED = 0.7
"""From here on a call names what is asked for."""
JOINED = 0.9
"""What one value taken from an earlier call leaves."""
LOOSE = 0.6
"""What is left where the first of many is taken, and the question does not single one out."""
CLOSE = 0.3
"""A lead from which on a reading has no rival."""


def evidence(plan: RestPlan, chains: Sequence[Chain]) -> tuple[Evidence, ...]:
    """Return the facts about a plan; `chains` are what rules make of the question, best first."""
    if plan.source == "raw":
        return (Evidence(kind="asker", score=1.0, detail="written by the asker as a call"),)
    if plan.health:
        return _health(plan)
    ids = [step.operation_id for step in plan.steps]
    mine = next((each for each in chains if _ids(each) == ids), None)
    mine = mine or next((each for each in chains if each.answers.id == ids[-1]), None)
    stated = Evidence(
        kind="stated", score=plan.stated_confidence, detail="what the planner says itself"
    )
    if mine is None:
        far = Evidence(
            kind="coverage", score=0.0, detail="these calls speak of no word of the question"
        )
        return (far, _beside(chains), stated)
    return (
        _coverage(mine),
        _asked(mine),
        _placed(mine),
        _values(plan, mine),
        _agreement(plan, mine, chains),
        *_joins(plan, mine),
        stated,
    )


def _ids(chain: Chain) -> list[str]:
    return [step.operation_id for step in chain.steps]


def _health(plan: RestPlan) -> tuple[Evidence, ...]:
    detail = f"it asks how {', '.join(plan.health)} is at the moment"
    return (
        Evidence(kind="coverage", score=1.0, detail=detail),
        Evidence(kind="wording", score=1.0, detail=detail),
        Evidence(kind="values", score=1.0, detail="it names nothing else"),
        Evidence(kind="agreement", score=1.0, detail="health checks are declared for it"),
    )


def _beside(chains: Sequence[Chain]) -> Evidence:
    """What the rules make of a question that a plan leaves aside."""
    name = chains[0].answers.id if chains else "nothing here"
    return Evidence(kind="agreement", score=0.2, detail=f"by its words it could be {name}")


def _coverage(chain: Chain) -> Evidence:
    return Evidence(
        kind="coverage",
        score=round(chain.explained, 4),
        detail=f"the calls speak of {chain.explained:.0%} of what the question says",
    )


def _asked(chain: Chain) -> Evidence:
    detail = "what the call brings is what the question asks for"
    if chain.named < NAMED:
        detail = "the call does not name what the question asks for"
    return Evidence(kind="wording", score=round(chain.named, 4), detail=detail)


def _placed(chain: Chain) -> Evidence:
    detail = "names are looked for among what they name"
    if chain.placed < 1:
        detail = "a name is looked for where the question does not say it is one"
    return Evidence(kind="mentions", score=round(chain.placed, 4), detail=detail)


def _values(plan: RestPlan, chain: Chain) -> Evidence:
    left_out = [
        name
        for planned, read in zip(plan.steps, chain.steps, strict=False)
        if planned.operation_id == read.operation_id
        for name in read.parameters
        if name not in planned.parameters and name not in planned.takes
    ]
    if left_out:
        detail = f"the question gives {left_out[0]}, and the call leaves it out"
        return Evidence(kind="values", score=0.2, detail=detail)
    if not chain.unused:
        return Evidence(kind="values", score=1.0, detail="every name and number is given to a call")
    return Evidence(kind="values", score=0.2, detail=f"{chain.unused[0]!r} is given to no call")


def _agreement(plan: RestPlan, mine: Chain, chains: Sequence[Chain]) -> Evidence:
    others = [
        each for each in chains if each.answers.id != mine.answers.id and not _begins(each, mine)
    ]
    lead = mine.score - (others[0].score if others else 0.0)
    if others and lead < 0:
        name = others[0].answers.id
        score = round(max(0.6 + lead, 0.2), 4)
        return Evidence(kind="agreement", score=score, detail=f"by its words it could be {name}")
    score = 0.6 + 0.4 * min(max(lead, 0.0) / CLOSE, 1.0)
    detail = "no other operation fits the question as well"
    return Evidence(kind="agreement", score=round(score, 4), detail=detail)


def _begins(shorter: Chain, longer: Chain) -> bool:
    """Whether a chain is how a better one begins: a part of it, and no other reading."""
    ids = _ids(shorter)
    return ids == _ids(longer)[: len(ids)] and shorter.score < longer.score


def _joins(plan: RestPlan, chain: Chain) -> tuple[Evidence, ...]:
    """Speak of what is taken from earlier calls: less surely where nothing says of which thing."""
    taken = [name for step in plan.steps for name in step.takes]
    if not taken:
        return ()
    detail = f"{', '.join(taken)} comes from an earlier call"
    if chain.loose:
        detail += ", the first of those the question speaks of"
    score = JOINED ** len(taken) * LOOSE**chain.loose
    return (Evidence(kind="joins", score=round(score, 4), detail=detail),)

"""Gate: collect evidence, turn it into one confidence, and decide before anything executes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from langgraph.types import Command

from clearway.graph.context import Context
from clearway.graph.keeping import made_here
from clearway.graph.ports import Services
from clearway.graph.state import Ending, State
from clearway.graph.turn import NOT_OURS, abstention_of, inquiry_of, noted, weighed_text
from clearway.outcome import Degradation
from clearway.plans import PLAN, SOUND, Evidence
from clearway.semantics.types import Abstention, Frame

MAX_CHOICES = 3
NAME_A_MEASURE = "Name a measure and how to group it."


async def gate(
    state: State, context: Context, services: Services
) -> Command[Literal["validate", "clarify", "fallback", "respond"]]:
    """Go on only where the evidence reaches the threshold; below it nothing is executed."""
    plan, policy = state.get("plan"), services.policy
    threshold = max(state["request"]["threshold"], policy.min_confidence_threshold)
    if plan is None:
        return without(abstention_of(state.get("abstention") or {}), {})
    if not made_here(state, services):
        return Command(goto="respond", update={"ending": NOT_OURS})
    tool, proposal = services.tools[plan["tool"]], PLAN.validate_python(plan)
    inquiry = inquiry_of(state, services.clock.now())
    found = await tool.weigh(proposal, inquiry)
    evidence = (*found.evidence, *repairs(state))
    confidence = tool.confidence(evidence)
    update: State = {
        "evidence": [item.model_dump(mode="json") for item in evidence],
        "confidence": confidence,
        "objection": found.objection.model_dump(mode="json") if found.objection else None,
        "proof": found.proof.model_dump(mode="json") if found.proof else None,
    }
    # A plan that was refused is not unlikely but wrong: `validate` says so, with the reason.
    if found.objection or confidence >= threshold:
        seal = None if found.objection else services.seal.sign(weighed_text(state))
        return Command(goto="validate", update={**update, "gate_seal": seal})
    if proposal.source == "model" and not isinstance(tool.by_rules(inquiry), Abstention):
        note = Degradation(kind="fallback", detail=f"model plan at confidence {confidence:.2f}")
        return Command(goto="fallback", update={**update, "degradations": noted(state, note)})
    if found.shortfall is not None:
        return without(found.shortfall, update)
    return Command(goto="clarify", update={**update, "ending": doubt(state, evidence, confidence)})


def doubt(state: State, evidence: tuple[Evidence, ...], confidence: float) -> Ending:
    """Return the question to ask back about a plan that is not certain enough."""
    weak = sorted((item for item in evidence if item.score < SOUND), key=lambda item: item.score)
    reasons = [item.detail for item in weak[:MAX_CHOICES]]
    return {
        "kind": "clarify",
        "reason": f"Confidence {confidence:.2f} is below {state['request']['threshold']:.2f}: "
        + "; ".join(reasons),
        "prompt": "I am not sure enough to answer. Could you say it in other words?",
        "unclear": unexplained(state),
        "choices": [],
    }


def unexplained(state: State) -> list[str]:
    """Return the words of the question that no slot explains and that matter."""
    frame = state.get("frame")
    if frame is None:
        return []
    return [left.word for left in Frame.from_json(frame).leftover if left.matters]


def repairs(state: State) -> tuple[Evidence, ...]:
    """Every proposal of this turn that was refused before makes the next a little less likely."""
    times = len(state.get("rejected", []))
    if not times:
        return ()
    detail = f"{times} earlier proposal{'' if times == 1 else 's'} of this turn had to be repaired"
    return (Evidence(kind="repairs", score=round(1 / (1 + times), 4), detail=detail),)


def without(
    why: Abstention, update: State
) -> Command[Literal["validate", "clarify", "fallback", "respond"]]:
    """Ask back where a question can settle it, else say honestly why there is no plan."""
    ending: Ending
    if why.retry_after_s is not None:
        wait_s = why.retry_after_s
        ending = {"kind": "limited", "reason": why.reason, "retry_after_s": wait_s}
        return Command(goto="respond", update={**update, "ending": ending})
    if why.readings or why.unclear:
        ending = {
            "kind": "clarify",
            "reason": why.reason,
            "prompt": why.reason
            if why.readings
            else f"{why.reason} Could you say it in other words?",
            "unclear": list(why.unclear),
            "choices": [asdict(reading) for reading in why.readings[:MAX_CHOICES]],
        }
        return Command(goto="clarify", update={**update, "ending": ending})
    ending = {"kind": "refused", "reason": why.reason, "remedy": why.remedy or NAME_A_MEASURE}
    return Command(goto="respond", update={**update, "ending": ending})

"""Gate: collect evidence, turn it into one confidence, and decide before anything executes."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Command

from clearway.graph.context import Context
from clearway.graph.ports import Services
from clearway.graph.state import Ending, Json, Request, State
from clearway.graph.turn import noted, principal_of, remaining_s
from clearway.identity import Principal
from clearway.outcome import Degradation
from clearway.plans import CheckedSql, Evidence, Proof, Rejection, SqlPlan
from clearway.semantics.types import Frame

MAX_CHOICES = 3
SOUND = 0.85
"""From this score on a fact is no reason to doubt."""


async def gate(
    state: State, context: Context, services: Services
) -> Command[Literal["validate", "clarify", "fallback", "respond"]]:
    """Go on only where the evidence reaches the threshold; below it nothing is executed."""
    request, plan = state["request"], state.get("plan")
    if plan is None:
        return _without_plan(state, services)
    proposal = SqlPlan.model_validate(plan)
    evidence, found = await collect(proposal, state, services)
    confidence = services.confidence.of(evidence)
    update: State = {
        "evidence": [item.model_dump(mode="json") for item in evidence],
        "confidence": confidence,
        "objection": found.model_dump(mode="json") if isinstance(found, Rejection) else None,
        "proof": found.model_dump(mode="json") if isinstance(found, Proof) else None,
    }
    # A statement that was refused is not unlikely but wrong: `validate` says so, with the reason.
    if isinstance(found, Rejection) or confidence >= request["threshold"]:
        return Command(goto="validate", update=update)
    if proposal.source == "model" and _rules_can(state, services):
        note = Degradation(kind="fallback", detail=f"model plan at confidence {confidence:.2f}")
        return Command(goto="fallback", update={**update, "degradations": noted(state, note)})
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


def _rules_can(state: State, services: Services) -> bool:
    """Return whether another plan is to be had without a model."""
    frame = Frame.from_json(state["frame"] or {})
    return isinstance(services.semantics.plan(frame, principal_of(state["request"])), SqlPlan)


async def collect(
    proposal: SqlPlan, state: State, services: Services
) -> tuple[tuple[Evidence, ...], Proof | Rejection]:
    """Return the evidence, and the database's word on the statement or the objection to it."""
    request = state["request"]
    principal = principal_of(request)
    checked = services.interlock.check(proposal.sql, principal)
    found: Proof | Rejection = (
        checked
        if isinstance(checked, Rejection)
        else await _proven(checked, principal, request, services)
    )
    proof = found if isinstance(found, Proof) else None
    evidence = _from_question(proposal, state, principal, proof, services)
    return (*evidence, *_repairs(state), _verdict(found)), found


def _from_question(
    proposal: SqlPlan,
    state: State,
    principal: Principal,
    proof: Proof | None,
    services: Services,
) -> tuple[Evidence, ...]:
    if proposal.source == "raw":
        return (Evidence(kind="asker", score=1.0, detail="written by the asker as SQL"),)
    frame = Frame.from_json(state["frame"] or {})
    return services.semantics.evidence(frame, proposal, principal, proof=proof)


def _repairs(state: State) -> tuple[Evidence, ...]:
    """Every proposal of this turn that was refused before makes the next a little less likely."""
    times = len(state.get("rejected", []))
    if not times:
        return ()
    detail = f"{times} earlier proposal{'' if times == 1 else 's'} of this turn had to be repaired"
    return (Evidence(kind="repairs", score=round(1 / (1 + times), 4), detail=detail),)


def _verdict(found: Proof | Rejection) -> Evidence:
    if isinstance(found, Rejection):
        return Evidence(kind="objection", score=0.0, detail=found.reason)
    planned = f"the database plans it: about {found.rows:.0f} rows, cost {found.cost:.0f}"
    return Evidence(kind="explain", score=1.0, detail=planned)


async def _proven(
    checked: CheckedSql, principal: Principal, request: Request, services: Services
) -> Proof | Rejection:
    left_s = remaining_s(request, services.clock.now())
    return await services.prover.prove(checked, principal, timeout_s=left_s)


def _without_plan(
    state: State, services: Services
) -> Command[Literal["validate", "clarify", "fallback", "respond"]]:
    """Ask back where a question can settle it, else say honestly why there is no plan."""
    why: Json = state.get("abstention") or {"reason": "No plan could be made."}
    reason, unclear = str(why["reason"]), list(why.get("unclear", []))
    readings = list(why.get("readings", []))[:MAX_CHOICES]
    ending: Ending
    if readings or unclear:
        ending = {
            "kind": "clarify",
            "reason": reason,
            "prompt": reason if readings else f"{reason} Could you say it in other words?",
            "unclear": unclear,
            "choices": readings,
        }
        return Command(goto="clarify", update={"ending": ending})
    ending = {"kind": "refused", "reason": reason, "remedy": "Name a measure and how to group it."}
    return Command(goto="respond", update={"ending": ending})

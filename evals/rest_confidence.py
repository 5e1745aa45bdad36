"""Fit the confidence in calls: `python -m clearway.evals.rest_confidence CORPUS [--write FILE]`.

CORPUS has OpenAPI documents (`NAME.json`) and `questions.jsonl` of `{"document", "question",
"calls": [{"operation", "parameters"}]}`; no calls where nothing the document has would answer.
What the rules propose, and their next best readings, are the plans: right where they are the calls
given. Every figure is of a document the parameters were not fitted on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clearway.evals.fit import ABSENT, Example, fit
from clearway.evals.reliability import Judged, auroc, brier, ece
from clearway.identity import Principal
from clearway.plans import Evidence, EvidenceKind, RestPlan, RestStep
from clearway.semantics.evidence.confidence import Calibration
from clearway.tools.rest.chains import Chain
from clearway.tools.rest.planner import SOURCE_ID, RulesPlanner
from clearway.tools.rest.registry import load_registry
from clearway.tools.rest.weigh import evidence

ASKER = Principal(user="fit")
KINDS: tuple[EvidenceKind, ...] = ("coverage", "values", "agreement", "joins")
"""What the questions vary in."""
PRIOR: dict[EvidenceKind, float] = {"identifiers": 8.0, "stated": 1.0, "repairs": 0.5}
"""Set by hand: every plan of the rules is as declared and none is repaired, and a plan's own word
about itself counts for little."""
READINGS = 3
"""Of each question, as many readings are judged."""
THRESHOLD = 0.7
STRAY = 0.25
"""How much a call of something else counts, of which there is one for each question."""
_STRAY = RestPlan(
    source="model",
    source_id=SOURCE_ID,
    steps=(RestStep(operation_id="another.operation"),),
    stated_confidence=0.9,
)
"""A call of something the question does not speak of, as a model may come up with."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One question and the calls that answer it."""

    document: str
    question: str
    calls: tuple[tuple[str, str], ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how good the confidence is where it was not fitted; write it where asked to."""
    parser = argparse.ArgumentParser(description="Fit the confidence in calls.")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--write", type=Path, help="where the parameters go")
    options = parser.parse_args(arguments)
    examples = list(examples_of(options.corpus))
    record = recorded(examples, options.corpus.name)
    for name, value in record.items():
        print(f"{name:22} {value}")
    fitted = fitted_on(examples).model_copy(update={"record": record})
    print(f"intercept {fitted.intercept}, weights {dict(fitted.weights)}")
    if options.write:
        options.write.write_text(fitted.model_dump_json(indent=2) + "\n", "utf-8")
    return 0


def fitted_on(examples: Sequence[Example]) -> Calibration:
    """Return the parameters that make the examples likeliest.

    A plan that takes nothing from an earlier call has no joins to doubt; what else nobody
    collected counts as doubtful.
    """
    absent = {kind: score for kind, score in ABSENT.items() if kind in KINDS and kind != "joins"}
    return fit(examples, kinds=KINDS, prior=PRIOR).model_copy(update={"absent": absent})


def recorded(examples: Sequence[Example], name: str) -> dict[str, Any]:
    """Return what the parameters were fitted on, and how good they are on what was left out."""
    judged = list(left_out(examples))
    ranks = auroc(judged)
    answered = [each for each in judged if each.confidence >= THRESHOLD]
    wrong = sum(not each.right for each in answered)
    return {
        "corpus": name,
        "kind": "development questions written for this project; each document judged by "
        "parameters fitted on the others",
        "documents": len({each.source for each in examples}),
        "questions": len({each.group for each in examples}),
        "examples": len(examples),
        "right": sum(each.right for each in examples),
        "features": list(KINDS),
        "ece": round(ece(judged), 4),
        "brier": round(brier(judged), 4),
        "auroc": round(ranks, 4) if ranks is not None else None,
        f"answered_at_{THRESHOLD}": len(answered),
        f"wrong_at_{THRESHOLD}": wrong,
    }


def left_out(examples: Sequence[Example]) -> Iterator[Judged]:
    """Yield every example judged by parameters fitted on the other documents."""
    for source in sorted({each.source for each in examples}):
        fitted = fitted_on([each for each in examples if each.source != source])
        yield from (
            Judged(fitted.of(each.evidence), each.right, each.weight)
            for each in examples
            if each.source == source
        )


def examples_of(corpus: Path) -> Iterator[Example]:
    """Yield what the rules propose for every question, and their next best readings."""
    cases = list(_cases(corpus / "questions.jsonl"))
    for document in sorted({each.document for each in cases}):
        planner = _planner(corpus / f"{document}.json")
        for case in cases:
            if case.document == document:
                yield from _judged(case, planner)


def _judged(case: Case, planner: RulesPlanner) -> Iterator[Example]:
    chains = planner.chains(case.question, ASKER)
    for chain in chains[:READINGS]:
        if chain.lacking:
            continue
        plan = _plan_of(chain, chains)
        yield Example(
            group=f"{case.document}: {case.question}",
            source=case.document,
            evidence=_known(plan, chains),
            right=_said(plan) == case.calls,
        )
    yield Example(
        group=f"{case.document}: {case.question}",
        source=case.document,
        evidence=_known(_STRAY, chains),
        right=False,
        weight=STRAY,
    )


def _known(plan: RestPlan, chains: Sequence[Chain]) -> tuple[Evidence, ...]:
    found = evidence(plan, chains)
    if any(each.kind == "joins" for each in found):
        return found
    return (*found, Evidence(kind="joins", score=1.0, detail="it takes nothing from another call"))


def _plan_of(chain: Chain, chains: Sequence[Chain]) -> RestPlan:
    rivals = [each.score for each in chains if each is not chain]
    lead = max(chain.score - max(rivals, default=0.0), 0.0)
    stated = min(0.6 + 0.3 * chain.covered + 0.3 * min(lead, 0.3), 0.95)
    return RestPlan(
        steps=chain.steps, source="rules", source_id=SOURCE_ID, stated_confidence=round(stated, 4)
    )


def _said(plan: RestPlan) -> tuple[tuple[str, str], ...]:
    return tuple(
        (step.operation_id.split(".", 1)[1], _plain(dict(step.parameters))) for step in plan.steps
    )


def _plain(values: object) -> str:
    return json.dumps(values, sort_keys=True)


def _cases(path: Path) -> Iterator[Case]:
    for line in path.read_text("utf-8").splitlines():
        each = json.loads(line)
        calls = tuple((call["operation"], _plain(call["parameters"])) for call in each["calls"])
        yield Case(document=each["document"], question=each["question"], calls=calls)


def _planner(document: Path) -> RulesPlanner:
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / document.name).write_bytes(document.read_bytes())
        (folder / "services.yaml").write_text(
            f"version: 1\nservices:\n  {document.stem}:\n    openapi: {document.name}\n"
            "    allow: {methods: [GET, POST]}\n    writes: approval\n",
            "utf-8",
        )
        return RulesPlanner(load_registry(folder / "services.yaml"))


if __name__ == "__main__":
    main()

"""Fit the confidence in calls: `python -m clearway.evals.rest_confidence CORPUS... [--write FILE]`.

A CORPUS, a folder or a packed one (`.tar.gz`), has OpenAPI documents (`NAME.json`) and
`questions.jsonl` of `{"document" or "service", "question", "calls"}`. A call is `{"operation",
"parameters"}`, or `[METHOD, PATH]` with its values in `"parameters"` beside it; there are none
where nothing the document has would answer. What the rules propose, and their next best readings,
are the plans: right where they are the calls given, with their values. Every figure is of a
document the parameters were not fitted on.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clearway.evals.bench.rest import route
from clearway.evals.fit import ABSENT, Example, fit
from clearway.evals.reliability import Judged, auroc, brier, ece
from clearway.identity import Principal
from clearway.plans import Evidence, EvidenceKind, RestPlan, RestStep
from clearway.semantics.evidence.confidence import Calibration
from clearway.tools.rest.declared.registry import Registry, load_registry
from clearway.tools.rest.planning.chains import Chain
from clearway.tools.rest.planning.planner import SOURCE_ID, RulesPlanner
from clearway.tools.rest.planning.weigh import evidence

ASKER = Principal(user="fit")
KINDS: tuple[EvidenceKind, ...] = ("mentions", "values", "agreement", "joins")
"""What the questions vary in."""
PRIOR: dict[EvidenceKind, float] = {
    "wording": 2.2,
    "coverage": 3.0,
    "identifiers": 8.0,
    "stated": 1.0,
    "repairs": 0.5,
}
"""Set by hand. A call that names nothing of what is asked for must not be answered with, whatever
else fits, and the two are nearly the same to a fit; every plan of the rules is as declared and
none is repaired; a plan's own word about itself counts for little."""
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


Call = tuple[str, str]
"""`METHOD /path`, or the id of an operation, and the values it is given, as text."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One question and the calls that answer it."""

    document: str
    question: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One document and what is asked of it."""

    name: str
    planner: RulesPlanner
    registry: Registry
    cases: tuple[Case, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print how good the confidence is where it was not fitted; write it where asked to."""
    parser = argparse.ArgumentParser(description="Fit the confidence in calls.")
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--write", type=Path, help="where the parameters go")
    options = parser.parse_args(arguments)
    subjects = subjects_of(options.corpora)
    examples = list(examples_of(subjects))
    record = recorded(subjects, examples, [each.name for each in options.corpora])
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
    absent = {
        kind: score
        for kind, score in ABSENT.items()
        if kind in (*KINDS, *PRIOR) and kind != "joins"
    }
    return fit(examples, kinds=KINDS, prior=PRIOR).model_copy(update={"absent": absent})


def recorded(
    subjects: Sequence[Subject], examples: Sequence[Example], names: Sequence[str]
) -> dict[str, Any]:
    """Return what the parameters were fitted on, and how good they are on what was left out."""
    judged = list(left_out(examples))
    ranks = auroc(judged)
    return {
        "corpora": list(names),
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
        f"answered_at_{THRESHOLD}": {
            each.name: answered(each, _without(examples, each.name)) for each in subjects
        },
    }


def answered(subject: Subject, fitted: Calibration) -> dict[str, int]:
    """Return how many questions a document is planned for and sure enough of, and how many wrongly.

    `calls` counts the plans of other calls; `values` those of the right calls with other values.
    """
    counts = {"answered": 0, "calls": 0, "values": 0}
    for case in subject.cases:
        plan = subject.planner.plan(case.question, ASKER)
        if not isinstance(plan, RestPlan):
            continue
        known = _known(plan, subject.planner.chains(case.question, ASKER))
        if fitted.of(known) >= THRESHOLD:
            right_calls = _right(plan, case, subject.registry, values=False)
            counts["answered"] += 1
            counts["calls"] += not right_calls
            counts["values"] += right_calls and not _right(plan, case, subject.registry)
    return counts


def left_out(examples: Sequence[Example]) -> Iterator[Judged]:
    """Yield every example judged by parameters fitted on the other documents."""
    for source in sorted({each.source for each in examples}):
        fitted = _without(examples, source)
        yield from (
            Judged(fitted.of(each.evidence), each.right, each.weight)
            for each in examples
            if each.source == source
        )


def _without(examples: Sequence[Example], source: str) -> Calibration:
    return fitted_on([each for each in examples if each.source != source])


def subjects_of(corpora: Iterable[Path]) -> list[Subject]:
    """Return the documents of the corpora with the questions asked of each."""
    return [subject for corpus in corpora for subject in _subjects(corpus)]


def examples_of(subjects: Iterable[Subject]) -> Iterator[Example]:
    """Yield what the rules propose for every question, and their next best readings."""
    for subject in subjects:
        for case in subject.cases:
            yield from _judged(case, subject)


def _judged(case: Case, subject: Subject) -> Iterator[Example]:
    chains = subject.planner.chains(case.question, ASKER)
    for chain in chains[:READINGS]:
        if chain.lacking:
            continue
        plan = _plan_of(chain, chains)
        yield Example(
            group=f"{case.document}: {case.question}",
            source=case.document,
            evidence=_known(plan, chains),
            right=_right(plan, case, subject.registry),
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


def _right(plan: RestPlan, case: Case, registry: Registry, *, values: bool = True) -> bool:
    if len(plan.steps) != len(case.calls):
        return False
    for step, (name, given) in zip(plan.steps, case.calls, strict=True):
        operation = registry.get(step.operation_id)
        if operation is None or name not in (operation.id.split(".", 1)[1], route(operation)):
            return False
        if values and _plain(dict(step.parameters)) != given:
            return False
    return True


def _plain(values: object) -> str:
    return json.dumps(values, sort_keys=True).casefold()


def _subjects(corpus: Path) -> Iterator[Subject]:
    with TemporaryDirectory() as place:
        folder = corpus if corpus.is_dir() else _unpacked(corpus, Path(place))
        cases = list(_cases(folder / "questions.jsonl"))
        for document in sorted({each.document for each in cases}):
            registry = _registry(folder / f"{document}.json")
            yield Subject(
                name=document,
                planner=RulesPlanner(registry),
                registry=registry,
                cases=tuple(each for each in cases if each.document == document),
            )


def _unpacked(packed: Path, place: Path) -> Path:
    with tarfile.open(packed) as archive:
        archive.extractall(place, filter="data")
    return next(place.rglob("questions.jsonl")).parent


def _cases(path: Path) -> Iterator[Case]:
    for line in path.read_text("utf-8").splitlines():
        each = json.loads(line)
        if "document" in each:
            calls = [(call["operation"], _plain(call["parameters"])) for call in each["calls"]]
        else:
            given = zip(each["calls"], each["parameters"], strict=True)
            calls = [(" ".join(call), _plain(values)) for call, values in given]
        document = each.get("document") or each["service"]
        yield Case(document=document, question=each["question"], calls=tuple(calls))


def _registry(document: Path) -> Registry:
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / document.name).write_bytes(document.read_bytes())
        (folder / "services.yaml").write_text(
            f"version: 1\nservices:\n  {document.stem}:\n    openapi: {document.name}\n"
            "    base_url: https://service.invalid\n"
            "    allow: {methods: [GET, POST, PUT, PATCH, DELETE]}\n    writes: approval\n",
            "utf-8",
        )
        return load_registry(folder / "services.yaml")


if __name__ == "__main__":
    main()

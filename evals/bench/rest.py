"""Choosing operations without a model: `python -m clearway.evals.bench.rest FOLDER`, or `speed`.

FOLDER has `openapi.json` (or `.gz`) and `questions.json`: [{query, solution: ["GET /path", ...],
parameters?: [{name: value}, ...]}]. The last call of a solution answers; the others bring what it
needs. No calls: nothing the document has would answer. Parameters are what the question says for
each call. Writes are allowed where a solution has one, and none is sent. `speed` plans against a
document of 640 operations nobody wrote.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from clearway.evals.bench.figure import show
from clearway.evals.bench.rest_large import large_document, large_questions
from clearway.identity import Principal
from clearway.plans import CheckedRest, Rejection, RestPlan
from clearway.tools.rest.calling.check import check
from clearway.tools.rest.declared.registry import Registry, load_registry
from clearway.tools.rest.declared.types import Operation
from clearway.tools.rest.planning.planner import RulesPlanner

ASKER = Principal(user="bench")
PLANS = 200
ALL = "    allow: {methods: [GET, POST, PUT, PATCH, DELETE]}\n    writes: approval\n"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One question and the calls its author gave."""

    question: str
    calls: tuple[str, ...]
    parameters: tuple[dict[str, object], ...] = ()


def main(folder: Path) -> None:
    """Print how often the right operations were chosen, and how long it took."""
    cases = [
        Case(
            question=each["query"],
            calls=tuple(call.strip() for call in each["solution"]),
            parameters=tuple(each.get("parameters", ())),
        )
        for each in json.loads((folder / "questions.json").read_text("utf-8"))
    ]
    writes = any(not call.startswith("GET ") for case in cases for call in case.calls)
    registry = described(folder, writes=writes)
    declared = {route(each) for each in registry.operations}
    known = [each for each in cases if declared.issuperset(each.calls)]
    print(f"{len(registry.operations)} operations, {len(cases)} questions")
    if len(known) < len(cases):
        print(f"{len(cases) - len(known)} name a call no document has; they count as wrong")
    planner = RulesPlanner(registry)
    report(planner, registry, [each for each in cases if each.calls])
    _report_said(planner, registry, [each for each in cases if each.calls and each.parameters])
    if absent := [each for each in cases if not each.calls]:
        planned = sum(isinstance(planner.plan(each.question, ASKER), RestPlan) for each in absent)
        print(f"nothing answers: planned all the same {planned}/{len(absent)}")


def report(planner: RulesPlanner, registry: Registry, cases: Sequence[Case]) -> None:
    """Print the figures."""
    first = five = whole = right = planned = called = gold = hits = answered = valid = 0
    took = []
    for case in cases:
        began = time.perf_counter()
        chains = planner.chains(case.question, ASKER)
        took.append(time.perf_counter() - began)
        ranked = [route(each.answers) for each in chains]
        first += ranked[:1] == [case.calls[-1]]
        five += case.calls[-1] in ranked[:5]
        best = [route(each) for each in chains[0].operations] if chains else []
        whole += tuple(best) == case.calls
        hits += len(set(best) & set(case.calls))
        called += len(set(best))
        gold += len(set(case.calls))
        plan = planner.plan(case.question, ASKER)
        if isinstance(plan, RestPlan):
            planned += 1
            routes = [registry.get(step.operation_id) for step in plan.steps]
            said = [route(each) for each in routes if each]
            right += tuple(said) == case.calls
            answered += said[-1:] == [case.calls[-1]]
            found = check(plan, registry, ASKER, source_id="services")
            valid += isinstance(found, CheckedRest) and not isinstance(found, Rejection)
    n = len(cases)
    print(f"the call that answers: top-1 {first}/{n}, top-5 {five}/{n}")
    print(f"the whole sequence: {whole}/{n}; calls: precision {hits / max(called, 1):.3f}, "
          f"recall {hits / max(gold, 1):.3f}")  # fmt: skip
    print(f"planned without asking back: {planned}/{n}, of these the call that answers is right in "
          f"{answered}, the whole sequence in {right}; valid {valid}/{planned}")  # fmt: skip
    cuts = quantiles((each * 1000 for each in took), n=20)
    print(f"time: p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms")


def _report_said(planner: RulesPlanner, registry: Registry, cases: Sequence[Case]) -> None:
    """Print how much of what questions say stands in the calls, where those are right."""
    said = kept = 0
    for case in cases:
        plan = planner.plan(case.question, ASKER)
        steps = plan.steps if isinstance(plan, RestPlan) else ()
        operations = [registry.get(step.operation_id) for step in steps]
        if tuple(route(each) for each in operations if each) != case.calls:
            continue
        for step, values in zip(steps, case.parameters, strict=False):
            said += len(values)
            kept += sum(_same(step.parameters.get(name), value) for name, value in values.items())
    if said:
        print(f"values the questions say, in right sequences: {kept}/{said} in their parameters")


def _same(placed: object, said: object) -> bool:
    """Whether a value is the one that was said, a number or its digits alike."""
    if isinstance(placed, dict) or isinstance(said, dict | list):
        return placed == said
    return str(placed).casefold() == str(said).casefold()


def speed() -> None:
    """Print how long a plan takes against a large document."""
    with TemporaryDirectory() as place:
        (Path(place) / "openapi.json").write_text(json.dumps(large_document()), "utf-8")
        registry = described(Path(place))
    began = time.perf_counter()
    planner = RulesPlanner(registry)
    print(f"{len(registry.operations)} operations indexed in {time.perf_counter() - began:.2f} s")
    samples = []
    for question in large_questions(PLANS):
        began = time.perf_counter()
        planner.plan(question, ASKER)
        samples.append((time.perf_counter() - began) * 1000)
    show("plan", samples)


def described(folder: Path, *, writes: bool = False) -> Registry:
    """Return the registry of one document, with every read allowed, or with everything."""
    packed = folder / "openapi.json.gz"
    document = packed if packed.exists() else folder / "openapi.json"
    text = gzip.decompress(document.read_bytes()) if document is packed else document.read_bytes()
    with TemporaryDirectory() as place:
        (Path(place) / "openapi.json").write_bytes(text)
        services = "version: 1\nservices:\n  service:\n    openapi: openapi.json\n"
        (Path(place) / "services.yaml").write_text(
            services + "    base_url: https://service.invalid\n" + (ALL if writes else ""), "utf-8"
        )
        return load_registry(Path(place) / "services.yaml")


def route(operation: Operation) -> str:
    """Return `GET /path`, as solutions name calls."""
    return f"{operation.method} {operation.path}"


if __name__ == "__main__":
    speed() if sys.argv[1:] == ["speed"] else main(Path(sys.argv[1]))

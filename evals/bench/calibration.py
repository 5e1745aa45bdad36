"""How well confidence tells right plans from wrong ones, and how true its figures are.

    python -m clearway.evals.bench.calibration --data DIR [--scorer FILE] [--only NAME]
        [--golden] [--write FILE] [--shipped]

DIR is that of `clearway.evals.bench.nl2sql`. Half of the questions, chosen by a hash of their gold
statement, fit the parameters; everything printed is about the other half. `--shipped` judges the
shipped parameters instead; `--write` keeps the fitted ones, with their record. Exits 1 where plans
that were made wrong in one place do not stand below the gold (AUROC under 0.85, in all or in one
database).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from clearway.calibration import shipped_calibration
from clearway.evals.bench.nl2sql import load_scorer
from clearway.evals.cases import load_cases
from clearway.evals.diagram import risk_lines, terminal_lines
from clearway.evals.fit import fit, recorded_in
from clearway.evals.recorded import GOLD, RULES, Recorded, golden_plans, recorded_plans
from clearway.evals.reliability import Judged, auroc, brier, ece, risk_coverage
from clearway.evals.run import HERE
from clearway.semantics.evidence.confidence import Calibration
from clearway.stores.embedded.server import join

MIN_AUROC = 0.85
SEED = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, measure and report; exit 1 where the ranking is too weak."""
    options = _options(arguments)
    plans = collect(options.data, options.scorer, only=options.only)
    if options.golden:
        plans += asyncio.run(golden_plans(load_cases(HERE / "golden.jsonl")))
    used = [each for each in plans if not each.held_out]
    rest = [each for each in plans if each.held_out]
    calibration = shipped_calibration() if options.shipped else fit([e.example for e in used])
    print(f"fitted on {len(used)} plans, judged on {len(rest)} others")
    weak = _models(rest, calibration)
    _rules(rest, calibration)
    if options.write is not None:
        judged = [_judged(each, calibration) for each in rest]
        sources = {name: sum(e.database == name for e in used) for name in sorted(_names(plans))}
        kept = recorded_in(
            calibration,
            judged,
            n=len(used),
            sources={f"{name}: {_of(name)}": n for name, n in sources.items()},
            date=datetime.now(UTC).date().isoformat(),
        )
        options.write.write_text(kept.model_dump_json(indent=2) + "\n", "utf-8")
    return int(weak)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how well confidence is calibrated.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scorer", type=Path, help="the scorer, where it is not in DIR")
    parser.add_argument("--only", action="append", help="one database, or several; all by default")
    parser.add_argument("--golden", action="store_true", help="the answered golden cases too")
    parser.add_argument("--write", type=Path, help="write the fitted parameters here")
    parser.add_argument("--shipped", action="store_true", help="judge the shipped parameters")
    return parser.parse_args(arguments)


def collect(
    data: Path,
    scorer: Path | None = None,
    *,
    seed: int = SEED,
    only: Sequence[str] | None = None,
) -> list[Recorded]:
    """Return the recorded plans of the databases in a folder; the same for the same seed."""
    module = load_scorer(scorer or data / "exec_accuracy.py")
    names = sorted(path.name.split(".")[0] for path in data.glob("*.questions.jsonl"))
    names = [name for name in names if only is None or name in only]
    with tempfile.TemporaryDirectory(prefix="calibration") as folder:
        server = join(Path(folder))
        try:
            return [
                each
                for name in names
                for each in recorded_plans(server, name, data, module, seed=seed)
            ]
        finally:
            server.leave()


def _of(name: str) -> str:
    return "rules" if name == "golden" else "rules, gold and mutated gold"


def _names(plans: Sequence[Recorded]) -> set[str]:
    return {each.database for each in plans}


def _judged(each: Recorded, calibration: Calibration) -> Judged:
    example = each.example
    return Judged(calibration.of(example.evidence), example.right, example.weight)


def _models(plans: Sequence[Recorded], calibration: Calibration) -> bool:
    """Print how gold and mutants rank; return whether that is too weak somewhere."""
    model = [each for each in plans if each.kind != RULES]
    print("\nplans as a model makes them: gold against gold with one place wrong")
    weak = False
    for name in ("all", *sorted(_names(model))):
        part = [each for each in model if name in ("all", each.database)]
        judged = [_judged(each, calibration) for each in part]
        area = auroc(judged) or 0.0
        weak |= area < MIN_AUROC
        wrong = sum(not each.example.right for each in part)
        print(
            f"{name:18} gold {len(part) - wrong:4}  wrong {wrong:4}  AUROC {area:.3f}  "
            f"ECE {ece(judged):.3f}  Brier {brier(judged):.3f}"
        )
    gold = [_judged(each, calibration) for each in model if each.kind == GOLD]
    for kind in sorted({each.kind for each in model} - {GOLD}):
        others = [_judged(each, calibration) for each in model if each.kind == kind]
        print(f"  {kind:16} wrong {len(others):4}  AUROC {auroc([*gold, *others]):.3f}")
    judged = [_judged(each, calibration) for each in model]
    print(*terminal_lines(judged), *risk_lines(risk_coverage(judged)), sep="\n")
    return weak


def _rules(plans: Sequence[Recorded], calibration: Calibration) -> None:
    print("\nthe rules planner")
    for name in ("all", *sorted(_names(plans))):
        part = [e for e in plans if e.kind == RULES and name in ("all", e.database)]
        judged = [_judged(each, calibration) for each in part]
        area = auroc(judged)
        right = sum(each.right for each in judged)
        print(
            f"{name:18} n {len(judged):4}  right {right:4}  ECE {ece(judged):.3f}  "
            f"Brier {brier(judged):.3f}  AUROC {'-' if area is None else f'{area:.3f}'}"
        )
    judged = [_judged(each, calibration) for each in plans if each.kind == RULES]
    print(*risk_lines(risk_coverage(judged)), sep="\n")


if __name__ == "__main__":
    sys.exit(main())

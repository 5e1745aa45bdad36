"""What the guardrails find and miss on labelled texts, and what looking costs.

    python -m clearway.evals.bench.guardrails [FILE…] [--misses]

A line of a file is {"text": …, "finds": [{"kind": …, "value": …}]}. A find is right where kind and
place agree: it covers the labelled value, and at most four characters more. Keys and tokens of all
sorts are one kind, SECRET. Without files: the development set of the checkout it is run from.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from clearway.evals.bench.figure import percentile
from clearway.llm.guards.finds import Find
from clearway.llm.guards.guardrails import PatternGuardrails
from clearway.llm.guards.scan import PERSONAL, scan
from clearway.llm.guards.secrets import SECRETS

DEVELOPMENT = Path("tests/corpora/pii_dev.jsonl")
SLACK = 4
BAR_MS = 0.2
ALIKE = {"API_KEY": "SECRET", "TOKEN": "SECRET"}


class Tally:
    """Right, missed and wrong finds by kind."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.right: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.faults: list[str] = []

    def add(self, text: str, labels: Sequence[tuple[str, str]], finds: Iterable[Find]) -> None:
        """Count one text."""
        left = [(ALIKE.get(find.kind, find.kind), find.start, find.end) for find in finds]
        at = 0
        for kind, value in labels:
            start = text.index(value, at)
            end = at = start + len(value)
            hit = next(
                (
                    found
                    for found in left
                    if found[0] == kind
                    and found[1] <= start
                    and found[2] >= end
                    and found[2] - found[1] <= len(value) + SLACK
                ),
                None,
            )
            if hit is None:
                self.missed[kind] += 1
                self.faults.append(f"missed {kind:<12} {value!r} in {text!r}")
            else:
                left.remove(hit)
                self.right[kind] += 1
        for kind, start, end in left:
            self.wrong[kind] += 1
            self.faults.append(f"wrong  {kind:<12} {text[start:end]!r} in {text!r}")

    def lines(self) -> Iterable[str]:
        """Yield precision and recall of each kind, and of all."""
        kinds = sorted(self.right.keys() | self.missed.keys() | self.wrong.keys())
        for kind in kinds:
            yield _line(kind, self.right[kind], self.missed[kind], self.wrong[kind])
        yield _line("all", self.right.total(), self.missed.total(), self.wrong.total())


def measured(path: Path) -> tuple[Tally, list[str]]:
    """Return the tally over one file, and its texts."""
    tally, texts = Tally(), []
    for line in path.read_text("utf-8").splitlines():
        case = json.loads(line)
        labels = [(find["kind"], find["value"]) for find in case["finds"]]
        texts.append(case["text"])
        tally.add(case["text"], labels, scan(case["text"], (*SECRETS, *PERSONAL)))
    return tally, texts


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; exit 1 where the bar for time is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--misses", action="store_true", help="show every miss and false find")
    options = parser.parse_args(arguments)
    slow = False
    for path in options.files or [DEVELOPMENT]:
        tally, texts = measured(path)
        plain = sum(
            1 for line in path.read_text("utf-8").splitlines() if not json.loads(line)["finds"]
        )
        print(f"{path.name}: {len(texts)} texts, {plain} of them with nothing to find")
        for line in tally.lines():
            print(line)
        if options.misses:
            print("\n".join(tally.faults))
        slow |= not _timed(texts)
    return int(slow)


def _line(kind: str, right: int, missed: int, wrong: int) -> str:
    precision = right / (right + wrong) if right + wrong else 1.0
    recall = right / (right + missed) if right + missed else 1.0
    return f"  {kind:<12} precision {precision:6.1%}  recall {recall:6.1%}  n {right + missed}"


def _timed(texts: Sequence[str]) -> bool:
    """Time hiding each text, as for a prompt; the first round warms the process."""
    hide = PatternGuardrails().hide
    taken = []
    for round_ in range(6):
        for text in texts:
            begun = time.perf_counter()
            hide(text)
            if round_:
                taken.append((time.perf_counter() - begun) * 1e3)
    p95 = percentile(taken, 0.95)
    kept = "kept" if p95 < BAR_MS else "MISSED"
    print(
        f"  hide: p50 {percentile(taken, 0.5):.3f} ms  p95 {p95:.3f} ms  max {max(taken):.2f} ms"
        f"  n {len(taken)}  bar p95 < {BAR_MS} ms  {kept}"
    )
    return p95 < BAR_MS


if __name__ == "__main__":
    sys.exit(main())

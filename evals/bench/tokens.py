"""How far the token counts are from the vendors' own tokenizers, and what counting costs.

    python -m clearway.evals.bench.tokens [--tokenizers FOLDER] [--by-sort]

The reference was counted with the published tokenizers (o200k_base and cl100k_base by tiktoken;
DeepSeek V3, Gemma 2, Llama 3.1, Mistral Nemo and Qwen 2.5 by their tokenizer.json); none of its
texts was used to fit the estimate. FOLDER may hold `o200k_base.tiktoken`, `cl100k_base.tiktoken`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clearway.evals.bench.figure import percentile, show
from clearway.llm.tokens.counter import LocalTokenCounter, estimate
from clearway.llm.tokens.families import Family

REFERENCE = Path("tests/corpora/token_counts.jsonl")
MODELS: dict[Family, str] = {"o200k": "gpt-4o", "cl100k": "gpt-4-turbo"}
FAMILIES: tuple[Family, ...] = ("o200k", "cl100k", "deepseek", "gemma", "llama", "mistral", "qwen")
OURS = ("english", "sql", "catalog", "schema", "code", "rows")
"""What prompts of this product are made of."""


def reference(path: Path = REFERENCE) -> list[dict[str, Any]]:
    """Return the texts with their true counts by family."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def errors(family: Family, texts: Sequence[dict[str, Any]]) -> tuple[list[float], float]:
    """Return the relative error of the estimate on each text, and of their sum."""
    pairs = [(estimate(family, each["text"]), each["tokens"][family]) for each in texts]
    off = [(guess - true) / true for guess, true in pairs]
    return off, sum(guess for guess, _ in pairs) / sum(true for _, true in pairs) - 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; exit 1 where an exact count differs from the reference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokenizers", type=Path)
    parser.add_argument("--by-sort", action="store_true", help="also by sort of text")
    options = parser.parse_args(arguments)
    texts = reference()
    ours = [each for each in texts if each["sort"] in OURS]
    sorts = sorted({each["sort"] for each in texts}) if options.by_sort else []
    for family in FAMILIES:
        _line(f"estimate {family}", family, texts)
        _line("  English, SQL, schemas, code, rows", family, ours)
        for sort in sorts:
            _line(f"    {sort}", family, [each for each in texts if each["sort"] == sort])
    counter = LocalTokenCounter(options.tokenizers)
    wrong = [_exact(counter, family, texts) for family in MODELS]
    _timed(texts)
    return int(any(wrong))


def _line(name: str, family: Family, texts: Sequence[dict[str, Any]]) -> None:
    off, total = errors(family, texts)
    sizes = [abs(each) for each in off]
    print(
        f"{name:<38} median {statistics.median(sizes):6.1%}  p95 {percentile(sizes, 0.95):6.1%}"
        f"  all together {total:+6.1%}  n {len(texts)}"
    )


def _exact(counter: LocalTokenCounter, family: Family, texts: Sequence[dict[str, Any]]) -> bool:
    """Print how many exact counts are right; return whether one is wrong."""
    model = MODELS[family]
    if not counter.is_exact(model):
        print(f"{'exact ' + family:<38} its tokenizer is not on this machine")
        return False
    right = sum(counter.count(model, [each["text"]]) == each["tokens"][family] for each in texts)
    print(f"{'exact ' + family:<38} {right} of {len(texts)} counts right")
    return bool(right < len(texts))


def _timed(texts: Sequence[dict[str, Any]]) -> None:
    for name, chosen in (("a text", texts), ("a long text", [_long(texts)] * 20)):
        taken = []
        for each in chosen:
            begun = time.perf_counter()
            estimate("o200k", each["text"])
            taken.append((time.perf_counter() - begun) * 1e3)
        size = statistics.median(len(each["text"]) for each in chosen)
        show(f"estimate {name}", taken, f"{size:.0f} characters")


def _long(texts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"text": "\n".join(each["text"] for each in texts if each["sort"] in OURS)[:20_000]}


if __name__ == "__main__":
    sys.exit(main())

"""The rules of each layer, read from the source, and the tests that name each."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from clearway.evals.bench.proof_words import LAYERS

GUARD = Path("tools") / "sql"
TESTS = Path("tests")


def rules() -> dict[str, dict[str, set[str]]]:
    """Return, by layer, the rules in the source and the test files that name each."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in sorted(GUARD.rglob("*.py")):
        for layer, rule in _refusals(ast.parse(path.read_text(encoding="utf-8"))):
            found[layer][rule] |= set()
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(TESTS.rglob("test_*.py"))}
    for by_rule in found.values():
        for rule, tests in by_rule.items():
            tests |= {path.name for path, text in texts.items() if f'"{rule}"' in text}
    return found


def _refusals(tree: ast.Module) -> Iterator[tuple[str, str]]:
    names = {layer for layer, _ in LAYERS}
    own = next((layer for layer in names if _makes(tree, layer)), None)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        words = [
            argument.value
            for argument in node.args[:2]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if node.func.id == "Refused" and len(words) == 2:
            yield words[0], f"sql.{words[1]}"
        elif node.func.id == "_rejection" and words:
            yield "database", f"sql.database.{words[0]}"
        elif node.func.id == "_refused" and words and own and " " not in words[0]:
            yield own, f"sql.{words[0]}"


def _makes(tree: ast.Module, layer: str) -> bool:
    """Return whether a module's `_refused` helper refuses for this layer, the rule being given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "_refused":
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and len(call.args) > 1:
                    first, second = call.args[:2]
                    if isinstance(first, ast.Constant) and isinstance(second, ast.Name):
                        return first.value == layer
    return False

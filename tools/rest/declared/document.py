"""YAML and JSON files people write: read safely, and every mistake told with its line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

from clearway.errors import ConfigurationError

MAX_BYTES = 20_000_000
Key = str | int


def text_of(path: Path) -> str:
    """Return the text of a file; raise `ConfigurationError` naming it where it cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigurationError(f"{path} is larger than {MAX_BYTES} bytes.", file=str(path))
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path} cannot be read ({type(error).__name__}).", file=str(path)
        ) from None


def parsed(text: str, name: str) -> Any:
    """Return what the text says, JSON or YAML, JSON-plain; raise `ConfigurationError`."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            line = getattr(error, "lineno", 1)
            raise ConfigurationError(
                f"{name}, line {line}: this is not JSON.", file=name, line=line
            ) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return plain(yaml.load(text, Loader=loader))  # noqa: S506  # both are safe loaders
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "nested too deep"
        raise ConfigurationError(
            f"{name}, line {line}: this is not YAML ({problem}).", file=name, line=line
        ) from None


def plain(value: Any) -> Any:
    """Return YAML's values as JSON would have them: text keys, dates as text."""
    if isinstance(value, dict):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _key(key: object) -> str:
    """`on:` and `200:` are a boolean and a number to YAML, and names to whoever wrote them."""
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key)


def line_of(text: str, path: Sequence[Key]) -> int:
    """Return the line the deepest known part of `path` begins on; 1 where nothing of it is."""
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return 1
    line = 1
    for key in path:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if name.value == str(key):
                    line, found = name.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            found = node.value[key]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return int(line)


def refuse(name: str, text: str, path: Sequence[Key], message: str) -> NoReturn:
    """Raise `ConfigurationError` with file, line and field."""
    line, where = line_of(text, path), shown(path)
    raise ConfigurationError(
        f"{name}, line {line}: {where + ': ' if where else ''}{message}.",
        file=name,
        line=line,
        field=where,
    )


def shown(path: Sequence[Key]) -> str:
    """Return a place as people write it: `services.payments.limits`."""
    return ".".join(str(key) for key in path)

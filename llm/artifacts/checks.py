"""Parsing what a model wrote, with the grammar of each language; nothing is run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

import yaml
from pydantic import ValidationError

from clearway.llm.artifacts.reading import Draft
from clearway.llm.artifacts.statements import check_sql
from clearway.llm.artifacts.types import Artifacts, Pipeline
from clearway.llm.artifacts.wants import Wants

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 60
"""Of nested YAML: no configuration is deeper, and readers fail on what is."""


def checked(draft: Draft, wants: Wants, dialect: str) -> Artifacts:
    """Return the artifacts, each parsed; ValueError says what is missing or cannot be parsed."""
    made = Artifacts(
        pipeline=None if draft.pipeline is None else _pipeline(draft.pipeline),
        **{str(part): text for part, text in draft.written.items()},
    )
    if missing := wants.missing(made.parts()):
        raise ValueError(missing)
    if made.sql is not None:
        check_sql(made.sql, dialect)
    if made.code is not None:
        check_python(made.code)
    if made.yaml is not None:
        check_yaml(made.yaml)
    return made


def check_python(code: str) -> None:
    """Raise ValueError for what is no Python, or none that does anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape is still Python
            tree = ast.parse(code)
    except SyntaxError as error:
        raise ValueError(f"code: line {error.lineno or 0}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise ValueError("code: it cannot be read as Python") from None
    if not tree.body:
        raise ValueError("code: there is nothing but comments in it")


def check_yaml(text: str) -> None:
    """Raise ValueError for what is no YAML, needs more than plain tags, or holds no structure."""
    try:
        # Depth is counted on events, before anything recursive reads them.
        if any(depth > MAX_DEPTH for depth in _depths(text)):
            raise ValueError("yaml: it is nested too deep")
        # The safe loader of libyaml where there is one: the same tags in a tenth of the time.
        read = yaml.load_all(text, Loader=LOADER)  # both are safe loaders
        documents = [each for each in read if each is not None]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ValueError(f"yaml: line {line}: {error.problem}") from None
    except (yaml.YAMLError, RecursionError, TypeError):
        raise ValueError("yaml: it cannot be read") from None
    if not documents or not all(isinstance(each, dict | list) for each in documents):
        raise ValueError("yaml: it is no mapping and no list")


def _depths(text: str) -> Iterator[int]:
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            yield depth
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _pipeline(value: object) -> Pipeline:
    try:
        return Pipeline.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, ("pipeline", *first["loc"])))
        raise ValueError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None

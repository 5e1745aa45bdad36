"""YAML files as operators write them: one mapping, each word once, mistakes told by their place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic
import yaml
from pydantic_core import ErrorDetails

from clearway.errors import ConfigurationError

TEXT_TAG = "tag:yaml.org,2002:str"
MERGE_TAG = "tag:yaml.org,2002:merge"
KINDS = {
    dict: "a mapping",
    list: "a list",
    str: "a text",
    bool: "true or false",
    type(None): "null",
}
MAPPINGS = ("model_type", "dict_type", "model_attributes_type", "dataclass_type")
LISTS = ("tuple_type", "list_type", "set_type", "frozen_set_type")


def text_of(path: Path, named: str) -> str:
    """Return the text of a file; raise `ConfigurationError` that calls it as `named`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        why = f"{type(error).__name__}: {error.strerror}"
        raise ConfigurationError(f"{named} cannot be read ({why}).", file=str(path)) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"{named} cannot be read: line {line} is no text in UTF-8.", file=str(path)
        ) from None


def mapping_of(text: str, source: str) -> dict[str, Any]:
    """Return the mapping a text is, {} where it says nothing; its keys are texts, each there once.

    Raises `ConfigurationError` that names `source`, the line, and what is wrong there.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            found = "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
            raise ConfigurationError(
                f"{source}: a mapping is wanted, with `word: value` on its lines; this is {found}.",
                file=source,
            )
        _check_keys(node, source)
        document: dict[str, Any] = loader.construct_document(node)
        return document
    except RecursionError:
        raise ConfigurationError(f"{source}: it is nested too deep.", file=source) from None
    except yaml.YAMLError as error:
        raise _broken(error, text, source) from None


def told(error: pydantic.ValidationError) -> tuple[ErrorDetails, str]:
    """Return the first mistake and what is wrong there, in the words of a file."""
    first = error.errors(include_url=False)[0]
    if first["type"] in MAPPINGS:
        return first, f"a mapping is wanted, not {_kind(first['input'])}"
    if first["type"] in LISTS:
        return first, f"a list is wanted, not {_kind(first['input'])}"
    if first["type"] == "string_type":
        return first, f"a text is wanted, not {_kind(first['input'])}"
    return first, first["msg"].removeprefix("Value error, ")


def shown(mistake: ErrorDetails) -> str:
    """Return the value of a mistake in brackets, where it may be shown and helps."""
    value = mistake["input"]
    # A word that is not known may be one for a key: its value stays untold.
    unknown = mistake["type"] == "extra_forbidden" and isinstance(value, str)
    return "" if unknown or value is None or isinstance(value, dict | list) else f" ({value!r})"


class _Loader(yaml.SafeLoader):
    """Tells the line of a value that is none, such as a date of a 13th month.

    Written in Python: the one in C is ended by the system where a file is nested deep.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return the value of a node."""
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:
            why = str(error).partition(":")[0]
            raise yaml.constructor.ConstructorError(None, None, why, node.start_mark) from None


def _check_keys(root: yaml.Node, source: str) -> None:
    for node in _mappings(root):
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line, name = key.start_mark.line + 1, key.value
            if key.tag not in (TEXT_TAG, MERGE_TAG):
                what = f"`{name}` is no text" if isinstance(name, str) else "this is no text"
                raise ConfigurationError(
                    f"{source}, line {line}: a key is a text, and {what}; "
                    "put it in quotes if it is meant as a name.",
                    file=source,
                )
            if key.tag == TEXT_TAG and name in lines:
                raise ConfigurationError(
                    f"{source}, line {line}: `{name}` is there twice, first in line {lines[name]}.",
                    file=source,
                )
            lines[name] = line


def _mappings(root: yaml.Node) -> Iterator[yaml.MappingNode]:
    """Yield every mapping once; by aliases a file may point back at itself."""
    pending, seen = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            pending += [part for pair in node.value for part in pair]
        else:
            pending += node.value


def _broken(error: yaml.YAMLError, text: str, source: str) -> ConfigurationError:
    place, why = "", "it does not go on so"
    if isinstance(error, yaml.reader.ReaderError):
        place = f", line {text.count(chr(10), 0, error.position) + 1}"
        why = f"it has the character {error.character:#04x}, which no text has"
    elif isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark) is not None:
        place, why = f", line {mark.line + 1}", error.problem or why
        line = dict(enumerate(text.split("\n"))).get(mark.line, "")
        if line.lstrip(" ").startswith("\t"):
            why = "it is indented with spaces, not with tabs"
        elif "another document" in why:
            why = "a second document begins here, and one is read"
    return ConfigurationError(f"{source}{place}: this is not YAML ({why}).", file=source)


def _kind(value: object) -> str:
    return KINDS.get(type(value), f"{value!r}")

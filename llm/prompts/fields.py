"""Every place of a request where a person can be named, beyond the texts that are counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from clearway.llm.prompts.payload import rewritten
from clearway.llm.types import Message

Write = Callable[[str], str]

PROSE = ("description", "enum", "const", "default", "examples", "example")
"""Of a schema: what is said and shown. Names, types and patterns have to stay what they are."""


def message_written(message: Message, write: Write) -> Message:
    """Return the message with its texts, its speaker and the arguments of its calls rewritten.

    Arguments that are JSON stay JSON.
    """
    told = {**rewritten(message, write)}
    if isinstance(told.get("content"), dict):
        told["content"] = values_written(told["content"], write)
    if isinstance(told.get("name"), str):
        told["name"] = write(told["name"])
    if isinstance(calls := told.get("tool_calls"), list):
        told["tool_calls"] = [_call_written(call, write) for call in calls]
    if isinstance(called := told.get("function_call"), dict):
        told["function_call"] = _arguments_written(called, write)
    return told


def values_written(value: Any, write: Write) -> Any:
    """Return the document with each text in it rewritten; keys stay."""
    if isinstance(value, str):
        return write(value)
    if isinstance(value, list | tuple):
        return [values_written(each, write) for each in value]
    if isinstance(value, Mapping):
        return {key: values_written(each, write) for key, each in value.items()}
    return value


def schema_written(schema: Any, write: Write) -> Any:
    """Return the schema with what it says in prose and by example rewritten."""
    if isinstance(schema, list | tuple):
        return [schema_written(each, write) for each in schema]
    if isinstance(schema, Mapping):
        return {
            # A property may be called "description" too: what it is follows as a schema.
            key: values_written(each, write)
            if key in PROSE and not isinstance(each, Mapping)
            else schema_written(each, write)
            for key, each in schema.items()
        }
    return schema


def _call_written(call: Any, write: Write) -> Any:
    if not isinstance(call, dict):
        return call
    told = {**call}
    if isinstance(call.get("function"), dict):
        told["function"] = _arguments_written(call["function"], write)
    if isinstance(call.get("custom"), dict):
        told["custom"] = {
            key: values_written(each, write) if key == "input" else each
            for key, each in call["custom"].items()
        }
    return told


def _arguments_written(function: Mapping[str, Any], write: Write) -> dict[str, Any]:
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        return {**function}
    return {**function, "arguments": _document_written(arguments, write)}


def _document_written(text: str, write: Write) -> str:
    """Return JSON rewritten by its values, then as a text where that leaves it JSON."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return write(text)
    told = values_written(document, write)
    text = text if told == document else json.dumps(told, ensure_ascii=False)
    whole = write(text)
    try:
        json.loads(whole)
    except ValueError:
        return text
    return whole

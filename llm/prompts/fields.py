"""Every place of a request where a person can be named, beyond the texts that are counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from clearway.llm.guards.finds import Find
from clearway.llm.prompts.counted import IMAGES, MEDIA
from clearway.llm.prompts.payload import SPOKEN, WRITTEN, rewritten
from clearway.llm.types import Message

Write = Callable[[str], str]

PROSE = ("description", "enum", "const", "default", "examples", "example")
"""Of a schema: what is said and shown. Names, types and patterns have to stay what they are."""


def message_written(message: Message, write: Write) -> Message:
    """Return the message with its texts, its speaker and the arguments of its calls rewritten.

    Arguments that are JSON stay JSON.
    """
    told = {**rewritten(message, write)}
    for key, said in told.items():
        if key == "tool_calls" and isinstance(said, list):
            told[key] = [_call_written(call, write) for call in said]
        elif key == "function_call" and isinstance(said, dict):
            told[key] = _arguments_written(said, write)
        elif key in SPOKEN and isinstance(said, list):
            told[key] = [_part_written(part, write) for part in said]
        elif key != "role" and not (key in SPOKEN and isinstance(said, str)):
            told[key] = document_written(said, write)
    return told


def parts_joined(message: Message, finds: Callable[[str], Sequence[Find]]) -> Message:
    """Return the message with its text in one part where a find begins in one and ends in another.

    The other parts follow in their order.
    """
    content = message.get("content")
    if not isinstance(content, list):
        return message
    texts = [part["text"] for part in content if _is_text(part)]
    ends = [*accumulate(map(len, texts))][:-1]
    if not any(f.start < end < f.end for end in ends for f in finds("".join(texts))):
        return message
    others = [part for part in content if not _is_text(part)]
    return {**message, "content": [{"type": "text", "text": "".join(texts)}, *others]}


def document_written(value: Any, write: Write) -> Any:
    """Return the document with each text in it rewritten, keys too."""
    if isinstance(value, list | tuple):
        return [document_written(each, write) for each in value]
    if isinstance(value, Mapping):
        return {write(str(key)): document_written(each, write) for key, each in value.items()}
    return values_written(value, write)


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


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)


def _part_written(part: Any, write: Write) -> Any:
    """Return the part with all it says beside its text rewritten; what is seen or heard stays."""
    if not isinstance(part, dict):
        return values_written(part, write)
    return {key: _beside_written(key, said, write) for key, said in part.items()}


def _beside_written(key: str, said: Any, write: Write) -> Any:
    if key in (*WRITTEN, *IMAGES, "type"):
        return said
    if key in MEDIA and isinstance(said, dict):
        return {k: v if k in MEDIA[key] else document_written(v, write) for k, v in said.items()}
    return document_written(said, write)


def _call_written(call: Any, write: Write) -> Any:
    if not isinstance(call, dict):
        return call
    told = {**call}
    if isinstance(call.get("id"), str):
        told["id"] = write(call["id"])
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

"""What the fields of a chat request may be: as the chat completions API has them, or a clear no.

Fields nobody here has heard of are the provider's to judge and are passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from clearway.errors import ValidationError
from clearway.llm.prompts.payload import MOST_ANSWERS, WRITTEN

MOST_TOKENS = 10_000_000
"""More than any model writes; beyond it lies nothing that money could be counted for."""
LONG = 2**63
ROLES = ("developer", "system", "user", "assistant", "tool", "function")
WITHOUT_CONTENT = ("assistant", "function")
"""Roles whose content may be missing: a call of a tool says nothing else."""
PARTS: Mapping[str, str] = {
    "text": "text",
    "refusal": "refusal",
    "image_url": "image_url",
    "input_image": "image_url",
    "video_url": "video_url",
    "input_audio": "input_audio",
    "file": "file",
}
"""Types of content parts -> the field that has what they are. Of others nobody could tell what is
in them, nor hide it."""
FORMATS = ("text", "json_object", "json_schema")
SHOWN_CHARS = 40

Fits = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _switch(value: Any) -> bool:
    return isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_text, value))


def _number(low: float, high: float) -> Fits:
    def fits(value: Any) -> bool:
        return isinstance(value, int | float) and not _switch(value) and low <= value <= high

    return fits


def _whole(low: int, high: int) -> Fits:
    def fits(value: Any) -> bool:
        return isinstance(value, int) and not _switch(value) and low <= value <= high

    return fits


SHAPES: Mapping[str, tuple[Fits, str]] = {
    "model": (_text, "a name"),
    "stream": (_switch, "true or false"),
    "stream_options": (_mapping, "an object"),
    "clearway": (_mapping, "an object"),
    "temperature": (_number(0, 2), "a number from 0 to 2"),
    "top_p": (_number(0, 1), "a number from 0 to 1"),
    "presence_penalty": (_number(-2, 2), "a number from -2 to 2"),
    "frequency_penalty": (_number(-2, 2), "a number from -2 to 2"),
    "seed": (_whole(-LONG, LONG - 1), "a whole number of 64 bits"),
    "n": (_whole(1, MOST_ANSWERS), f"a whole number from 1 to {MOST_ANSWERS}"),
    "max_tokens": (_whole(1, MOST_TOKENS), f"a whole number from 1 to {MOST_TOKENS}"),
    "max_completion_tokens": (
        _whole(1, MOST_TOKENS),
        f"a whole number from 1 to {MOST_TOKENS}",
    ),
    "logprobs": (_switch, "true or false"),
    "top_logprobs": (_whole(0, 20), "a whole number from 0 to 20"),
    "logit_bias": (_mapping, "an object"),
    "metadata": (_mapping, "an object"),
    "user": (_text, "a text"),
    "parallel_tool_calls": (_switch, "true or false"),
    "stop": (lambda value: _text(value) or _texts(value), "a text, or a list of texts"),
    "tool_choice": (lambda value: _text(value) or _mapping(value), "a text, or an object"),
    "modalities": (_texts, "a list of texts"),
    "response_format": (_mapping, "an object"),
}


def check_fields(body: Mapping[str, Any]) -> None:
    """Raise `ValidationError` naming the first field that is not what it has to be.

    What is null is left unsaid.
    """
    for name, (fits, words) in SHAPES.items():
        if body.get(name) is not None and not fits(body[name]):
            _wanted(name, words)
    options = body.get("stream_options") or {}
    if not isinstance(options.get("include_usage", False), bool | None):
        _wanted("stream_options.include_usage", "true or false")
    _check_format(body.get("response_format"))
    _check_tools(body.get("tools"))
    _check_messages(body.get("messages"))


def _check_format(form: Mapping[str, Any] | None) -> None:
    if form is None:
        return
    if form.get("type") not in FORMATS:
        _unknown("response_format.type", form.get("type"), "format", FORMATS)
    if form["type"] == "json_schema" and not isinstance(form.get("json_schema"), dict):
        _wanted("response_format.json_schema", "an object with a name and a schema")


def _check_tools(tools: Any) -> None:
    if tools is None:
        return
    if not isinstance(tools, list | tuple) or not all(map(_mapping, tools)):
        _wanted("tools", "a list of objects")
    for place, tool in enumerate(tools):
        if not isinstance(tool.get("type"), str):
            _wanted(f"tools[{place}].type", "a text such as function")
        function = tool.get("function")
        if tool["type"] == "function" and not (_mapping(function) and function.get("name")):
            _wanted(f"tools[{place}].function", "an object with a name")


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        _wanted("messages", "a list of at least one message")
    for number, message in enumerate(messages):
        place = f"messages[{number}]"
        if not isinstance(message, dict) or not message.get("role"):
            _wanted(place, "an object with a role")
        if message["role"] not in ROLES:
            _unknown(f"{place}.role", message["role"], "role", ROLES)
        _check_content(message, f"{place}.content")
        if not isinstance(message.get("name"), str | None):
            _wanted(f"{place}.name", "a text")
        if message["role"] == "tool" and not _text(message.get("tool_call_id")):
            _wanted(f"{place}.tool_call_id", "the id of the call it answers")
        _check_calls(message.get("tool_calls"), f"{place}.tool_calls")


def _check_content(message: Mapping[str, Any], place: str) -> None:
    content = message.get("content")
    if isinstance(content, str) or (content is None and message["role"] in WITHOUT_CONTENT):
        return
    if not isinstance(content, list) or not content or not all(map(_mapping, content)):
        _wanted(place, "a text, or a list of objects,")
    for number, part in enumerate(content):
        kind = part.get("type")
        if not isinstance(kind, str) or kind not in PARTS:
            _unknown(f"{place}[{number}].type", kind, "type of part", PARTS)
        field = PARTS[kind]
        if kind in WRITTEN and not isinstance(part.get(field), str):
            _wanted(f"{place}[{number}].{field}", "a text")
        if not part.get(field) and kind not in WRITTEN:
            _wanted(f"{place}[{number}].{field}", "what is to be seen or heard")


def _check_calls(calls: Any, place: str) -> None:
    if calls is None:
        return
    if not isinstance(calls, list) or not all(map(_mapping, calls)):
        _wanted(place, "a list of objects")
    for number, call in enumerate(calls):
        function = call.get("function")
        if call.get("type", "function") != "function":
            continue
        if not _mapping(function) or not _text(function.get("name")):
            _wanted(f"{place}[{number}].function", "an object with a name")
        if not _text(function.get("arguments", "")):
            _wanted(f"{place}[{number}].function.arguments", "JSON as a text")


def _wanted(place: str, words: str) -> NoReturn:
    raise ValidationError(f"{place}: {words} is needed.", param=place)


def _unknown(place: str, value: Any, what: str, known: Any) -> NoReturn:
    shown = repr(value)[:SHOWN_CHARS]
    raise ValidationError(
        f"{place}: {shown} is no {what}; there are {', '.join(known)}.", param=place
    )

"""What cannot be hidden and put back: names that models and vendors take letter by letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from clearway.errors import ValidationError
from clearway.llm.guards.finds import Find
from clearway.llm.prompts.counted import IMAGES
from clearway.llm.types import ChatRequest

Named = tuple[str, str]
"""Where it stands, and what it is."""


def check_names(request: ChatRequest, finds: Callable[[str], Sequence[Find]]) -> None:
    """Raise `ValidationError` where a name or an address holds personal data or a secret.

    Names of tools and of properties have to come back as they are, and an address is fetched.
    """
    named = [*_tools(request), *_calls(request), *_images(request)]
    if not finds("\n".join(name for _, name in named)):
        return
    for place, name in named:
        if found := finds(name):
            raise ValidationError(
                f"{place}: it holds what is taken for {found[0].kind}, and cannot be sent "
                f"without it.",
                param=place,
            )


def _tools(request: ChatRequest) -> Iterator[Named]:
    extra = request.extra
    schemas = {
        "tools": request.tools,
        "response_format": request.response_format,
        "functions": extra.get("functions"),
        "tool_choice": extra.get("tool_choice"),
        "function_call": extra.get("function_call"),
    }
    for place, schema in schemas.items():
        yield from _of_schema(place, schema)


def _of_schema(place: str, schema: Any) -> Iterator[Named]:
    """Yield what is a name in a schema: of a tool, a format, a property, or what is required."""
    if isinstance(schema, list | tuple):
        for number, each in enumerate(schema):
            yield from _of_schema(f"{place}[{number}]", each)
    elif isinstance(schema, Mapping):
        for key, each in schema.items():
            if key == "name" and isinstance(each, str):
                yield f"{place}.name", each
            elif key in ("properties", "$defs", "definitions") and isinstance(each, Mapping):
                yield from ((f"{place}.{key}", str(name)) for name in each)
            elif key == "required" and isinstance(each, list):
                yield from ((f"{place}.required", str(name)) for name in each)
            yield from _of_schema(f"{place}.{key}", each)


def _calls(request: ChatRequest) -> Iterator[Named]:
    for number, message in enumerate(request.messages):
        place = f"messages[{number}]"
        yield from _of_call(f"{place}.function_call", message.get("function_call"))
        calls = message.get("tool_calls")
        for at, call in enumerate(calls if isinstance(calls, list) else ()):
            for kind in ("function", "custom"):
                made = call.get(kind) if isinstance(call, Mapping) else None
                yield from _of_call(f"{place}.tool_calls[{at}].{kind}", made)


def _of_call(place: str, called: Any) -> Iterator[Named]:
    if isinstance(called, Mapping) and isinstance(called.get("name"), str):
        yield f"{place}.name", called["name"]


def _images(request: ChatRequest) -> Iterator[Named]:
    for number, message in enumerate(request.messages):
        content = message.get("content")
        for at, part in enumerate(content if isinstance(content, list) else ()):
            place = f"messages[{number}].content[{at}]"
            for key in (*IMAGES, "video_url") if isinstance(part, Mapping) else ():
                seen = part.get(key)
                url = seen.get("url") if isinstance(seen, Mapping) else seen
                if isinstance(url, str) and not url.startswith("data:"):
                    yield f"{place}.{key}", url

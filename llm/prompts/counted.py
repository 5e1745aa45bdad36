"""What of a request costs: every text that is sent, each image, and what nobody can count."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from clearway.errors import ValidationError
from clearway.llm.prompts.payload import SPOKEN, WRITTEN
from clearway.llm.types import ChatRequest, Message

MESSAGE_TOKENS = 4
"""What a message costs beyond its text: its role and its borders."""
TOOLS_TOKENS = 350
"""What vendors say to a model of tools as such."""
IMAGE_TOKENS: Mapping[str, int] = {"low": 1_000, "auto": 2_700, "high": 2_700}
"""By detail: the most of any vendor, some of whom read `detail` and some of whom do not. Vendors
bill by the size in pixels, which neither an address nor the length of a `data:` URL tells."""
LARGEST_IMAGE = 12_000
"""With any other detail."""
IMAGES = ("image_url", "input_image")
MEDIA: Mapping[str, tuple[str, ...]] = {
    "file": ("file_data", "data"),
    "input_audio": ("data",),
    "video_url": ("url",),
}
"""Parts that are no text, and where in each its data is."""
NOT_BILLED = ("user", "metadata", "stop", "store", "logit_bias", "safety_identifier")
"""Of what goes along, what no model reads."""
DEARER = ("models", "plugins", "web_search_options", "prediction", "best_of")
"""Other models, searches and answers nobody keeps: billed beyond tokens of prompt and answer."""
TIERS = (None, "auto", "default", "flex", "standard_only")
OUR_TOOLS = ("function", "custom")
"""Tools the caller runs; others are run, and billed, by the vendor."""


def prompt_texts(request: ChatRequest) -> list[str]:
    """Return every text that is sent for a model to read, the longer of them as they are.

    Whatever else stands in messages, tools, schemas or fields nobody here knows is among them as
    JSON.
    """
    texts = [text for message in request.messages for text in _texts(message)]
    beside = {key: value for key, value in request.extra.items() if _is_read(key, value)}
    texts += [_json(part) for part in (*request.tools, request.response_format, beside) if part]
    return texts


def extra_tokens(request: ChatRequest) -> int:
    """Return what the prompt costs beyond its texts."""
    images = sum(_image_tokens(part) for part in _parts(request) if _kind(part) in IMAGES)
    tools = TOOLS_TOKENS if request.tools or request.extra.get("functions") else 0
    return MESSAGE_TOKENS * (len(request.messages) + 1) + images + tools


def boundless(request: ChatRequest) -> bool:
    """Return whether something is sent whose tokens cannot be told from here.

    A file, sound or film has as many as the vendor makes of it: up to all of a model's context.
    """
    plain = (*WRITTEN, *IMAGES)
    return any(_kind(part) not in plain for part in _parts(request)) or any(
        message.get("audio") for message in request.messages
    )


def check_countable(request: ChatRequest) -> None:
    """Raise `ValidationError` for what is billed by anything but the tokens of one model."""
    extra = request.extra
    for name in DEARER:
        if extra.get(name):
            raise _uncountable(name, "costs more than its tokens")
    if extra.get("service_tier") not in TIERS:
        raise _uncountable("service_tier", "has prices of its own")
    if any(each != "text" for each in extra.get("modalities") or ()):
        raise _uncountable("modalities", "has prices of its own; text has the listed one")
    for place, tool in enumerate(request.tools):
        if tool.get("type", "function") not in OUR_TOOLS:
            raise _uncountable(f"tools[{place}].type", "is run and billed by the vendor")


def _uncountable(place: str, why: str) -> ValidationError:
    return ValidationError(f"{place}: this {why}, which no budget could hold.", param=place)


def _texts(message: Message) -> Iterator[str]:
    rest = {}
    for key, said in message.items():
        if key in SPOKEN and isinstance(said, str):
            yield said
        elif key in SPOKEN and isinstance(said, list):
            for part in said:
                yield from _part_texts(part)
        elif key != "role" and said:
            rest[key] = said
    if rest:
        yield _json(rest)


def _part_texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
        return
    if not isinstance(part, Mapping):
        yield _json(part)
        return
    kind = _kind(part)
    yield from (part[key] for key in WRITTEN if isinstance(part.get(key), str))
    read = {key: value for key, value in part.items() if key not in (*WRITTEN, "type")}
    if kind in IMAGES:
        read.pop("image_url", None)
    elif kind in MEDIA and isinstance(read.get(kind), Mapping):
        read[kind] = {k: v for k, v in read[kind].items() if k not in MEDIA[kind]}
    if any(read.values()):
        yield _json(read)


def _parts(request: ChatRequest) -> Iterator[Mapping[str, Any]]:
    for message in request.messages:
        for said in map(message.get, SPOKEN):
            for part in said if isinstance(said, list) else ():
                yield part if isinstance(part, Mapping) else {"type": "text", "text": part}


def _kind(part: Mapping[str, Any]) -> str:
    """Return what a part is; one that does not say is what it has."""
    named = next((key for key in (*WRITTEN, *IMAGES) if key in part), "")
    return str(part.get("type") or named)


def _image_tokens(part: Mapping[str, Any]) -> int:
    image = part.get("image_url")
    detail = image.get("detail") if isinstance(image, Mapping) else None
    return IMAGE_TOKENS.get(str(detail or part.get("detail") or "auto"), LARGEST_IMAGE)


def _is_read(key: str, value: Any) -> bool:
    return key not in NOT_BILLED and isinstance(value, str | list | tuple | Mapping) and bool(value)


def _json(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False, default=str)

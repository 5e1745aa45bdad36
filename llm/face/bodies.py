"""What a request brings: bounded, strictly JSON, and of the form a route reads."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import pydantic
from pydantic import BaseModel, ConfigDict

from clearway.errors import ValidationError

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_CHAT_BYTES = 20_000_000
"""Pictures travel in chat messages."""
MAX_BYTES = 1_000_000
MOST_DEPTH = 100


class BodyTooLarge(ValidationError):
    """More bytes than are read."""


class Asked(BaseModel):
    """The body of a route; a word it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Form = TypeVar("Form", bound=BaseModel)


async def json_of(request: Request, *, most: int = MAX_BYTES) -> dict[str, Any]:
    """Return the object a request brings; raise `ValidationError` for anything else."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > most:
            raise BodyTooLarge(f"The body is longer than {most} bytes.")
    try:
        # As text, so that one character has one form; JSON has no NaN, and no half characters.
        text = b"".join(parts).decode("utf-8")
        body = json.loads(text, parse_constant=_no_number, parse_float=_finite)
        if r"\ud" in text or r"\uD" in text:
            json.dumps(body, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise ValidationError("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise ValidationError("The body is a JSON object.")
    _check_depth(body)
    return body


async def asked_of(
    form: type[Form], request: Request, *, empty: bool = False, most: int = MAX_BYTES
) -> Form:
    """Return the body in the form of a route; with `empty`, none at all is an object without words.

    Raises `ValidationError` that names the place and what is allowed there.
    """
    if empty and request.headers.get("content-length", "0") == "0":
        return parsed(form, {})
    return parsed(form, await json_of(request, most=most))


def parsed(form: type[Form], given: object) -> Form:
    """Return what was given in this form; raise `ValidationError` naming the first mistake."""
    try:
        return form.model_validate(given)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the request"
        raise ValidationError(f"{where[:200]}: {first['msg']}.", param=where[:200]) from None


def _check_depth(body: object) -> None:
    """Raise `ValidationError` for what is nested deeper than whatever walks it may go."""
    depth = 0
    level: list[Any] = [body]
    while level:
        if depth > MOST_DEPTH:
            raise ValidationError(f"The body is nested more than {MOST_DEPTH} deep.")
        inside = (each.values() if isinstance(each, dict) else each for each in level)
        level = [one for each in inside for one in each if isinstance(one, dict | list)]
        depth += 1


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError(digits)
    return number


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)

"""Frozen dataclasses to JSON-plain values and back, exactly.

Used for what travels in state and on disk (Frame, Catalog): tuples become lists, sets become
sorted lists, datetimes become ISO 8601 text; defaults are left out so that the text stays short.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Decoder = Callable[[Any], Any]
_SCALARS = (str, int, float)


def to_plain(value: object) -> Any:
    """Return the value as JSON-plain data; `from_plain` gives an equal value back."""
    if value is None or isinstance(value, _SCALARS):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_plain(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != _default(field)
        }
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, frozenset | set):
        return sorted(to_plain(item) for item in value)
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, datetime) else value


def from_plain(form: type[T], plain: object) -> T:
    """Return the dataclass `form` from what `to_plain` made of one; KeyError on unknown keys."""
    return cast(T, _decoder(cast(Any, form))(plain))


def _default(field: Field[Any]) -> object:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    return MISSING


@cache
def _decoder(form: Any) -> Decoder:
    if isinstance(form, type) and is_dataclass(form):
        return _dataclass_decoder(form)
    origin, args = get_origin(form), get_args(form)
    if origin in (Union, UnionType):
        return _union_decoder(args)
    if origin is tuple:
        return _tuple_decoder(args)
    if origin is frozenset:
        item = _decoder(args[0])
        return lambda plain: frozenset(item(value) for value in plain)
    mapping = origin is not None and origin is not Literal
    return datetime.fromisoformat if form is datetime else dict if mapping else _same


def _same(plain: Any) -> Any:
    return plain


def _tuple_decoder(args: tuple[Any, ...]) -> Decoder:
    item = _decoder(args[0])
    return lambda plain: tuple(item(value) for value in plain)


def _union_decoder(args: tuple[Any, ...]) -> Decoder:
    """Only unions of one structured type with scalars are used, so the shape decides."""
    structured = [arg for arg in args if arg is not NoneType and _decoder(arg) is not _same]
    if not structured:
        return _same
    inner = _decoder(structured[0])
    return lambda plain: None if plain is None else inner(plain)


def _dataclass_decoder(form: type) -> Decoder:
    hints = get_type_hints(form)
    known = {field.name for field in fields(form)}

    def decode(plain: Any) -> Any:
        unknown = plain.keys() - known
        if unknown:
            raise KeyError(f"{form.__name__} has no field {sorted(unknown)[0]!r}")
        return form(**{name: _decoder(hints[name])(value) for name, value in plain.items()})

    return decode

"""One form of an error everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import pytest

from clearway import errors
from clearway.errors import Category, ClearwayError, RateLimitError

pytestmark = pytest.mark.unit

ALL = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, ClearwayError) and each is not ClearwayError
]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_has_the_seven_keys(kind: type[ClearwayError]) -> None:
    wait = {"retry_after_s": 3.0} if kind is RateLimitError else {}
    record = kind("It did not work.", where="here", **wait).to_dict()  # type: ignore[arg-type]
    assert list(record) == [
        "error_type", "category", "severity", "message", "retryable", "details", "timestamp"
    ]  # fmt: skip
    assert record["error_type"] == kind.__name__
    assert record["details"]["where"] == "here"
    assert datetime.fromisoformat(record["timestamp"]).utcoffset() is not None


def test_every_category_has_a_class() -> None:
    assert {kind.category for kind in ALL} == set(get_args(Category))

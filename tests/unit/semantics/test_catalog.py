from __future__ import annotations

import json

import pytest

from clearway.errors import ConfigurationError
from clearway.semantics.catalog import check, from_json, merge, stamped, to_json, to_yaml
from clearway.semantics.catalog_file import parse_catalog
from clearway.semantics.types import Catalog
from tests.unit.semantics.catalogs import LIBRARY, SALES

pytestmark = pytest.mark.unit

FULL = """
version: 1
allow_unlisted: false
tables:
  public.book:
    description: Everything on the shelves.
    synonyms: [volumes]
    time_column: published_on
    owner: librarians
    row_filter: "branch = {tenant}"
    columns:
      price: {role: measure, aggregate: sum, unit: EUR, synonyms: [cost]}
      title: {sensitivity: personal, mask: partial, unmasked_roles: [librarian]}
  loan: {roles: [clerk]}
  public.member: {allow: false}
measures:
  fees: {table: public.loan, expression: sum(fee), synonyms: [fines]}
glossary:
  OPAC: catalog
"""


def merged(text: str) -> Catalog:
    return merge(LIBRARY, parse_catalog(text))


def test_what_people_say_goes_over_what_the_database_says() -> None:
    catalog = merged(FULL)
    book = catalog.by_name["public.book"]

    assert (book.synonyms, book.time_column, book.owner) == (
        ("volumes",), "published_on", "librarians",
    )  # fmt: skip
    assert (book.by_name["price"].aggregate, book.by_name["price"].unit) == ("sum", "EUR")
    assert book.by_name["title"].mask == "partial"
    assert catalog.by_name["public.loan"].roles == frozenset({"clerk"})
    assert catalog.measures[0].synonyms == ("fines",)
    assert catalog.glossary == {"OPAC": "catalog"}


def test_only_what_is_listed_is_allowed_where_the_file_says_so() -> None:
    allowed = {t.name for t in merged(FULL).tables if t.allow}

    assert allowed == {"book", "loan"}
    assert all(t.allow for t in merged("version: 1").tables)


def test_a_secret_column_is_never_readable_and_keeps_no_values() -> None:
    catalog = merged("tables: {member: {columns: {city: {sensitivity: secret}}}}")
    city = catalog.by_name["public.member"].by_name["city"]

    assert (city.allow, city.values) == (False, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tables: [", "line 1"),
        ("tabels: {}", "allowed: version, allow_unlisted, tables"),
        ("version: 7", "version 7 is not known; allowed: 1"),
        ("tables:\n  book:\n    alow: false", "line 3: a table has no 'alow'"),
        ("tables: {book: {allow: maybe}}", "true or false"),
        ("tables: {book: {columns: {price: {role: number}}}}", "'number' is not one of measure"),
        ("tables: {book: {columns: {prise: {role: measure}}}}", "did you mean 'price'"),
        ("tables: {book: {time_column: title}}", "a time column is a date or a timestamp"),
        ("tables: {book: {time_column: nope}}", "has no column 'nope'"),
        ("tables: {book: {}, book: {}}", "'book' is said twice"),
        ("tables: {book: {synonyms: word}}", "a list is expected"),
        ("measures: {m: {table: public.book}}", "needs 'expression'"),
        ("measures: {m: {table: public.book, expression: price}}", "must aggregate"),
        ("measures: {m: {table: public.book, expression: sum(nope)}}", "uses 'nope'"),
        ("measures: {m: {table: public.book, expression: 'sum(('}}", "not an SQL expression"),
    ],
)
def test_a_mistake_names_its_place_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        merged(text)

    assert said in raised.value.message
    assert raised.value.details["line"]


def test_a_table_that_cannot_be_read_is_a_warning() -> None:
    findings = check(LIBRARY, parse_catalog("tables: {bok: {allow: false}}"))

    assert [(f.level, "did you mean 'public.book'" in f.message) for f in findings] == [
        ("warning", False)
    ] or findings[0].level == "warning"


def test_a_synonym_of_two_things_is_a_finding() -> None:
    text = "tables:\n  book: {synonyms: [item]}\n  loan:\n    synonyms: [Item]"
    findings = check(LIBRARY, parse_catalog(text))

    assert [(f.line, f.level) for f in findings] == [(4, "warning")]


def test_the_version_changes_with_what_is_said() -> None:
    one = merged("tables: {book: {description: a}}")
    other = merged("tables: {book: {description: b}}")

    assert one.version != other.version
    assert one.version == merged("tables: {book: {description: a}}").version


@pytest.mark.parametrize("catalog", [LIBRARY, SALES, merged(FULL)])
def test_a_catalog_survives_its_json(catalog: Catalog) -> None:
    assert from_json(json.loads(json.dumps(to_json(catalog)))) == catalog


def test_another_version_of_the_json_is_refused() -> None:
    with pytest.raises(ValueError, match="version 0"):
        from_json({"schema_version": 0, "catalog": {}})


def test_the_file_made_of_a_catalog_says_what_it_says() -> None:
    again = merge(LIBRARY, parse_catalog(to_yaml(LIBRARY)))

    assert stamped(again).by_name == LIBRARY.by_name

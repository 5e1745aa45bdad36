from __future__ import annotations

import pytest
import sqlglot

from clearway.semantics.frame import ColumnRef
from clearway.semantics.resolving.grounding import Fact, facts_of
from tests.unit.semantics.catalogs import ASKER, NOW, frame, library, planned

pytestmark = pytest.mark.unit


def looked_up(question: str, found: list[tuple[object, ...]]) -> str:
    """Return the statement after a lookup that found these rows."""
    lookup = library.lookup(frame(library, question), ASKER)
    assert lookup is not None
    again = library.read(question, ASKER, now=NOW, zone="UTC", facts=facts_of(lookup, found))
    plan = library.plan(again, ASKER)
    return getattr(plan, "sql", str(plan))


def place(question: str, *columns: str) -> int:
    """Return the number under which these columns are looked in."""
    lookup = library.lookup(frame(library, question), ASKER)
    assert lookup is not None
    wanted = tuple(columns)
    return next(
        number
        for number, (_, refs) in enumerate(lookup.places)
        if tuple(f"{r.table.partition('.')[2]}.{r.name}" for r in refs) == wanted
    )


def test_a_name_nobody_knows_is_looked_up_in_what_names_rows() -> None:
    lookup = library.lookup(frame(library, "How many loans does Nora Barnacle have?"), ASKER)

    assert lookup is not None
    assert lookup.names == ("Nora Barnacle",)
    assert len(sqlglot.parse(lookup.sql, dialect="postgres")) == 1
    assert "'nora'" in lookup.sql


def test_what_was_found_is_used_as_it_is_spelled() -> None:
    question = "How many loans does Nora Barnacle have?"
    where = place(question, "member.first_name", "member.last_name")

    sql = looked_up(question, [(where, "NORA", "BARNACLE")])

    assert "member.first_name = 'NORA' AND member.last_name = 'BARNACLE'" in sql


def test_nothing_found_is_no_answer() -> None:
    assert "I do not know what" in looked_up("How many loans does Nora Barnacle have?", [])


def test_a_question_without_names_needs_no_lookup() -> None:
    assert library.lookup(frame(library, "How many books are there?"), ASKER) is None


def test_a_person_named_next_to_their_table_needs_no_lookup() -> None:
    sql = planned(library, "What is the email of member Nora Barnacle?")

    assert "member.first_name ILIKE 'Nora' AND member.last_name ILIKE 'Barnacle'" in sql


def test_secret_columns_are_never_looked_in() -> None:
    lookup = library.lookup(frame(library, "Who is Nora Barnacle"), ASKER)

    assert lookup is None or "password" not in lookup.sql


def test_rows_become_facts_once() -> None:
    lookup = library.lookup(frame(library, "How many loans does Nora Barnacle have?"), ASKER)
    assert lookup is not None
    _, refs = lookup.places[0]
    rows = [(0, "N", "B"), (0, "N", "B")]

    assert facts_of(lookup, rows) == (
        Fact("Nora Barnacle", tuple(zip(refs, ("N", "B"), strict=False))),
    )
    assert all(isinstance(ref, ColumnRef) for ref in refs)

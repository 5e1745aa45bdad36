"""What a model wrote is parsed by the grammar of its language, or named as what it is."""

from __future__ import annotations

import pytest

from clearway.llm.artifacts.checks import check_python, check_yaml, checked
from clearway.llm.artifacts.reading import read_draft
from clearway.llm.artifacts.statements import check_sql, kinds, names, parsed
from clearway.llm.artifacts.types import ArtifactRequest
from clearway.llm.artifacts.wants import wants_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("select region, sum(revenue) from sales group by 1", "postgres"),
        ("create table a (id int); insert into a select 1", "postgres"),
        ("with x as (select 1 as n) select n from x", "postgres"),
        ("vacuum analyze", "postgres"),
        ("select top 10 * from t", "tsql"),
        ("select * from t qualify row_number() over (order by a) = 1", "snowflake"),
        ("select `a` from `p.d.t`", "bigquery"),
        ("select cast(a as array<struct<b int64>>), date < d from t where (x < y)", "bigquery"),
        (f"select {'(' * 30}1{')' * 30}", "postgres"),
    ],
)
def test_sql_that_parses_is_let_through(sql: str, dialect: str) -> None:
    check_sql(sql, dialect)


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("", "postgres"),
        ("-- nothing", "postgres"),
        ("select from where", "postgres"),
        ("select * from t where", "postgres"),
        ("selct * from t", "postgres"),
        ("Here is the query you wanted", "postgres"),
        ("orders", "postgres"),
        ("select top 10 * from t", "postgres"),
        ("select (" * 3_000, "postgres"),
        ("make me a table", "snowflake"),
        # Read by trying, these would take longer than anybody lives, or end the reader.
        ("select " + "struct(" * 60 + "1" + ")" * 60, "bigquery"),
        ("select cast(a as " + "array<" * 3_000 + "int" + ">" * 3_000 + ")", "spark"),
        ("select map(1)", "clickhouse"),
    ],
)
def test_sql_that_does_not_parse_is_named(sql: str, dialect: str) -> None:
    with pytest.raises(ValueError, match=r"^sql"):
        check_sql(sql, dialect)


def test_statements_say_their_kinds_and_whose_names_they_use() -> None:
    found = parsed(
        "create table made as select o.id, c.name as who from orders o join customers c "
        "on c.id = o.customer; with w as (select 1 as one) insert into log select one from w",
        "postgres",
    )
    assert kinds(found) == ("CREATE", "INSERT")
    assert names(found).tables == {"orders", "customers", "log"}
    assert names(found).columns == {"id", "name", "customer"}


def test_python_that_parses_is_let_through() -> None:
    check_python(
        "import csv\n\ndef run(path: str) -> None:\n    match path:\n        case _: ...\n"
    )


@pytest.mark.parametrize(
    "code", ["def run(:", "# nothing", "", "print 'old'", "a\0b", "(" * 5_000, "return = 1"]
)
def test_python_that_does_not_parse_is_named(code: str) -> None:
    with pytest.raises(ValueError, match=r"^code"):
        check_python(code)


def test_yaml_that_parses_is_let_through() -> None:
    check_yaml("version: 2\nmodels:\n  - name: orders\n---\n- a\n")


@pytest.mark.parametrize(
    "text",
    [
        "just a sentence",
        "",
        "a: [1, 2",
        "a: b: c",
        "!!python/object/apply:os.system [ls]",
        "a: &a [*b]",
        "[" * 5_000,
    ],
)
def test_yaml_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"^yaml"):
        check_yaml(text)


def test_aliases_that_multiply_are_read_without_multiplying() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    check_yaml("\n".join(lines))


@pytest.mark.parametrize(
    ("pipeline", "trouble"),
    [
        ('{"name": "p", "tasks": []}', "tasks"),
        ('{"name": "p", "tasks": [{"task_id": "a b", "operator": "x"}]}', "task_id"),
        ('{"name": "p", "tasks": [{"task_id": "a", "operator": ""}]}', "operator"),
        (
            '{"name": "p", "tasks": [{"task_id": "a", "operator": "x"},'
            ' {"task_id": "a", "operator": "y"}]}',
            "twice",
        ),
        (
            '{"name": "p", "tasks": [{"task_id": "a", "operator": "x", "depends_on": ["b"]}]}',
            "no task",
        ),
        (
            '{"name": "p", "tasks": [{"task_id": "a", "operator": "x", "depends_on": ["a"]}]}',
            "circle",
        ),
        (
            '{"name": "p", "schedule": "0 25 * * *", "tasks": [{"task_id": "a", "operator": "x"}]}',
            "hour",
        ),
        (
            '{"name": "p", "schedule": "daily", "tasks": [{"task_id": "a", "operator": "x"}]}',
            "schedule",
        ),
    ],
)
def test_a_pipeline_that_could_not_run_is_named(pipeline: str, trouble: str) -> None:
    wants = wants_of(ArtifactRequest(intent="move it", task="transformation"))
    with pytest.raises(ValueError, match=trouble):
        checked(read_draft(f'{{"pipeline": {pipeline}}}'), wants, "postgres")


@pytest.mark.parametrize("schedule", ["0 6 * * *", "*/15 0-6,12 1 jan-mar MON", "@daily"])
def test_a_schedule_may_have_any_form_of_cron(schedule: str) -> None:
    wants = wants_of(ArtifactRequest(intent="move it", task="transformation"))
    said = (
        f'{{"pipeline": {{"name": "p", "schedule": "{schedule}", '
        '"tasks": [{"task_id": "a", "operator": "x"}]}}'
    )
    made = checked(read_draft(said), wants, "postgres")
    assert made.pipeline is not None
    assert made.pipeline.schedule == schedule


def test_what_was_asked_for_has_to_be_there() -> None:
    request = ArtifactRequest(intent="x", task="sql_generation", sources=["a"], targets=["b"])
    wants = wants_of(request)
    with pytest.raises(ValueError, match="no pipeline"):
        checked(read_draft('{"sql": "select 1"}'), wants, "postgres")
    only = wants_of(ArtifactRequest(intent="x", task="yaml_config"))
    with pytest.raises(ValueError, match="no yaml"):
        checked(read_draft('{"sql": "select 1"}'), only, "postgres")

from __future__ import annotations

import pytest
from sqlglot import exp

from clearway.tools.sql.guard import SqlInterlock, Vocabulary
from clearway.tools.sql.guard.refusal import Refused
from clearway.tools.sql.guard.statement.reading import read
from clearway.tools.sql.guard.tree.check import check_tree
from clearway.tools.sql.guard.tree.shapes import CLAUSES
from clearway.tools.sql.guard.writing.render import WRITERS
from tests.unit.tools.shop import SHOP, checked, refused

pytestmark = pytest.mark.unit


def tree_rule(sql: str) -> str:
    """Return the rule by which the tree layer alone refuses a statement."""
    with pytest.raises(Refused) as caught:
        check_tree(read(sql), Vocabulary())
    return caught.value.rejection.rule


def test_everything_accepted_can_be_written_and_nothing_else() -> None:
    assert set(CLAUSES) == set(WRITERS) - {exp.Placeholder}


@pytest.mark.parametrize(
    "sql",
    [
        "insert into orders values (1)",
        "update orders set id = 1",
        "delete from orders",
        "merge into orders using regions on true when matched then delete",
        "drop table orders",
        "truncate orders",
        "create table x as select 1",
        "alter table orders add x int",
        "copy orders to '/tmp/x'",
        "explain select 1",
        "set role postgres",
        "show all",
        "call f()",
        "do $$ begin end $$",
        "listen x",
        "notify x",
        "vacuum",
        "analyze orders",
        "lock table orders",
        "begin",
        "commit",
        "prepare p as select 1",
        "execute p",
        "declare c cursor for select 1",
        "fetch all from c",
        "grant select on orders to public",
        "comment on table orders is 'x'",
        "refresh materialized view regions",
        "reset all",
        "discard all",
        "checkpoint",
        "load 'x'",
        "cluster orders",
        "reindex table orders",
    ],
)
def test_only_queries_are_statements(sql: str) -> None:
    assert refused(sql).rule in (
        "sql.select_only", "sql.agreement.unreadable", "sql.agreement.shape"
    )  # fmt: skip
    try:
        statements = read(sql)
    except Refused:
        return
    with pytest.raises(Refused):
        check_tree(statements, Vocabulary())


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("select 1; select 2", "sql.single_statement"),
        ("select 1; -- x\n drop table orders", "sql.single_statement"),
        ("select id into x from orders", "sql.tree.clause"),
        ("select id from orders for update", "sql.tree.clause"),
        ("select id from orders for share skip locked", "sql.tree.clause"),
        ("with w as (delete from orders returning *) select * from w", "sql.tree.node"),
        (
            "with w as (insert into orders values (1) returning id) select id from w",
            "sql.tree.node",
        ),
        ("select id from orders tablesample evil (10)", "sql.tree.clause"),
        ("select id from orders tablesample system ((select 1))", "sql.tree.clause"),
        ("select $1", "sql.tree.node"),
        ("select :x", "sql.tree.node"),
        ("select ?", "sql.tree.node"),
        ("select %s", "sql.tree.node"),
        ("select current_user", "sql.tree.node"),
        ("select session_user", "sql.tree.node"),
        ("select (note::text).pg_sleep from orders", "sql.attribute"),
        ("select ('x'::text).upper", "sql.attribute"),
        ("select (o).id from orders o", "sql.attribute"),
        ("select pg_catalog.lower('x')", "sql.functions"),
        ("select id operator(pg_catalog.+) 1 from orders", "sql.tree.clause"),
        ("select to_tsvector('shop.own', note) from orders", "sql.types"),
        ("select * from to_tsquery('\"shop\".own', 'a') q", "sql.types"),
        ("select 'orders'::regclass", "sql.tree.node"),
        ("select '<x/>'::xml", "sql.types"),
        ("select 'x'::name", "sql.types"),
        ("select 'x'::shop.kind", "sql.types"),
        ("select 'x'::\"char\"", "sql.types"),
        ("select note collate evil from orders", "sql.collations"),
        ('select note collate shop."C" from orders', "sql.collations"),
    ],
)
def test_what_a_read_does_not_need_is_refused_by_the_tree_alone(sql: str, rule: str) -> None:
    assert tree_rule(sql) in (rule, "sql.tree.node", "sql.text.unreadable", "sql.types")
    refused(sql)


OUTSIDE = """
    " pg_sleep pg_read_file pg_ls_dir lo_import lo_get dblink query_to_xml ts_stat
    ts_rewrite set_config current_setting pg_notify pg_advisory_lock nextval setval currval
    lastval txid_current pg_terminate_backend pg_cancel_backend pg_reload_conf pg_stat_file
    version inet_server_addr has_table_privilege pg_get_viewdef pg_relation_size
    obj_description xmlparse database_to_xml setseed pg_export_snapshot pg_switch_wal
    pg_create_restore_point my_function array_fill pg_typeof to_regclass
    table_to_xml row_security_active
"""


@pytest.mark.parametrize("name", OUTSIDE.split())
def test_functions_outside_the_vocabulary_are_refused_by_each_reader(name: str) -> None:
    for sql in (
        f"select {name}(1)",
        f'select "{name}"(1)',
        f"select id from orders where {name}(id) is null",
        f"select count(*) filter (where {name}(1) = 1) from orders",
        f"select sum(total) over (order by {name}(id)) from orders",
        f"select id from orders order by {name}(id)",
        f"select id from orders limit {name}(1)",
        f"select * from {name}(1) x",
        f"with w as (select {name}(1) as a) select a from w",
    ):
        refused(sql)
        with pytest.raises(Refused):
            check_tree(read(sql), Vocabulary())


def test_quoted_function_names_are_compared_exactly() -> None:
    assert refused('select "LOWER"(note) from orders').rule == "sql.functions"
    assert 'lower("orders"."note")' in checked('select "lower"(note) from orders').sql


def test_names_of_arguments_are_written_as_names() -> None:
    assert 'make_interval("days" => 3)' in checked("select make_interval(days => 3)").sql
    text = checked('select make_interval("days => 1), pg_sleep(1" => 3)').sql
    assert text.startswith('SELECT make_interval("days => 1), pg_sleep(1" => 3)')


def test_operators_of_a_deployment_are_added_by_name() -> None:
    guard = SqlInterlock(SHOP, extra_functions=frozenset({"finance.fiscal_quarter"}))
    sql = "select finance.fiscal_quarter(ordered_at) from orders"
    assert '"finance".fiscal_quarter("orders"."ordered_at")' in checked(sql, guard=guard).sql
    refused(sql)
    refused("select fiscal_quarter(ordered_at) from orders", guard=guard)


def test_names_fold_as_postgres_folds_them() -> None:
    (statement,) = read('select ÀB, "ÀB" from ORDERS')
    root = check_tree([statement], Vocabulary())
    assert [column.name for column in root.find_all(exp.Column)] == ["Àb", "ÀB"]

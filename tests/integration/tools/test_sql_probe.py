"""The probe sees each kind of effect, and none where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.corpora.sql.probe import Probe
from tests.corpora.sql.servers import SYSTEM_BIN, embedded_bin, running

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture(scope="module")
def probe() -> Iterator[Probe]:
    with running(SYSTEM_BIN if SYSTEM_BIN.exists() else embedded_bin()) as server:
        yield Probe(server)


@pytest.mark.parametrize(
    ("query", "effect"),
    [
        ("WITH d AS (DELETE FROM bookings RETURNING 1) SELECT * FROM d", "row_changed"),
        ("SELECT nextval('order_number_seq')", "row_changed"),
        ("SELECT 1 AS a INTO loot", "schema_changed"),
        ("COPY regions TO '/tmp/clearway_corpus/out.txt'", "file"),
        ("SELECT pg_read_file('canary_datadir.txt')", "file"),
        ("SELECT id FROM orders FOR SHARE", "lock"),
        ("SELECT pg_advisory_lock(1)", "lock"),
        ("SELECT set_config('work_mem', '1MB', false)", "setting"),
        ("PREPARE left_behind AS SELECT 1", "session_state"),
        ("SELECT pg_notify('corpus_channel', '')", "backend"),
        (
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'corpus_busy'",
            "backend",
        ),
        ("SELECT to_json(c) FROM customers c", "canary_read"),
        ("SELECT encode(convert_to(max(value), 'UTF8'), 'hex') FROM secrets", "canary_read"),
        ("SELECT ssn::int FROM customers", "error_leak"),
        ("SELECT id FROM employees ORDER BY salary LIMIT 3", "inference"),
        ("SELECT pg_sleep(30)", "time_or_memory"),
        ("SELECT repeat('x', 600000000)", "time_or_memory"),
    ],
)
def test_an_effect_is_seen(probe: Probe, query: str, effect: str) -> None:
    assert effect in probe.observe(query).effects


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id, name FROM customers ORDER BY id",
        "SELECT status, count(*) FROM orders GROUP BY status ORDER BY 1",
        "SELECT 1 / 0",
    ],
)
def test_a_plain_read_has_no_effect(probe: Probe, query: str) -> None:
    observation = probe.observe(query)

    assert observation.effects == {}
    assert observation.repeatable


def test_a_query_as_a_reader_cannot_see_what_it_may_not(probe: Probe) -> None:
    observation = probe.observe("SELECT value FROM secrets", role="corpus_reader")

    assert observation.reply.sqlstate == "42501"
    assert observation.effects == {}


def test_the_server_is_as_before_after_roles_and_settings_were_changed(probe: Probe) -> None:
    probe.observe("CREATE ROLE intruder SUPERUSER")
    again = probe.observe("SELECT 1 FROM pg_roles WHERE rolname = 'intruder'")

    assert again.reply.rows == []

"""What the settings of SQL become when the parts are put together."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from clearway.errors import ConfigurationError
from clearway.settings import Settings, load_settings
from clearway.sql_wiring import costly_bulkhead, read_session, role_ceilings
from clearway.stores.keys import Keys
from clearway.tools.sql.session import SessionSettings

pytestmark = pytest.mark.unit

SETTINGS = Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic-settings' own


def test_pseudonyms_belong_to_a_deployment_and_to_all_its_processes() -> None:
    here = read_session(SETTINGS, Keys(b"a" * 32)).mask_key
    assert read_session(SETTINGS, Keys(b"a" * 32)).mask_key == here
    assert read_session(SETTINGS, Keys(b"b" * 32)).mask_key != here


def test_a_session_without_a_key_makes_one_of_its_own_and_does_not_show_it() -> None:
    one, other = SessionSettings(), SessionSettings()
    assert one.mask_key != other.mask_key
    assert one.mask_key not in repr(one)


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("CLEARWAY_COSTLY_AT_ONCE", "0", "greater than or equal to 1"),
        ("CLEARWAY_COSTLY_AT_ONCE", "8", "fewer than CLEARWAY_POOL_SIZE"),
        ("CLEARWAY_COSTLY_WAITING", "-1", "greater than or equal to 0"),
        ("CLEARWAY_COSTLY_WAIT_S", "0", "greater than 0"),
        ("CLEARWAY_COSTLY_PLAN_COST", "cheap", "number"),
        ("CLEARWAY_ROLE_PLAN_COSTS", '{"finance": -1}', "greater than 0"),
    ],
)
def test_a_wrong_size_names_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert variable in caught.value.message
    assert allowed in caught.value.message


def test_a_replica_is_of_a_warehouse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_WAREHOUSE_REPLICA_URL", "postgresql://me:hunter2@copy/db")
    with pytest.raises(ConfigurationError, match="needs CLEARWAY_WAREHOUSE_URL") as caught:
        load_settings()
    assert "hunter2" not in caught.value.message
    monkeypatch.setenv("CLEARWAY_WAREHOUSE_URL", "postgresql://me@host/db")
    assert isinstance(load_settings().warehouse_replica_url, SecretStr)


def test_a_connection_is_left_for_cheap_statements() -> None:
    small = SETTINGS.model_copy(update={"pool_size": 2})
    assert costly_bulkhead(small)._limit == 1
    assert costly_bulkhead(SETTINGS)._limit == 2


def test_roles_have_ceilings_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_ROLE_PLAN_COSTS", '{"finance": 5e6}')
    assert role_ceilings(load_settings())["finance"].cost == 5e6


def test_functions_are_added_as_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARWAY_SQL_FUNCTIONS", '["similarity", "mart.week"]')
    assert load_settings().sql_functions == {"similarity", "mart.week"}

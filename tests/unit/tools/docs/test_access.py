from __future__ import annotations

import json

import pytest

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.tools.docs.access import access_list, grants, identity_settings

pytestmark = pytest.mark.unit


def test_a_principal_holds_itself_its_roles_and_what_all_hold() -> None:
    ada = Principal(user="ada", roles=frozenset({"analyst", "lead"}))
    assert grants(ada) == ("everyone", "role:analyst", "role:lead", "user:ada")


def test_no_name_can_hold_two_entries() -> None:
    mallory = Principal(user='x","role:admin', roles=frozenset({"a,role:admin"}))
    held = json.loads(identity_settings(mallory)["clearway.grants"])
    assert "role:admin" not in held
    assert len(held) == 3


def test_an_access_list_is_sorted_and_keeps_its_owner() -> None:
    assert access_list([]) == ("everyone",)
    assert access_list([], owner="ada") == ("user:ada",)
    assert access_list(["role:ops", "role:dev"], owner="ada") == (
        "role:dev",
        "role:ops",
        "user:ada",
    )


@pytest.mark.parametrize("entry", ["admins", "role:", "group:x", "user: ada", "everyone:"])
def test_an_entry_of_another_form_is_refused(entry: str) -> None:
    with pytest.raises(ConfigurationError, match="role:NAME"):
        access_list([entry])

from __future__ import annotations

import json

import pytest

from clearway.errors import ConfigurationError
from clearway.identity import Principal
from clearway.tools.docs.access import access_list, collection_name, grants, identity_settings

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


def test_an_owner_without_a_name_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="owner"):
        access_list(["everyone"], owner=" ")


def test_a_collection_has_a_name_that_a_question_can_say() -> None:
    assert collection_name("Run-books_2") == "Run-books_2"
    for name in ("", "two words", "a\nb", "../up", "x" * 65):
        with pytest.raises(ConfigurationError, match="no name for a collection"):
            collection_name(name)

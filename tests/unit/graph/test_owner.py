"""Whose a thread and a request are: by keyed digest, or by a name that can still be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clearway.graph.context import Context
from clearway.graph.owner import asks, owner_of, owns
from clearway.graph.state import Request
from clearway.graph.turn import principal_state
from clearway.identity import ACT_FOR, Principal
from clearway.llm.guards.guardrails import PatternRedactor
from clearway.nodes.admit import new_request
from clearway.stores.keys import Keys
from clearway.stores.seal import HmacSeal
from tests.ports import services

pytestmark = pytest.mark.unit

SEAL = HmacSeal(Keys(b"one deployment"))
ADA = Principal(user="ada@example.test")
ALIKE = Principal(user="bob@example.test")
BLACKED_OUT = Principal(user="[EMAIL]")


def kept(request: Request, **named: Any) -> Request:
    """Return a request as a checkpoint gives it back, or one kept without a digest."""
    principal = {**request["principal"], **named}
    return {**request, "principal": principal}  # type: ignore[typeddict-item]  # its own keys


def test_an_owner_is_known_by_a_digest_that_is_no_personal_data() -> None:
    owner = owner_of(ADA, SEAL)
    assert PatternRedactor().redact(owner) == owner
    assert owns(ADA, owner, SEAL)
    assert owns(replace(ADA, roles=frozenset({"admin"})), owner, SEAL)
    for other in (ALIKE, BLACKED_OUT, replace(ADA, tenant="b")):
        assert not owns(other, owner, SEAL)
    assert not owns(ADA, owner, HmacSeal(Keys(b"another deployment")))
    assert owns(ADA, None, SEAL)


def test_tenant_and_user_together_do_not_read_like_anothers() -> None:
    one, other = Principal(tenant='a", "b', user="c"), Principal(tenant="a", user='b", "c')
    assert owner_of(one, SEAL) != owner_of(other, SEAL)


def test_an_asker_is_known_with_all_that_they_may_do() -> None:
    made = new_request("q", ADA, Context(), replace(services(), seal=SEAL))
    request = kept(made, user="[EMAIL]")
    assert asks(ADA, request, SEAL)
    for other in (
        ALIKE,
        BLACKED_OUT,
        replace(ADA, scopes=frozenset({ACT_FOR})),
        replace(ADA, actor="eve"),
    ):
        assert not asks(other, request, SEAL)


@pytest.mark.parametrize(("name", "known"), [("ada", True), ("[EMAIL]", False)])
def test_what_was_kept_with_the_name_itself_is_known_where_it_can_be_read(
    name: str, known: bool
) -> None:
    named = Principal(user=name)
    request = new_request("q", named, Context(), replace(services(), seal=SEAL))
    del request["asker"]
    assert asks(named, request, SEAL) == known
    assert not asks(Principal(user="eve"), request, SEAL)
    assert owns(named, principal_state(named), SEAL) == known
    assert not owns(Principal(user="eve"), principal_state(named), SEAL)

from __future__ import annotations

import pytest

from clearway.stores.keys import Keys
from clearway.stores.seal import HmacSeal

pytestmark = pytest.mark.unit


def test_a_seal_vouches_for_its_payload_only() -> None:
    seal = HmacSeal(Keys(b"secret"))
    signed = seal.sign("payload")

    assert seal.verify("payload", signed)
    assert not seal.verify("payload ", signed)
    assert not seal.verify("payload", signed[:-1])
    assert not seal.verify("payload", "")
    assert not seal.verify("payload", "ü" * 64)


def test_another_deployment_cannot_seal_for_this_one() -> None:
    assert not HmacSeal(Keys(b"secret")).verify("p", HmacSeal(Keys(b"other")).sign("p"))


def test_keys_differ_by_purpose_and_stay_the_same() -> None:
    keys = Keys(b"secret")
    assert keys.derive("seal") == Keys(b"secret").derive("seal")
    assert keys.derive("seal") != keys.derive("audit/input")

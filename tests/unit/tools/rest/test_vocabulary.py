from __future__ import annotations

from pathlib import Path

import pytest

from clearway.semantics.routing.vocabulary import Spoken
from clearway.tools.rest.planning.vocabulary import spoken
from tests.unit.tools.rest.documents import SERVICES, registry

pytestmark = pytest.mark.unit


def words(folder: Path, services: str = SERVICES) -> Spoken:
    (found,) = spoken(registry(folder, services)).services
    return found


def test_things_are_the_resources_of_paths_and_not_their_forms(tmp_path: Path) -> None:
    assert words(tmp_path).things == {("payment",), ("customer",)}


def test_choices_are_known_in_the_forms_people_use(tmp_path: Path) -> None:
    told = words(tmp_path).told

    assert {"pending", "refunded", "refund", "amount", "billing"} <= told
    assert "revenue" not in told


def test_acts_are_those_of_writes_that_are_allowed(tmp_path: Path) -> None:
    assert ("create", "payment") in words(tmp_path).acts
    reads = SERVICES.replace("allow: {methods: [GET, POST]}\n    writes: approval", "allow: {}")
    assert words(tmp_path, reads).acts == frozenset()


def test_who_may_know_of_a_service_may_know_of_its_words(tmp_path: Path) -> None:
    limited = words(tmp_path, SERVICES.replace("synonyms:", "roles: [finance]\n    synonyms:"))

    assert limited.roles == {"finance"}

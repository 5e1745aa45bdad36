"""Evidence to one number: monotone, capped by objections, never raised by what is not known."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.calibration import load_calibration, shipped_calibration
from clearway.errors import ConfigurationError
from clearway.plans import Evidence, EvidenceKind
from clearway.semantics.evidence.confidence import Calibration, parse_calibration
from clearway.settings import Settings

pytestmark = pytest.mark.unit

SHIPPED = shipped_calibration()
KINDS: list[EvidenceKind] = sorted(SHIPPED.weights)
SCORES = st.floats(min_value=0, max_value=1)


def facts(scores: dict[EvidenceKind, float]) -> list[Evidence]:
    return [Evidence(kind=kind, score=score, detail="") for kind, score in scores.items()]


@given(st.dictionaries(st.sampled_from(KINDS), SCORES), st.sampled_from(KINDS), SCORES, SCORES)
def test_better_evidence_never_lowers_it(
    scores: dict[EvidenceKind, float], kind: EvidenceKind, one: float, other: float
) -> None:
    low, high = sorted((one, other))

    assert SHIPPED.of(facts({**scores, kind: low})) <= SHIPPED.of(facts({**scores, kind: high}))


@given(st.dictionaries(st.sampled_from(KINDS), SCORES))
def test_nothing_outweighs_an_objection(scores: dict[EvidenceKind, float]) -> None:
    assert SHIPPED.of(facts({**scores, "objection": 0.0})) == 0


@given(st.dictionaries(st.sampled_from(KINDS), SCORES), st.sampled_from(KINDS))
def test_what_is_not_known_is_never_better_than_good(
    scores: dict[EvidenceKind, float], kind: EvidenceKind
) -> None:
    known = {**scores, kind: 1.0}
    unknown = {name: score for name, score in scores.items() if name != kind}

    assert SHIPPED.of(facts(unknown)) <= SHIPPED.of(facts(known))


def test_ones_own_sql_means_what_it_says_unless_it_is_refused() -> None:
    own = Evidence(kind="asker", score=1, detail="")

    assert SHIPPED.of([own]) == 1
    assert SHIPPED.of([own, Evidence(kind="objection", score=0, detail="")]) == 0


def test_without_any_evidence_nothing_is_answered() -> None:
    assert SHIPPED.of([]) < 0.5


def test_the_shipped_parameters_say_where_they_come_from() -> None:
    record = SHIPPED.record

    assert {"n", "sources", "date", "features", "held_out"} <= set(record)
    held_out = record["held_out"]
    assert isinstance(held_out, dict)
    assert {"n", "ece", "brier", "auroc"} <= set(held_out)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "JSON"),
        ("[]", "the file"),
        ('{"format": 2, "intercept": 0, "weights": {}}', "format"),
        ('{"format": 1, "intercept": 0, "weights": {"coverage": -1}}', "weights.coverage"),
        ('{"format": 1, "intercept": 0, "weights": {"luck": 1}}', "weights.luck"),
        ('{"format": 1, "intercept": 1e999, "weights": {}}', "intercept"),
        ('{"format": 1, "intercept": 0, "weights": {}, "more": 1}', "more"),
    ],
)
def test_a_file_that_is_none_is_an_error_that_names_what_is_wrong(text: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_calibration(text, name="mine.json")

    assert "mine.json" in raised.value.message
    assert what in raised.value.message


def test_the_setting_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(Calibration(format=1, intercept=-3, weights={}).model_dump_json())

    assert load_calibration(Settings(_env_file=None, calibration=file)).intercept == -3  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="CLEARWAY_CALIBRATION"):
        load_calibration(Settings(_env_file=None, calibration=file.parent))  # type: ignore[call-arg]

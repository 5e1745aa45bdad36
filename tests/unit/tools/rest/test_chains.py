from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from clearway.evals.bench.rest import described
from clearway.evals.bench.rest_large import large_document, large_questions
from clearway.tools.rest.planning import chains
from clearway.tools.rest.planning.chains import Chainer

pytestmark = pytest.mark.unit


def test_what_is_left_out_of_the_search_would_not_have_been_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(large_document(seed=3)), "utf-8")
    chainer = Chainer(described(tmp_path))
    questions = list(large_questions(8, seed=4))
    found = [chainer.chains(each) for each in questions]

    monkeypatch.setattr(chains, "ROUNDED", math.inf)  # nothing is left out
    assert [chainer.chains(each) for each in questions] == found
    assert any(len(each.steps) == chains.MAX_STEPS for one in found for each in one)

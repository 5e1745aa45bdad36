"""Files of a folder that are not read are told by their kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearway.cli.docs_show import tell_left_out
from clearway.tools.docs.ingesting.ingest import left_out, sources

pytestmark = pytest.mark.unit


def test_what_a_folder_holds_of_other_kinds_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.md", "b.XLSX", "deep/c.xlsx", "deep/d.png", "deep/Makefile", ".hidden.csv"):
        (tmp_path / name).write_text("text", "utf-8")

    assert [each.label for each in sources([tmp_path])] == ["a.md"]
    assert left_out([tmp_path, tmp_path / "deep"]) == {".png": 1, ".xlsx": 2, "Makefile": 1}
    assert left_out([tmp_path / "a.md"]) == {}

    tell_left_out(left_out([tmp_path]))
    tell_left_out({})
    told = capsys.readouterr().err
    assert "4 files left out (1 .png, 2 .xlsx, 1 Makefile)" in told
    assert ".md" in told

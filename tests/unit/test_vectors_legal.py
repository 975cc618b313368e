"""Odd files that are right: nothing is reported of the vectors of `tests/vectors/legal`, and all is read."""

from pathlib import Path

import pytest
from tests.cases import FOLDER, WHOLE, Vector, assert_findings, check_whole, vectors


@pytest.mark.parametrize("vector", vectors(FOLDER / "legal", WHOLE, "steps slots"))
def test_a_legal_file_is_read_whole_and_without_a_finding(
    vector: Vector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checked, file = check_whole(vector.given)
    assert_findings(checked.findings, [])
    assert [step.number for step in file.steps] == vector.expect["steps"]
    assert [slot.name for slot in file.slots] == vector.expect["slots"]

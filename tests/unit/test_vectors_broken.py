"""What the author of a broken file is told, and what is read of it: the vectors of `tests/vectors/broken`."""

from pathlib import Path

import pytest
from tests.cases import FOLDER, WHOLE, Vector, assert_findings, check_again, check_whole, vectors

from dramaturg.findings.render import render
from dramaturg.persona.reading import read_persona_file
from dramaturg.run.mend import mends, write_mend

_VECTORS = vectors(FOLDER / "broken", WHOLE, "steps slots rendered")


@pytest.mark.parametrize("vector", _VECTORS)
def test_a_broken_file_is_diagnosed_and_read_as_its_vector_says(
    vector: Vector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checked, file = check_whole(vector.given)
    silent = {"path": file.path, "length": None, "note": "", "help": ""}
    assert_findings(checked.findings, [silent | dict(each) for each in vector.findings])
    assert render(checked.findings[0], checked.source_of) + "\n" == vector.expect["rendered"]
    assert [step.number for step in file.steps] == vector.expect["steps"]
    assert [slot.name for slot in file.slots] == vector.expect["slots"]


@pytest.mark.parametrize("vector", _VECTORS)
def test_what_can_be_mended_is_told_no_more_and_everything_else_is_told_and_read_as_before(
    vector: Vector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checked, before = check_whole(vector.given)
    for mend in mends(checked.findings, checked.sources):
        write_mend(mend)
    left = [(finding.rule, finding.message) for finding in checked.findings if not finding.edits]
    assert [(finding.rule, finding.message) for finding in check_again(before.path).findings] == left
    after = read_persona_file(Path(before.path))
    assert [step.number for step in after.steps] == [step.number for step in before.steps]
    assert [slot.name for slot in after.slots] == [slot.name for slot in before.slots]


def test_there_are_broken_files_of_every_sort() -> None:
    assert len(_VECTORS) >= 60
    assert all(vector.findings for parameter in _VECTORS for vector in parameter.values)

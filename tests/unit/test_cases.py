"""Vectors that say nothing, or something that nobody reads, are refused."""

from pathlib import Path

import pytest
from tests.cases import FOLDER, vectors


def test_a_folder_without_vectors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no vectors"):
        vectors(tmp_path, "text", "slots")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("given: {text: a}\nexpect: {slots: {}}\nwhy: so\n", "no runner reads: why"),
        ("given: {txt: a}\nexpect: {slots: {}}\n", "no runner reads: txt"),
        ("given: {text: a}\nexpect: {slot: {}}\n", "no runner reads: slot"),
        ("given: {text: a}\n", "expects nothing"),
    ],
)
def test_a_vector_with_a_key_that_nobody_reads_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "one.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        vectors(tmp_path, "text", "slots")


def test_every_folder_of_vectors_has_a_runner() -> None:
    runners = {path.stem.removeprefix("test_vectors_") for path in Path(__file__).parent.glob("test_vectors_*.py")}
    assert {path.name for path in FOLDER.iterdir()} <= runners

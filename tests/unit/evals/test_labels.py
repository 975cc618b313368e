"""Files of labels: what is shipped can be used, and the schema for editors says what reading says."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.labels import labels_text
from tests.support import ROOT

from dramaturg.data import personas_root
from dramaturg.errors import AuthorError, CallerError
from dramaturg.evals.checking import require_usable
from dramaturg.evals.judging.calibrations import calibration_path
from dramaturg.evals.judging.labels import criterion_of, read_labels
from dramaturg.evals.reading import read_suite
from dramaturg.evals.schema import LABELS_SCHEMA_FILE, labels_schema, suite_schema
from dramaturg.persona.library import Library

_JUDGED = ROOT / "evals" / "judged"


def test_the_shipped_labels_are_half_pass_half_fail_and_each_fail_says_why() -> None:
    labels = read_labels(_JUDGED / "reversible.labels.yaml").labels
    counts = Counter(label.verdict for label in labels.labels)
    assert len(labels.labels) >= 40
    assert min(counts.values()) >= 20
    assert all(label.why for label in labels.labels if label.verdict == "fail")
    assert labels.by


def test_the_shipped_pairs_are_of_both_kinds_with_ties_among_them_and_each_says_why() -> None:
    pairs = read_labels(_JUDGED / "preferred.labels.yaml").labels.pairs
    counts = Counter(pair.verdict for pair in pairs)
    assert len(pairs) >= 24
    assert min(counts["a"], counts["b"]) >= 10
    assert counts["tie"] >= 5
    assert all(pair.why for pair in pairs)
    longer = [len(pair.a.text) > len(pair.b.text) for pair in pairs if pair.verdict == "a"]
    longer += [len(pair.b.text) > len(pair.a.text) for pair in pairs if pair.verdict == "b"]
    assert 0.25 < sum(longer) / len(longer) < 0.75, "length is nothing that a judge may go by"


def test_the_suite_that_is_judged_can_be_performed() -> None:
    path = _JUDGED / "dpa-1.yaml"
    require_usable(read_suite(path), Library((personas_root(),)))
    assert Draft202012Validator(suite_schema()).is_valid(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_shipped_schema_is_that_of_the_command_and_takes_the_shipped_labels() -> None:
    shipped = json.loads((ROOT / "evals" / LABELS_SCHEMA_FILE).read_text(encoding="utf-8"))
    assert shipped == labels_schema()
    for name in ("reversible", "preferred"):
        text = (_JUDGED / f"{name}.labels.yaml").read_text(encoding="utf-8")
        assert Draft202012Validator(shipped).is_valid(yaml.safe_load(text))


@pytest.mark.parametrize(
    "change",
    [{"verdict": "good"}, {"txt": "A plan."}, {"id": ""}],
    ids=["another verdict", "an unknown key", "no name"],
)
def test_what_reading_refuses_an_editor_refuses(change: dict[str, Any], tmp_path: Path) -> None:
    label = {"id": "one", "verdict": "pass", "text": "A plan."} | change
    data = {"criterion": "It is a plan.", "labels": [label]}
    assert not Draft202012Validator(labels_schema()).is_valid(data)
    path = tmp_path / "x.labels.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(AuthorError):
        read_labels(path)


_PAIR = {"id": "one", "verdict": "a", "a": {"text": "A plan."}, "b": {"text": "No plan."}}


@pytest.mark.parametrize(
    "data",
    [
        {"pairs": [_PAIR | {"verdict": "pass"}]},
        {"pairs": [_PAIR | {"c": "A plan."}]},
        {"pairs": [{name: value for name, value in _PAIR.items() if name != "b"}]},
        {"pairs": []},
        {},
        {"pairs": [_PAIR], "labels": [{"id": "two", "verdict": "pass", "text": "A plan."}]},
    ],
    ids=["another verdict", "an unknown key", "one document", "no pair", "nothing", "documents and pairs"],
)
def test_what_reading_refuses_of_pairs_an_editor_refuses(data: dict[str, Any], tmp_path: Path) -> None:
    whole = {"criterion": "It is a plan."}
    assert Draft202012Validator(labels_schema()).is_valid({**whole, "pairs": [_PAIR]})
    assert not Draft202012Validator(labels_schema()).is_valid({**whole, **data})
    path = tmp_path / "x.labels.yaml"
    path.write_text(yaml.safe_dump({**whole, **data}), encoding="utf-8")
    with pytest.raises(AuthorError):
        read_labels(path)


def test_faulty_pairs_are_told_all_at_once_and_a_document_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("A plan.\n", encoding="utf-8")
    path = tmp_path / "x.labels.yaml"
    path.write_text(
        "criterion: It is a plan.\npairs:\n"
        "  - {id: one, verdict: a, a: one.md, b: {path: none.md}}\n"
        "  - {id: one, verdict: c, a: one.md, b: {text: No plan.}}\n"
        "  - {id: two, verdict: b, a: one.md, b: {path: one.md}}\n"
        "  - {id: three, verdict: tie, a: {text: x, path: y}, b: {text: No plan.}}\n",
        encoding="utf-8",
    )
    with pytest.raises(AuthorError) as refused:
        read_labels(path)
    assert [(each.span and each.span.line, each.message) for each in refused.value.findings] == [
        (3, "`none.md` cannot be read: No such file or directory"),
        (4, "two pairs are called `one`"),
        (4, "`pairs[1].verdict`: must be 'a', 'b' or 'tie'"),
        (5, "both documents are the same"),
        (6, "`pairs[3].a`: give a `path` beside this file, or `text:` and the document itself"),
        (6, "`y` cannot be read: No such file or directory"),
    ]
    path.write_text(
        "criterion: It is a plan.\npairs:\n  - {id: one, verdict: a, a: one.md, b: {text: No plan.}}\n",
        encoding="utf-8",
    )
    file = read_labels(path)
    assert file.documents == (("A plan.\n", "No plan."),)
    assert str(file.place_of(0)).endswith("x.labels.yaml:3:6")


def test_what_is_told_of_a_label_does_not_change_the_labels_and_all_else_does(tmp_path: Path) -> None:
    path = tmp_path / "x.labels.yaml"

    def digest(text: str) -> str:
        path.write_text(text, encoding="utf-8")
        return read_labels(path).digest

    text = labels_text(2, 2)
    assert digest(text) == digest(f"# a remark\nby: me\n{text}    why: for people\n")
    assert (
        len({digest(each) for each in (text, text.replace("pass\n", "fail\n", 1), text.replace("stop", "halt"))}) == 3
    )
    assert calibration_path(path) == tmp_path / "x.calibration.json"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"- a\n", "the file of labels is no mapping"),
        (b"criterion: [a\n", "the file of labels is not valid YAML"),
        (b"criterion: a\ncriterion: b\nlabels: []\n", "`criterion` is given twice"),
        (b"criterion: a\nlabels: []\n", "`labels`: it is empty"),
    ],
)
def test_a_file_that_is_none_says_so(written: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "x.labels.yaml"
    path.write_bytes(written)
    with pytest.raises(AuthorError) as refused:
        read_labels(path)
    assert told in "; ".join(finding.message for finding in refused.value.findings)
    assert {finding.rule for finding in refused.value.findings} == {"E112"}


def test_a_file_that_cannot_be_read_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="cannot be read"):
        read_labels(tmp_path / "none.labels.yaml")
    with pytest.raises(CallerError, match="cannot be read: embedded null byte"):
        read_labels(tmp_path / "\0.labels.yaml")
    assert criterion_of(tmp_path / "\0.labels.yaml") is None
    (tmp_path / "x.labels.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(CallerError, match="not UTF-8"):
        read_labels(tmp_path / "x.labels.yaml")

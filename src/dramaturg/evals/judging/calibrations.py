"""What a judge was found to be worth, beside its labels; its one rule: it holds for what was asked, and nothing else.

Beside `x.labels.yaml` stands `x.calibration.json`, which has one entry for each model that judged the labels. An entry
holds for one criterion, one prompt and these labels, each known by its digest: whoever edits one of them edits the
judge.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dramaturg.errors import CallerError, JournalMiss
from dramaturg.evals.judging.labels import SUFFIX, LabelsFile
from dramaturg.evals.judging.questions import Rule, digest_of
from dramaturg.evals.judging.verdicts import Said
from dramaturg.evals.scorers.judged import Rubric
from dramaturg.evals.statistics.calibration import Judge

_ENDING = ".calibration.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a calibration holds for: the model, and digests of criterion, prompt and labels."""

    model: str
    criterion: str
    prompt: str
    labels: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled document: what people said of it, what the judge said, and why."""

    id: str
    people: str
    judge: Said
    because: str

    @property
    def agreed(self) -> bool:
        """Whether the judge says what people said."""
        return self.people == self.judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a judge made of labelled documents.

    Attributes:
        terms: What it holds for.
        on: The day it was made.
        judged: Each document.
    """

    terms: Terms
    on: str
    judged: tuple[Judged, ...]

    @property
    def judge(self) -> Judge:
        """How well the judge agrees with people, where it gave a verdict."""
        return Judge(
            passes=self.count("pass", "pass") + self.count("pass", "fail"),
            passes_agreed=self.count("pass", "pass"),
            fails=self.count("fail", "pass") + self.count("fail", "fail"),
            fails_agreed=self.count("fail", "fail"),
        )

    def count(self, people: str, judge: Said) -> int:
        """Return how many documents of which people said one thing the judge said the other."""
        return sum(each.people == people and each.judge == judge for each in self.judged)


def terms_of(rubric: Rubric, model: str, prompt: str, labels: LabelsFile) -> Terms:
    """Return what a calibration of a rubric would hold for today."""
    rule = Rule(prompt=prompt, artifacts=rubric.artifacts)
    return Terms(model=model, criterion=digest_of(rubric.criterion), prompt=rule.digest, labels=labels.digest)


def calibration_path(labels: Path) -> Path:
    """Return where the calibrations of a file of labels stand."""
    return labels.with_name(labels.name.removesuffix(SUFFIX).removesuffix(".yaml") + _ENDING)


def read_calibrations(path: Path) -> Mapping[str, Calibration]:
    """Return the calibrations of a file, by model; none where there is no file.

    Raises:
        JournalMiss: The file is damaged, or of another version.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = [_calibration_of(each) for each in data["calibrations"]]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError) as error:
        remedy = "remove it, and calibrate again: what was asked is recorded"
        raise JournalMiss("", f"`{path}` is damaged ({error}); {remedy}") from error
    return {each.terms.model: each for each in found}


def keep_calibration(path: Path, calibration: Calibration) -> None:
    """Write a calibration down, in place of what there was for its model."""
    known = dict(read_calibrations(path))
    before = known.get(calibration.terms.model)
    if before is not None and replace(before, on=calibration.on) == calibration:
        return  # a day is no reason for a diff
    kept = {**known, calibration.terms.model: calibration}
    data = {"calibrations": [asdict(kept[model]) for model in sorted(kept)]}
    try:
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CallerError(f"`{path}` cannot be written: {error.strerror or error}") from error


def _calibration_of(data: Mapping[str, Any]) -> Calibration:
    judged = tuple(Judged(**each) for each in data["judged"])
    return Calibration(terms=Terms(**data["terms"]), on=data["on"], judged=judged)

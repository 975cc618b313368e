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
from dramaturg.evals.judging.preferences import pairs_digest
from dramaturg.evals.judging.questions import Rule, digest_of
from dramaturg.evals.scorers.judged import Judged as Scorer
from dramaturg.evals.scorers.judged import Pairwise
from dramaturg.evals.statistics.calibration import Judge
from dramaturg.evals.statistics.preferring import PairJudge

_ENDING = ".calibration.json"
_PREFERRED = ("a", "b", "tie")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a calibration holds for: the model, and digests of criterion, prompt and labels."""

    model: str
    criterion: str
    prompt: str
    labels: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled document, or pair: what people said of it, what the judge said, and why.

    Attributes:
        id: What its label is called.
        people: `pass` or `fail`; of a pair `a`, `b` or `tie`.
        judge: The same, or `unclear`.
        because: Why.
        swayed: Whether the verdict on a pair followed the places; None for a document, or where it was not told.
    """

    id: str
    people: str
    judge: str
    because: str
    swayed: bool | None = None

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
    def judge(self) -> Judge | PairJudge:
        """How well the judge agrees with people, where it gave a verdict."""
        return self._of_pairs if self.of_pairs else self._of_documents

    @property
    def of_pairs(self) -> bool:
        """Whether pairs were judged."""
        return any(each.people in _PREFERRED for each in self.judged)

    @property
    def _of_pairs(self) -> PairJudge:
        agreed, opposed = (self.count("a", one) + self.count("b", other) for one, other in (("a", "b"), ("b", "a")))
        ties_decided = self.count("tie", "a") + self.count("tie", "b")
        return PairJudge(
            pairs=agreed + opposed + self.count("a", "tie") + self.count("b", "tie"),
            agreed=agreed,
            opposed=opposed,
            ties=ties_decided + self.count("tie", "tie"),
            ties_decided=ties_decided,
        )

    @property
    def _of_documents(self) -> Judge:
        return Judge(
            passes=self.count("pass", "pass") + self.count("pass", "fail"),
            passes_agreed=self.count("pass", "pass"),
            fails=self.count("fail", "pass") + self.count("fail", "fail"),
            fails_agreed=self.count("fail", "fail"),
        )

    @property
    def swayed(self) -> tuple[int, int]:
        """In how many pairs the verdict followed the places, and of how many that can be told."""
        told = [each.swayed for each in self.judged if each.swayed is not None]
        return sum(told), len(told)

    def count(self, people: str, judge: str) -> int:
        """Return of how many labels people said one thing and the judge another."""
        return sum(each.people == people and each.judge == judge for each in self.judged)


def terms_of(scorer: Scorer, model: str, prompt: str, labels: LabelsFile) -> Terms:
    """Return what a calibration of the judge of a scorer would hold for today."""
    rule = Rule(prompt=prompt, artifacts=scorer.artifacts)
    told = pairs_digest(rule) if isinstance(scorer, Pairwise) else rule.digest
    return Terms(model=model, criterion=digest_of(scorer.criterion), prompt=told, labels=labels.digest)


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
    data = {"calibrations": [_data_of(kept[model]) for model in sorted(kept)]}
    try:
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CallerError(f"`{path}` cannot be written: {error.strerror or error}") from error


def _data_of(calibration: Calibration) -> Mapping[str, Any]:
    judged = [
        {name: value for name, value in asdict(each).items() if name != "swayed" or value is not None}
        for each in calibration.judged
    ]
    return {**asdict(calibration), "judged": judged}


def _calibration_of(data: Mapping[str, Any]) -> Calibration:
    judged = tuple(Judged(**each) for each in data["judged"])
    return Calibration(terms=Terms(**data["terms"]), on=data["on"], judged=judged)

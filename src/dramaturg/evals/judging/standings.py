"""Labels and their calibrations to what is known of a judge; its one rule: an edit makes it unknown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dramaturg.data import prompts_root
from dramaturg.evals.judging.calibrations import calibration_path, read_calibrations, terms_of
from dramaturg.evals.judging.labels import LabelsFile, read_labels
from dramaturg.evals.judging.questions import read_prompt
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.scorers.judged import Judged
from dramaturg.evals.statistics.calibration import Judge
from dramaturg.evals.statistics.preferring import PairJudge

_EDITED = {
    "criterion": "the criterion was edited",
    "prompt": "what judges are told was edited",
    "labels": "the labels were edited",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of who judges.

    Attributes:
        model: Who judges.
        judge: How well it agrees with people; None where nobody knows.
        lacking: Why nobody knows; empty where it is known.
    """

    model: str
    judge: Judge | PairJudge | None = None
    lacking: str = ""

    @property
    def obstacle(self) -> str:
        """Why it may not decide; empty where it may."""
        if self.judge is None:
            return self.lacking
        if self.judge.beats_a_coin:
            return ""
        shown = self.judge.sharpness_interval
        bounds = f"{shown.estimate:.2f} [{shown.low:.2f}, {shown.high:.2f}]"
        what = "sensitivity + specificity - 1"
        if isinstance(self.judge, PairJudge):
            what, bounds = "agreement less contradiction", f"{bounds}, p of a coin {self.judge.p_of_a_coin:.2g}"
        return f"its labels do not show that it is better than a coin: {what} is {bounds}"

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return asdict(self)


def standing_of_data(data: Mapping[str, Any]) -> Standing:
    """Return a standing from its JSON data; LookupError or TypeError for what is none."""
    counts = data["judge"]
    kind = PairJudge if counts and "pairs" in counts else Judge
    return Standing(model=data["model"], judge=None if counts is None else kind(**counts), lacking=data["lacking"])


def judges_prompts(file: SuiteFile, prompts: Path | None) -> Mapping[str, str]:
    """Return what the judges of a suite are told, by the kind of scorer; CallerError if it cannot be read."""
    kinds = sorted({each.kind for each in file.suite.judged.values()})
    return {kind: read_prompt(prompts or prompts_root(), kind) for kind in kinds}


def standings_of(file: SuiteFile, prompts: Mapping[str, str]) -> Mapping[str, Standing]:
    """Return what is known of the judges of a suite, by metric.

    Raises:
        AuthorError, CallerError: Labels cannot be read.
        JournalMiss: A calibration is damaged.
    """
    return {metric: standing_of(file, judged, prompts) for metric, judged in file.suite.judged.items()}


def labels_of(file: SuiteFile, scorer: Judged) -> LabelsFile:
    """Return the labels of a scorer that names some; AuthorError or CallerError if they cannot be read."""
    return read_labels(file.folder / scorer.labels)


def standing_of(file: SuiteFile, scorer: Judged, prompts: Mapping[str, str]) -> Standing:
    """Return what is known of who judges; see `standings_of`."""
    model = file.suite.judge_of(scorer)
    if not scorer.labels:
        return Standing(model=model, lacking="there are no `labels` to hold it against")
    labels = labels_of(file, scorer)
    known = read_calibrations(calibration_path(labels.path))
    calibration = known.get(model)
    if calibration is None:
        others = f"; only {', '.join(f'`{name}`' for name in known)} was" if known else ""
        return Standing(model=model, lacking=f"`{model}` was never held against `{scorer.labels}`{others}")
    now, then = asdict(terms_of(scorer, model, prompts[scorer.kind], labels)), asdict(calibration.terms)
    edited = [said for name, said in _EDITED.items() if now[name] != then[name]]
    if edited:
        return Standing(model=model, lacking=f"{' and '.join(edited)} since it was calibrated on {calibration.on}")
    return Standing(model=model, judge=calibration.judge)

"""What judges are worth to text and data; its one rule: every disagreement stands at its label."""

from collections.abc import Iterator, Sequence
from typing import Any

from dramaturg.evals.calibrate import Calibrated
from dramaturg.evals.judging.calibrations import Calibration, Judged, calibration_path
from dramaturg.evals.judging.labels import LabelsFile
from dramaturg.evals.report.figures import counted, shares
from dramaturg.evals.statistics.calibration import Judge
from dramaturg.evals.statistics.intervals import Interval

_SAID = {"pass": "passes", "fail": "fails", "unclear": "abstains"}
_FEW = 20  # labels of one kind below which little can be shown


def calibration_text(calibrated: Calibrated) -> str:
    """Return a table for each rubric, what it means, and what the judge and people disagree on."""
    lines: list[str] = []
    for metric, calibration in calibrated.calibrations.items():
        lines += [*_of_rubric(metric, calibration, calibrated.labels[metric]), ""]
    usd = "price unknown" if calibrated.usd is None else f"${calibrated.usd:.2f}" if calibrated.usd else "$0"
    lines.append(f"{calibrated.asked:,} of {calibrated.needed:,} questions were asked for this, {usd}")
    return "\n".join(lines) + "\n"


def calibration_data(calibrated: Calibrated) -> dict[str, Any]:
    """Return all of it as plain JSON data."""
    return {
        "suite": {"name": calibrated.suite.suite.name, "path": str(calibrated.suite.path)},
        "rubrics": [
            _data_of_rubric(metric, calibration, calibrated.labels[metric])
            for metric, calibration in calibrated.calibrations.items()
        ],
        "questions": {"needed": calibrated.needed, "asked": calibrated.asked, "usd": calibrated.usd},
    }


def _of_rubric(metric: str, calibration: Calibration, labels: LabelsFile) -> Iterator[str]:
    judge, shown = calibration.judge, calibration.judge.sharpness_interval
    yield f"{metric}, judged by {calibration.terms.model} ({counted(len(calibration.judged), 'label')})"
    yield f"  {labels.labels.criterion.strip()}"
    yield ""
    yield f"  {'':<12}{'judge passes':>14}{'fails':>8}{'abstains':>10}"
    for people in ("pass", "fail"):
        passed, failed, open_ones = (calibration.count(people, said) for said in ("pass", "fail", "unclear"))
        yield f"  {'people ' + people:<12}{passed:>14,}{failed:>8,}{open_ones:>10,}"
    yield ""
    yield f"  sensitivity: passes {shares(judge.sensitivity_interval)} of what people pass"
    yield f"  specificity: fails {shares(judge.specificity_interval)} of what people fail"
    yield f"  both less 1: {shown.estimate:.2f} [{shown.low:.2f}, {shown.high:.2f}], {_meaning(judge)}"
    yield from _disagreements(calibration, labels)
    yield f"  written down in {calibration_path(labels.path)}"


def _meaning(judge: Judge) -> str:
    if judge.beats_a_coin:
        return "it tells pass from fail, and may decide"
    few = f"; label at least {_FEW} of each" if min(judge.passes, judge.fails) < _FEW else ""
    return f"not shown to be better than a coin: it may not decide{few}"


def _disagreements(calibration: Calibration, labels: LabelsFile) -> Iterator[str]:
    wrong = [(at, each) for at, each in enumerate(calibration.judged) if not each.agreed]
    if wrong:
        yield "  judged otherwise than people did:"
    for at, each in wrong:
        yield f"    {labels.place('labels', at)}: {each.id}: people {each.people}, the judge {_said(each)}"


def _said(judged: Judged) -> str:
    return f"{_SAID[judged.judge]}: {judged.because}"


def _data_of_rubric(metric: str, calibration: Calibration, labels: LabelsFile) -> dict[str, Any]:
    judge = calibration.judge
    places = [labels.place("labels", at).line for at in range(len(calibration.judged))]
    return {
        "metric": metric,
        "criterion": labels.labels.criterion.strip(),
        "model": calibration.terms.model,
        "labels": str(labels.path),
        "path": str(calibration_path(labels.path)),
        "counts": {
            people: {said: calibration.count(people, said) for said in ("pass", "fail", "unclear")}
            for people in ("pass", "fail")
        },
        "sensitivity": _bounds(judge.sensitivity_interval),
        "specificity": _bounds(judge.specificity_interval),
        "sharpness": _bounds(judge.sharpness_interval),
        "may_decide": judge.beats_a_coin,
        "judged": _rows(calibration.judged, places),
    }


def _bounds(interval: Interval) -> dict[str, float]:
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high, "level": interval.level}


def _rows(judged: Sequence[Judged], lines: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"id": each.id, "line": line, "people": each.people, "judge": each.judge, "because": each.because}
        for each, line in zip(judged, lines, strict=True)
    ]

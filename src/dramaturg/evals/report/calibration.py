"""What judges are worth to text and data; its one rule: every disagreement stands at its label."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dramaturg.evals.calibrate import Calibrated
from dramaturg.evals.judging.calibrations import Calibration, Judged, calibration_path
from dramaturg.evals.judging.labels import LabelsFile
from dramaturg.evals.report.figures import counted, shares
from dramaturg.evals.report.judges import worth
from dramaturg.evals.statistics.calibration import Judge
from dramaturg.evals.statistics.intervals import Interval
from dramaturg.evals.statistics.preferring import PairJudge
from dramaturg.evals.statistics.rates import rate_interval
from dramaturg.findings.github import workflow_command

_SAID = {
    "pass": "passes",
    "fail": "fails",
    "a": "prefers a",
    "b": "prefers b",
    "tie": "calls it a tie",
    "unclear": "abstains",
}
_ASKED = {"pass": "pass", "fail": "fail", "a": "prefer a", "b": "prefer b", "tie": "call it a tie"}
_OF_DOCUMENTS = (("pass", "fail"), ("judge passes", "fails", "abstains"))
_OF_PAIRS = (("a", "b", "tie"), ("judge prefers a", "b", "tie", "abstains"))
_FEW = 20  # labels of one kind below which little can be shown


def calibration_text(calibrated: Calibrated) -> str:
    """Return a table for each judge, what it means, and what the judge and people disagree on."""
    lines: list[str] = []
    for metric, calibration in calibrated.calibrations.items():
        lines += [*_of_judge(metric, calibration, calibrated.labels[metric]), ""]
    usd = "price unknown" if calibrated.usd is None else f"${calibrated.usd:.2f}" if calibrated.usd else "$0"
    lines.append(f"{calibrated.asked:,} of {calibrated.needed:,} questions were asked for this, {usd}")
    return "\n".join(lines) + "\n"


def calibration_data(calibrated: Calibrated) -> dict[str, Any]:
    """Return all of it as plain JSON data: what was judged of documents, then of pairs."""
    found: dict[str, list[Any]] = {"rubrics": [], "pairwise": []}
    for metric, calibration in calibrated.calibrations.items():
        kind = "pairwise" if calibration.of_pairs else "rubrics"
        found[kind].append(_data_of_judge(metric, calibration, calibrated.labels[metric]))
    return {
        "suite": {"name": calibrated.suite.suite.name, "path": str(calibrated.suite.path)},
        **found,
        "questions": {"needed": calibrated.needed, "asked": calibrated.asked, "usd": calibrated.usd},
    }


def calibration_github(calibrated: Calibrated) -> str:
    """Return a notice at each label that a judge disagrees with, and of each judge; a warning of one that is a coin."""
    commands: list[str] = []
    for metric, calibration in calibrated.calibrations.items():
        labels, judge = calibrated.labels[metric], calibration.judge
        for at, each in _wrong(calibration):
            place = labels.place_of(at)
            where = {"title": metric, "file": place.path, "line": str(place.line)}
            commands.append(workflow_command("notice", _disagreement(each), where))
        said = f"{metric}, judged by {calibration.terms.model}: {worth(judge)}"
        kind = "notice" if judge.beats_a_coin else "warning"
        commands.append(workflow_command(kind, said, {"title": calibrated.suite.suite.name, "file": str(labels.path)}))
    return "\n".join(commands) + "\n"


def _of_judge(metric: str, calibration: Calibration, labels: LabelsFile) -> Iterator[str]:
    judge = calibration.judge
    yield f"{metric}, judged by {calibration.terms.model} ({counted(len(calibration.judged), 'label')})"
    yield f"  {labels.labels.criterion.strip()}"
    yield ""
    yield from _table(calibration)
    yield ""
    yield from _pairs(calibration, judge) if isinstance(judge, PairJudge) else _documents(judge)
    yield from _disagreements(calibration, labels)
    yield f"  written down in {calibration_path(labels.path)}"


def _table(calibration: Calibration) -> Iterator[str]:
    kinds, heads = _OF_PAIRS if calibration.of_pairs else _OF_DOCUMENTS
    names = [f"people {_ASKED[kind]}" for kind in kinds]
    first = max(map(len, names)) + 1
    widths = [max(len(head) + 2, 8) for head in heads]
    yield f"  {'':<{first}}" + "".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))
    for name, people in zip(names, kinds, strict=True):
        counts = [calibration.count(people, said) for said in (*kinds, "unclear")]
        yield f"  {name:<{first}}" + "".join(f"{count:>{width},}" for count, width in zip(counts, widths, strict=True))


def _documents(judge: Judge) -> Iterator[str]:
    yield f"  sensitivity: passes {shares(judge.sensitivity_interval)} of what people pass"
    yield f"  specificity: fails {shares(judge.specificity_interval)} of what people fail"
    few = f"; label at least {_FEW} of each" if min(judge.passes, judge.fails) < _FEW else ""
    yield f"  both less 1: {_sharpness(judge)}, {_meaning(judge, 'pass from fail', few)}"


def _pairs(calibration: Calibration, judge: PairJudge) -> Iterator[str]:
    yield f"  agreement: prefers {shares(judge.agreed_interval)} of what people prefer"
    yield f"  contradiction: prefers the other in {shares(judge.opposed_interval)}"
    few = f"; label at least {_FEW} pairs of which one is better" if judge.pairs < _FEW else ""
    yield f"  their difference: {_sharpness(judge)}, {_meaning(judge, 'better from worse', few)}"
    if judge.ties:
        yield f"  of what people call a tie it decides {shares(rate_interval(judge.ties_decided, judge.ties))}"
    swayed, asked = calibration.swayed
    if asked:
        yield f"  the verdict followed the places in {swayed:,} of {asked:,} = {shares(rate_interval(swayed, asked))}"


def _sharpness(judge: Judge | PairJudge) -> str:
    shown = judge.sharpness_interval
    return f"{shown.estimate:.2f} [{shown.low:.2f}, {shown.high:.2f}]"


def _meaning(judge: Judge | PairJudge, what: str, few: str) -> str:
    if judge.beats_a_coin:
        return f"it tells {what}, and may decide"
    return f"not shown to be better than a coin: it may not decide{few}"


def _disagreements(calibration: Calibration, labels: LabelsFile) -> Iterator[str]:
    wrong = _wrong(calibration)
    if wrong:
        yield "  judged otherwise than people did:"
    for at, each in wrong:
        yield f"    {labels.place_of(at)}: {_disagreement(each)}"


def _wrong(calibration: Calibration) -> Sequence[tuple[int, Judged]]:
    return [(at, each) for at, each in enumerate(calibration.judged) if not each.agreed]


def _disagreement(judged: Judged) -> str:
    said = f"{_SAID[judged.judge]}: {judged.because}"
    return f"{judged.id}: people {_ASKED[judged.people]}, the judge {said}"


def _data_of_judge(metric: str, calibration: Calibration, labels: LabelsFile) -> dict[str, Any]:
    judge = calibration.judge
    places = [labels.place_of(at).line for at in range(len(calibration.judged))]
    kinds, _ = _OF_PAIRS if calibration.of_pairs else _OF_DOCUMENTS
    return {
        "metric": metric,
        "criterion": labels.labels.criterion.strip(),
        "model": calibration.terms.model,
        "labels": str(labels.path),
        "path": str(calibration_path(labels.path)),
        "counts": {people: {said: calibration.count(people, said) for said in (*kinds, "unclear")} for people in kinds},
        **_rates(calibration, judge),
        "sharpness": _bounds(judge.sharpness_interval),
        "may_decide": judge.beats_a_coin,
        "judged": _rows(calibration.judged, places),
    }


def _rates(calibration: Calibration, judge: Judge | PairJudge) -> Mapping[str, Any]:
    if isinstance(judge, Judge):
        return {
            "sensitivity": _bounds(judge.sensitivity_interval),
            "specificity": _bounds(judge.specificity_interval),
        }
    swayed, asked = calibration.swayed
    return {
        "agreement": _bounds(judge.agreed_interval),
        "contradiction": _bounds(judge.opposed_interval),
        "p_of_a_coin": judge.p_of_a_coin,
        "swayed": {"pairs": swayed, "of": asked},
    }


def _bounds(interval: Interval) -> dict[str, float]:
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high, "level": interval.level}


def _rows(judged: Sequence[Judged], lines: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"id": each.id, "line": line, "people": each.people, "judge": each.judge, "because": each.because}
        | ({} if each.swayed is None else {"swayed": each.swayed})
        for each, line in zip(judged, lines, strict=True)
    ]

"""A suite's rubrics to who judges by them, and whether they may decide; its one rule: nobody decides unchecked.

E104 two rubrics of one name · E110 a judge that is not there · E111 a judge that would decide, and of which labels do
not show that it tells pass from fail · E112 labels that cannot be used
"""

from collections.abc import Iterator, Mapping

from dramaturg.errors import AuthorError, CallerError
from dramaturg.evals.judging.labels import LabelsFile, criterion_of
from dramaturg.evals.judging.questions import digest_of
from dramaturg.evals.judging.standings import labels_of, standing_of
from dramaturg.evals.nodes import where_paths_begin
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.salvage import NOTHING, Lost
from dramaturg.evals.scorers.judged import Judged, Pairwise
from dramaturg.findings.model import Finding, Label, Severity, Span


def judge_faults(file: SuiteFile, prompts: Mapping[str, str], lost: Lost = NOTHING) -> Iterator[Finding]:
    """Yield what is wrong with what judges of a suite are asked for, but for what is lost of it."""
    yield from _namesakes(file)
    deciding = {metric: at for at, metric in enumerate(file.suite.gate.metrics)}
    for path, scorer in file.suite.placed_scorers():
        if not isinstance(scorer, Judged):
            continue
        unusable = [*asking_faults(file, path, scorer, lost)]
        yield from unusable
        if unusable or not file.suite.judge_of(scorer):
            continue
        gated = deciding.pop(scorer.metric, None)
        places = [] if gated is None else [file.place("gate", "metrics", gated)]
        if scorer.required and isinstance(scorer, Pairwise):
            yield _passes_nobody(file, path, scorer)
        elif scorer.required:
            places.append(file.place(*path))
        obstacle = standing_of(file, scorer, prompts).obstacle if places else ""
        if obstacle:
            yield from (_undecided(file, scorer, obstacle, each) for each in places)


def asking_faults(
    file: SuiteFile, path: tuple[str | int, ...], scorer: Judged, lost: Lost = NOTHING
) -> Iterator[Finding]:
    """Yield what keeps the judge of a scorer from being asked, or from being held against people."""
    if not file.suite.judge_of(scorer) and not lost.holds("judge"):
        remedy = "name one, such as `judge: anthropic:claude-haiku-4-5` in the suite, or with `--judge MODEL`"
        yield fault("E110", f"nobody judges for `{scorer.metric}`", file.place(*path), remedy)
    yield from label_faults(file, path, scorer)


def label_faults(file: SuiteFile, path: tuple[str | int, ...], scorer: Judged) -> Iterator[Finding]:
    """Yield what is wrong with the labels of a scorer, at its place in the suite or at theirs."""
    if not scorer.labels:
        return
    judged_by = criterion_of(file.folder / scorer.labels)
    if judged_by and digest_of(judged_by[0]) != digest_of(scorer.criterion):
        remedy = "read the labels again by this criterion, and let their `criterion` say the same"
        label = Label(span=judged_by[1], text="people judged by this one")
        said = f"`{scorer.labels}` has labels for another criterion"
        yield fault("E112", said, file.place(*path, scorer.kind, "criterion"), remedy, label)
    try:
        labels = labels_of(file, scorer)
    except AuthorError as error:
        yield from error.findings
    except CallerError as error:
        remedy = where_paths_begin("the suite", file.folder, scorer.labels)
        yield fault("E112", error.message, file.place(*path, scorer.kind, "labels"), remedy)
    else:
        yield from _unfit(file, path, scorer, labels)


def _unfit(file: SuiteFile, path: tuple[str | int, ...], scorer: Judged, labels: LabelsFile) -> Iterator[Finding]:
    """Yield why labels that can be read say nothing of the judge of a scorer."""
    compares = isinstance(scorer, Pairwise)
    if compares is not bool(labels.labels.pairs):
        said, wanted = (
            ("documents", "`pairs`, two documents each") if compares else ("pairs", "`labels`, a document each")
        )
        remedy = f"give {wanted}: a `{scorer.kind}` is held against what it is asked"
        yield fault("E112", f"`{scorer.labels}` has labels of {said}", file.place(*path, scorer.kind, "labels"), remedy)
        return
    for at, each in enumerate(labels.entries if scorer.artifacts else ()):
        if not each.artifacts:
            remedy = "give under `artifacts:` what it was made from, or let the scorer not show artifacts"
            said = f"`{each.id}` has no artifacts, which the judge of `{scorer.metric}` is shown"
            yield fault("E112", said, labels.place_of(at), remedy)


def _namesakes(file: SuiteFile) -> Iterator[Finding]:
    """Yield what judges are asked for that shares a metric and asks for something else."""
    first: dict[str, tuple[Judged, Span]] = {}
    for path, scorer in file.suite.placed_scorers():
        if isinstance(scorer, Judged):
            place = file.place(*path)
            other, there = first.setdefault(scorer.metric, (scorer, place))
            if other != scorer:
                remedy = "give one of them a `name:`; rates are told, and judges calibrated, for each criterion"
                label = Label(span=there, text="the other stands here")
                yield fault(
                    "E104",
                    f"two that judges are asked for are called `{scorer.metric}`, and differ",
                    place,
                    remedy,
                    label,
                )


def _passes_nobody(file: SuiteFile, path: tuple[str | int, ...], scorer: Pairwise) -> Finding:
    remedy = f"leave `required` out, and let it decide under `gate`: `metrics: [pass, {scorer.metric}]`"
    said = f"`{scorer.metric}` tells which of two documents is better: nobody passes or fails by it"
    return fault("E111", said, file.place(*path, scorer.kind, "required"), remedy)


def _undecided(file: SuiteFile, scorer: Judged, obstacle: str, place: Span) -> Finding:
    how = f"`dramaturg eval calibrate {file.path}`"
    if not scorer.labels:
        what = "pairs of documents" if isinstance(scorer, Pairwise) else "documents"
        how = f"label some forty {what} as `dramaturg explain E111` tells, then {how}"
    elif "coin" in obstacle:
        how = f"word the criterion more sharply, or name another judge, then {how}"
    remedy = f"{how}; or leave it out of `gate` and of what is `required`, and it is told beside the rest"
    return fault("E111", f"the judge of `{scorer.metric}` may not decide: {obstacle}", place, remedy)


def fault(rule: str, message: str, span: Span, remedy: str, *labels: Label) -> Finding:
    """Return an error in a suite."""
    return Finding(rule=rule, severity=Severity.ERROR, message=message, span=span, help=remedy, labels=labels)

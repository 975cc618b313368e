"""A result to logs of inspect, schema version 2; its one rule: a log is what inspect means by one, a task and a model.

So each arm has a log for each model, with a task of its own name: inspect lists them side by side and compares them.
The format is that of `inspect_ai.log.EvalLog`, in its file format `.eval`; inspect itself is not needed.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from statistics import fmean
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from dramaturg.errors import CallerError
from dramaturg.evals.evaluate import state_here
from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.records import Arm as ArmName
from dramaturg.evals.records import Record
from dramaturg.evals.report.data import data_report
from dramaturg.evals.report.inspect.conversation import inspect_model
from dramaturg.evals.report.inspect.samples import (
    Frame,
    error_of,
    sample_of,
    short_id,
    summary_of,
    usage_in,
    value_of,
)
from dramaturg.evals.report.page.again import OnTold, Retelling, recorded_of
from dramaturg.evals.report.table import headline
from dramaturg.evals.runs import read_header
from dramaturg.evals.statistics.rates import rate_interval
from dramaturg.evals.suite import PASS, slug
from dramaturg.evals.terms import Terms

_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Log:
    """One arm performed with one model.

    Attributes:
        result: The whole eval.
        arm: Which arm.
        model: Which model.
        began: When the eval began.
    """

    result: Evaluated
    arm: ArmName
    model: str
    began: datetime

    @property
    def id(self) -> str:
        return short_id(self.result.run, self.arm, self.model)

    @property
    def records(self) -> list[Record]:
        return [each for each in self.result.records if (each.arm, each.model) == (self.arm, self.model)]

    @property
    def task(self) -> str:
        """What inspect lists it as: the suite, and the version performed."""
        return f"{self.result.suite.suite.name}: {self.result.arms[self.arm].name}"

    @property
    def frame(self) -> Frame:
        cases = {case.id: case for case in self.result.suite.suite.cases}
        return Frame(id=self.id, began=self.began, cases=cases, personas=_names(self.result))

    @property
    def name(self) -> str:
        """Name of its file, as inspect names them."""
        return f"{self.began:%Y-%m-%dT%H-%M-%S+00-00}_{slug(self.task)}_{self.id}.eval"


def write_logs(
    result: Evaluated, folder: Path, state: Path | None = None, *, on_told: OnTold = lambda *_: None
) -> list[Path]:
    """Write the logs of an eval, and return their paths; each performance is told again over its recorded answers.

    Args:
        result: The eval.
        folder: Where to; it is made if it is not there.
        state: The user's state folder, where its recorded answers are; the usual one unless given.
        on_told: Told of each performance.

    Raises:
        CallerError: It cannot be written.
    """
    header = read_header(result.path)
    began = datetime.fromisoformat(header["began"])
    models = dict.fromkeys(record.model for record in result.records)
    logs = [_Log(result=result, arm=arm, model=model, began=began) for model in models for arm in result.arms]
    with closing(recorded_of(result, header, state or state_here(Terms()))) as replies:
        telling, told = Retelling(result, header, replies), count(1)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for log in logs:
                _write(log, telling, folder / log.name, lambda: on_told(next(told), len(result.records)))
        except OSError as error:
            raise CallerError(f"`{folder}` cannot be written: {error.strerror or error}") from error
    return [folder / log.name for log in logs]


def _names(result: Evaluated) -> Mapping[str, str]:
    """Return what several personas are called in both arms: no path, since a sample's name is one of its archive."""
    parts = next(iter(result.arms.values())).parts
    aliases = {name: part.plan.persona.alias for name, part in parts.items()}
    if len(aliases) == 1:
        return {}
    return aliases if len({*aliases.values()}) == len(aliases) else {name: name.replace("/", " ") for name in aliases}


def _write(log: _Log, telling: Retelling, path: Path, told: Callable[[], None]) -> None:
    frame, summaries = log.frame, []
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for record in log.records:
            sample = sample_of(record, telling.tell(record), frame)
            _add(archive, f"samples/{sample['id']}_epoch_{sample['epoch']}.json", sample)
            summaries.append(summary_of(sample))
            told()
        _add(archive, "summaries.json", summaries)
        _add(archive, "header.json", _header(log, frame))


def _add(archive: ZipFile, name: str, data: Any) -> None:
    archive.writestr(name, json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _header(log: _Log, frame: Frame) -> dict[str, Any]:
    records, result = log.records, log.result
    lost = 2 * sum(record.outcome == "error" for record in records) >= len(records)
    steps = [
        {"solver": f"{part.plan.persona.alias}/{step.id}", "params": {"section": step.section, "name": step.name}}
        for part in result.arms[log.arm].parts.values()
        for step in part.plan.steps
    ]
    return {
        "version": _VERSION,
        "status": "error" if lost else "success",
        "eval": _spec(log, frame),
        "plan": {"name": "plan", "steps": steps, "config": {}},
        "results": {
            "total_samples": len(records),
            "completed_samples": sum(not record.error for record in records),
            "scores": [*_scores(log)],
        },
        "stats": {
            "started_at": log.began.isoformat(),
            "completed_at": datetime.fromtimestamp(result.path.stat().st_mtime, UTC).isoformat(),
            "model_usage": {inspect_model(log.model): usage_in(step for each in records for step in each.steps)},
        },
        "error": error_of(headline(result)) if lost else None,
    }


def _spec(log: _Log, frame: Frame) -> dict[str, Any]:
    file, arm = log.result.suite, log.result.arms[log.arm]
    names = [*dict.fromkeys(frame.name(record) for record in log.records)]
    said = {"arm": log.arm, "version": arm.name}
    base = log.model.partition("@")[2]
    return {
        "eval_id": log.id,
        "run_id": short_id(log.result.run),
        "created": log.began.isoformat(),
        "task": log.task,
        "task_id": log.id,
        "task_file": str(file.path),
        "task_args": said,
        "task_args_passed": said,
        "tags": [log.arm],
        "dataset": {"name": file.suite.name, "location": str(file.path), "samples": len(names), "sample_ids": names},
        "model": inspect_model(log.model),
        "model_base_url": base or None,
        "config": {"epochs": max((record.repeat + 1 for record in log.records), default=1), "epochs_reducer": ["mean"]},
        "packages": {"dramaturg": version("dramaturg")},
        "metadata": _metadata(log),
        "scorers": [{"name": metric} for metric in file.suite.metrics],
    }


def _metadata(log: _Log) -> dict[str, Any]:
    """Return what the eval as a whole came to, which either log tells."""
    told = data_report(log.result)
    verdict: Mapping[str, Any] = told["verdict"] or {}
    edits = [f"{edit['path']}:{edit['line']}: {edit['what']}" for edit in verdict.get("blamed") or ()]
    return {
        "dramaturg_run": log.result.run,
        "verdict": told["headline"],
        "arms": told["arms"],
        "blamed": edits,
        "fell": verdict.get("fell", []),
        "personas": {name: part.digest for name, part in log.result.arms[log.arm].parts.items()},
    }


def _scores(log: _Log) -> Iterator[dict[str, Any]]:
    """Yield the mean of each metric over all performances that have it, as the eval's own table does."""
    records = log.records
    judged = [record.outcome == "pass" for record in records if record.outcome in ("pass", "fail")]
    if judged:
        rate = rate_interval(sum(judged), len(judged))
        values = {"accuracy": rate.estimate, "low_95": rate.low, "high_95": rate.high}
        yield _result(PASS, values, judged, records)
    for metric in log.result.suite.suite.metrics[1:]:
        scored = [record.scores[metric] for record in records if metric in record.scores]
        known = [value for each in scored if (value := value_of(each)) is not None]
        if known:
            yield _result(metric, {"mean": fmean(known)}, known, records)


def _result(
    name: str, values: Mapping[str, float], known: Sequence[object], records: Sequence[Record]
) -> dict[str, Any]:
    return {
        "name": name,
        "scorer": name,
        "reducer": "mean",
        "scored_samples": len(known),
        "unscored_samples": len(records) - len(known),
        "metrics": {metric: {"name": metric, "value": value} for metric, value in values.items()},
    }

"""What an eval lacks to the command that helps; its one rule: a command that is told can be given as it stands."""

import shlex
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from dramaturg.evals.arms import Arm
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.records import Arm as Name
from dramaturg.evals.scorers.judged import PAIRWISE
from dramaturg.evals.terms import Terms


def record_command(file: SuiteFile, terms: Terms, baseline: str | None = None) -> str:
    """Return the command that records with a suite what is asked under these terms; empty where none does.

    Args:
        file: The suite.
        terms: How it is performed.
        baseline: What is to be compared with, where that asks more; by itself where judges compare documents.
    """
    suite = file.suite
    repeats = terms.repeats is None or terms.repeats <= suite.repeats
    if not suite.recorded or not repeats:
        return ""
    baseline = baseline or (terms.baseline if suite.pairwise else None)
    compared = () if baseline is None else ("--baseline", baseline)
    other = terms.models if tuple(terms.models) != suite.models else ()
    models = [part for model in other for part in ("--models", _name(model))]
    return _command("record", file, [*compared, *models, *_judge(terms), *_queue(terms)])


def replay_remedies(file: SuiteFile, terms: Terms, arms: Mapping[Name, Arm]) -> Mapping[str, str]:
    """Return how an answer that a strict replay misses is recorded, by what each arm is called.

    What only an edited persona's baseline asks takes a command that names the baseline, and so does what judges are
    asked about the documents of both arms: that stands under the step.
    """
    baseline, candidate = arms.get("baseline"), arms["candidate"]
    alone, compared = (_record_it(record_command(file, terms, name)) for name in (None, terms.baseline))
    remedies = {candidate.name: alone, PAIRWISE: compared}
    if baseline is not None:
        remedies[baseline.name] = alone if _digests(baseline) == _digests(candidate) else compared
    return remedies


def _record_it(command: str) -> str:
    return f"record it: {f'`{command}`' if command else 'give the command with `--replay auto` once'}"


def _queue(terms: Terms) -> Sequence[str]:
    """Return the option that names the workers, without a password that its address may hold."""
    if terms.queue is None:
        return ()
    address = urlsplit(terms.queue)
    return "--queue", "URL" if address.password or "password" in address.query else terms.queue


def _digests(arm: Arm) -> Sequence[str]:
    return [part.digest for part in arm.parts.values()]


def calibrate_command(file: SuiteFile, terms: Terms, rubrics: Sequence[str] = ()) -> str:
    """Return the command that calibrates the judges of a suite."""
    return _command("calibrate", file, [*_judge(terms), *(part for name in rubrics for part in ("--rubric", name))])


def _judge(terms: Terms) -> Sequence[str]:
    return () if terms.judge is None else ("--judge", _name(terms.judge))


def _command(verb: str, file: SuiteFile, options: Sequence[str]) -> str:
    return shlex.join(["dramaturg", "eval", verb, str(file.path), *options])


def _name(model: object) -> str:
    return model if isinstance(model, str) else str(getattr(model, "name", ""))

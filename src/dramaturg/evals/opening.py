"""A suite file and terms to what is performed; its one rule: everything that can be wrong without a model is found."""

import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from dramaturg.data import prompts_root
from dramaturg.errors import CallerError, ModelError
from dramaturg.evals.answers import Answers, read_answers
from dramaturg.evals.arms import Arm, frozen_arm, past_arm, plans_of, present_arm, revision_read
from dramaturg.evals.batched import Batched
from dramaturg.evals.carrying import OnBatch
from dramaturg.evals.earlier import Earlier
from dramaturg.evals.judging.questions import digest_of
from dramaturg.evals.keys import key_remedy
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.records import Arm as ArmName
from dramaturg.evals.runs import find_run, place_of, read_run, replies_folder
from dramaturg.evals.scorers.judged import judge_named
from dramaturg.evals.scorers.own import Python
from dramaturg.evals.sections import OtherPlans, Plans
from dramaturg.evals.stage import Stage
from dramaturg.evals.terms import Terms
from dramaturg.evals.told import ignore
from dramaturg.evals.ways import AtOnce, Way
from dramaturg.models.absent import absent_model, traits_of
from dramaturg.models.model import Model
from dramaturg.models.pool import Pool
from dramaturg.models.spec import ModelSpec, parse_spec
from dramaturg.persona.library import Library
from dramaturg.run.durable.extra import require_durable


def changed(file: SuiteFile, terms: Terms) -> SuiteFile:
    """Return the suite as the terms change it; CallerError for a judge that cannot be one."""
    suite = file.suite
    if terms.sequential is not None:
        gate = suite.gate.model_copy(update={"sequential": terms.sequential})
        suite = suite.model_copy(update={"gate": gate})
    if isinstance(terms.judge, str):
        suite = suite.judged_by(judge_named(terms.judge))
    elif terms.judge is not None:
        suite = suite.judged_by(terms.judge.name)
    return replace(file, suite=suite)


def chosen_cases(file: SuiteFile, tags: Sequence[str]) -> Sequence[int]:
    """Return the positions of the cases with one of these tags; of all without any."""
    cases = file.suite.cases
    chosen = [at for at, case in enumerate(cases) if not tags or {*tags} & {*case.tags}]
    if not chosen:
        known = ", ".join(sorted({tag for case in cases for tag in case.tags})) or "none"
        raise CallerError(f"no case of `{file.path}` has the tag {' or '.join(tags)}; there is {known}")
    return chosen


def open_arms(names: Mapping[str, str], library: Library, terms: Terms, state: Path) -> Mapping[ArmName, Arm]:
    """Return the candidate, and before it the baseline where there is one.

    Args:
        names: Alias or path of each persona by what the suite calls it.
        library: Where they are found.
        terms: Say what the baseline is.
        state: The user's state folder, where recorded evals are.
    """
    prompts = terms.prompts or prompts_root()
    today = present(names, library, terms)
    if terms.baseline is None:
        return {"candidate": today}
    recorded = _recorded(terms.baseline, state)
    if recorded is None:
        return {"baseline": past_arm(terms.baseline, library, prompts, names), "candidate": today}
    return {"baseline": recorded_candidate(recorded, [*names]), "candidate": today}


def other_plans(terms: Terms, library: Library, state: Path) -> OtherPlans:
    """Return what gives the plans of the baseline, where there is one."""

    def plans(names: Mapping[str, str]) -> Iterable[Plans]:
        arms = open_arms(names, library, terms, state) if terms.baseline is not None else {}
        yield from map(plans_of, arms.values())

    return plans


def present(names: Mapping[str, str], library: Library, terms: Terms) -> Arm:
    """Return the personas as they are in the work tree; see `open_arms`."""
    return present_arm(library, terms.prompts or prompts_root(), names)


def recorded_candidate(path: Path, personas: Sequence[str]) -> Arm:
    """Return the candidate of a recorded eval, called by the eval's id; CallerError if it lacks one of the personas."""
    header = read_run(path).header
    candidate = header["arms"]["candidate"]
    lacking = [name for name in personas if name not in candidate["personas"]]
    if lacking:
        raise CallerError(
            f"`{path.stem}` is an eval of another suite, `{header['suite']['name']}` (`{place_of(header)}`), and has "
            f"not performed `{lacking[0]}`; name an eval of this suite, `dramaturg eval report` lists them"
        )
    return replace(frozen_arm(candidate, path, personas), name=path.stem)


def require_one_suite(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Refuse the headers of two evals of which the later one performed a persona that the earlier one did not."""
    if not {*after["arms"]["candidate"]["personas"]} <= {*before["arms"]["candidate"]["personas"]}:
        said = [
            f"`{header['run']}` is of `{header['suite']['name']}` (`{place_of(header)}`)" for header in (before, after)
        ]
        remedy = "compare evals of one suite, `dramaturg eval report` lists them"
        raise CallerError(f"these are evals of different suites: {', '.join(said)}; {remedy}")


def _recorded(baseline: str, state: Path) -> Path | None:
    """Return the file of a recorded eval that is meant as baseline; None for what can only be a revision."""
    try:
        return find_run(state, baseline)
    except CallerError:
        return None


def way_of(name: str, terms: Terms, on_batch: OnBatch = ignore) -> Way:
    """Return the way in which the questions of an eval are answered.

    Args:
        name: Which eval this is, where several share a model.
        terms: How it is performed.
        on_batch: Told how far each batch is, where questions go out in batches.
    """
    here = AtOnce(pool=Pool(), name=name, policy=terms.retry)
    if terms.queued:
        return _by_workers(terms, here)
    return Batched(here=here, polling=terms.polling, told=on_batch) if terms.batched else here


def _by_workers(terms: Terms, here: AtOnce) -> Way:
    """Return the way to the workers of a database; CallerError for what they cannot be asked."""
    if terms.batched:
        raise CallerError("a question goes to a worker or out in a batch; leave `--batch` or `--queue` out")
    if not all(isinstance(model, str) for model in (*terms.models, terms.judge or "")):
        raise CallerError("a worker opens models by name; give each as a str, such as `anthropic:NAME`")
    require_durable()
    from dramaturg.evals.elsewhere import ByWorkers  # noqa: PLC0415 - brings the extra `durable`, and takes a second
    from dramaturg.run.durable.database import require_postgres  # noqa: PLC0415 - as above

    require_postgres(str(terms.queue))  # also where every question turns out to be answered here
    return ByWorkers(database=str(terms.queue), here=here, notice=terms.notice, anew=terms.replay == "off")


async def open_models(
    file: SuiteFile, terms: Terms, earlier: Earlier, way: Way, undo: AsyncExitStack
) -> Mapping[str, Model]:
    """Make the models ready to be asked; those opened here are let go of when `undo` is."""
    found: dict[str, Model] = {}
    for named in terms.models or file.suite.models:
        with key_remedy(judging=False):
            model = await _opened(parse_spec(named), terms, earlier, way, undo) if isinstance(named, str) else named
        found[model.name] = model
    return found


async def _opened(spec: ModelSpec, terms: Terms, earlier: Earlier, way: Way, undo: AsyncExitStack) -> Model:
    """Return a model that can be asked; one that need not be, where nothing is asked."""
    absent = absent_model(spec)
    if absent is None:
        return await way.open(spec, undo, recorded=False)
    if terms.replay == "strict":
        known = traits_of(spec) is not None
        return absent if known else absent_model(spec, earlier.window(absent.name)) or absent
    try:
        return await way.open(spec, undo, recorded=earlier.goes_with_suite(absent.name))
    except ModelError as fault:
        window = earlier.window(absent.name)
        stand_in = absent_model(spec, window, fault) if window else None
        if stand_in is None:
            raise
        return stand_in


async def open_judges(
    file: SuiteFile, terms: Terms, earlier: Earlier, way: Way, undo: AsyncExitStack
) -> Mapping[str, Model]:
    """Make whoever judges ready to be asked, by metric; see `open_models`."""
    judges: dict[str, Model] = {}
    for metric, judged in file.suite.judged.items():
        if terms.judge is not None and not isinstance(terms.judge, str):
            judges[metric] = terms.judge
        else:
            spec = parse_spec(file.suite.judge_of(judged))
            with key_remedy(judging=True):
                judges[metric] = await _opened(spec, terms, earlier, way, undo)
    return judges


def earlier_answers(file: SuiteFile, terms: Terms, state: Path) -> Earlier:
    """Return what was answered before of what an eval may ask."""
    return Earlier(answers=_with_suite(file, terms, state), folder=replies_folder(state, file.suite.name))


def _with_suite(file: SuiteFile, terms: Terms, state: Path) -> tuple[Answers, ...]:
    """Return the answers that go with a suite, and those that went with it at the revision of the baseline.

    So the file in the work tree need hold no more than what is asked today, and a strict replay finds both arms.
    """
    path = file.answers
    if path is None or terms.replay == "off":
        return ()
    today = read_answers(path)
    if terms.baseline is None or _recorded(terms.baseline, state) is not None:
        return (today,)
    revision = revision_read(terms.baseline)
    name = revision.path_of(path) or ""
    past = [Answers(revision.read([name])[name], revision.spoken(name), past=True)] if name in revision.blobs else []
    return today, *past


def decided_by(stage: Stage, terms: Terms) -> Mapping[str, Any]:
    """Return what an eval is decided by, as plain JSON data: the same goes on where it was killed."""
    file = stage.file
    judged = {
        "judges": {metric: standing.to_json() for metric, standing in stage.standings.items()},
        "judging": {kind: digest_of(told) for kind, told in stage.prompts.items()},
    }
    return {
        "suite": {"path": str(file.path), "name": file.suite.name, "text": file.text},
        "arms": {name: arm.to_json() for name, arm in stage.arms.items()},
        "models": [*stage.models],
        "profiles": {name: asdict(model.profile) for name, model in stage.models.items()},
        "repeats": stage.repeats,
        "cases": [file.suite.cases[at].id for at in stage.cases],
        "files": _files_digest(stage),
        "sequential": file.suite.gate.sequential,
        "seed": terms.seed,
        "replay": terms.replay,
        **(judged if stage.judges else {}),
    }


def _files_digest(stage: Stage) -> str:
    """Return what changes when a file that the cases or scorers read is written anew."""
    suite, folder = stage.file.suite, stage.file.folder
    paths = [folder / given.path for at in stage.cases for given in suite.cases[at].artifacts.values() if given.path]
    scorers = (scorer for case in suite.cases for scorer in suite.scorers_of(case) if isinstance(scorer, Python))
    modules = {str(sys.modules[scorer.function.partition(":")[0]].__file__) for scorer in scorers}
    facts = [(str(path), _written(path)) for path in (*paths, *map(Path, sorted(modules)))]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _written(path: Path) -> tuple[int, int]:
    """Return size and time of last writing; zeros for a pattern, which is none."""
    try:
        facts = path.stat()
    except OSError:
        return 0, 0
    return facts.st_size, facts.st_mtime_ns

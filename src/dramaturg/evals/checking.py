"""A suite and the world around it to what is wrong between them; its one rule: found before anything is asked.

E106 a metric that nobody scores · E107 a scorer that cannot be imported · E108 a persona that is not there · E109 an
artifact that is not there, or is lacking · E113 a file that is to hold recorded answers and holds something else · E114
a section that nobody writes
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from dramaturg.errors import AuthorError, CallerError
from dramaturg.evals.answers import read_answers
from dramaturg.evals.judging.checking import judge_faults
from dramaturg.evals.judging.standings import judges_prompts
from dramaturg.evals.nodes import where_paths_begin
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.salvage import NOTHING, Lost
from dramaturg.evals.scorers.own import Python, find_function
from dramaturg.evals.sections import OtherPlans, Plans, no_others, section_faults
from dramaturg.evals.suite import Case
from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.persona.files import is_there
from dramaturg.persona.library import Library
from dramaturg.persona.model import Persona, fold_id
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Plan

_WILD = "*?["


def require_usable(
    file: SuiteFile,
    library: Library,
    prompts: Path | None = None,
    *,
    others: OtherPlans = no_others,
) -> Mapping[str, str]:
    """Return alias or path of each persona by what the suite calls it.

    Args:
        file: The suite.
        library: Where personas are found.
        prompts: Folder of the prompt kernels; None for the shipped ones.
        others: Gives the plans of what is performed beside the personas as they are, by what the suite calls each.

    Raises:
        AuthorError: Something of the suite cannot be used, or a persona has errors; all findings at once.
    """
    found = suite_faults(file, library, prompts, others=others)
    if any(finding.is_error for finding in found):
        raise AuthorError(tuple(found))
    return names_of(file)


def suite_faults(
    file: SuiteFile, library: Library, prompts: Path | None, *, others: OtherPlans = no_others, lost: Lost = NOTHING
) -> Sequence[Finding]:
    """Return what is wrong between a suite and the world, but for what is lost of it; see `require_usable`."""
    judges = judge_faults(file, judges_prompts(file, prompts), lost)
    metrics = () if lost.nameless else _metrics(file)
    found: list[Finding] = [*metrics, *_functions(file), *judges, *_answers(file)]
    names, plans = names_of(file), dict[str, Plan]()
    for at, (name, wanted) in enumerate(names.items()):
        if lost.holds("personas", at):
            continue
        try:
            plans[name] = compile_plan(library.load(wanted))
        except CallerError as error:
            what, _, remedy = error.message.partition("; ")
            listing = " `dramaturg list` shows what there is" if remedy.endswith("?") else ""
            found.append(_fault("E108", what, file.place("personas", at), remedy + listing))
        except AuthorError as error:
            found += error.findings
    for at, case in enumerate(file.suite.cases):
        found += _case(file, at, case, plans, lost)
    found += section_faults(file, plans, lambda: others({name: names[name] for name in plans}), lost)
    return found


def require_given(file: SuiteFile, plans: Plans, cases: Sequence[int], arm: str) -> None:
    """Raise AuthorError if a case lacks what personas need as another arm has them: both are given the same."""
    found = [
        fault
        for at in cases
        for name in performed(file.suite.personas, file.suite.cases[at])
        for fault in _lacking(file, at, file.suite.cases[at], plans[name].persona, f" of {arm}")
    ]
    if found:
        raise AuthorError(tuple(found))


def names_of(file: SuiteFile) -> Mapping[str, str]:
    """Return alias or path of each persona by what the suite calls it."""
    return {name: str(file.folder / name) if name.endswith(".md") else name for name in file.suite.personas}


def _metrics(file: SuiteFile) -> Iterator[Finding]:
    suite = file.suite
    for at, metric in enumerate(suite.gate.metrics):
        if metric not in suite.metrics:
            near = get_close_matches(metric, suite.metrics, n=1)
            known = ", ".join(f"`{each}`" for each in suite.metrics)
            remedy = f"did you mean `{near[0]}`?" if near else f"the metrics are {known}"
            yield _fault("E106", f"no scorer gives the metric `{metric}`", file.place("gate", "metrics", at), remedy)


def _functions(file: SuiteFile) -> Iterator[Finding]:
    for path, scorer in file.suite.placed_scorers():
        if isinstance(scorer, Python):
            try:
                find_function(scorer.function, file.folder)
            except CallerError as error:
                remedy = "its module is looked for beside the suite file, then among what is installed"
                yield _fault("E107", error.message, file.place(*path), remedy)


def _case(file: SuiteFile, at: int, case: Case, plans: Plans, lost: Lost) -> Iterator[Finding]:
    known = not any(part[0] == "personas" for part in lost.parts)
    for number, name in enumerate(case.personas):
        if known and name not in file.suite.personas:
            near = get_close_matches(name, file.suite.personas, n=1)
            remedy = f"did you mean `{near[0]}`?" if near else "add it to the suite's `personas`"
            place = file.place("cases", at, "personas", number)
            yield _fault("E108", f"the suite has no persona `{name}`", place, remedy)
    for name, given in case.artifacts.items():
        if given.path and not _is_there(file.folder, given.path):
            place = file.place("cases", at, "artifacts", name)
            remedy = where_paths_begin("the suite", file.folder, given.path)
            yield _fault("E109", f"there is no file `{given.path}`", place, remedy)
    if lost.holds("cases", at, "artifacts") or lost.holds("cases", at, "personas"):
        return
    for name in performed(file.suite.personas, case):
        if name in plans:
            yield from _lacking(file, at, case, plans[name].persona)


def _lacking(file: SuiteFile, at: int, case: Case, persona: Persona, arm: str = "") -> Iterator[Finding]:
    """Yield the primary artifacts that a persona needs and a case does not give; `arm` says which version of it."""
    given = {fold_id(name) for name in case.artifacts}
    for spec in persona.artifacts:
        if spec.primary and fold_id(spec.id) not in given:
            near = get_close_matches(spec.id, [*case.artifacts], n=1)
            remedy = f"is it `{near[0]}`?" if near else f"give it under `artifacts:` as `{spec.id}: PATH`"
            if arm:
                remedy = f"give it under `artifacts:` as well, `{spec.id}: PATH`, while the two are compared"
            what = f"case `{case.id}` does not give `{persona.alias}`{arm} its artifact `{spec.id}`"
            yield _fault("E109", what, file.place("cases", at, "artifacts"), remedy)


def _is_there(folder: Path, name: str) -> bool:
    """Tell whether a path is there; a pattern is looked up when it is read."""
    return any(mark in name for mark in _WILD) or is_there(folder / name)


def _answers(file: SuiteFile) -> Iterator[Finding]:
    """Yield that what is to hold recorded answers holds something else: it would be passed over, and written over."""
    path = file.answers
    if path is None:
        return
    try:
        strange = path.is_dir() or (bool(path.is_file() and path.stat().st_size) and not len(read_answers(path)))
        what = f"`{file.suite.recorded}` holds no recorded answers"
    except (OSError, CallerError) as error:
        strange, what = True, f"`{file.suite.recorded}` cannot be read: {error}"
    if strange:
        remedy = f"name a file of its own, such as `answers/{file.suite.name}.jsonl`; `eval record` writes it"
        yield _fault("E113", what, file.place("recorded"), remedy)


def performed(suite_personas: Sequence[str], case: Case) -> Sequence[str]:
    """Return the personas that perform a case."""
    return case.personas or suite_personas


def _fault(rule: str, message: str, span: Span, remedy: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message=message, span=span, help=remedy)

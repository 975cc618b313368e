"""The sections that scorers look at to those that nobody writes; its one rule: what either arm writes is no mistake.

E114 a section that nobody writes
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches

from dramaturg.errors import DramaturgError
from dramaturg.evals.reading import SuiteFile
from dramaturg.evals.salvage import Lost
from dramaturg.evals.scorers.text import InText
from dramaturg.findings.model import Finding, Severity
from dramaturg.persona.model import fold_id
from dramaturg.plan.model import Kind, Plan

Plans = Mapping[str, Plan]  # by what the suite calls each persona
OtherPlans = Callable[[Mapping[str, str]], Iterable[Plans]]
_Path = tuple[str | int, ...]


def no_others(names: Mapping[str, str]) -> Iterable[Plans]:
    """Return no plans: nothing is performed but the personas as they are."""
    del names
    return ()


def section_faults(
    file: SuiteFile, present: Plans, others: Callable[[], Iterable[Plans]], lost: Lost
) -> Iterator[Finding]:
    """Yield each section that a scorer looks at, and none of the personas that it scores has.

    Args:
        file: The suite.
        present: What is performed as it is now, of the personas that could be read; who is scored by one that could
            not may be right.
        others: Gives the plans of what is performed beside them, such as the baseline; asked only where it matters.
        lost: What of the suite nothing is known of.
    """
    wanted = [*_wanted(file, lost)]
    if not wanted:
        return
    plans = [present]
    unknown = [each for each in wanted if _is_unknown(each, plans)]
    try:
        plans += others() if unknown else ()
    except DramaturgError:  # told by whoever performs it
        return
    for path, title, performers in unknown:
        known = _titles(performers, plans)
        if fold_id(title) not in map(fold_id, known):
            yield _fault(file, path, title, performers, known)


def _is_unknown(wanted: tuple[_Path, str, tuple[str, ...]], plans: list[Plans]) -> bool:
    _, title, performers = wanted
    whole = all(name in plans[0] for name in performers)
    return whole and fold_id(title) not in map(fold_id, _titles(performers, plans))


def _wanted(file: SuiteFile, lost: Lost) -> Iterator[tuple[_Path, str, tuple[str, ...]]]:
    """Yield the place of each scorer that looks at a section, the section, and whose documents it scores."""
    suite = file.suite
    for path, scorer in suite.placed_scorers():
        if isinstance(scorer, InText) and scorer.within and not lost.holds(*path[:2], "personas"):
            case = suite.cases[int(path[1])] if path[0] == "cases" else None
            performers = case.personas if case and case.personas else suite.personas
            yield (*path, scorer.kind, "within"), scorer.within, performers


def _titles(performers: Iterable[str], plans: Iterable[Plans]) -> list[str]:
    """Return the titles of the sections that personas write, each once."""
    every = [plan[name] for plan in plans for name in performers if name in plan]
    return [*dict.fromkeys(step.section for plan in every for step in plan.steps if step.kind is Kind.SECTION)]


def _fault(file: SuiteFile, path: _Path, title: str, performers: tuple[str, ...], known: list[str]) -> Finding:
    folded = {each.casefold(): each for each in known}
    near = [folded[each] for each in get_close_matches(title.casefold(), folded, n=1)]
    listed = ", ".join(f"`{each}`" for each in known)
    who = f"`{performers[0]}` writes" if len(performers) == 1 else "the personas write"
    return Finding(
        rule="E114",
        severity=Severity.ERROR,
        message=f"no section is called `{title}`",
        span=file.place(*path),
        help=f"did you mean `{near[0]}`?" if near else f"{who} {listed}",
    )

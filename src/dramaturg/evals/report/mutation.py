"""What mutants told to text and annotations; its one rule: a survivor stands at its line, for its author to look at."""

from collections import Counter
from pathlib import Path

from dramaturg.data import personas_root
from dramaturg.evals.mutants import Mutant
from dramaturg.evals.mutation import Mutation, Tried
from dramaturg.evals.report.figures import counted, percent
from dramaturg.evals.report.table import too_few
from dramaturg.evals.statistics.verdict import Kind
from dramaturg.evals.suite import QUOTING
from dramaturg.findings.github import workflow_command

_MEANINGS = {
    Kind.NO_WORSE: "`no worse` is not worse by the margin or more",
    Kind.BETTER: "`better` is better without the piece",
    Kind.INCONCLUSIVE: "`inconclusive` may be worse, and more cases, repeats or scorers could tell",
    Kind.INFRASTRUCTURE: "`infrastructure` failed for technical reasons and tells nothing",
}
_UNREAD = f"`{QUOTING}` reads no rule, directive or block; what these are worth a language model shows, `--models NAME`"


def mutation_text(mutation: Mutation) -> str:
    """Return score and survivors, a line each."""
    lines = [f"{mutation.suite.suite.name}: {counted(len(mutation.tried), 'mutant')} of {mutation.made:,}", ""]
    for operator in dict.fromkeys(each.mutant.operator for each in mutation.tried):
        counts = Counter(each.became for each in mutation.tried if each.mutant.operator == operator)
        lines.append(f"{operator:<12} " + ", ".join(f"{count:,} {what}" for what, count in counts.items()))
    lines += ["", *(f"survived ({each.kind}): {_told(each.mutant)}" for each in mutation.survivors)]
    if mutation.survivors:
        kinds = {each.kind: None for each in mutation.survivors}
        lines += too_few(mutation.suite.suite.gate, mutation.pairs)
        lines.append(f"survived: no verdict was worse; {', '.join(_MEANINGS[kind] for kind in kinds if kind)}")
        lines += [_UNREAD] if {*mutation.models} == {QUOTING} else []
    return "\n".join([*lines, "", mutation_cost(mutation), mutation_score(mutation)]) + "\n"


def _told(mutant: Mutant) -> str:
    """Return a mutant with its place; a file of the shipped personas is named without their folder."""
    path = Path(mutant.span.path)
    if not path.is_absolute() or not path.is_relative_to(personas_root()):
        return str(mutant)
    return f"{path.relative_to(personas_root())}:{mutant.span.line} (shipped): {mutant.what}"


def mutation_github(mutation: Mutation) -> str:
    """Return a warning for each survivor and a notice of the score, a line each."""
    commands = [
        workflow_command("warning", f"no case would miss this: {each.mutant.what}", _place(each))
        for each in mutation.survivors
    ]
    title = {"title": mutation.suite.suite.name}
    return "\n".join([*commands, workflow_command("notice", mutation_score(mutation), title)]) + "\n"


def _place(tried: Tried) -> dict[str, str]:
    span = tried.mutant.span
    return {"title": "survivor", "file": span.path, "line": str(span.line)}


def mutation_cost(mutation: Mutation) -> str:
    """Return what was asked, and for how much."""
    usd = "$0" if not mutation.usd else f"${mutation.usd:.2f}"
    return f"{counted(mutation.asked, 'question')} asked, {usd}"


def mutation_score(mutation: Mutation) -> str:
    """Return how many of the mutants that could be performed were killed."""
    score = mutation.score
    if score is None:
        return "no mutant could be performed"
    killed = len(mutation.performed) - len(mutation.survivors)
    limits = f"[{percent(score.low)}, {percent(score.high)}]"
    return f"{killed:,} of {len(mutation.performed):,} mutants were killed = {percent(score.estimate)} {limits}"

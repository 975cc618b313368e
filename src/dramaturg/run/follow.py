"""A hand-over to the run of the persona it names; its one rule: nobody hands over in a circle, or without end."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from dramaturg.errors import AuthorError, CallerError
from dramaturg.findings.model import Finding, Severity
from dramaturg.persona.library import Library
from dramaturg.persona.model import Persona, fold_id
from dramaturg.run.perform import DOCUMENT
from dramaturg.run.report import HandedOver, RunResult

DEEPEST = 3
Perform = Callable[[str, Mapping[str, str], Sequence[str]], Awaitable[RunResult]]


async def follow(
    result: RunResult, chain: Sequence[str], library: Library, perform: Perform
) -> tuple[tuple[RunResult, ...], tuple[Finding, ...]]:
    """Perform what was handed over.

    Args:
        result: The run that hands over.
        chain: Folded aliases of the personas that are being performed, the first one first.
        library: Finds the personas.
        perform: Performs one, given its alias, its inputs and the chain with it.

    Returns:
        The results, and a finding for each hand-over that was not followed: the document that hands over is done and
        paid for, whatever becomes of them.
    """
    results: list[RunResult] = []
    findings: list[Finding] = []
    for handed in result.handoffs:
        try:
            persona = library.load(handed.persona)
            inputs = _inputs(persona, handed)
        except (AuthorError, CallerError) as error:
            findings.append(_not_followed(handed, str(error)))
            continue
        name = fold_id(persona.alias)
        if name in chain:
            circle = " → ".join([*chain[chain.index(name) :], name])
            findings.append(_not_followed(handed, f"it would go in a circle, {circle}"))
        elif len(chain) > DEEPEST:
            findings.append(_not_followed(handed, f"{DEEPEST} hand-overs one after another are the most"))
        else:
            results.append(await perform(handed.persona, inputs, (*chain, name)))
    return tuple(results), tuple(findings)


def _inputs(persona: Persona, handed: HandedOver) -> Mapping[str, str]:
    """Return what a persona is given: artifacts by their ids; the document for the one primary that is not there."""
    inputs = dict(handed.inputs)
    there = {fold_id(name) for name in inputs}
    lacking = [spec.id for spec in persona.artifacts if spec.primary and fold_id(spec.id) not in there]
    if len(lacking) == 1:
        inputs[lacking[0]] = inputs.pop(DOCUMENT)
    elif lacking:
        raise CallerError(f"`{persona.alias}` needs {', '.join(f'`{name}`' for name in lacking)}; run it by itself")
    return inputs


def _not_followed(handed: HandedOver, reason: str) -> Finding:
    return Finding(
        rule="R211",
        severity=Severity.WARNING,
        message=f"the hand-over to `{handed.persona}` was not followed: {reason}",
        help="run the persona by itself with the mandate that was prepared",
    )

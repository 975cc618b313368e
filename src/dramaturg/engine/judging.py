"""Claims and their quotes to a second model's verdicts; its one rule: the judge sees a claim and its lines, no more.

It is not told who wrote the claim, gives its reason before its verdict, and may say that it cannot tell. What it says
is a warning: a judge that nobody has calibrated decides nothing.
"""

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import ValidationError

from dramaturg.engine.brief import JUDGE, Brief, Respondent
from dramaturg.engine.calls import Ask, Message, ModelCall, ModelReply, Part, Reply
from dramaturg.engine.events import Event, StepAccepted, StepStarted
from dramaturg.engine.outcome import Outcome
from dramaturg.engine.prompts import inert_block
from dramaturg.engine.remarks import claims_of
from dramaturg.errors import CallerError
from dramaturg.evidence.claims import Claim, Ledger
from dramaturg.findings.model import Finding, Severity
from dramaturg.plan.outputs import Judged, Judgement, judgement_schema

TITLE = "Claims held against their quotes"
_MOST = 24  # claims of one call, as many as the schema holds verdicts
_ROOM = 120  # tokens of one verdict
_USED = 0.7  # share of the window: short lines between many marks take more tokens than estimates for prose say
_SHOWN = 300
_NAMED = 3
_SAID: Mapping[str, str] = {
    "partly": "support only a part of it",
    "unsupported": "do not support it",
    "contradicted": "say otherwise",
}


Verdicts = Generator[Ask | Event, Reply | None, list[Judged | None]]


def ask_judge(brief: Brief, judge: Respondent, outcome: Outcome) -> Generator[Ask | Event, Reply | None, Outcome]:
    """Let a model judge each claim of an outcome by the lines it cites; return the outcome with what it doubts.

    Raises:
        CallerError: The kernel has no prompt for it, or the judge's window holds not even one claim.
    """
    stated = [each for each in claims_of(outcome.sections) if each[2].citations]
    if not stated:
        return outcome
    place = len(brief.plan.performed) + 1
    yield StepStarted(step=JUDGE, title=TITLE, position=place, total=place)
    ledger = Ledger((*brief.artifacts, *outcome.supplied))
    claims = [claim for _, _, claim in stated]
    verdicts = yield from verdicts_on(claims, ledger, judge, brief.kernel.judge(), brief.sample)
    findings = [
        _doubted(name, step, verdict)
        for (name, step, _), verdict in zip(stated, verdicts, strict=True)
        if verdict is not None and verdict.verdict in _SAID
    ]
    left = [name for (name, _, _), verdict in zip(stated, verdicts, strict=True) if verdict is None]
    findings += [_unjudged(left, len(stated), judge)] if left else []
    yield StepAccepted(step=JUDGE, title=TITLE, section=None, findings=tuple(findings))
    return replace(outcome, findings=(*outcome.findings, *findings))


def verdicts_on(claims: Sequence[Claim], ledger: Ledger, judge: Respondent, system: str, sample: int = 0) -> Verdicts:
    """Ask for verdicts on claims; return one for each, None where the judge gave none.

    Args:
        claims: The claims, each with quotes that were found.
        ledger: What the artifacts say.
        judge: Whom to ask.
        system: The system turn.
        sample: As in `ModelCall`.
    """
    shown = {f"c{number}": _shown(f"c{number}", claim, ledger) for number, claim in enumerate(claims, start=1)}
    given: dict[str, Judged] = {}
    for batch in _batches(shown, judge, system):
        reply = yield ModelCall(
            step=JUDGE,
            attempt=0,
            sample=sample,
            messages=(
                Message(role="system", parts=(Part(text=system, cache=True),)),
                Message(role="user", parts=(Part(text=_asked([shown[name] for name in batch])),)),
            ),
            schema=judgement_schema(),
            owes=(),
            artifacts=(),
            model=judge.model,
            max_output=min(judge.profile.max_output, _ROOM * len(batch)),
        )
        if not isinstance(reply, ModelReply):
            raise TypeError("a ModelCall was not answered with a ModelReply")
        given |= {each.claim: each for each in _read(reply) if each.claim in batch}
    return [given.get(name) for name in shown]


def _shown(name: str, claim: Claim, ledger: Ledger) -> str:
    said = "\n".join(part for part in (claim.text, claim.command) if part)
    lines = "".join(
        inert_block("lines", "\n".join((" > ".join(each.heading), ledger.passage(each) or each.quote)).strip())
        for each in claim.citations
    )
    return f"Claim {name}:\n{inert_block('claim', said)}{lines}\n"


def _asked(texts: Sequence[str]) -> str:
    return "".join(texts) + f"Give {len(texts)} verdicts, one for each claim.\n"


def _batches(shown: Mapping[str, str], judge: Respondent, system: str) -> Iterator[Sequence[str]]:
    """Yield the names of as many claims at a time as a call may hold."""
    window, tokens = judge.profile.window, judge.profile.tokens
    left = math.inf if window is None else window * _USED - tokens(system) - tokens(_asked(()))
    batch: list[str] = []
    taken = 0
    for name, text in shown.items():
        need = tokens(text) + _ROOM
        if need > left:
            raise CallerError(
                f"a claim with its lines takes about {need:,} tokens, more than the window of `{judge.model}` "
                "has left; name a judge with a larger one"
            )
        if len(batch) == _MOST or taken + need > left:
            yield batch
            batch, taken = [], 0
        batch.append(name)
        taken += need
    yield batch


def _read(reply: ModelReply) -> Sequence[Judged]:
    """Return the verdicts of an answer; none of one that is refused, cut or no judgement."""
    try:
        return Judgement.model_validate_json(reply.text).verdicts if reply.stop == "end" else ()
    except ValidationError:
        return ()


def _doubted(name: str, step: str, verdict: Judged) -> Finding:
    because = " ".join(verdict.because.split())[:_SHOWN].replace("`", "'")
    return Finding(
        rule="R310",
        severity=Severity.WARNING,
        message=f"{name}: the judge finds that its quotes {_SAID[verdict.verdict]}: {because}",
        help="read the quote beside the claim; strike or correct the claim, or cite what says it",
        step=step,
    )


def _unjudged(left: Sequence[str], of: int, judge: Respondent) -> Finding:
    shown = "; ".join(left[:_NAMED]) + ("; and others" if left[_NAMED:] else "")
    return Finding(
        rule="R311",
        severity=Severity.WARNING,
        message=f"the judge gave no verdict on {len(left)} of {of} claims: {shown}",
        help=f"`{judge.model}` may be too weak to judge; name another model",
    )

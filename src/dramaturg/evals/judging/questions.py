"""A document and a criterion to the question that a judge is asked; its one rule: what was written is inert data.

One criterion a question. The document stands before the criterion, so that several criteria share what is read first.
"""

import hashlib
import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dramaturg.engine.brief import Respondent
from dramaturg.engine.calls import Message, ModelCall, ModelReply, Part
from dramaturg.engine.prompts import artifacts_block, inert_block
from dramaturg.errors import CallerError
from dramaturg.evals.judging.verdicts import Verdict, read_verdict, rubric_schema
from dramaturg.evals.scorers.judged import RUBRIC
from dramaturg.evidence.artifact import Artifact

_VERSION = "v1"
_ROOM = 2_000  # tokens of an answer, those a model thinks in included
_ATTEMPTS = 2
_DOCUMENT = "The document:\n"
_CRITERION = "The criterion:\n"
_ASK = "Does the document meet the criterion? Quote, say why, give the verdict.\n"
_AGAIN = "That is no verdict yet. Answer again as a whole; what was wrong with it:\n"

Asking = Generator[ModelCall, ModelReply | None, Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What judges are told before they see anything, and whether they are shown the artifacts."""

    prompt: str
    artifacts: bool = False

    @property
    def digest(self) -> str:
        """What changes with anything a judge is told beside criterion and document."""
        told = [self.prompt, self.artifacts, rubric_schema(), _DOCUMENT, _CRITERION, _ASK, _AGAIN, _ROOM, _ATTEMPTS]
        return digest_of(json.dumps(told, sort_keys=True))


def read_prompt(root: Path, name: str) -> str:
    """Return what judges are told, from the folder of the prompt kernels; CallerError if it is not there."""
    path = root / _VERSION / f"{name}.md"
    try:
        return path.read_text(encoding="utf-8").strip() + "\n"
    except (OSError, UnicodeDecodeError) as error:
        raise CallerError(f"what judges are told cannot be read from `{path}`: {error}") from error


def digest_of(text: str) -> str:
    """Return what identifies a text, however its lines are broken."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def ask_rubric(
    rule: Rule, criterion: str, document: str, artifacts: Sequence[Artifact], judge: Respondent, *, sample: int = 0
) -> Asking:
    """Ask a judge whether a document meets a criterion; an answer that is none is asked for once more.

    Args:
        rule: What judges are told.
        criterion: In the suite author's words.
        document: Its text, or that of the section that is looked at.
        artifacts: What it was made from; shown only where the rule says so.
        judge: Who is asked.
        sample: As in `ModelCall`: the repeats of an eval are questions of their own.
    """
    exhibits = (Artifact(id="document", text=document), *(artifacts if rule.artifacts else ()))
    asked = _opening(rule, criterion, exhibits)
    room = min(judge.profile.max_output, _ROOM)
    faults: tuple[str, ...] = ()
    for attempt in range(_ATTEMPTS):
        if not _fits(asked, room, judge):
            return _unclear(f"the document is larger than the window of `{judge.model}` has room for")
        reply = yield _call(asked, judge, room, attempt=attempt, sample=sample)
        if reply is None:
            raise TypeError("a ModelCall was not answered")
        if reply.stop != "end":
            return _unclear(f"the judge gave no whole answer ({reply.stop})")
        verdict, faults = read_verdict(reply.text, exhibits)
        if verdict is not None:
            return verdict
        asked = _once_more(asked, reply.text, faults)
    return _unclear(f"the judge's answer is no verdict: {'; '.join(faults)}")


def _opening(rule: Rule, criterion: str, exhibits: Sequence[Artifact]) -> tuple[Message, ...]:
    document, *artifacts = exhibits
    shown = artifacts_block(artifacts) if artifacts else ""
    return (
        Message(role="system", parts=(Part(text=rule.prompt, cache=True),)),
        Message(
            role="user",
            parts=(
                Part(text=shown + _DOCUMENT + inert_block("document", document.text), cache=True),
                Part(text=f"\n{_CRITERION}{inert_block('criterion', criterion)}\n{_ASK}"),
            ),
        ),
    )


def _once_more(asked: tuple[Message, ...], answer: str, faults: Sequence[str]) -> tuple[Message, ...]:
    told = "".join(f"- {fault}\n" for fault in faults)
    return (
        *asked,
        Message(role="assistant", parts=(Part(text=answer or "(nothing)"),)),
        Message(role="user", parts=(Part(text=_AGAIN + inert_block("faults", told)),)),
    )


def _fits(asked: Sequence[Message], room: int, judge: Respondent) -> bool:
    window = judge.profile.window
    return window is None or sum(judge.profile.tokens(each.text) for each in asked) + room <= window


def _call(asked: tuple[Message, ...], judge: Respondent, room: int, *, attempt: int, sample: int) -> ModelCall:
    return ModelCall(
        step=RUBRIC,
        attempt=attempt,
        sample=sample,
        messages=asked,
        schema=rubric_schema(),
        owes=(),
        artifacts=(),
        model=judge.model,
        max_output=room,
    )


def _unclear(because: str) -> Verdict:
    return Verdict(said="unclear", because=because)

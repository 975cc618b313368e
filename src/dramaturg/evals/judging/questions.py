"""A criterion and what it is about to the question that a judge is asked; its one rule: what was written is inert data.

One criterion a question. Documents stand before the criterion, so that several criteria share what is read first.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dramaturg.engine.brief import Respondent
from dramaturg.engine.calls import Message, ModelCall, ModelReply, Part
from dramaturg.engine.prompts import artifacts_block, inert_block
from dramaturg.errors import CallerError
from dramaturg.evals.judging.verdicts import Said, SaidT, Verdict, read_verdict, rubric_schema
from dramaturg.evals.scorers.judged import RUBRIC
from dramaturg.evidence.artifact import Artifact

_VERSION = "v1"
_ROOM = 3_000  # tokens of an answer, those a model thinks in included
_ATTEMPTS = 2
_DOCUMENT = "The document:\n"
_CRITERION = "The criterion:\n"
_ASK = "Does the document meet the criterion? Quote, say why, give the verdict.\n"
_AGAIN = "That is no verdict yet. Answer again as a whole; what was wrong with it:\n"

Asking = Generator[ModelCall, ModelReply | None, Verdict[SaidT]]
Read = Callable[[str], tuple[Verdict[SaidT] | None, tuple[str, ...]]]


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
) -> Asking[Said]:
    """Ask a judge whether a document meets a criterion; an answer that is none is asked for once more.

    Args:
        rule: What judges are told.
        criterion: In the suite author's words.
        document: Its text, or that of the section that is looked at.
        artifacts: What it was made from; shown only where the rule says so.
        judge: Who is asked.
        sample: As in `ModelCall`: the repeats of an eval are questions of their own.
    """
    made_from = tuple(artifacts) if rule.artifacts else ()
    shown = shown_artifacts(made_from) + _DOCUMENT + inert_block("document", document)
    exhibits = (Artifact(id="document", text=document), *made_from)
    question = Question(
        step=RUBRIC,
        messages=opening(rule.prompt, shown, criterion, _ASK),
        schema=rubric_schema(),
        judge=judge,
        sample=sample,
    )
    return (yield from ask(question, lambda text: read_verdict(text, exhibits), _unclear))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a judge is asked: the turns, and the form of the answer."""

    step: str
    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    judge: Respondent
    sample: int

    def call(self, messages: tuple[Message, ...], attempt: int, room: int) -> ModelCall:
        """Return it as a call whose answer may take so many tokens."""
        return ModelCall(
            step=self.step,
            attempt=attempt,
            sample=self.sample,
            messages=messages,
            schema=self.schema,
            owes=(),
            artifacts=(),
            model=self.judge.model,
            max_output=room,
        )


def ask(question: Question, read: Read[SaidT], unclear: Callable[[str], Verdict[SaidT]]) -> Asking[SaidT]:
    """Ask until there is a verdict, twice at the most; `unclear` gives the one where none comes, with the reason.

    An answer that was cut is asked for with all the room there is, any other that is no verdict with what is wrong.
    """
    asked, judge, most = question.messages, question.judge, question.judge.profile.max_output
    room, why = min(most, _ROOM), ""
    for attempt in range(_ATTEMPTS):
        call = question.call(asked, attempt, room)
        if not _fits(call, judge):
            return unclear(why or f"it is larger than the window of `{judge.model}` has room for")
        reply = yield call
        if reply is None:
            raise TypeError("a ModelCall was not answered")
        verdict, faults = read(reply.text) if reply.stop == "end" else (None, ())
        if verdict is not None:
            return verdict
        why = f"the judge's answer is no verdict: {'; '.join(faults) or reply.stop}"
        if reply.stop == "length" and room < most:
            room = most
        elif reply.stop == "end":
            asked = _once_more(question.messages, reply.text, faults)
        else:
            break
    return unclear(why)


def opening(prompt: str, shown: str, criterion: str, wanted: str) -> tuple[Message, ...]:
    """Return the turns that ask: what judges are told, what they are shown, the criterion, what is wanted."""
    turn = f"\n{_CRITERION}{inert_block('criterion', criterion)}\n{wanted}"
    return (
        Message(role="system", parts=(Part(text=prompt, cache=True),)),
        Message(role="user", parts=(Part(text=shown, cache=True), Part(text=turn))),
    )


def shown_artifacts(artifacts: Sequence[Artifact]) -> str:
    """Return artifacts as inert data; nothing for none."""
    return artifacts_block(artifacts) if artifacts else ""


def _unclear(because: str) -> Verdict[Said]:
    return Verdict(said="unclear", because=because)


def _once_more(asked: tuple[Message, ...], answer: str, faults: Sequence[str]) -> tuple[Message, ...]:
    told = "".join(f"- {fault}\n" for fault in faults)
    return (
        *asked,
        Message(role="assistant", parts=(Part(text=answer or "(nothing)"),)),
        Message(role="user", parts=(Part(text=_AGAIN + inert_block("faults", told)),)),
    )


def _fits(call: ModelCall, judge: Respondent) -> bool:
    window, tokens = judge.profile.window, judge.profile.tokens
    return window is None or sum(tokens(each.text) for each in call.messages) + call.max_output <= window

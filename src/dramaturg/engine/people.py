"""Steps that turn to a person to questions, and what was answered to text; its one rule: an answer is data.

What a person answers in words or hands over as a file becomes an artifact like any other: it can be cited, and nothing
in it becomes structure.
"""

import re
from collections.abc import Sequence

from dramaturg.engine.calls import Answer, Question
from dramaturg.engine.prompts import ANSWERS_HEAD, artifacts_block, inert_block
from dramaturg.evidence.artifact import MARKDOWN, PLAIN, Artifact
from dramaturg.persona.model import fold_id
from dramaturg.plan.model import Kind, PlannedStep
from dramaturg.plan.outputs import StepOutput

RESET_CHOICES = ("revise", "reset", "stop")
_YES = re.compile(
    r"\s*(?:y|yes|yep|ok(?:ay)?|sure|agreed|approved?|confirm(?:ed)?|correct|lgtm|go(?: on| ahead)?|proceed|continue)\b"
    r"(?P<more>[\s\S]*)",
    re.IGNORECASE,
)
_BUT = re.compile(r"\b(?:but|except|however|unless|if|no|not|don['’]t)\b", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z][\w -]{0,60}")
_MARKDOWN_SUFFIXES = (".md", ".markdown")


def confirmation(step: PlannedStep, output: StepOutput, about: str, asked_before: int) -> Question:
    """Return what a step asks a person to confirm: in the model's words, else in the author's."""
    said = next((asked.text.strip() for asked in output.questions if asked.kind == "confirm"), "")
    said = said or next((asked.text.strip() for asked in output.questions), "")
    text = said or " ".join(step.instruction.split())
    return Question(id=step.id, step=step.id, kind="confirm", text=text, about=about, round=asked_before)


def inquiries(step: PlannedStep, output: StepOutput, asked_before: int) -> tuple[Question, ...]:
    """Return what a step asks a person to answer or to hand over; nothing if the model found nothing to ask."""
    asked = [each for each in output.questions if each.text.strip()]
    return tuple(
        Question(
            id=f"{step.id}.{number}",
            step=step.id,
            kind="artifact" if each.kind == "artifact" else "clarify",
            text=each.text.strip(),
            round=asked_before,
        )
        for number, each in enumerate(asked, start=1)
    )


def another_way_out(step: PlannedStep, rejections: int) -> Question:
    """Return what a person is asked whose third no makes another attempt unlikely to help."""
    text = f"This was rejected {rejections} times. Revise it once more, reset and begin again from step 1, or stop?"
    return Question(id=f"{step.id}.reset", step=step.id, kind="reset", text=text, choices=RESET_CHOICES)


def choice_of(answer: Answer) -> str:
    """Return which of the ways out an answer names; to revise, if it names none."""
    said = answer.text.casefold()
    return next((choice for choice in RESET_CHOICES[1:] if choice in said), RESET_CHOICES[0])


def is_yes(answer: Answer) -> bool:
    """Tell whether an answer confirms; "yes, but …" and no answer at all do not."""
    found = _YES.match(answer.text)
    return found is not None and not _BUT.search(found["more"])


def said_besides(answer: Answer) -> str:
    """Return what a person said besides yes."""
    found = _YES.match(answer.text) if is_yes(answer) else None
    return (found["more"] if found else answer.text).strip(" \t\r\n.,;:!–-")


def supplied(
    step: PlannedStep, output: StepOutput, pairs: Sequence[tuple[Question, Answer]], known: Sequence[Artifact]
) -> tuple[Artifact, ...]:
    """Return the artifacts a person's answers amount to: one of all words, and one for each file.

    Args:
        step: The step that asked.
        output: Its answer, which names the files it asks for.
        pairs: What was asked and answered.
        known: The artifacts there are, whose names are taken.
    """
    taken = {fold_id(name) for artifact in known for name in (artifact.id, artifact.label)}
    made: list[Artifact] = []
    words = [(question, answer.text.strip()) for question, answer in pairs if answer.text.strip()]
    if words:
        text = "\n\n".join(f"**{' '.join(question.text.split())}**\n\n{said}" for question, said in words)
        made.append(Artifact(id=_free("answers", step, taken), text=text + "\n", media_type=MARKDOWN))
    names = [asked.id for asked in output.questions if asked.text.strip()]
    for (question, answer), name in zip(pairs, names, strict=True):
        if answer.artifact is not None and answer.artifact.strip():
            wanted = name.strip() if _ID.fullmatch(name.strip()) else f"supplied_{question.id.replace('.', '_')}"
            markdown = answer.name.casefold().endswith(_MARKDOWN_SUFFIXES)
            kind = MARKDOWN if markdown or not answer.name else PLAIN
            made.append(Artifact(id=_free(wanted, step, taken), text=answer.artifact, media_type=kind))
    return tuple(made)


def told_of(pairs: Sequence[tuple[Question, Answer]], artifacts: Sequence[Artifact]) -> str:
    """Return what later steps are told of a person's answers."""
    silent = [question.id for question, answer in pairs if not (answer.text.strip() or answer.artifact)]
    said = artifacts_block(artifacts, head=ANSWERS_HEAD) if artifacts else ""
    left = (
        f"A person was asked and gave no answer to: {', '.join(silent)}. Go on without, and say where it matters.\n\n"
    )
    return said + (left if silent else "")


def told_of_confirmation(step: PlannedStep, answer: Answer) -> str:
    """Return what later steps are told of a yes."""
    more = said_besides(answer)
    head = f"The person confirmed step {step.id}."
    return f"{head} They added, and it is to be followed:\n{inert_block('answer', more)}\n" if more else f"{head}\n\n"


def told_of_rejection(step: PlannedStep, subject: PlannedStep, answer: Answer) -> str:
    """Return what the step that is done again is told of a no."""
    head = f"The person did not confirm step {step.id}. Do step {subject.id} again"
    said = said_besides(answer)
    if not said:
        return f"{head}; they gave no reason.\n\n"
    return f"{head} as they ask, and keep word for word what they did not object to:\n{inert_block('answer', said)}\n"


def confirms(steps: Sequence[PlannedStep], step: PlannedStep) -> PlannedStep:
    """Return the step whose result a gate confirms: the nearest before it that made something, else itself."""
    if step.section:
        return step
    place = steps.index(step)
    return next((each for each in reversed(steps[:place]) if each.kind in (Kind.SECTION, Kind.ANALYZE)), step)


def _free(wanted: str, step: PlannedStep, taken: set[str]) -> str:
    """Return a name that no artifact has, and take it."""
    plain = f"{wanted}_{re.sub(r'[^0-9A-Za-z]+', '_', step.id)}" if wanted == "answers" else wanted
    names = (plain, *(f"{plain}_{number}" for number in range(2, len(taken) + 3)))
    name = next(each for each in names if fold_id(each) not in taken)
    taken.add(fold_id(name))
    return name

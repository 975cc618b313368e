"""What a person says, now or beforehand, to answers; its one rule: an answer belongs to the question it names.

Answers that are known beforehand are a mapping from a question's id (`3`, `3.2`), or from its step's id for all that
the step asks, to one answer or to a list of them, one for each time the step asks. The last of a list holds from then
on, but a no only once: what is revised is for a person to look at again.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from dramaturg.engine.calls import Answer, Question
from dramaturg.engine.people import is_yes
from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import Artifact
from dramaturg.findings.source import Source
from dramaturg.persona.composing import PLAIN, compose
from dramaturg.persona.files import unreadable
from dramaturg.persona.nodes import is_null, pairs
from dramaturg.persona.reader import Reader
from dramaturg.run.drive import Respond
from dramaturg.run.inputs import read_artifact
from dramaturg.run.secrets import Handling, screened
from dramaturg.run.settings import as_path

Given = str | bool | Path | Answer | None
Known = Mapping[str, Given | Sequence[Given]]
OnQuestion = Callable[[Question], Given | Awaitable[Given]]
_FILE = "@"
_TRUTHS = {word: word.casefold() == "true" for each in ("true", "false") for word in (each, each.title(), each.upper())}


def answer_of(given: object, question: str) -> Answer | None:
    """Return what was given to a question as an answer: text as it is, a file by its Path; None for none.

    Raises:
        CallerError: It is neither, or the file cannot be read as text.
    """
    if given is None or isinstance(given, Answer):
        return given
    if isinstance(given, str):
        try:
            given.encode()
        except UnicodeEncodeError as error:
            said = f"character {error.start} is a lone surrogate"
            raise CallerError(
                f"the answer to {question} is not Unicode text ({said}); decode its bytes as UTF-8"
            ) from error
        return Answer(text=given)
    if isinstance(given, bool):
        return Answer(text="yes" if given else "no")
    if isinstance(given, Path):
        return Answer(artifact=read_artifact(f"answer to {question}", given), name=given.name)
    if isinstance(given, int | float):
        return Answer(text=str(given))
    raise CallerError(f"the answer to {question} is of type `{type(given).__name__}`; give text, or a Path to a file")


def responding(known: Known, *, yes: bool, then: OnQuestion | None) -> Respond:
    """Return what answers questions.

    Args:
        known: Answers that are known beforehand.
        yes: Whether every confirmation is given.
        then: Asked for everything else; None leaves it open, so that the run pauses.
    """
    refused: set[str] = set()

    async def respond(question: Question) -> Answer | None:
        if (found := _known(known, question)) is not None:
            answer = answer_of(found, f"question {question.id}")
            if question.kind != "confirm" or answer is None or is_yes(answer):
                return answer
            if answer.text not in refused:
                refused.add(answer.text)
                return answer
        if yes and question.kind == "confirm":
            return Answer(text="yes")
        if then is None:
            return None
        said: object = then(question)
        while inspect.isawaitable(said):  # a callback may be a coroutine function, wherever it was called
            said = await said
        return answer_of(said, f"question {question.id}")

    return respond


def discreet(respond: Respond, handling: Handling) -> Respond:
    """Return what answers as another does, but for secrets in what a person says and hands over.

    Raises:
        SecretsFound: There are some, and nobody said what to do with them; the run can be resumed.
    """

    async def answer(question: Question) -> Answer | None:
        said = await respond(question)
        return None if said is None else cleaned(said, question.id, handling)

    return answer


def cleaned(said: Answer, question: str, handling: Handling) -> Answer:
    """Return an answer to a question, by its id, without secrets; SecretsFound as `discreet` raises it."""
    words = Artifact(id=f"answer {question}", text=said.text)
    file = Artifact(id=f"file {question}", text=said.artifact or "", source=said.name)
    (words, file), _ = screened((words, file), handling)
    return replace(said, text=words.text, artifact=None if said.artifact is None else file.text)


def answers_of(known: Known) -> dict[str, list[Answer]]:
    """Return answers that are known beforehand with their files read, a list for each name."""
    found: dict[str, list[Answer]] = {}
    for name, given in known.items():
        several = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
        found[name] = [answer for each in several if (answer := answer_of(each, f"question {name}")) is not None]
    return found


def read_answers(path: Path) -> Known:
    """Read answers from a YAML or JSON file; `@FILE` stands for a file beside it.

    What is written stays as it is: the id `3.10` is not `3.1`, and the answer `12:30` is no number.

    Raises:
        CallerError: It cannot be read, or is no mapping from ids to answers; all faults of its YAML at once.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CallerError(f"the answers {unreadable(path, error)}") from error
    except UnicodeDecodeError as error:
        raise CallerError(f"the answers `{path}` are not UTF-8 text; save them as UTF-8") from error
    data = _data(Reader(source=Source(str(path), text), subject="the file of answers"))
    if not isinstance(data, dict):
        raise CallerError(f"the answers `{path}` must be a mapping; write lines such as `3: yes`")
    return {name: _read(value, path, name) for name, value in data.items()}


def _data(reader: Reader) -> Any:
    """Return what a file of answers says, numbers and all else that is not true or false as text."""
    text = reader.source.text
    with suppress(ValueError, RecursionError):
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    root = compose(text, reader)
    data = _plain(root, reader) if root is not None else None
    if reader.findings:
        told = (f"`{each.span}`: {each.message}" + (f"; {each.help}" if each.help else "") for each in reader.findings)
        raise CallerError("\n".join(told))
    return data


def _plain(node: yaml.Node, reader: Reader) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {name: _plain(value, reader) for name, _, value in pairs(node, reader)}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, reader) for item in node.value]
    if is_null(node):
        return None
    truth = _TRUTHS.get(node.value) if node.tag == PLAIN else None
    return node.value if truth is None else truth


def parse_answers(pairs: Sequence[str]) -> Known:
    """Read answers of a command line, `ID=TEXT` or `ID=@FILE`; CallerError for what is neither."""
    known: dict[str, Given] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise CallerError(f"`--answer {pair}` answers nothing; write `--answer ID=TEXT` or `--answer ID=@FILE`")
        if name.strip() in known:
            raise CallerError(f"question `{name.strip()}` is answered twice")
        known[name.strip()] = _file_or_text(value, Path())
    return known


def _read(value: Any, path: Path, name: str) -> Given | Sequence[Given]:
    if isinstance(value, list):
        return [_scalar(each, path, name) for each in value]
    return _scalar(value, path, name)


def _scalar(value: Any, path: Path, name: str) -> Given:
    if value is None:
        return ""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _file_or_text(value, path.parent)
    raise CallerError(f"`{path}`: the answer to `{name}` must be text or a list of texts")


def _file_or_text(value: str, folder: Path) -> Given:
    return folder / as_path(value[1:]) if value.startswith(_FILE) and value[1:].strip() else value


def _known(known: Known, question: Question) -> object:
    for name in (question.id, question.step):
        if name in known:
            given = known[name]
            if isinstance(given, Sequence) and not isinstance(given, str):
                return given[min(question.round, len(given) - 1)] if given else None
            return given
    return None

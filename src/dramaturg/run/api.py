"""The functions most callers need; its one rule: each is a line or two of Runtime."""

from pathlib import Path
from typing import Any

from dramaturg.persona.model import Persona
from dramaturg.run.drive import Emit
from dramaturg.run.inputs import Inputs
from dramaturg.run.report import RunResult
from dramaturg.run.respond import OnQuestion
from dramaturg.run.runtime import Runtime
from dramaturg.run.stream import Stream
from dramaturg.run.verify import NO_INPUTS, Verification, verify_with


def run_persona(
    persona: str | Path,
    inputs: Inputs,
    *,
    on_event: Emit | None = None,
    on_question: OnQuestion | None = None,
    fresh: bool = False,
    **settings: Any,
) -> RunResult:
    """Perform a persona and return its document and report.

    Args:
        persona: Its alias, or the path of its file.
        inputs: The sole primary artifact, or artifacts by id. A `str` is the text itself, a `Path` a file or folder.
        on_event: Told of everything that happens, in order.
        on_question: Asked what only a person can answer; returns text, a Path to a file, or None to pause the run.
        fresh: Begin a new run even if an unfinished one could go on.
        **settings: Those of `Runtime`, such as `model="anthropic:…"`.

    Raises:
        AuthorError, CallerError, ModelError, StepFailed, AnswerNeeded, JournalMiss: As `Runtime.arun` says.
    """
    return Runtime(**settings).run(persona, inputs, on_event=on_event, on_question=on_question, fresh=fresh)


async def arun_persona(
    persona: str | Path,
    inputs: Inputs,
    *,
    on_event: Emit | None = None,
    on_question: OnQuestion | None = None,
    fresh: bool = False,
    **settings: Any,
) -> RunResult:
    """Perform a persona on the running event loop; otherwise as `run_persona`."""
    runtime = Runtime(**settings)
    return await runtime.arun(persona, inputs, on_event=on_event, on_question=on_question, fresh=fresh)


def stream_persona(
    persona: str | Path,
    inputs: Inputs,
    *,
    on_question: OnQuestion | None = None,
    fresh: bool = False,
    **settings: Any,
) -> Stream:
    """Perform a persona and hand out its events to `for` or `async for`; the stream's `result` follows them."""
    return Runtime(**settings).stream(persona, inputs, on_question=on_question, fresh=fresh)


def load_persona(persona: str | Path, *, strict: bool = False) -> Persona:
    """Resolve a persona by alias or by the path of its file.

    Raises:
        CallerError: There is none, or its file cannot be read.
        AuthorError: Its text, or its parents', is at fault; all findings at once.
    """
    return Runtime(model="evidence").library.load(str(persona), strict=strict)


def render_page(run: str, *, state: str | Path | None = None, durable: str | None = None) -> str:
    """Return a page of a run for its reader, as HTML that loads nothing; the run need not be whole.

    Args:
        run: Its id, or the path of its journal.
        state: Folder of the journals; None for the user's state folder.
        durable: URL of the database that holds the run; None for a run of this machine.

    Raises:
        CallerError: There is no such run, or no worker has begun it.
        JournalMiss: This version plans its persona otherwise.
    """
    from dramaturg.run.page.page import page_of  # noqa: PLC0415 - templates that no run needs

    return page_of(Runtime(model="evidence", state=state, durable=durable).record(run))


def verify(
    persona: str | Path, document: str | Path, artifacts: Inputs = NO_INPUTS, *, strict: bool = False
) -> Verification:
    """Hold a document, whoever wrote or edited it, against a persona and the artifacts as they are today.

    Args:
        persona: Its alias, or the path of its file.
        document: Its Markdown, or a Path to its file.
        artifacts: As `run_persona` takes them; what is not given is not looked up.
        strict: Make warnings errors, and questions that are still open.

    Returns:
        The `findings`, each with its place, and whether the document is `ok`: without errors.

    Raises:
        AuthorError, CallerError: The persona, the document or an artifact cannot be read.
    """
    library = Runtime(model="evidence").library
    return verify_with(library, str(persona), document, artifacts, strict=strict)

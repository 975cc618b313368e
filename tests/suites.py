"""A repository with DPA-1, its bases and the shipped suite; models that answer well, badly, or not at all."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support import ROOT, good_answer
from tests.versions import Checkout, edited, new_checkout

from dramaturg.data import personas_root
from dramaturg.engine.calls import ModelCall
from dramaturg.evals import Evaluated, Terms, run_suite
from dramaturg.models.retry import RetryPolicy
from dramaturg.models.scripted import Answer, ScriptedModel

PERSONA = "personas/dpa-1.persona.md"
SUITE = "evals/dpa-1.suite.yaml"
CALLS = 5
_CHAIN = ("dpa-1.persona.md", "btaa-1.persona.md", "codegen-standards-1.mixin.md", "writing-standards-1.mixin.md")
IMPATIENT = RetryPolicy(attempts=1, first=0.0, longest=0.0)


@dataclass(frozen=True)
class Bench:
    """A checkout whose HEAD holds DPA-1 as shipped."""

    checkout: Checkout

    def edit(self, *edits: tuple[str, str], name: str = PERSONA) -> None:
        """Edit a file of the work tree; each edit applies once."""
        path = self.checkout.folder / name
        path.write_text(edited(*edits, text=path.read_text(encoding="utf-8")), encoding="utf-8")

    def text(self, name: str = PERSONA) -> str:
        """Return a file of the work tree."""
        return (self.checkout.folder / name).read_text(encoding="utf-8")

    def line_of(self, text: str, name: str = PERSONA) -> int:
        """Return the line that a text stands in."""
        lines = self.text(name).splitlines()
        return next(number for number, line in enumerate(lines, start=1) if text in line)

    def run(self, suite: str = SUITE, **terms: object) -> Evaluated:
        """Perform a suite against HEAD."""
        settled = Terms(**{"baseline": "HEAD", "retry": IMPATIENT, **terms})  # type: ignore[arg-type]
        return run_suite(Path(suite), settled)


def new_bench(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Make the repository and go there."""
    checkout = new_checkout(folder, monkeypatch)
    (folder / "personas").mkdir()
    for name in _CHAIN:
        shutil.copy(personas_root() / name, folder / "personas")
    shutil.copytree(ROOT / "prompts", folder / "prompts")
    shutil.copytree(ROOT / "evals", folder / "evals", ignore=shutil.ignore_patterns("answers"))
    checkout.commit()
    return Bench(checkout)


def recorded(state: Path) -> list[str]:
    """Return the keys of the questions whose answers are written down below a state folder, as far as they are."""
    files = (state / "evals").glob("*/replies/*.jsonl")
    whole = [line for file in files for line in file.read_bytes().split(b"\n")[:-1]]
    return [json.loads(line)["key"] for line in whole]


def answering(change: Callable[[ModelCall], Answer | None] = lambda _: None) -> ScriptedModel:
    """Return a model that answers well, but for the calls that `change` has another answer to."""

    def answer(call: ModelCall) -> Answer:
        changed = change(call)
        return good_answer(call) if changed is None else changed

    return ScriptedModel(answer)

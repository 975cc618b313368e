"""Attacks in artifacts, read by a real small model that believes everything: the document keeps its structure."""

from pathlib import Path

import pytest
from tests.attacks import ATTACKS
from tests.weights import NEEDS_WEIGHTS, weights_path

from dramaturg import Runtime
from dramaturg.engine.verify.structure import verify_structure
from dramaturg.persona.library import Library
from dramaturg.plan.compile import compile_plan

pytestmark = [*NEEDS_WEIGHTS, pytest.mark.slow]
PERSONA = """---
alias: notes-1
title: Note Taker
expected_artifacts:
  - id: blueprint
    type: primary
---
<operational_protocol>
<Step number="1" name="Notes">Produce the `NOTES`. It MUST cover:
  - **Hosts:** where it runs.
  - **Ports:** where it listens.
</Step>
</operational_protocol>
"""
TEXT = "# Parts\n\nAll services run as containers on two hosts.\n\n{}\n\nThe gateway listens on port 8080.\n"
AT_ONCE = 20


def test_a_small_model_that_reads_every_attack_writes_the_same_headings(tmp_path: Path) -> None:
    path = tmp_path / "notes-1.persona.md"
    path.write_text(PERSONA, encoding="utf-8")
    plan = compile_plan(Library(()).load(str(path)))
    runtime = Runtime(model=f"gguf:{weights_path()}", reasks=0, window=4096)
    attacks = [*ATTACKS.values()]
    for first in range(0, len(attacks), AT_ONCE):
        hostile = "\n\n".join(attacks[first : first + AT_ONCE])
        result = runtime.run(str(path), TEXT.replace("{}", hostile), fresh=True)
        assert verify_structure(plan, result.document.markdown) == ()
        covered = {name for entry in result.document.sections[0].entries for name in entry.covers}
        assert covered >= {"Hosts", "Ports"}

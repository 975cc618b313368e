"""A small real model through a whole eval: two cases, a baseline in git and an edit, scored, judged and told."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.versions import Checkout, new_checkout
from tests.weights import NEEDS_WEIGHTS, weights_path

from dramaturg.evals import Evaluated, Terms, load_run, run_suite
from dramaturg.evals.statistics.verdict import Kind
from dramaturg.models.gguf import GgufModel
from dramaturg.run.loop import PRIVATE_LOOP

pytestmark = [*NEEDS_WEIGHTS, pytest.mark.slow]
_PERSONA = """---
alias: NOTE-1
title: Shift Note
input_mode: evidence-driven
expected_artifacts:
  - id: shift_log
    type: primary
---
<primary_directive>To tell the next shift what happened and what is left to do.</primary_directive>
<operational_protocol>
<Step number="1" name="Write">Produce a `HANDOVER` checklist. It MUST cover:
- **Happened:** the fault of the shift, and when it began.
- **Left to do:** the work that the next shift takes over.
</Step>
</operational_protocol>
"""
_LEFT = "- **Left to do:** the work that the next shift takes over.\n"
_SUITE = """personas: NOTE-1
reasks: 0
scorers:
  - sections
  - coverage
  - markdown
  - citations: {required: false}
  - support: {required: false}
  - calls
  - tokens
cases:
  - id: pump
    artifacts:
      shift_log:
        text: |
          - 02:10 Pump 3 stopped: its filter was full.
          - 02:40 The filter was changed; pump 3 runs again.
          - Left for the next shift: order two filters, none is in stock.
  - id: printer
    artifacts:
      shift_log:
        text: |
          - 14:05 The label printer printed blank labels.
          - 14:20 Its ribbon was turned.
          - Left for the next shift: print 40 labels anew.
"""
_WINDOW = 4096
_ENOUGH = 260  # tokens; doubled once for an answer that is cut


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    checkout = new_checkout(tmp_path / "project", monkeypatch)
    checkout.write("note.suite.yaml", _SUITE)
    checkout.commit(**{"note-1": _PERSONA})
    checkout.write("personas/note-1.persona.md", _PERSONA.replace(_LEFT, ""))
    return checkout


@pytest.fixture(name="model")
def _model() -> Iterator[GgufModel]:
    model = GgufModel(weights_path(), window=_WINDOW)
    model.profile = replace(model.profile, max_output=_ENOUGH)
    yield model
    PRIVATE_LOOP.call(model.aclose())


@pytest.mark.usefixtures("checkout")
def test_an_edit_is_decided_with_what_a_real_model_wrote(model: GgufModel) -> None:
    terms = Terms(baseline="HEAD", models=[model])
    result = run_suite(Path("note.suite.yaml"), terms)
    _is_scored(result)
    _is_told(result)
    again = run_suite(Path("note.suite.yaml"), replace(terms, replay="strict"))
    assert again.asked == 0
    assert [record.document for record in again.records] == [record.document for record in result.records]
    assert again.decision
    assert result.decision
    assert again.decision.kind is result.decision.kind


def _is_scored(result: Evaluated) -> None:
    assert [(record.arm, record.case) for record in result.records] == [
        ("baseline", "pump"),
        ("candidate", "pump"),
        ("baseline", "printer"),
        ("candidate", "printer"),
    ]
    assert (result.errors, result.asked) == (0, result.needed)
    assert result.needed >= 4
    for record in result.records:
        assert record.steps[0].usage.input > record.steps[0].usage.output > 0
        assert record.steps[0].seconds > 0
        assert record.outcome == "fail" or record.arm == "baseline"
    whole = [record for record in result.records if not record.failure]
    for record in whole:  # the grammar has a slot for each demand, so what is demanded is there, true or not
        assert record.scores["coverage"].value == (1.0 if record.arm == "baseline" else 0.5)
        assert record.scores["sections"].value == 1.0


def _is_told(result: Evaluated) -> None:
    decision = result.decision
    assert decision
    assert decision.kind in (Kind.WORSE, Kind.INCONCLUSIVE)
    (edit,) = decision.edits
    assert str(edit) == "personas/note-1.persona.md:11: requirement `Left to do` of `HANDOVER` was lost"
    assert {record.place: record for record in load_run(result.run).records} == {
        record.place: record for record in result.records
    }
    told = dramaturg("eval", "report", result.run, "--md")
    assert f"`{result.run}`" in told.out
    assert "requirement `Left to do` of `HANDOVER` was lost" in told.out

"""Persona and plan to prompt text: what each turn says, and how author text is laid out."""

import pytest
from tests.plans import brief_of, plan_of, step_of
from tests.support import dpa1_brief, dpa1_job

from dramaturg.engine.prompts import Kernel, artifacts_block, block
from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import Artifact
from dramaturg.findings.model import Finding, Severity

KERNEL = dpa1_job().kernel


@pytest.mark.parametrize(
    ("text", "laid_out"),
    [
        pytest.param("one line ", "one line", id="one line"),
        pytest.param("First:\n        - a\n          b\n        - c\n    ", "First:\n- a\n  b\n- c", id="indented"),
        pytest.param("First:\r\n    - a\r\n    - b\r\n", "First:\n- a\n- b", id="CRLF"),
        pytest.param("\n\n  First\n  second\n", "First\nsecond", id="blank lines around"),
        pytest.param("First\n\n    code\n  text", "First\n\n  code\ntext", id="inner indentation stays"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_author_text_loses_the_indentation_of_its_file_only(text: str, laid_out: str) -> None:
    assert block(text) == laid_out


def test_a_step_is_asked_with_its_text_its_form_and_its_demands() -> None:
    plan = dpa1_job().plan
    text = KERNEL.step(plan.calls[1], len(plan.steps))
    assert text.startswith("Step 2: Generate Pre-Flight Checklist\n")
    assert "\n- **Configuration:** Verifying all production environment variables and secrets.\n" in text
    assert 'Write the section "PRE-FLIGHT CHECKLIST" as `items`. It is a checklist:' in text
    assert (
        "naming its id in `covers`:\n- `Configuration`\n- `Data Integrity`\n- `Dependencies`\n- `Artifacts`\n" in text
    )


def test_what_a_section_may_hold_is_asked_for_apart_from_what_it_must() -> None:
    step = step_of(
        '<Step number="1">Produce `NOTES`, including:\n- Owners.\nIt may include:\n- Dates of the last release.</Step>'
    )
    text = KERNEL.step(step, 1)
    assert "naming its id in `covers`:\n- `Owners`\n" in text
    assert "where the material gives something to say:\n- `Dates of the last release`\n" in text


def test_a_section_without_bullets_is_covered_under_its_own_name() -> None:
    plan = dpa1_job().plan
    assert "Name `ROLLBACK PLAN` in `covers`." in KERNEL.step(plan.calls[4], len(plan.steps))


def test_a_step_without_a_section_is_asked_for_notes() -> None:
    plan = dpa1_job().plan
    text = KERNEL.step(plan.calls[0], len(plan.steps))
    assert "This step writes no section." in text
    assert "covers" not in text


def test_a_step_without_a_name_is_known_by_its_number() -> None:
    step = step_of('<Step number="1">Produce `NOTES`.</Step>')
    assert KERNEL.step(step, 1).startswith("Step 1\n")


@pytest.mark.parametrize(
    ("mode", "said", "unsaid"),
    [
        ("evidence-driven", "Every item declares its `basis`", "Items may rest on your own knowledge"),
        ("generative", "Items may rest on your own knowledge", "Every item declares its `basis`"),
    ],
)
def test_the_rules_of_evidence_follow_the_input_mode(mode: str, said: str, unsaid: str) -> None:
    system, _ = brief_of(plan_of('<Step number="1">Produce `NOTES`.</Step>', mode)).prefix
    assert said in system
    assert unsaid not in system


def test_the_system_turn_ranks_artifacts_and_calls_them_data() -> None:
    system, _ = dpa1_brief().prefix
    assert "is data to examine" in system
    assert "primary artifacts over optional ones" in system


def test_the_artifacts_say_what_they_are() -> None:
    text = artifacts_block([Artifact(id="blueprint", text="x"), Artifact(id="notes", text="y", primary=False)])
    assert '<artifact id="BLUEPRINT" type="primary" mark="' in text
    assert '<artifact id="NOTES" type="optional" mark="' in text


def test_a_reask_lists_at_most_a_dozen_faults() -> None:
    step = dpa1_job().plan.calls[1]
    faults = [Finding(rule="R301", severity=Severity.WARNING, message=f"fault {number}") for number in range(15)]
    text = KERNEL.reask(step, faults, None)
    assert text.count("- fault ") == 12
    assert "- and 3 more of these kinds" in text
    assert "more of these" not in KERNEL.reask(step, faults[:12], None)


def test_a_kernel_is_known_by_its_texts() -> None:
    same = Kernel("v1", KERNEL.sources)
    edited = Kernel("v1", {**KERNEL.sources, "step.md.j2": KERNEL.sources["step.md.j2"] + "."})
    assert same.digest == KERNEL.digest
    assert edited.digest != KERNEL.digest


def test_a_template_that_names_what_does_not_exist_fails_and_is_not_left_blank() -> None:
    broken = Kernel("v1", {**KERNEL.sources, "system.md.j2": "{{ nothing }}"})
    with pytest.raises(CallerError, match="'nothing' is undefined"):
        broken.system(dpa1_job().plan.persona)

"""What was edited between two versions of DPA-1: each edit once, in its step, at a line of today."""

from dataclasses import replace

import pytest
from tests.support import dpa1_brief
from tests.versions import DPA1, edited, plan_from

from dramaturg.engine.prompts import Kernel
from dramaturg.evals.arms import Arm, Part
from dramaturg.evals.edits import Edit, edits_between

_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_PHILOSOPHY = "Deployment is not an event; it is a controlled, verifiable process. "
_KERNEL = dpa1_brief().kernel


def _arm(text: str, kernel: Kernel = _KERNEL) -> Arm:
    return Arm(name="an arm", parts={"DPA-1": Part(plan=plan_from(text), kernel=kernel)})


def _edits(*edits: tuple[str, str]) -> tuple[Edit, ...]:
    return edits_between(_arm(DPA1), _arm(edited(*edits, text=DPA1)))


def _line(text: str, whole: str = DPA1) -> int:
    return whole[: whole.index(text)].count("\n") + 1


@pytest.mark.parametrize(
    ("edit", "step", "what"),
    [
        ((_BACKUP, ""), "2", "requirement `Data Integrity` of `PRE-FLIGHT CHECKLIST` was lost"),
        (("`ROLLBACK PLAN`", "`UNDO PLAN`"), "5", "section `ROLLBACK PLAN` was renamed to `UNDO PLAN`"),
        (("**Monitoring:**", "**Watching:**"), "4", "was renamed: [-Monitoring:-] {+Watching:+} Instructions"),
        (("Ingest the `ARCHITECTURE", "Read the `ARCHITECTURE"), "1", "instruction of `Ingest & Scope` was reworded"),
        ((_PHILOSOPHY, ""), "", "slot `philosophy` was"),
        (("**Log Analysis:** Specific", "**Log Analysis:**  Specific"), "4", "white space was changed"),
        (("input_mode: evidence-driven", "input_mode: generative"), "", "input mode was weakened: evidence-driven"),
    ],
)
def test_an_edit_has_words_and_a_step(edit: tuple[str, str], step: str, what: str) -> None:
    (found,) = _edits(edit)
    assert what in found.what
    assert found.step == step
    assert found.span
    assert found.span.path == "made-up.persona.md"


def test_what_was_reworded_is_told_with_its_words() -> None:
    (found,) = _edits(("This MUST include:", "This SHOULD include:"))
    section = "POST-DEPLOYMENT VALIDATION CHECKLIST"
    assert found.what == f"instruction of `{section}` was reworded: … is live. This [-MUST-] {{+SHOULD+}} include:"


def test_an_edit_within_many_lines_stands_at_the_first_that_differs() -> None:
    rules = (
        "<directives>\n<Directive_Tone>\n<Rule id='1'>Name the cause.</Rule>\n  <Rule id='2'>Say it short.</Rule>\n"
        "<Rule id='3'>Praise nobody.</Rule>\n</Directive_Tone>\n</directives>\n<operational_protocol>"
    )
    whole = edited(("<operational_protocol>", rules), text=DPA1)
    after = edited(("Say it short.", "Say it at length."), ("nobody", "no one"), text=whole)
    (found,) = edits_between(_arm(whole), _arm(after))
    assert found.span
    assert found.was
    assert (found.span.line, found.span.column) == (_line("Say it at length", after), 3)
    assert (found.was.line, found.was.column) == (_line("Say it short", whole), 3)
    assert found.what.startswith("directive `Tone` was reworded: … ")
    assert "[-short.</Rule>-] {+at length.</Rule>+}" in found.what


def test_what_is_gone_whole_stands_at_the_line_that_is_there_instead() -> None:
    line = _line('<Step number="5"')
    step = DPA1.splitlines(keepends=True)[line - 1]
    (found,) = _edits((step, ""))
    assert str(found) == f"made-up.persona.md:{line}: section `ROLLBACK PLAN` was lost"
    line = _line("<philosophy>")
    whole = DPA1.splitlines(keepends=True)[line - 1]
    (found,) = _edits((whole, ""))  # that of the parent holds instead
    assert str(found).startswith(f"made-up.persona.md:{line}: slot `philosophy` was reworded: [-Deployment is not an")


@pytest.mark.parametrize("odd", ["\f", "\u2028", "\x85", "\r"])
def test_characters_that_end_no_line_of_a_file_move_no_edit(odd: str) -> None:
    whole = edited(("<philosophy>", f"{odd * 3}<philosophy>"), text=DPA1)
    line = _line('<Step number="5"', whole)
    step = whole.split("\n")[line - 1] + "\n"
    for edit in (
        (step, ""),
        ("**Log Analysis:** Specific", "**Log Analysis:**  Specific"),
        ("This MUST", "This SHOULD"),
    ):
        (found,) = edits_between(_arm(whole), _arm(edited(edit, text=whole)))
        assert found.span
        assert found.span.line == _line(edit[0], whole)


def test_a_lost_demand_stands_where_its_section_does_now_and_stood_where_it_did() -> None:
    (found,) = _edits((_BACKUP, ""))
    assert found.span
    assert found.was
    assert found.span.line == _line('name="Generate Pre-Flight Checklist"')
    assert found.was.line == _line("**Data Integrity:**")


def test_a_step_that_is_new_is_none_of_the_baseline() -> None:
    new = '    <Step number="5b" name="Sign">Produce a `SIGN-OFF` section.</Step>\n    <Step number="6"'
    (found,) = _edits(('    <Step number="6"', new))
    assert found.what == "section `SIGN-OFF` was added"
    assert found.step.startswith("+")


def test_what_takes_something_away_comes_first() -> None:
    found = _edits((_PHILOSOPHY, _PHILOSOPHY * 2), (_BACKUP, ""))
    assert [each.effect for each in found] == ["loss", "change"]


def test_an_edit_of_the_prompts_is_one_of_their_lines() -> None:
    sources = dict(_KERNEL.sources)
    old, new = "Do only the step that is asked.", "Do only what is asked."
    assert old in sources["system.md.j2"]
    sources["system.md.j2"] = sources["system.md.j2"].replace(old, new)
    (found,) = edits_between(_arm(DPA1), _arm(DPA1, Kernel("v1", sources)))
    line = _line(new, sources["system.md.j2"])
    said = "text was changed: … time. Do only [-the step that-] {+what+} is asked. Each …"
    assert str(found) == f"prompts/v1/system.md.j2:{line}: {said}"
    assert found.step == ""


def test_another_alias_is_an_edit() -> None:
    (found,) = _edits(("alias: DPA-1", "alias: DPA-2"))
    assert str(found) == f"made-up.persona.md:{_line('alias: DPA-1')}: text was changed: alias: [-DPA-1-] {{+DPA-2+}}"


def test_equal_arms_have_no_edit_between_them() -> None:
    assert edits_between(_arm(DPA1), replace(_arm(DPA1), name="another")) == ()

"""Mutants of personas and cases: each is whole but for one cut, at the line where it was cut."""

from pathlib import Path

import pytest
from tests.support import dpa1_brief
from tests.versions import DPA1, RELEASE, SHIPPED, plan_from, told

from dramaturg.evals.arms import Arm, Blank, Part
from dramaturg.evals.mutants import Mutant, blanks_of, mutants_of
from dramaturg.evals.operators import OPERATORS
from dramaturg.evals.reading import parse_suite
from dramaturg.plan.compare import compare
from dramaturg.plan.model import Plan

_KERNEL = dpa1_brief().kernel
_EXAMPLES = """<directives>
<Directive_Tone>
Name the thing. It says what is there.
<Example>
The queue `mail` holds 40,000 messages.
</Example>
- Tell numbers with their units.
  Examples: 12 GB
    or 3 ms
- Hedge nothing.
</Directive_Tone>
</directives>
"""


def _arm(text: str) -> Arm:
    return Arm(name="work tree", parts={"IT": Part(plan=plan_from(text), kernel=_KERNEL)})


def _mutants(text: str, operator: str) -> list[Mutant]:
    return [*mutants_of(_arm(text), "IT", [operator])]


def _plan(mutant: Mutant) -> Plan:
    assert mutant.arm
    return mutant.arm.parts["IT"].plan


def _left(mutant: Mutant) -> str:
    return _plan(mutant).persona.chain[-1].text


def _changes(text: str, mutant: Mutant) -> list[str]:
    return told(compare(plan_from(text), _plan(mutant)))


@pytest.mark.parametrize(
    ("operator", "count"),
    [("requirement", 12), ("step", 6), ("swap", 3), ("weaken", 2), ("rule", 14), ("directive", 5), ("block", 2)],
)
def test_an_operator_cuts_each_piece_once(operator: str, count: int) -> None:
    found = _mutants(DPA1, operator)
    assert len({str(mutant) for mutant in found}) == len(found) == count
    assert {mutant.operator for mutant in found} == {operator}


def test_a_mutant_lacks_its_bullet_and_nothing_else() -> None:
    for mutant in _mutants(DPA1, "requirement"):
        (change,) = _changes(DPA1, mutant)
        assert change.startswith("loss: requirement ")
        text = _left(mutant)
        assert len(text.split("\n")) == len(DPA1.split("\n")) - 1
        lines = DPA1.split("\n")
        del lines[mutant.span.line - 1]
        assert text == "\n".join(lines)


def test_a_bullet_goes_with_what_is_nested_in_it() -> None:
    nested = next(mutant for mutant in _mutants(RELEASE, "requirement") if "`Secrets`" in mutant.what)
    assert _changes(RELEASE, nested) == ["loss: requirement Secrets lost"]
    assert "stored in the vault" not in _left(nested)


def test_a_column_goes_with_its_comma() -> None:
    text = SHIPPED["rnw-1.persona.md"]
    found = {mutant.what: _left(mutant) for mutant in _mutants(text, "requirement")}
    assert len(found) == 11
    listed = "each with: Symptom, Affected versions, Reference."
    for name, left in (
        ("Symptom", "Affected versions, Reference."),
        ("Affected versions", "Symptom, Reference."),
        ("Reference", "Symptom, Affected versions."),
    ):
        became = text.replace(listed, f"each with: {left}")
        assert found[f"requirement `{name}` of `FIXES` was deleted"] == became != text


def test_a_step_goes_whole_with_its_tags() -> None:
    found = _mutants(DPA1, "step")
    assert _changes(DPA1, found[1])[0] == "loss: section PRE-FLIGHT CHECKLIST lost"
    for mutant in found:
        assert _left(mutant).count("</Step>") == 5


def test_swapped_steps_are_reordered() -> None:
    for mutant in _mutants(DPA1, "swap"):
        assert any(change.endswith("reordered") for change in _changes(DPA1, mutant))


def test_a_rule_a_directive_and_a_parent_go_where_they_stand() -> None:
    rules, (parent,) = _mutants(DPA1, "rule"), _mutants(DPA1, "parent")
    assert {mutant.span.path.rsplit("/", 1)[1] for mutant in rules} == {
        "btaa-1.persona.md",
        "codegen-standards-1.mixin.md",
    }
    for mutant in rules:
        assert [change.startswith("loss: rule") for change in _changes(DPA1, mutant)].count(True) == 1
    assert len(_plan(parent).persona.chain) == 1
    assert str(parent).endswith(":7: parent `btaa-1` was dropped")


def test_a_mutant_that_cannot_be_performed_has_nothing_to_perform() -> None:
    lone = RELEASE[: RELEASE.index('<Step number="2"')] + "</operational_protocol>\n"
    (mutant,) = _mutants(lone, "step")
    assert mutant.arm is None


def test_an_example_goes_with_its_tags_or_with_what_is_indented_below_it() -> None:
    text = RELEASE.replace("<operational_protocol>", _EXAMPLES + "<operational_protocol>")
    block, line = _mutants(text, "example")
    assert _left(block) == text.replace("<Example>\nThe queue `mail` holds 40,000 messages.\n</Example>\n", "")
    assert _left(line) == text.replace("  Examples: 12 GB\n    or 3 ms\n", "")
    lines = text.split("\n")
    assert lines[block.span.line - 1] == "<Example>"
    assert lines[line.span.line - 1][line.span.column - 1 :] == "Examples: 12 GB"


def test_without_an_override_what_it_was_said_in_place_of_holds_again() -> None:
    text = SHIPPED["adr-1.persona.md"]
    (mutant,) = _mutants(text, "override")
    assert mutant.what == "the override of directive `Voice` was deleted"
    assert text.split("\n")[mutant.span.line - 1].strip() == '<Directive_Voice override="true">'
    (voice,) = (each for each in _plan(mutant).persona.directives if each.name == "Voice")
    assert voice.origin.alias == "btaa-1"
    assert not [each for each in _mutants(text, "directive") if each.span == mutant.span]


def test_without_a_setting_a_step_is_what_its_text_says() -> None:
    text = SHIPPED["rnw-1.persona.md"]
    (mutant,) = _mutants(text, "override")
    assert mutant.what == '`format="findings"` of step 4 `Breaking Changes` was deleted'
    assert _left(mutant) == text.replace(' format="findings"', "")
    assert next(step.format for step in _plan(mutant).sections if step.section == "BREAKING CHANGES") == "table"


def test_a_blanked_artifact_stands_at_its_line_of_the_suite() -> None:
    suite = """personas: IT
cases:
  - id: one
    artifacts: {blueprint: {text: It runs.}}
  - id: two
    artifacts:
      blueprint: {text: It runs.}
      notes:
        text: It stood still.
"""
    found = [*blanks_of(_arm(RELEASE), parse_suite(Path("it.suite.yaml"), suite))]
    assert [str(mutant) for mutant in found] == [
        "it.suite.yaml:4: artifact `blueprint` of case `one` was blanked",
        "it.suite.yaml:7: artifact `blueprint` of case `two` was blanked",
        "it.suite.yaml:8: artifact `notes` of case `two` was blanked",
    ]
    assert [mutant.arm.blank for mutant in found if mutant.arm][2] == Blank(case="two", artifact="notes")


def test_all_operators_are_told_in_the_module() -> None:
    from dramaturg.evals import operators  # noqa: PLC0415 - its text is what is tested

    assert all(f"| `{name}` |" in (operators.__doc__ or "") for name in OPERATORS)

"""Mutants of DPA-1: each is the whole text but for one cut, at the line where it was cut."""

import pytest
from tests.support import dpa1_brief
from tests.versions import DPA1, RELEASE, plan_from, told

from dramaturg.evals.arms import Part
from dramaturg.evals.mutants import OPERATORS, Mutant, mutants_of
from dramaturg.plan.compare import compare

_KERNEL = dpa1_brief().kernel


def _mutants(text: str, operator: str) -> list[Mutant]:
    return [*mutants_of(Part(plan=plan_from(text), kernel=_KERNEL), [operator])]


def _changes(text: str, mutant: Mutant) -> list[str]:
    assert mutant.part
    return told(compare(plan_from(text), mutant.part.plan))


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
        assert mutant.part
        (change,) = _changes(DPA1, mutant)
        assert change.startswith("loss: requirement ")
        text = mutant.part.plan.persona.chain[-1].text
        assert len(text.split("\n")) == len(DPA1.split("\n")) - 1
        lines = DPA1.split("\n")
        del lines[mutant.span.line - 1]
        assert text == "\n".join(lines)


def test_a_bullet_goes_with_what_is_nested_in_it() -> None:
    nested = next(mutant for mutant in _mutants(RELEASE, "requirement") if "`Secrets`" in mutant.what)
    assert _changes(RELEASE, nested) == ["loss: requirement Secrets lost"]
    assert nested.part
    assert "stored in the vault" not in nested.part.plan.persona.chain[-1].text


def test_a_step_goes_whole_with_its_tags() -> None:
    found = _mutants(DPA1, "step")
    assert [_changes(DPA1, mutant)[0] for mutant in found if mutant.part][
        1
    ] == "loss: section PRE-FLIGHT CHECKLIST lost"
    for mutant in found:
        assert mutant.part
        assert mutant.part.plan.persona.chain[-1].text.count("</Step>") == 5


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
    assert parent.part
    assert len(parent.part.plan.persona.chain) == 1
    assert str(parent).endswith(":7: parent `btaa-1` was dropped")


def test_a_mutant_that_cannot_be_performed_has_nothing_to_perform() -> None:
    lone = RELEASE[: RELEASE.index('<Step number="2"')] + "</operational_protocol>\n"
    (mutant,) = _mutants(lone, "step")
    assert mutant.part is None


def test_all_operators_are_told_in_the_module() -> None:
    from dramaturg.evals import mutants  # noqa: PLC0415 - its text is what is tested

    assert all(f"| `{name}` |" in (mutants.__doc__ or "") for name in OPERATORS)

"""Losses beside those of bullets and sections: rules, ways, heirs, slots, inputs, sentences that say MUST, aliases."""

from pathlib import Path

import pytest
from tests.versions import Checkout, edited, new_checkout

from dramaturg.data import personas_root
from dramaturg.findings.model import Finding
from dramaturg.persona.library import Library
from dramaturg.run.against import regressions

PLACE = "personas/review.persona.md"
FULL = """---
alias: full-1
title: Contract Review
expected_artifacts:
  - id: contract
    type: primary
    description: The contract.
  - id: policy
    type: optional
directives:
  Sources:
    - id: S1
      text: Quote the clause before you judge it.
    - id: S2
      text: Name the version of the policy.
  Tone:
    T1: "Plain words."
    T2: "No threats."
---
<philosophy>A contract is read by those who must live with it.</philosophy>
<primary_directive>Find what the client cannot accept.</primary_directive>
<SECTION: JURISDICTION>
The law of the seat.
</SECTION>
<directives>
<Directive_Values>
    <Rule id="V1">Give each value in the currency of the contract.</Rule>
    <Rule id="V2">Never convert a date.</Rule>
    <Rule id="V3">Round to two decimals, half to even.</Rule>
</Directive_Values>
<Directive_Scope>
- **Annexes:** They belong to the contract.
- Side letters are out of scope.
</Directive_Scope>
</directives>
<operational_protocol>
<Step number="1" name="Read">Ingest the `CONTRACT`.</Step>
<Step number="2" name="Confirm">Ask the user to confirm the parties.</Step>
<Step number="3" name="Assess">Assess the clauses and compute a CONFIDENCE_SCORE.
<Condition check="CONFIDENCE_SCORE < 80">Return to Step 1, at most 2 times.</Condition>
<Condition check="POLICY_MISSING">Go on with the general terms.</Condition>
</Step>
<Step number="4" name="Findings">Produce the `FINDINGS`. The findings MUST name the clause.
- **Risk:** What can go wrong.
- **Remedy:** What to ask for.
</Step>
<Step number="5" name="Repeat">Look for gaps; return to Step 3 at most two times.</Step>
<Step number="6" name="Summary">Produce the `SUMMARY`: one page for the board.</Step>
<Step number="7" name="Pass On">Hand over to `UTE-1` with the findings.</Step>
</operational_protocol>
"""
_MUST = " The findings MUST name the clause."
_REPEAT = '<Step number="5" name="Repeat">Look for gaps; return to Step 3 at most two times.</Step>\n'
_HAND_ON = '<Step number="7" name="Pass On">Hand over to `UTE-1` with the findings.</Step>\n'
_RISK = "- **Risk:** What can go wrong.\n"
_POLICY = "  - id: policy\n    type: optional\n"
_V2 = '    <Rule id="V2">Never convert a date.</Rule>\n'
_V3 = '    <Rule id="V3">Round to two decimals, half to even.</Rule>\n'
_LOW = '<Condition check="CONFIDENCE_SCORE < 80">Return to Step 1, at most 2 times.</Condition>\n'


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    checkout = new_checkout(tmp_path / "project", monkeypatch)
    checkout.commit(review=FULL)
    return checkout


def losses(names: tuple[str, ...] = (PLACE,)) -> tuple[Finding, ...]:
    return regressions(Library((Path("personas"), personas_root())), names, "HEAD", ())


def _label(found: Finding) -> str:
    (label,) = found.labels
    return f"{label.span.line}: {label.text}"


@pytest.mark.parametrize(
    ("edits", "expected", "label"),
    [
        (
            [(_V2, "")],
            "error[P505] 26: rule `V2` of directive `Values` was lost since HEAD",
            "28: it was: Never convert a date.",
        ),
        (
            [(_V2, ""), ('id="V3"', 'id="V2"')],
            "error[P505] 26: rule `V2` of directive `Values` was lost since HEAD",
            "28: it was: Never convert a date.",
        ),
        (
            [("    - id: S2\n      text: Name the version of the policy.\n", "")],
            "error[P505] 11: rule `S2` of directive `Sources` was lost since HEAD",
            "14: it was: text: Name the version of the policy.",
        ),
        (
            [('    T2: "No threats."\n', "")],
            "error[P505] 16: rule `T2` of directive `Tone` was lost since HEAD",
            '18: it was: "No threats."',
        ),
        (
            [("- **Annexes:** They belong to the contract.\n", "")],
            "error[P505] 31: rule `Annexes` of directive `Scope` was lost since HEAD",
            "32: it was: They belong to the contract.",
        ),
        (
            [("- Side letters are out of scope.\n", "")],
            "error[P505] 31: rule `Side letters are out of` of directive `Scope` was lost since HEAD",
            "33: it was: Side letters are out of scope.",
        ),
        (
            [(_HAND_ON, "")],
            "error[P502] 2: handoff `UTE-1` of step `Pass On` was lost since HEAD",
            "49: it was: Hand over to `UTE-1` with the findings.",
        ),
        (
            [("Hand over to `UTE-1` with the findings.", "Weigh the findings.")],
            "error[P502] 49: handoff `UTE-1` of step `Pass On` was lost since HEAD",
            "49: it was: Hand over to `UTE-1` with the findings.",
        ),
        (
            [("Ask the user to confirm the parties.", "Consider the parties.")],
            "error[P502] 38: question `Confirm` was lost since HEAD",
            "38: it was: Ask the user to confirm the parties.",
        ),
        (
            [('<Condition check="POLICY_MISSING">Go on with the general terms.</Condition>\n', "")],
            "error[P502] 39: branch `POLICY_MISSING` of step `Assess` was lost since HEAD",
            "41: it was: POLICY_MISSING: to the next step",
        ),
        (
            [(_LOW, "")],
            "error[P502] 39: branch `CONFIDENCE_SCORE < 80` of step `Assess` was lost since HEAD",
            "40: it was: CONFIDENCE_SCORE < 80: to Read, at most 2 times",
        ),
        (
            [(_REPEAT, "")],
            "error[P502] 2: branch of step `Repeat` was lost since HEAD",
            "47: it was: Look for gaps; return to Step 3 at most two times.",
        ),
        (
            [("; return to Step 3 at most two times", "")],
            "error[P502] 47: branch of step `Repeat` was lost since HEAD",
            "47: it was: to Assess, at most 2 times",
        ),
        (
            [("Step 3 at most two times", "Step 3 at most six times")],
            (
                "warning[P503] 47: branch of step `Repeat` was weakened since HEAD:"
                " to Assess, at most 2 times → to Assess, at most 6 times"
            ),
            "47: it was: to Assess, at most 2 times",
        ),
        (
            [("Return to Step 1, at most 2 times.", "Return to Step 1.")],
            (
                "warning[P503] 40: branch `CONFIDENCE_SCORE < 80` of step `Assess` was weakened since HEAD:"
                " to Read, at most 2 times → to Read, at most 3 times"
            ),
            "40: it was: to Read, at most 2 times",
        ),
        (
            [("Return to Step 1, at most 2 times.", "Say so.")],
            (
                "warning[P503] 40: branch `CONFIDENCE_SCORE < 80` of step `Assess` was weakened since HEAD:"
                " to Read, at most 2 times → to the next step"
            ),
            "40: it was: to Read, at most 2 times",
        ),
        (
            [("<philosophy>A contract is read by those who must live with it.</philosophy>\n", "")],
            "warning[P503] 2: slot `philosophy` was lost since HEAD",
            "20: it was: A contract is read by those who must live with it.",
        ),
        (
            [("Find what the client cannot accept.", "")],
            "warning[P503] 2: slot `primary_directive` was lost since HEAD",
            "21: it was: Find what the client cannot accept.",
        ),
        (
            [("<SECTION: JURISDICTION>\nThe law of the seat.\n</SECTION>\n", "")],
            "warning[P503] 2: slot `JURISDICTION` was lost since HEAD",
            "22: it was: The law of the seat.",
        ),
        ([(_POLICY, "")], "warning[P503] 2: artifact `policy` was lost since HEAD", "8: it was: policy"),
        (
            [("type: primary", "type: optional")],
            "warning[P503] 5: artifact `contract` was weakened since HEAD: primary → optional",
            "5: it was: primary",
        ),
        (
            [(_MUST, "")],
            "warning[P503] 43: demand of section `FINDINGS` was lost since HEAD: The findings MUST name the clause.",
            "43: it was: The findings MUST name the clause.",
        ),
        (
            [("MUST name", "should name")],
            "warning[P503] 43: demand of section `FINDINGS` was lost since HEAD: The findings MUST name the clause.",
            "43: it was: The findings MUST name the clause.",
        ),
        (
            [('<Step number="1" name="Read">Ingest the `CONTRACT`.</Step>\n', ""), ("Step 1,", "Step 2,")],
            "warning[P503] 2: step `Read` was lost since HEAD",
            "37: it was: Ingest the `CONTRACT`.",
        ),
        (
            [("alias: full-1", "alias: full-2")],
            (
                "warning[P506] 2: persona `full-1` is called `full-2` since HEAD:"
                " whoever inherits from or names `full-1` no longer finds it"
            ),
            "2: it was: full-1",
        ),
    ],
)
def test_a_loss_is_one_finding_with_the_old_line(
    checkout: Checkout, edits: list[tuple[str, str]], expected: str, label: str
) -> None:
    checkout.write(PLACE, edited(*edits, text=FULL))
    found = losses()
    assert [f"{each.severity}[{each.rule}] {each.span.line}: {each.message}" for each in found if each.span] == [
        expected
    ]
    assert _label(found[0]) == label


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([(_V2, ""), (_V3, f"{_V3}{_V2}")], id="rules in another order"),
        pytest.param([(_V2, ""), ("- Side", "- Never convert a date.\n- Side")], id="a rule in another directive"),
        pytest.param(
            [("Never convert a date.", "Never convert a date or a time.")],
            id="a rule that says more",
        ),
        pytest.param(
            [(_V2 + _V3, "Never convert a date. Round to two decimals, half to even.\n")], id="rules as prose"
        ),
        pytest.param(
            [("- id: S1\n", "- id: S4\n"), ("- id: S2\n", "- id: S5\n")],
            id="rules of other ids",
        ),
        pytest.param([("at most two times", "at most once")], id="a way back that is taken less often"),
        pytest.param([("CONFIDENCE_SCORE < 80", "CONFIDENCE_SCORE < 85")], id="another threshold"),
        pytest.param([("CONFIDENCE_SCORE < 80", "The score is low")], id="a condition in other words"),
        pytest.param([("MUST name the clause", "MUST name the clause and its page")], id="a sentence that says more"),
        pytest.param(
            [(_MUST, ""), (_RISK, f"- **Clause:** The findings MUST name the clause and its page.\n{_RISK}")],
            id="a bullet",
        ),
        pytest.param([(_MUST, " They cover:"), ("Find what", f"{_MUST} Find what")], id="a sentence in another block"),
        pytest.param(
            [(_MUST, " They cover:"), ("for the board.", f"for the board.{_MUST}")], id="a sentence in another section"
        ),
        pytest.param([("`UTE-1`", "`CRV-1`")], id="another heir"),
        pytest.param([("alias: full-1", "alias: FULL-1")], id="an alias in another case"),
    ],
)
def test_what_is_said_elsewhere_or_otherwise_is_no_loss(checkout: Checkout, edits: list[tuple[str, str]]) -> None:
    checkout.write(PLACE, edited(*edits, text=FULL))
    assert [each.message for each in losses()] == []

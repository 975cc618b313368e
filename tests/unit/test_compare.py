"""Two versions of a persona, compared as plans: what is lost is named, what only looks different is not lost."""

from collections.abc import Mapping, Sequence

import pytest
from tests.versions import APPLY, BACKUP, MOOD, RELEASE, START, VOICE, edited, plan_from, step, told

from dramaturg.plan.compare import compare

_NESTED = ("  - rotated in the last quarter\n", "  - stored in the vault\n")
_SECRETS = f"- **Secrets:** Every secret the release needs:\n{''.join(_NESTED)}"
_EDITS: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "a bullet taken out": (BACKUP, "", ["loss: requirement Backup lost"]),
    "an optional bullet taken out": (MOOD, "", ["loss: optional requirement Mood lost"]),
    "a nested bullet taken out": (
        _NESTED[1],
        "",
        ["loss: requirement Secrets: stored in the vault lost", "change: requirement Secrets reworded"],
    ),
    "nested bullets reordered": ("".join(_NESTED), "".join(_NESTED[::-1]), ["change: requirement Secrets reworded"]),
    "a bullet put in": (BACKUP, f"{BACKUP}- **Size:** Of each image.\n", ["gain: requirement Size added"]),
    "a bullet of another name": ("**Backup:** A", "**Copy:** A", ["change: requirement Backup renamed"]),
    "a bullet in other words": ("every database", "all databases", ["change: requirement Backup reworded"]),
    "a bullet that says less": (
        "Built, signed and stored in the registry.",
        "Built.",
        ["change: requirement Images shortened"],
    ),
    "a bullet on two lines": ("A tested backup of every", "A tested\n  backup of   every", []),
    "a bullet of another mark": ("- **Images:**", "* **Images:**", []),
    "a bullet replaced": (
        BACKUP,
        "- **Weather:** Whether it rains.\n",
        ["loss: requirement Backup lost", "gain: requirement Weather added"],
    ),
    "demands made optional": (
        "It MUST cover:",
        "It may include:",
        [
            "change: instruction reworded",
            "loss: requirement Backup weakened",
            "loss: requirement Secrets weakened",
            "loss: requirement Images weakened",
        ],
    ),
    "options made demands": (
        "It may include:",
        "It must include:",
        ["change: instruction reworded", "gain: requirement Mood strengthened"],
    ),
    "a section no longer non-negotiable": (
        "This is non-negotiable and",
        "It",
        ["loss: section WAY BACK weakened", "change: instruction reworded"],
    ),
    "a procedure reordered": (
        APPLY + START,
        START + APPLY,
        ["change: requirement Start the gateway again reordered"],
    ),
    "a list of no order reordered": (BACKUP + _SECRETS, _SECRETS + BACKUP, []),
    "a section of another title": (
        'name="Way Back">Produce a `WAY BACK`',
        'name="Undo">Produce an `UNDO PLAN`',
        ["change: section WAY BACK renamed", "change: instruction reworded"],
    ),
    "a section of another title and nothing else": ("`WAY BACK`", "`UNDO PLAN`", ["change: section WAY BACK renamed"]),
    "a section taken out": (step(5), "", ["loss: section WAY BACK lost"]),
    "a section taken out with what it owes": (
        step(4),
        "",
        [
            "loss: section PROCEDURE lost",
            "loss: requirement Stop the gateway for everybody lost",
            "loss: requirement Apply the migrations one lost",
            "loss: requirement Start the gateway again lost",
        ],
    ),
    "a section put in": (
        step(5),
        f"{step(5)}<Step>Produce `COSTS`, including:\n- Money.\n</Step>\n",
        ["gain: section COSTS added", "gain: requirement Money added"],
    ),
    "a section replaced in its place": (
        step(5),
        '<Step number="5" name="Costs">Produce `COSTS`: what the release takes in hours and money.</Step>\n',
        ["loss: section WAY BACK lost", "gain: section COSTS added"],
    ),
    "sections reordered": (step(4) + step(5), step(5) + step(4), ["change: section WAY BACK reordered"]),
    "a section that only makes notes": (
        "Produce a `WAY BACK`. This is",
        "Consider the way back. This is",
        ["loss: section WAY BACK lost", "change: kind changed", "change: instruction reworded"],
    ),
    "notes made a section": (
        "Weigh the risks",
        "Produce `RISKS`: weigh the risks",
        ["gain: section RISKS added", "change: kind changed", "change: instruction reworded"],
    ),
    "a section of another format": (
        '<Step number="5"',
        '<Step format="table" number="5"',
        ["change: format changed"],
    ),
    "a step of another name": ('name="Weigh"', 'name="Ponder"', ["change: step Weigh renamed"]),
    "a step taken out": (step(3), "", ["loss: step Weigh lost"]),
    "a step put in front": (step(1), f"<Step>Look around first.</Step>\n{step(1)}", ["gain: step Step 1 added"]),
    "steps renumbered": ('number="6"', 'number="7"', []),
    "an instruction in other words": (
        "against each other",
        "against their costs",
        ["change: instruction reworded"],
    ),
    "an instruction on two lines": ("against each other", "against\n  each other", []),
    "another document title": (
        '"Release Plan"',
        '"The Release"',
        ["change: document title changed", "change: instruction reworded"],
    ),
    "claims no longer grounded": (
        "title: Release Planner\n",
        "title: Release Planner\ninput_mode: generative\n",
        ["loss: input mode weakened"],
    ),
    "another tool": ("[grep]", "[grep, find]", ["change: tool list changed"]),
    "a parent given": (
        "title: Release Planner\n",
        "title: Release Planner\ninherits_from: codegen-standards-1\n",
        ["change: lineage changed", "gain: directive Artifacts added", "gain: directive Code added"],
    ),
    "a step made a question": (
        '<Step number="3" name="Weigh">',
        '<Step number="3" name="Weigh" kind="gate">',
        ["gain: question Weigh added", "change: kind changed"],
    ),
    "an artifact made optional": ("type: primary", "type: optional", ["loss: artifact blueprint weakened"]),
    "an artifact described otherwise": ("What runs where.", "What runs.", ["change: artifact blueprint reworded"]),
    "an artifact taken out": ("  - id: notes\n    type: optional\n", "", ["loss: artifact notes lost"]),
    "a slot in other words": ("can be undone", "must be undone", ["change: slot philosophy reworded"]),
    "a slot on two lines": ("Every release", "\n  Every\n  release", []),
    "a slot taken out": ("<philosophy>Every release can be undone.</philosophy>\n", "", ["loss: slot philosophy lost"]),
    "an output contract taken out": (
        "<output_contract>Times are UTC.</output_contract>\n",
        "",
        ["loss: output contract output_contract lost"],
    ),
    "a directive taken out": (VOICE, "", ["loss: directive Voice lost"]),
    "a directive of another name": (VOICE, VOICE.replace("Voice", "Tone"), ["change: directive Voice renamed"]),
    "a directive put in": (
        VOICE,
        f"{VOICE}<Directive_Units>Every number has a unit.</Directive_Units>\n",
        ["gain: directive Units added"],
    ),
    "a directive that overrides": (
        "<Directive_Voice>",
        '<Directive_Voice override="true">',
        ["change: directive Voice changed"],
    ),
    "a directive in other words": ("name its effect", "tell its effect", ["change: directive Voice reworded"]),
}


@pytest.mark.parametrize(("old", "new", "expected"), _EDITS.values(), ids=_EDITS)
def test_an_edit_is_told_as_what_it_does_to_the_plan(old: str, new: str, expected: list[str]) -> None:
    assert told(compare(plan_from(RELEASE), plan_from(edited((old, new))))) == expected


@pytest.mark.parametrize(
    "text",
    [
        edited((APPLY, "(a) Apply.\n\n" * 13_000)),
        pytest.param(edited((step(3), step(3) * 9_000)), marks=pytest.mark.slow),
    ],
    ids=["bullets", "steps"],
)
@pytest.mark.timeout(50)  # what is looked for in all the others, each time anew, takes longer
def test_a_long_file_is_compared_in_a_moment(text: str) -> None:
    assert compare(plan_from(text), plan_from(text)) == ()

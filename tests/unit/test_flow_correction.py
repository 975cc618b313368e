"""Answers that are corrected: what is kept, what is replaced, and in which order it ends up."""

import json

import pytest
from tests.performances import CHECKS, INVENTED, PHASES, calls_of, covering, entries_of, reasons_in, rejections
from tests.plans import answering
from tests.support import dpa1_brief, dpa1_job, envelope, good_answer, item, perform_by_hand, requirement_ids

from dramaturg.errors import StepFailed
from dramaturg.plan.outputs import StepOutput


def test_a_reask_replaces_only_the_item_with_the_invented_quote() -> None:
    told = {
        ("2", 0): envelope([item(name) for name in CHECKS[:3]] + [item("Artifacts", evidence=INVENTED)]),
        ("2", 1): covering(["Artifacts"], text="Check the registry"),
    }
    performance = perform_by_hand(dpa1_brief(), answering(told))
    entries = entries_of(performance, "PRE-FLIGHT CHECKLIST")
    assert [entry.text for entry in entries[:3]] == [f"Do what is demanded: {name}" for name in CHECKS[:3]]
    assert entries[3].text == "Check the registry"
    assert not any(entry.unsupported for entry in entries)


def test_an_item_that_covers_nothing_known_is_asked_again_with_the_whole_answer() -> None:
    told = {("2", 0): envelope([*(item(name) for name in CHECKS), item("Something else", evidence=INVENTED)])}
    performance = perform_by_hand(dpa1_brief(), answering(told))
    _, again = calls_of(performance, "2")
    assert requirement_ids(again.owes) == CHECKS
    assert "Give the whole answer" in again.messages[-1].text
    assert len(entries_of(performance, "PRE-FLIGHT CHECKLIST")) == 4


@pytest.mark.parametrize(
    "worse",
    [
        pytest.param("no JSON", id="cannot be read"),
        pytest.param(covering(["Artifacts"], text=""), id="says nothing"),
        pytest.param(envelope(), id="forgets the item"),
    ],
)
def test_a_correction_never_makes_an_answer_worse(worse: str) -> None:
    draft = envelope([item(name) for name in CHECKS[:3]] + [item("Artifacts", text="Look", evidence=INVENTED)])
    performance = perform_by_hand(dpa1_brief(), answering({("2", 0): draft, ("2", 1): worse, ("2", 2): worse}))
    entries = entries_of(performance, "PRE-FLIGHT CHECKLIST")
    assert [entry.covers for entry in entries] == [(name,) for name in CHECKS]
    assert (entries[3].text, entries[3].unsupported) == ("Look", True)
    assert performance.outcome is not None
    assert [finding.rule for finding in performance.outcome.findings] == ["R302"]


def test_a_whole_answer_that_lacks_a_requirement_does_not_replace_one_that_has_it() -> None:
    stray = [*(item(name) for name in CHECKS), item("Something else", evidence=INVENTED)]
    told = {("2", 0): envelope(stray), ("2", 1): covering(CHECKS[:2]), ("2", 2): covering(CHECKS[:2])}
    performance = perform_by_hand(dpa1_brief(), answering(told))
    assert "no item covers `Dependencies`" in reasons_in(calls_of(performance, "2")[2])
    assert len(entries_of(performance, "PRE-FLIGHT CHECKLIST")) == 5


def test_a_correction_of_a_correction_is_merged_too() -> None:
    told = {
        ("2", 0): covering(CHECKS[:2]),
        ("2", 1): covering(["Artifacts"]),
        ("2", 2): covering(["Dependencies"]),
    }
    performance = perform_by_hand(dpa1_brief(), answering(told))
    assert [requirement_ids(call.owes) for call in calls_of(performance, "2")] == [
        CHECKS,
        ["Dependencies", "Artifacts"],
        ["Dependencies"],
    ]
    entries = entries_of(performance, "PRE-FLIGHT CHECKLIST")
    assert [entry.covers for entry in entries] == [(name,) for name in CHECKS]


def test_a_reask_shows_the_answer_so_far_with_what_was_merged() -> None:
    told = {("2", 0): covering(CHECKS[:2]), ("2", 1): covering(["Artifacts"])}
    performance = perform_by_hand(dpa1_brief(), answering(told))
    shown = json.loads(calls_of(performance, "2")[2].messages[-2].text)
    assert [each["covers"] for each in shown["items"]] == [["Configuration"], ["Data Integrity"], ["Artifacts"]]


def test_a_phase_out_of_order_is_asked_again_and_put_where_it_belongs() -> None:
    disordered = ["Disabling maintenance mode", *PHASES[:4]]
    performance = perform_by_hand(dpa1_brief(), answering({("3", 0): covering(disordered)}))
    _, again = calls_of(performance, "3")
    assert rejections(performance) == [("3", 0, ["R203"])]
    assert requirement_ids(again.owes) == ["Disabling maintenance mode"]
    assert "comes before what is demanded ahead of it" in reasons_in(again)
    assert [entry.covers[0] for entry in entries_of(performance, "EXECUTION PLAN")] == PHASES


def test_a_procedure_that_stays_out_of_order_fails_its_step() -> None:
    disordered = covering(PHASES[::-1])
    with pytest.raises(StepFailed) as failure:
        perform_by_hand(dpa1_brief(reasks=0), answering({("3", 0): disordered}))
    assert {finding.rule for finding in failure.value.findings} == {"R203"}


def test_rejected_items_of_a_section_without_bullets_keep_their_order() -> None:
    def texts(*names: str, **changes: object) -> list[dict[str, object]]:
        return [item("ROLLBACK PLAN", text=name, **changes) for name in names]

    draft = [*texts("first", evidence=INVENTED), *texts("second"), *texts("third", "fourth", evidence=INVENTED)]
    told = {("5", 0): envelope(draft), ("5", 1): envelope(texts("FIRST", "THIRD", "FOURTH", "FIFTH"))}
    performance = perform_by_hand(dpa1_brief(), answering(told))
    entries = entries_of(performance, "ROLLBACK PLAN")
    assert [entry.text for entry in entries] == ["FIRST", "second", "THIRD", "FOURTH", "FIFTH"]


def test_a_reask_has_the_same_size_whatever_came_before() -> None:
    lacking = StepOutput.model_validate_json(covering(CHECKS[:3])).model_dump_json()
    told = {("2", attempt): lacking for attempt in range(4)}
    first, *again = calls_of(perform_by_hand(dpa1_brief(reasks=4), answering(told)), "2")
    assert [call.attempt for call in again] == [1, 2, 3, 4]
    assert {call.messages for call in again} == {again[0].messages}
    assert again[0].messages[: len(first.messages)] == first.messages


@pytest.mark.parametrize("wording", ["Do what is demanded", "In other words"])
def test_an_answer_given_again_as_a_whole_adds_nothing_twice(wording: str) -> None:
    again = envelope([item(name, text=f"{wording}: {name}") for name in CHECKS])
    told = {("2", 0): covering(CHECKS[:3]), ("2", 1): again}
    entries = entries_of(perform_by_hand(dpa1_brief(), answering(told)), "PRE-FLIGHT CHECKLIST")
    assert [entry.covers for entry in entries] == [(name,) for name in CHECKS]
    assert [entry.text for entry in entries[:3]] == [f"Do what is demanded: {name}" for name in CHECKS[:3]]


def test_an_accepted_item_given_again_takes_no_rejected_ones_place() -> None:
    def steps(*texts: str, **changes: object) -> list[dict[str, object]]:
        return [item("ROLLBACK PLAN", text=text, **changes) for text in texts]

    told = {
        ("5", 0): envelope([*steps("one"), *steps("two", evidence=INVENTED)]),
        ("5", 1): envelope(steps("one", "TWO")),
    }
    entries = entries_of(perform_by_hand(dpa1_brief(), answering(told)), "ROLLBACK PLAN")
    assert [entry.text for entry in entries] == ["one", "TWO"]


def test_questions_of_a_correction_join_those_of_the_draft() -> None:
    def asking(names: list[str], identifier: str) -> str:
        return envelope(
            [item(name) for name in names], questions=[{"id": identifier, "kind": "clarify", "text": "Who decides?"}]
        )

    told = {("2", 0): asking(CHECKS[:3], "one"), ("2", 1): asking(CHECKS[3:], "two")}
    outcome = perform_by_hand(dpa1_brief(), answering(told)).outcome
    assert outcome is not None
    assert [question.about for question in outcome.questions] == ["one", "two", "DOCUMENT_INCONSISTENCY"]


def test_what_answers_a_section_of_placeholders_takes_their_place() -> None:
    def placeholder(name: str) -> dict[str, object]:
        return item(name, basis="missing", text="Not said", evidence=[])

    told = {
        ("2", 0): envelope([placeholder(name) for name in CHECKS]),
        ("2", 1): covering(CHECKS[:2], text="Said after all"),
    }
    performance = perform_by_hand(dpa1_brief(), answering(told))
    assert rejections(performance) == [("2", 0, ["R202"])]
    assert requirement_ids(calls_of(performance, "2")[1].owes) == ["PRE-FLIGHT CHECKLIST"]
    entries = entries_of(performance, "PRE-FLIGHT CHECKLIST")
    assert [entry.covers for entry in entries] == [(name,) for name in CHECKS]
    assert [entry.text for entry in entries] == ["Said after all", "Said after all", "Not said", "Not said"]


def test_every_item_that_comes_too_early_goes_where_it_belongs() -> None:
    ids = [requirement.id for requirement in dpa1_job().plan.calls[2].asks]
    first, last = ids[0], ids[-1]
    early = [item(last, text="switch off"), item(last, text="look that it is off")]
    wrong = envelope([*early, *(item(name) for name in ids[:-1])])
    performance = perform_by_hand(
        dpa1_brief(), lambda call: wrong if (call.step, call.attempt) == ("3", 0) else good_answer(call)
    )
    assert performance.outcome is not None
    covered = [entry.covers[0] for entry in performance.outcome.sections[1].entries]
    assert covered[0] == first
    assert covered[:4] == ids[:4]
    assert set(covered[4:]) == {last}
    assert [call.step for call in performance.calls].count("3") == 2

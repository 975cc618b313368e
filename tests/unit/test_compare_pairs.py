"""Steps and requirements that were moved, renamed, reordered: known again, or lost and named."""

import re
from dataclasses import replace

from tests.versions import APPLY, BACKUP, DPA1, MOOD, RELEASE, START, VOICE, edited, plan_from, step, told

from dramaturg.findings.model import Span
from dramaturg.plan.changes import Change
from dramaturg.plan.compare import compare
from dramaturg.plan.model import Branch


def _changes(*edits: tuple[str, str]) -> tuple[Change, ...]:
    return compare(plan_from(RELEASE), plan_from(edited(*edits)))


def test_what_an_edit_takes_away_its_undoing_gives_back() -> None:
    bare = plan_from(edited((step(5), ""), (BACKUP, ""), (VOICE, "")))
    assert told(compare(bare, plan_from(RELEASE))) == [
        "gain: directive Voice added",
        "gain: requirement Backup added",
        "gain: section WAY BACK added",
    ]


def test_a_requirement_in_another_section_has_moved_there() -> None:
    (moved,) = _changes((BACKUP, ""), (START, f"{START}{BACKUP}"))
    assert told([moved]) == ["change: requirement Backup moved"]
    assert (moved.where, moved.before, moved.after) == ("PROCEDURE", "CHECKS", "PROCEDURE")


def test_a_requirement_of_a_lost_section_that_another_section_owes_is_not_lost() -> None:
    changes = _changes((step(4), ""), (MOOD, f"{MOOD}- Check that nobody minds.\n{APPLY}"))
    assert "change: requirement Apply the migrations one moved" in told(changes)
    assert [change.name for change in changes if change.what == "lost"] == [
        "PROCEDURE",
        "Stop the gateway for everybody",
        "Start the gateway again",
    ]


def test_another_demand_of_the_same_name_elsewhere_does_not_hide_a_loss() -> None:
    changes = _changes((BACKUP, ""), (START, f"{START}- **Backup:** Tell the staff who is on duty.\n"))
    assert told(changes) == ["loss: requirement Backup lost", "gain: requirement Backup added"]


def test_a_section_is_known_by_its_title_wherever_it_stands_and_whatever_it_says() -> None:
    undo = '<Step name="Undo">Describe in `WAY BACK` whom to call.</Step>\n'
    assert told(_changes((step(5), ""), (step(2), undo + step(2)))) == [
        "change: step Way Back renamed",
        "change: section WAY BACK reordered",
        "loss: section WAY BACK weakened",
        "change: instruction reworded",
    ]


def test_a_renamed_section_is_known_by_what_it_owes() -> None:
    title = 'number="4" name="Procedure">Produce a step-by-step `PROCEDURE`'
    changes = _changes((title, ">Draw up, step-by-step, the `RUNBOOK` section"))
    assert told(changes)[0] == "change: section PROCEDURE renamed"
    assert {change.effect for change in changes} == {"change"}


def test_of_several_that_could_have_become_one_the_closest_has() -> None:
    watch, call = (
        "- Watch the error rate of the gateway.\n",
        "- Watch the error rate of the gateway and call the lead.\n",
    )
    before = plan_from(edited((BACKUP, watch + call)))
    after = plan_from(edited((BACKUP, "- Observe the error rate of the gateway and call the lead.\n")))
    assert told(compare(before, after)) == [
        "loss: requirement Watch the error rate lost",
        "change: requirement Watch the error rate (2) renamed",
    ]


def test_where_too_much_changed_at_once_nothing_is_guessed() -> None:
    def checks(verb: str) -> str:
        return edited((BACKUP, "".join(f"- {verb} number {each} of the long list of checks.\n" for each in range(101))))

    changes = compare(plan_from(checks("Read")), plan_from(checks("Tick")))
    assert [change.what for change in changes] == ["lost"] * 101 + ["added"] * 101


def test_a_question_that_is_not_asked_any_more_is_a_loss() -> None:
    asking = edited(
        ("Weigh the risks against each other.", "Weigh the risks."), ('name="Weigh"', 'name="Weigh" kind="ask"')
    )
    silent = asking.replace(' kind="ask"', "")
    gone = asking.replace(asking[asking.index('<Step number="3"') : asking.index('<Step number="4"')], "")
    assert told(compare(plan_from(asking), plan_from(silent))) == ["loss: question Weigh lost", "change: kind changed"]
    assert told(compare(plan_from(asking), plan_from(gone))) == ["loss: question Weigh lost"]


def test_a_change_is_told_with_its_section_and_its_place_on_both_sides() -> None:
    (lost,) = _changes((BACKUP, ""))
    assert (lost.where, lost.before) == ("CHECKS", "Backup: A tested backup of every database.")
    line = RELEASE[: RELEASE.index(BACKUP)].count("\n") + 1
    assert lost.span_before == Span(path="made-up.persona.md", line=line, column=3, length=len(BACKUP) - 3)
    assert lost.span_after
    assert lost.span_after.line == line - 1, "where it is missing from is the step"


def test_changes_are_told_in_the_order_of_the_document_and_a_loss_behind_what_it_followed() -> None:
    changes = _changes((VOICE, ""), (step(3), ""), (step(5), ""), (MOOD, ""), (APPLY, ""), ('"Release Plan"', '"R"'))
    assert [f"{change.where}: {change.name}" for change in changes if change.what == "lost"] == [
        ": Voice",
        "CHECKS: Mood",
        "Weigh: Weigh",
        "PROCEDURE: Apply the migrations one",
        "WAY BACK: WAY BACK",
    ]
    assert told(changes)[0] == "change: document title changed"


def _branch(check: str, goes_to: str, bound: int) -> Branch:
    return Branch(check=check, goes_to=goes_to, bound=bound, text="", span=Span(path="x", line=1, column=1, length=0))


def test_where_a_step_goes_on_is_compared_by_titles_because_numbers_change() -> None:
    *steps, last = plan_from(RELEASE).steps
    loop = replace(last, branches=(_branch("A", "2", 2), _branch("B", "", 0), _branch("C", "4", 1)))
    onward = replace(last, branches=(_branch("A", "2", 3), _branch("C", "7", 1), _branch("D", "", 0)), hands_to="UTE-1")
    before = replace(plan_from(RELEASE), steps=(*steps, loop))
    renumbered = [replace(step, id="7") if step.id == "4" else step for step in steps]
    changes = compare(before, replace(before, steps=(*renumbered, onward)))
    assert [(change.subject, change.what, change.name, change.before, change.after) for change in changes] == [
        ("handoff", "changed", "", "", "UTE-1"),
        ("branch", "weakened", "A", "to CHECKS, at most 2 times", "to CHECKS, at most 3 times"),
        ("branch", "lost", "B", "B: to the next step", ""),
        ("branch", "added", "D", "", "D: to the next step"),
    ]


def test_a_column_that_entries_do_not_have_any_more_is_lost() -> None:
    table = edited((step(3), "<Step>Produce a `RISKS` table, each with: Risk, Owner, Due.</Step>\n"))
    changes = compare(plan_from(table), plan_from(table.replace("Owner, ", "").replace("Due", "Due, Cost")))
    assert told(change for change in changes if change.subject == "column") == [
        "loss: column Owner lost",
        "gain: column Cost added",
    ]


def test_the_persona_that_lost_every_sub_item_in_one_edit_has_each_of_them_named() -> None:
    changes = compare(plan_from(DPA1), plan_from(re.sub(r"\n {8}- .*", "", DPA1)))
    assert {change.effect for change in changes} == {"loss"}
    assert [(change.where, change.name) for change in changes] == [
        ("PRE-FLIGHT CHECKLIST", "Configuration"),
        ("PRE-FLIGHT CHECKLIST", "Data Integrity"),
        ("PRE-FLIGHT CHECKLIST", "Dependencies"),
        ("PRE-FLIGHT CHECKLIST", "Artifacts"),
        ("EXECUTION PLAN", "Enabling maintenance mode"),
        ("EXECUTION PLAN", "Applying database migrations"),
        ("EXECUTION PLAN", "Deploying the new application versions"),
        ("EXECUTION PLAN", "Running critical smoke tests"),
        ("EXECUTION PLAN", "Disabling maintenance mode"),
        ("POST-DEPLOYMENT VALIDATION CHECKLIST", "Monitoring"),
        ("POST-DEPLOYMENT VALIDATION CHECKLIST", "Log Analysis"),
        ("POST-DEPLOYMENT VALIDATION CHECKLIST", "Functional Checks"),
    ]

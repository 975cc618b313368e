"""Scorers on performances of DPA-1 by a model that answers well, but for one thing each."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter
from tests.support import dpa1_brief, envelope, good_answer, item, perform_by_hand
from tests.versions import DPA1, edited, plan_from

from dramaturg.engine.assemble import assemble
from dramaturg.engine.calls import ModelCall, Usage
from dramaturg.evals.scorers.kinds import AnyScorer
from dramaturg.evals.scorers.model import Effort, Score, Scorer, View
from dramaturg.evals.yardstick import yardstick
from dramaturg.plan.model import Plan

_SCORER: TypeAdapter[Scorer] = TypeAdapter(AnyScorer)
_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"


def _view(
    answer: Callable[[ModelCall], str] = good_answer, *, plan: Plan | None = None, baseline: Plan | None = None
) -> View:
    brief = dpa1_brief()
    brief = replace(brief, plan=plan or brief.plan)
    outcome = perform_by_hand(brief, answer).outcome
    assert outcome is not None
    return View(
        case="parcels",
        tags=(),
        plan=brief.plan,
        yardstick=yardstick(baseline or brief.plan, brief.plan),
        outcome=outcome,
        markdown=assemble(brief.plan, outcome).markdown,
        failed="",
        failure="",
        writes=True,
        effort=Effort(calls=5, usage=Usage(input=1000, output=200), seconds=2.5, usd=0.01),
    )


def _score(written: Any, view: View) -> Score:
    return _SCORER.validate_python(written).score(view)


def _at(step: str, **changes: Any) -> Callable[[ModelCall], str]:
    """Answer well, but let every item of one step be otherwise."""

    def answer(call: ModelCall) -> str:
        if call.step != step:
            return good_answer(call)
        return envelope([item(requirement.id, **changes) for requirement in call.owes])

    return answer


@pytest.mark.parametrize("kind", ["sections", "coverage", "answered", "citations", "support", "markdown"])
def test_a_good_performance_is_worth_all(kind: str) -> None:
    assert _score(kind, _view()) == replace(_score(kind, _view()), value=1.0, why=())


def test_what_is_declared_missing_is_covered_and_not_answered() -> None:
    def answer(call: ModelCall) -> str:
        if call.step != "2":
            return good_answer(call)
        lacking = item("Data Integrity", basis="missing", evidence=[])
        return envelope([*(item(each.id) for each in call.owes if each.id != "Data Integrity"), lacking])

    view = _view(answer)
    assert _score("coverage", view).value == 1
    answered = _score("answered", view)
    assert answered.why == ("`Data Integrity` of `PRE-FLIGHT CHECKLIST` is declared missing, or not there",)
    assert answered.steps["2"] == 0.75


def test_a_demand_that_was_taken_away_is_missed() -> None:
    view = _view(plan=plan_from(edited((_BACKUP, ""), text=DPA1)), baseline=plan_from(DPA1))
    coverage = _score("coverage", view)
    assert coverage.value == pytest.approx(12 / 13)
    assert coverage.why == ("`Data Integrity` of `PRE-FLIGHT CHECKLIST` is not demanded any more",)
    assert coverage.steps == {"2": 0.75, "3": 1.0, "4": 1.0, "5": 1.0}


def test_a_demand_is_followed_to_its_new_name_and_section() -> None:
    renamed = edited(("**Data Integrity:**", "**Backups:**"), ("`ROLLBACK PLAN`", "`UNDO PLAN`"), text=DPA1)
    view = _view(plan=plan_from(renamed), baseline=plan_from(DPA1))
    assert (_score("coverage", view).value, _score("sections", view).value) == (1.0, 1.0)
    moved = edited((_BACKUP, ""), ("        - **Monitoring:**", f"{_BACKUP}        - **Monitoring:**"), text=DPA1)
    assert _score("coverage", _view(plan=plan_from(moved), baseline=plan_from(DPA1))).value == 1.0


def test_a_section_that_was_taken_away_is_missed_with_all_it_owed() -> None:
    start, end = DPA1.index('    <Step number="4"'), DPA1.index('    <Step number="5"')
    view = _view(plan=plan_from(DPA1[:start] + DPA1[end:]), baseline=plan_from(DPA1))
    sections = _score("sections", view)
    assert sections.why == ("section `POST-DEPLOYMENT VALIDATION CHECKLIST` is not there",)
    assert sections.steps == {"2": 1.0, "3": 1.0, "4": 0.0, "5": 1.0}
    assert _score("coverage", view).steps["4"] == 0


def test_sections_that_changed_places_are_told() -> None:
    start, end = DPA1.index('    <Step number="4"'), DPA1.index('    <Step number="5"')
    swapped = DPA1[:start] + DPA1[end:].replace("</operational_protocol>", DPA1[start:end] + "</operational_protocol>")
    sections = _score("sections", _view(plan=plan_from(swapped), baseline=plan_from(DPA1)))
    assert sections.value == 0.75
    assert [line.endswith("stands in another place") for line in sections.why] == [True]


def test_a_quote_that_is_nowhere_costs_citations_and_support() -> None:
    view = _view(_at("4", evidence=[{"artifact": "ARCHITECTURE_BLUEPRINT", "quote": "a sentence nobody wrote there"}]))
    for kind in ("citations", "support"):
        score = _score(kind, view)
        assert score.value == pytest.approx(10 / 13)
        assert score.steps["4"] == 0
        assert len(score.why) == 3


def test_an_inference_is_no_support_and_no_lost_quote() -> None:
    rests = [{"artifact": "ARCHITECTURE_BLUEPRINT", "quote": ""}]
    view = _view(_at("5", basis="inference", evidence=rests))
    assert _score("citations", view).value == 1
    support = _SCORER.validate_python("support")
    assert support.passes(support.score(view)) is True  # 12 of 13, and 0.8 will do


@pytest.mark.parametrize(
    ("written", "value", "why"),
    [
        ({"open_questions": ["tracker"]}, 1.0, ()),
        ({"open_questions": []}, 0.0, ("`Artifacts` asks about `DOCUMENT_INCONSISTENCY`, which is not expected",)),
        ({"open_questions": ["tracker", "Data Integrity"]}, 0.5, ("nobody asks about `Data Integrity`",)),
        ({"open_questions": {"allowed": "tracker"}}, 1.0, ()),
        ({"open_questions": {"others": "true"}}, 1.0, ()),
    ],
)
def test_open_questions(written: Any, value: float, why: tuple[str, ...]) -> None:
    score = _score(written, _view())
    assert (score.value, score.why) == (value, why)


@pytest.mark.parametrize(
    ("written", "value", "why"),
    [
        ({"contains": ["rollback plan", "no such words"]}, 0.5, ("`no such words` does not stand",)),
        ({"contains": {"within": "ROLLBACK PLAN", "texts": "do what is demanded"}}, 1.0, ()),
        ({"contains": {"within": "NO PLAN", "texts": "x"}}, 0.0, ("there is no section `NO PLAN`",)),
        ({"not_contains": "Rollback"}, 0.0, ("`Rollback` stands",)),
        ({"matches": ["^## EXEC", "^# EXEC"]}, 0.5, ("`^# EXEC` does not match",)),
        ({"not_matches": "99%+"}, 1.0, ()),
        ({"names": {"all": ["PRE-FLIGHT"], "none": ["FLIGHT", "Invented"]}}, 1.0, ()),
        ({"names": {"none": "demanded"}}, 0.0, ("`demanded` stands",)),
        ({"order": ["PRE-FLIGHT", "ROLLBACK"]}, 1.0, ()),
        ({"order": ["ROLLBACK PLAN", "EXECUTION PLAN"]}, 0.5, ("`EXECUTION PLAN` stands too early",)),
        ({"length": {"at_most": 10}}, 0.0, None),
        ({"length": {"no_less": 10}}, 1.0, ()),
        ({"json": "$.sections[0].title"}, 1.0, ()),
        ({"json": {"path": "$.sections[*].title", "count": 4}}, 1.0, ()),
        ({"json": {"path": "$.sections[0].title", "equals": "OTHER"}}, 0.0, None),
        ({"json": {"path": "$.sections[*]", "count": 3}}, 0.0, ("`$.sections[*]` has 4 values, not 3",)),
        ({"cost": {"at_most": 0.02}}, 1.0, ()),
        ({"cost": 0.001}, 0.0, ("0.01 USD, more than 0.001",)),
        ("latency", None, ()),
        ({"calls": {"at_most": 5}}, 1.0, ()),
        ({"tokens": {"at_most": 1000}}, 0.0, ("1200 tokens, more than 1000",)),
        ({"python": "tests.unit.evals.test_scorers:polite"}, 0.5, ()),
        ({"python": {"function": "tests.unit.evals.test_scorers:polite", "with": {"least": "1"}}}, 0.0, ()),
    ],
)
def test_what_a_suite_can_look_for(written: Any, value: float | None, why: tuple[str, ...] | None) -> None:
    score = _score(written, _view())
    assert score.value == value
    assert why is None or score.why == why


def polite(view: View, least: str = "0") -> float:
    """Score as an author's own function does."""
    assert view.markdown.startswith("# ")
    return 0.5 if least == "0" else 0.0


def test_a_version_stands_whole_or_not_at_all() -> None:
    view = replace(_view(), markdown="Start 14.1.3 on lb-edge, then `4.2.0`. It was v4.1.30.")
    assert _score({"names": ["4.2.0"]}, view).value == 1
    for part in ("4.1.3", "4.1", "edge", "4.2.0.1", "v4.1.3"):
        assert _score({"names": [part]}, view).value == 0, part


def test_a_performance_that_fell_short_is_worth_nothing_but_is_paid_for() -> None:
    view = replace(_view(), outcome=None, markdown="", failed="3", failure="step 3 `EXECUTION PLAN` fell short")
    score = _score("coverage", view)
    assert (score.value, score.steps, score.why) == (0.0, {"3": 0.0}, ("step 3 `EXECUTION PLAN` fell short",))
    assert _score("calls", view).measured == 5


def test_headings_are_found_as_a_markdown_parser_finds_them() -> None:
    file = {"path": "run.sh", "language": "sh", "content": "# no heading\n```\n## nor this\n```\n"}
    answers: Mapping[str, dict[str, Any]] = {
        "2": {"command": "# comment\necho 1"},
        "3": {"command": "```\n# fence in a fence\n```"},
        "4": {"file": file},
        "5": {"text": "# not a heading", "expect": "## nor this"},
    }
    for step, changes in answers.items():
        view = _view(_at(step, **changes))
        assert _score("markdown", view).value == 1, view.markdown


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (("## EXECUTION PLAN", "### EXECUTION PLAN"), "`## EXECUTION PLAN` is not there"),
        (("## ROLLBACK PLAN", "## More\n\n## ROLLBACK PLAN"), "headings are repeated, added or out of order"),
        (("## ROLLBACK PLAN", "## ROLLBACK PLAN\n\n## ROLLBACK PLAN"), "`## ROLLBACK PLAN` is empty"),
    ],
)
def test_a_document_that_is_not_well_formed_is_told(edit: tuple[str, str], why: str) -> None:
    view = _view()
    assert _score("markdown", replace(view, markdown=view.markdown.replace(*edit))).why == (why,)


def test_what_a_condition_led_past_is_not_owed() -> None:
    view = _view()
    assert view.outcome
    sections = tuple(section for section in view.outcome.sections if section.step != "4")
    outcome = replace(view.outcome, sections=sections, skipped=("4",))
    view = replace(view, outcome=outcome, markdown=assemble(view.plan, outcome).markdown)
    assert [_score(kind, view).value for kind in ("sections", "coverage", "markdown")] == [1.0, 1.0, 1.0]

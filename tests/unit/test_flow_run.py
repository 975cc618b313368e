"""A whole flow by hand: what it says on the way, what it amounts to, and what stops it."""

from dataclasses import replace

import pytest
from tests.performances import CHECKS, calls_of, covering, entries_of, rejections
from tests.plans import answering
from tests.support import (
    INPUTS,
    dpa1_brief,
    envelope,
    good_answer,
    item,
    perform_by_hand,
    requirement_ids,
)

from dramaturg.engine.assemble import assemble
from dramaturg.engine.calls import ModelCall, ModelReply, Stop
from dramaturg.engine.events import RunStarted, StepAccepted, StepStarted
from dramaturg.engine.flow import perform
from dramaturg.engine.verify.structure import verify_structure
from dramaturg.errors import CallerError, ModelError, StepFailed
from dramaturg.findings.model import Severity
from dramaturg.models.profiles import hosted, local

CONTRADICTED = "DOCUMENT_INCONSISTENCY"  # the example has one

SECTIONS = ["PRE-FLIGHT CHECKLIST", "EXECUTION PLAN", "POST-DEPLOYMENT VALIDATION CHECKLIST", "ROLLBACK PLAN"]
PLACEHOLDERS = envelope([item(name, basis="missing", text="Not said", evidence=[]) for name in CHECKS])


class Once:
    """Answers the first call with a given reply, later ones well."""

    def __init__(self, reply: ModelReply) -> None:
        self._replies = [reply]

    def __call__(self, call: ModelCall) -> str | ModelReply:
        return self._replies.pop() if self._replies else good_answer(call)


def test_a_good_model_is_asked_once_for_each_step() -> None:
    performance = perform_by_hand(dpa1_brief(), good_answer)
    assert [(call.step, call.attempt) for call in performance.calls] == [(str(step), 0) for step in range(1, 6)]
    assert performance.outcome is not None
    assert [section.title for section in performance.outcome.sections] == SECTIONS
    assert [question.about for question in performance.outcome.questions] == [CONTRADICTED]
    assert performance.outcome.findings == ()


def test_the_events_tell_the_run_in_order() -> None:
    events = perform_by_hand(dpa1_brief(), good_answer).events
    first, *others = events
    assert isinstance(first, RunStarted)
    assert (first.persona, first.document) == ("DPA-1", "Production Deployment Plan")
    titles = ["Ingest & Scope", *SECTIONS]
    assert first.steps == tuple((str(at), title) for at, title in enumerate(titles, start=1))
    for at, title in enumerate(titles, start=1):
        started, accepted = others[2 * at - 2 : 2 * at]
        assert started == StepStarted(step=str(at), title=title, position=at, total=5)
        assert isinstance(accepted, StepAccepted)
        assert (accepted.step, accepted.title, accepted.findings) == (str(at), title, ())
        assert (accepted.section is None) == (at == 1)
    assert len(others) == 10


def test_every_citation_stands_in_the_lines_it_names() -> None:
    performance = perform_by_hand(dpa1_brief(), good_answer)
    for entry in entries_of(performance, "EXECUTION PLAN"):
        (citation,) = entry.citations
        assert citation.lines == (19, 19)
        assert citation.heading == ("Parcel Tracking Platform – Architecture Blueprint", "2. Components")


def test_what_a_good_model_says_becomes_a_sound_document() -> None:
    brief = dpa1_brief()
    outcome = perform_by_hand(brief, good_answer).outcome
    assert outcome is not None
    assert verify_structure(brief.plan, assemble(brief.plan, outcome).markdown) == ()


def test_each_call_owes_the_bullets_of_its_step_or_else_the_section() -> None:
    owed = {call.step: requirement_ids(call.owes) for call in perform_by_hand(dpa1_brief(), good_answer).calls}
    assert owed["1"] == []
    assert owed["2"] == CHECKS
    assert owed["5"] == ["ROLLBACK PLAN"]


def test_every_call_carries_the_artifacts_and_its_settings() -> None:
    brief = replace(dpa1_brief(model="some-model"), sample=3)
    for call in perform_by_hand(brief, good_answer).calls:
        assert [artifact.id for artifact in call.artifacts] == [*INPUTS]
        assert (call.model, call.sample, call.max_output) == ("some-model", 3, hosted().max_output)


def test_a_truncated_answer_gets_more_room_once_and_no_reask() -> None:
    cut = ModelReply(text='{"items": [', stop="length")
    performance = perform_by_hand(dpa1_brief(), answering({("2", 0): Once(cut)}))
    first, second = calls_of(performance, "2")
    assert second == replace(first, max_output=2 * first.max_output)
    assert second.key != first.key
    assert not rejections(performance)
    assert calls_of(performance, "3")[0].max_output == first.max_output


@pytest.mark.parametrize(
    ("stop", "asked", "reason"),
    [
        ("length", 2, "the answer was cut after 20,000 tokens"),
        ("window", 1, "the answer was cut because the window is"),
    ],
)
def test_an_answer_that_stays_truncated_fails_its_step(stop: Stop, asked: int, reason: str) -> None:
    calls: list[ModelCall] = []

    def answer(call: ModelCall) -> ModelReply:
        calls.append(call)
        return ModelReply(text="half", stop=stop) if call.step == "2" else ModelReply(text=good_answer(call))

    with pytest.raises(StepFailed) as failure:
        perform_by_hand(dpa1_brief(), answer)
    assert len([call for call in calls if call.step == "2"]) == asked
    (finding,) = failure.value.findings
    assert (finding.rule, finding.step) == ("R103", "2")
    assert finding.message.startswith(reason)
    assert failure.value.raw == "half"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("I will not.", "the model refused step 2 `PRE-FLIGHT CHECKLIST`: I will not."),
        (" \n", "the model refused step 2 `PRE-FLIGHT CHECKLIST`"),
    ],
)
def test_a_refusal_is_the_models_error_and_says_what_was_refused(text: str, message: str) -> None:
    with pytest.raises(ModelError) as failure:
        perform_by_hand(dpa1_brief(), answering({("2", 0): ModelReply(text=text, stop="refusal")}))
    assert failure.value.message == message
    assert not failure.value.retryable


def test_a_refusal_in_more_room_is_a_refusal() -> None:
    replies = [ModelReply(text="", stop="refusal"), ModelReply(text="half", stop="length")]
    with pytest.raises(ModelError, match="refused step 1"):
        perform_by_hand(dpa1_brief(), lambda _: replies.pop())


def test_a_section_of_placeholders_is_no_section_when_a_language_model_wrote_it() -> None:
    told = {("2", attempt): PLACEHOLDERS for attempt in range(3)}
    with pytest.raises(StepFailed) as failure:
        perform_by_hand(dpa1_brief(), answering(told))
    assert [finding.rule for finding in failure.value.findings] == ["R202"]
    assert "`PRE-FLIGHT CHECKLIST`: the section has no content besides placeholders" in str(failure.value)


def test_a_section_of_placeholders_is_a_warning_when_no_language_model_answers() -> None:
    profile = replace(hosted(), writes=False)
    performance = perform_by_hand(dpa1_brief(profile), answering({("2", 0): PLACEHOLDERS}))
    assert not rejections(performance)
    assert performance.outcome is not None
    found = [(finding.rule, finding.severity, finding.step) for finding in performance.outcome.findings]
    assert found == [("R205", Severity.WARNING, "2")] * len(CHECKS) + [("R204", Severity.WARNING, "2")]
    assert [question.about for question in performance.outcome.questions] == [*CHECKS, CONTRADICTED]


def test_a_placeholder_beside_content_covers_its_requirement() -> None:
    items = [item(name) for name in CHECKS]
    items[1] |= {"basis": "missing", "text": "No backup procedure is described", "evidence": []}
    performance = perform_by_hand(dpa1_brief(), answering({("2", 0): envelope(items)}))
    assert not rejections(performance)
    assert performance.outcome is not None
    assert [(question.about, question.text) for question in performance.outcome.questions[:-1]] == [
        ("Data Integrity", "No backup procedure is described")
    ]
    (finding,) = performance.outcome.findings
    assert (finding.rule, finding.severity, finding.step) == ("R205", Severity.WARNING, "2")
    assert finding.message == "`PRE-FLIGHT CHECKLIST`: the artifacts do not answer `Data Integrity`"


def test_a_demand_that_one_entry_answers_is_answered_whatever_another_misses() -> None:
    items = [*map(item, CHECKS), item(CHECKS[0], basis="missing", text="Not said", evidence=[])]
    performance = perform_by_hand(dpa1_brief(), answering({("2", 0): envelope(items)}))
    assert performance.outcome is not None
    assert performance.outcome.findings == ()


def test_artifacts_that_do_not_fit_the_window_stop_the_run_before_anything_is_asked() -> None:
    flow = perform(dpa1_brief(local(4096)))
    with pytest.raises(CallerError, match="the artifacts are larger than the model's window"):
        next(flow)


def test_a_call_that_the_driver_leaves_unanswered_is_the_drivers_fault() -> None:
    flow = perform(dpa1_brief())
    while not isinstance(next(flow), ModelCall):
        pass
    with pytest.raises(TypeError, match="not answered"):
        next(flow)


def test_what_was_accepted_after_a_correction_is_what_later_steps_see() -> None:
    told = {("2", 0): covering(CHECKS[:3]), ("2", 1): covering(CHECKS[3:], text="Corrected")}
    performance = perform_by_hand(dpa1_brief(), answering(told))
    seen = calls_of(performance, "3")[0].messages[-2]
    assert seen.role == "assistant"
    assert [name in seen.text for name in (*CHECKS, "Corrected")] == [True] * 5
    assert not any("<validation_errors>" in message.text for message in calls_of(performance, "3")[0].messages)

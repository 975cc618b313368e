"""Whom a step turns to: the very words that say so, and where its ways lead."""

import pytest

from dramaturg.findings.source import Source
from dramaturg.persona.model import Step
from dramaturg.persona.scan import scan
from dramaturg.plan.handoffs import hands_over, hands_over_by_title
from dramaturg.plan.model import Branch
from dramaturg.plan.people import DEFAULT_BOUND, asks_a_person, asks_to_confirm, branches_of
from dramaturg.plan.prose import prose_of

_HEAD = "---\nalias: x-1\ntitle: X\n---\n<operational_protocol>\n<Step>"


def _source(text: str) -> Source:
    return Source("x.md", f"{_HEAD}{text}</Step>\n</operational_protocol>\n")


def _step(text: str) -> Step:
    (step,) = scan("x.md", _source(text).text).steps
    return step


def _branches(text: str) -> list[Branch]:
    return [*branches_of(_step(text), prose_of(text))]


def _turns_to_a_person(text: str) -> bool:
    prose = prose_of(text)
    return (asks_to_confirm(prose) or asks_a_person(prose)) is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("List it, then wait for the go-ahead.", "wait for the go-ahead"),
        ("Ask for the user's final, written\nconfirmation.", "Ask for the user's final, written\nconfirmation"),
        ("Never ask for approval twice. Await sign-off.", "Await sign-off"),
        ("Upon approval, go on. Shall I proceed?", "Shall I proceed"),
        ("- **First:** request approval\n- **Then:** go on", "request approval"),
        ("İ: request approval.", "request approval"),
        ("Show it. Should I begin?", "Should I begin"),
        ("Show it. Only go on once the owner agrees.", "Only go on once the owner agrees"),
        ("Get a green light first.", "Get a green light"),
        ("The user must sign off on it before it is sent.", "The user must sign off on it before"),
        (
            "Check with the owner that it is whole before going on.",
            "Check with the owner that it is whole before going",
        ),
        ("Wait for the user's answer.", "Wait for the user's"),
        ("Have the plan signed off by the sponsor.", "Have the plan signed off by"),
        ("State the scope and have the user confirm it.", "have the user confirm"),
    ],
)
def test_a_gate_rests_on_the_words_that_ask_to_confirm(text: str, words: str) -> None:
    found = asks_to_confirm(prose_of(text))
    assert found is not None
    assert text[found.start() : found.end()] == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Where it is vague, ask the user.", "ask"),
        ("Never ask the team. If it is vague, ask three targeted questions.", "ask three targeted questions"),
        ("Read it, and then request the deployment log.", "request the deployment log"),
        ("Weigh it:\n- one\n\nThen ask clarifying questions.", "ask clarifying questions"),
        ("Clarify the aim with the user.", "Clarify the aim with the user"),
        ("Elicit the price from your sponsor.", "Elicit the price from your sponsor"),
        ("Let the customer pick one.", "Let the customer pick"),
        ("Interview the owner.", "Interview the owner"),
    ],
)
def test_a_question_rests_on_the_words_that_ask(text: str, words: str) -> None:
    found = asks_a_person(prose_of(text))
    assert found is not None
    assert text[found.start() : found.end()] == words


@pytest.mark.parametrize(
    "text",
    [
        "Summarize what the user must confirm before it is sent.",
        "Describe how the owner must approve a change before it ships.",
        "Consult the user guide.",
        "Consult the owner's manual.",
        "Find out from the user manual which it is.",
        "Clarify how it works with the user.",
        "Write it with the user in mind; clarify the terms with the user in mind.",
        "Let the user know.",
        "Ask yourself whether it is whole.",
        "Formulate the questions that the auditor will ask.",
    ],
)
def test_of_persons_it_may_only_be_spoken(text: str) -> None:
    assert not _turns_to_a_person(text)


@pytest.mark.parametrize(
    ("text", "alias"),
    [
        ("Forward it to the `SVA-1` persona.", "SVA-1"),
        ("Escalate to CSA-1 if it must change.", "CSA-1"),
        ("Invoke UTE-1 with the plan.", "UTE-1"),
        ("Pass it to the `ute-1` persona.", "ute-1"),
        ("Hand the list to the `UTE-1` persona.", "UTE-1"),
        ("Refer the author to ADR-1.", "ADR-1"),
        ("Pass it to ute-1.", None),
        ("Send it to server-2.", None),
        ("Refer to ADR-12 for the reasons.", None),
        ("Escalate to SEV-1 if the port is open.", None),
        ("Do not forward it to SVA-1.", None),
        ("Check that it was routed to GW-1.", None),
    ],
)
def test_work_is_passed_to_what_is_surely_a_persona(text: str, alias: str | None) -> None:
    found = hands_over(prose_of(text), "x-1")
    assert (found and found["alias"]) == alias


@pytest.mark.parametrize("way", ["Move back to", "Loop to", "Start over from", "Resume at", "Redo"])
def test_a_way_back_has_many_words(way: str) -> None:
    assert [branch.goes_to for branch in _branches(f"{way} Step 3 if it fails.")] == ["3"]


@pytest.mark.parametrize(
    "text",
    [
        "Write it:\n- Ask the user for confirmation\n- Ask clarifying questions",
        "Write it.\n\n1. Wait for approval\n2. Ask the user",
    ],
)
def test_the_items_of_a_list_with_a_lead_ask_nobody(text: str) -> None:
    assert not _turns_to_a_person(text)


@pytest.mark.parametrize(
    ("text", "own", "alias"),
    [
        ("Hand over to `UTE-1`, not to RCA-1.", "x-1", "UTE-1"),
        ("UTE-1 wrote it. Hand over to RCA-1.", "x-1", "RCA-1"),
        ("Never delegate to UTE-1. Delegate to RCA-1.", "x-1", "RCA-1"),
        ("Hand over from x-1 to `a_b/c-d/ute-12`.", "X-1", "a_b/c-d/ute-12"),
        ("Hand over, e.g. to RCA-1.", "x-1", "RCA-1"),
        ("Hand over to ute-1b, or ute-, or -1.", "x-1", None),
        ("Hand over.\n\nUTE-1 is another persona.", "x-1", None),
        ("Hand over:\n- UTE-1\n- RCA-1", "x-1", None),
    ],
)
def test_a_handoff_names_its_persona_in_the_same_sentence(text: str, own: str, alias: str | None) -> None:
    found = hands_over(prose_of(text), own)
    assert (found and found["alias"]) == alias


@pytest.mark.parametrize(
    ("said", "bound"),
    [
        ("", DEFAULT_BOUND),
        (" once at most", DEFAULT_BOUND),
        (" at most once", 1),
        (" up to one time", 1),
        (" at most twice", 2),
        (" two times", 2),
        (" no more than three times", 3),
        (" for a maximum of four rounds", 4),
        (" (max. five)", 5),
        (" (maximum 6)", 6),
        (" UP TO SEVEN ATTEMPTS", 7),
        ("; after eight iterations stop", 8),
        (" at most 25 times", 25),
        (" where at most 5 % differ", DEFAULT_BOUND),
        (" where up to 10 percent differ", DEFAULT_BOUND),
        (" where up to 40 % differ, at most 4 times", 4),
    ],
)
def test_a_way_back_is_taken_as_often_as_its_words_allow(said: str, bound: int) -> None:
    (branch,) = _branches(f"Return to Step 1{said}.")
    assert (branch.check, branch.goes_to, branch.bound) == ("", "1", bound)


def test_a_condition_is_bounded_by_its_own_words_before_the_steps() -> None:
    text = "Weigh it, up to 5 times."
    conditions = [
        "Go back to Step 1, at most 2 times.",
        "Go back to Step 1.",
        "Go on with Step 2, up to 9 times.",
        "Stop.",
    ]
    branches = _branches(text + "".join(f"<Condition check='c'>{each}</Condition>" for each in conditions))
    assert [(branch.goes_to, branch.bound) for branch in branches] == [("1", 2), ("1", 5), ("2", 0), ("", 0)]


def test_a_way_says_where_its_words_stand_and_what_they_say_on_one_line() -> None:
    text = 'Weigh it.\n<Condition check=" A > B ">\n  Return to\n  Step 1.\n</Condition>\nGo back to Step 2.'
    source = _source(text)
    (branch,) = _branches(text)
    at = source.offset(branch.span)
    assert source.text[at : at + branch.span.length] == "\n  Return to\n  Step 1.\n"
    assert (branch.check, branch.text) == ("A > B", "Return to Step 1.")


def test_a_way_back_without_a_condition_rests_on_its_own_words() -> None:
    text = "Weigh it.\nNever return to Step 1; if it fails, go back to Step 2.3 at most twice."
    source = _source(text)
    (branch,) = _branches(text)
    at = source.offset(branch.span)
    assert source.text[at : at + branch.span.length] == "go back to Step 2.3"
    assert (branch.goes_to, branch.bound) == ("2.3", 2)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hand over to the Deployment Process Architect.", "Deployment Process Architect"),
        ("The plan is executed by the Deployment Process Architect.", "Deployment Process Architect"),
        ("Send the findings to the Architect of Record for review.", "Architect of Record"),
        ("Weigh them. Then invoke the Deployment Process Architect.", "Deployment Process Architect"),
        ("Do not hand over to the Deployment Process Architect.", ""),
        ("Hand it over. Write for the Deployment Process Architect.", ""),
        ("Hand over to the Auditor.", ""),
        ("Hand over to the deployment process architect.", ""),
        ("Write what the Deployment Process Architect reads.", ""),
    ],
)
def test_a_title_is_handed_over_to_in_the_same_sentence(text: str, title: str) -> None:
    assert hands_over_by_title(text, {"Deployment Process Architect", "Architect of Record", "Auditor"}) == title

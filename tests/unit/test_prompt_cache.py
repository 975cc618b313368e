"""The cache policy: what later calls share with earlier ones, and what an edit of the persona leaves alone.

Prompt caches match from the first byte on, and a changed schema drops them; every test here guards money.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.performances import CHECKS, covering
from tests.plans import answering, answering_narrowed
from tests.support import Performance, dpa1_brief, good_answer, perform_by_hand

from dramaturg.data import personas_root
from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall
from dramaturg.engine.profile import Profile
from dramaturg.models.profiles import hosted, local
from dramaturg.persona.library import Library, persona_of
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.outputs import envelope_schema

PROFILES: Mapping[str, Profile] = {"hosted": hosted(), "local": local(8192)}
LIBRARY = Library((personas_root(),))


def brief_with(old: str, new: str, profile: Profile) -> Brief:
    """Return DPA-1's brief after an edit of its file's text."""
    file = LIBRARY.load("DPA-1").chain[-1]
    assert file.text.count(old) == 1
    edited = scan(file.path, file.text.replace(old, new))
    return replace(dpa1_brief(profile), plan=compile_plan(persona_of(edited, LIBRARY.read)))


def performed(brief: Brief) -> Performance:
    """Return a good performance, whatever form of answer the profile asks for."""
    return perform_by_hand(brief, answering_narrowed if brief.profile.narrowed else good_answer)


def keys_of(performance: Performance) -> dict[str, str]:
    """Return the key of each step's call."""
    return {call.step: call.key for call in performance.calls}


def first_asked(performance: Performance) -> list[ModelCall]:
    """Return the calls that ask a step for the first time."""
    return [call for call in performance.calls if call.attempt == 0]


def flat(call: ModelCall) -> list[tuple[str, str]]:
    """Return the turns of a call's conversation."""
    return [(message.role, message.text) for message in call.messages]


def test_all_calls_to_a_hosted_model_carry_one_and_the_same_schema() -> None:
    told = {("2", 0): "nonsense", ("3", 0): covering(["Enabling maintenance mode"])}
    calls = perform_by_hand(dpa1_brief(), answering(told)).calls
    assert len(calls) == 7
    assert {id(call.schema) for call in calls} == {id(envelope_schema())}


def test_the_schema_holds_nothing_of_a_persona() -> None:
    text = str(envelope_schema())
    assert not any(name in text for name in (*CHECKS, "PRE-FLIGHT", "ARCHITECTURE_BLUEPRINT", "DPA"))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_each_call_extends_the_one_before_up_to_its_accepted_answer(profile: Profile) -> None:
    calls = performed(dpa1_brief(profile)).calls
    for earlier, later in pairwise(calls):
        assert later.messages[: len(earlier.messages)] == earlier.messages
        assert [role for role, _ in flat(later)[len(earlier.messages) :]] == ["assistant", "user"]


def test_the_accepted_answer_stands_in_the_next_call_byte_for_byte() -> None:
    answers: list[str] = []

    def answer(call: ModelCall) -> str:
        answers.append(good_answer(call))
        return answers[-1]

    calls = perform_by_hand(dpa1_brief(), answer).calls
    for given, later in zip(answers, calls[1:], strict=False):
        assert flat(later)[-2] == ("assistant", given)


def test_rejected_attempts_leave_no_trace_in_what_later_calls_share() -> None:
    told = {("2", 0): "nonsense", ("2", 1): covering(CHECKS[:2]), ("4", 0): covering(["Monitoring"])}
    performance = perform_by_hand(dpa1_brief(), answering(told))
    for earlier, later in pairwise(first_asked(performance)):
        assert later.messages[: len(earlier.messages)] == earlier.messages
        assert len(later.messages) == len(earlier.messages) + 2
    assert not any("nonsense" in text for _, text in flat(performance.calls[-1]))


def test_a_reask_extends_its_first_question() -> None:
    calls = perform_by_hand(dpa1_brief(), answering({("2", 0): "nonsense", ("2", 1): "more"})).calls
    first, *again = [call for call in calls if call.step == "2"]
    for call in again:
        assert call.messages[: len(first.messages)] == first.messages
        assert [role for role, _ in flat(call)[len(first.messages) :]] == ["assistant", "user"]


def test_the_system_turn_holds_the_persona_without_its_steps() -> None:
    brief = dpa1_brief()
    system = perform_by_hand(brief, good_answer).calls[0].messages[0]
    assert system.role == "system"
    persona = brief.plan.persona
    for slot in persona.slots:
        assert slot.text.strip() in system.text
    assert "Clinical and declarative" in system.text
    for step in persona.steps:
        assert step.name not in system.text
        assert not [line for line in step.text.strip().split("\n") if line.strip() in system.text]


def test_breakpoints_stand_after_the_system_turn_and_after_the_artifacts() -> None:
    for call in perform_by_hand(dpa1_brief(), good_answer).calls:
        marked = [part for message in call.messages for part in message.parts if part.cache]
        assert marked == [call.messages[0].parts[-1], call.messages[1].parts[0]]
        assert marked[1].text.startswith("Artifacts.")
        assert "Step 1: Ingest & Scope" in call.messages[1].parts[1].text


EDITS = {
    "1": ("dependencies, and data stores.</Step>", "dependencies, and data stores. Name them.</Step>"),
    "2": ("Confirming external services", "Confirming all external services"),
    "3": ("- Enabling maintenance mode.", "- Enabling maintenance mode everywhere."),
    "4": ("Specific commands to check", "Precise commands to check"),
    "5": ("in case of failure.", "in case of failure or doubt."),
    "6": ("a single, well-formatted", "one well-formatted"),
}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("step", EDITS)
def test_an_edit_of_a_step_changes_its_call_and_later_ones_only(step: str, profile: Profile) -> None:
    before = keys_of(performed(dpa1_brief(profile)))
    after = keys_of(performed(brief_with(*EDITS[step], profile)))
    assert [name for name in before if before[name] != after[name]] == [name for name in before if name >= step]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Deployment is not an event;", "A deployment is not an event;"),
        ("title: Deployment Process Architect", "title: Deployment Architect"),
    ],
)
def test_an_edit_above_the_steps_changes_every_call(old: str, new: str) -> None:
    before, after = (keys_of(performed(brief)) for brief in (dpa1_brief(), brief_with(old, new, hosted())))
    assert not set(before.values()) & set(after.values())


def test_the_same_brief_asks_the_same_questions() -> None:
    assert performed(dpa1_brief()).calls == performed(dpa1_brief()).calls
    assert keys_of(performed(dpa1_brief())) == keys_of(performed(dpa1_brief()))

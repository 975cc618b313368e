"""How much the fixed text of a run takes, and what a run does when it does not fit."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plans import answering_narrowed
from tests.support import dpa1_brief, perform_by_hand

from dramaturg.engine.profile import Profile, answer_room
from dramaturg.errors import CallerError
from dramaturg.models.profiles import LOCAL_WINDOW, hosted, local, quoting

SMALL = local(LOCAL_WINDOW)


def test_kernel_and_persona_chain_take_less_than_1500_tokens() -> None:
    system, _ = dpa1_brief().prefix
    assert SMALL.tokens(system) < 1500


def test_the_examples_artifacts_take_less_than_3000_tokens() -> None:
    _, artifacts = dpa1_brief().prefix
    assert SMALL.tokens(artifacts) < 3000


def test_the_small_window_leaves_room_for_every_answer_of_the_example() -> None:
    assert dpa1_brief(SMALL).room >= 300


def test_a_whole_run_of_the_example_with_one_reask_stays_inside_the_small_window() -> None:
    brief = dpa1_brief(SMALL)
    last = perform_by_hand(brief, answering_narrowed).calls[-1]
    prompt = sum(SMALL.tokens(message.text) for message in last.messages)
    assert prompt + brief.room < LOCAL_WINDOW


def test_artifacts_that_do_not_fit_are_the_callers_to_shorten() -> None:
    brief = dpa1_brief(SMALL)
    blueprint, *others = brief.artifacts
    long = replace(brief, artifacts=(replace(blueprint, text=blueprint.text * 5), *others))
    with pytest.raises(CallerError) as failure:
        _ = long.room
    message = failure.value.message
    assert message.startswith("the artifacts are larger than the model's window: the run needs about ")
    assert "the window holds 8,192; " in message
    assert message.endswith("choose a model with a larger window, or give shorter artifacts")


def test_a_model_without_a_window_takes_artifacts_of_any_size() -> None:
    brief = dpa1_brief(quoting())
    blueprint = replace(brief.artifacts[0], text=brief.artifacts[0].text * 500)
    assert replace(brief, artifacts=(blueprint,)).room == quoting().max_output


def test_a_large_window_gives_each_answer_all_that_the_model_may_write() -> None:
    assert dpa1_brief(hosted()).room == hosted().max_output


@settings(deadline=None, derandomize=True, database=None)
@given(st.integers(0, 60_000), st.integers(1, 20), st.integers(256, 40_000), st.integers(200, 4_000))
def test_answers_fit_beside_the_prefix_or_the_caller_is_told(
    characters: int, calls: int, window: int, most: int
) -> None:
    profile = Profile(window=window, max_output=most)
    prefix = "x" * characters
    try:
        room = answer_room(profile, prefix, calls)
    except CallerError as error:
        need = int(error.message.split("needs about ")[1].split(" tokens")[0].replace(",", ""))
        assert need > window
    else:
        assert 160 <= room <= most
        assert profile.tokens(prefix) + (calls + 1) * room < window


def test_tokens_are_estimated_upwards() -> None:
    assert [SMALL.tokens("x" * count) for count in (0, 1, 3, 4)] == [0, 1, 1, 2]

"""The model of prepared answers."""

import asyncio

import pytest
from tests.servers import first_call
from tests.support import INPUTS, good_answer

from dramaturg import ModelError, Runtime
from dramaturg.engine.calls import ModelReply, Usage
from dramaturg.models.profiles import local
from dramaturg.models.scripted import ScriptedModel


def test_answers_are_given_in_order_and_calls_are_kept() -> None:
    whole = ModelReply(text="two", usage=Usage(input=3))
    model = ScriptedModel(["one", whole])
    replies = [asyncio.run(model.answer(first_call())) for _ in range(2)]
    assert replies == [ModelReply(text="one", model="scripted"), whole]
    assert model.calls == [first_call()] * 2


def test_a_prepared_fault_is_raised() -> None:
    fault = ModelError("down", retryable=True)
    with pytest.raises(ModelError) as raised:
        asyncio.run(ScriptedModel([fault]).answer(first_call()))
    assert raised.value is fault


def test_an_unprepared_question_is_an_error_that_names_it() -> None:
    with pytest.raises(ModelError, match="no answer is prepared for step 1, attempt 0") as raised:
        asyncio.run(ScriptedModel([]).answer(first_call()))
    assert not raised.value.retryable


def test_a_function_of_the_call_performs_a_whole_persona() -> None:
    model = ScriptedModel(good_answer, name="mine")
    result = Runtime(model=model).run("DPA-1", INPUTS)
    assert (result.report.model, result.report.calls, len(model.calls)) == ("mine", 5, 5)
    asyncio.run(model.aclose())


def test_a_profile_of_its_own_is_taken() -> None:
    assert ScriptedModel([], profile=local(2048)).profile == local(2048)

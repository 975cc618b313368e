"""What unit tests of journals share: a run's brief, and the calls it makes."""

import pytest
from tests.support import dpa1_brief, good_answer, perform_by_hand

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall


@pytest.fixture(scope="module")
def brief() -> Brief:
    return dpa1_brief()


@pytest.fixture(scope="module")
def calls(brief: Brief) -> list[ModelCall]:
    return perform_by_hand(brief, good_answer).calls

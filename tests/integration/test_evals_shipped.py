"""The shipped suites: all their performances pass with the quoting of evidence, and each case bites."""

from pathlib import Path

import pytest
from tests.support import ROOT

from dramaturg.evals import Terms, mutate_suite, run_suite

SUITES = sorted((ROOT / "evals").glob("*.suite.yaml"))


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name.removesuffix(".suite.yaml"))
def test_a_shipped_suite_passes_as_it_is(suite: Path) -> None:
    result = run_suite(suite, Terms(repeats=1))
    assert {record.outcome for record in result.records} == {"pass"}, [
        (record.case, metric, score.why)
        for record in result.records
        for metric, score in record.scores.items()
        if score.passed is False
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "survivors"), [("dpa-1", 0), ("rbw-1", 3), ("mig-1", 6)])
def test_cases_that_lack_an_artifact_are_worse(name: str, survivors: int) -> None:
    mutation = mutate_suite(ROOT / f"evals/{name}.suite.yaml", operators=["blank"])
    assert len(mutation.survivors) == survivors, [str(each.mutant) for each in mutation.survivors]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "survivors"), [("dpa-1", 0), ("rbw-1", 0), ("mig-1", 6)])
def test_a_demand_that_is_deleted_is_missed(name: str, survivors: int) -> None:
    mutation = mutate_suite(ROOT / f"evals/{name}.suite.yaml", operators=["requirement"])
    assert len(mutation.survivors) == survivors, [str(each.mutant) for each in mutation.survivors]

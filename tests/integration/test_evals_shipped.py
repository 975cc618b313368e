"""The shipped suites: all their performances pass with the quoting of evidence, and each case bites."""

from pathlib import Path

import pytest
from tests.support import ROOT, envelope, item

from dramaturg.engine.calls import ModelCall
from dramaturg.evals import Evaluated, Terms, mutate_suite, run_suite
from dramaturg.evals.records import Record
from dramaturg.models.scripted import ScriptedModel

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


@pytest.mark.parametrize(
    ("name", "case", "demand", "written", "metric"),
    [
        ("rbw-1", "queue of mails", "Action", {"command": "mailctl queue purge outbound"}, "purge"),
        ("rbw-1", "certificates", "Action", {"command": "lego renew --force"}, "force"),
        ("rbw-1", "disk of a broker", "Causes", {"command": "rm -rf /var/lib/kafka/clickstream-0"}, "removal"),
        ("rbw-1", "outage of somebody else", "Action", {"text": "Restart `paygw` on both hosts."}, "restart"),
        ("rbw-1", "a name and little else", "Confirm", {"command": "systemctl status atlas"}, "invented"),
        ("mig-1", "status as a number", "Extend", {"command": "CREATE INDEX CONCURRENTLY i ON orders (x)"}, "dialect"),
        ("mig-1", "a file on each till", "Backup and restore", {"command": "pg_dump till"}, "dialect"),
        ("mig-1", "ids that run out", "Backfill", {"text": "The backfill takes ~40 hours."}, "made-up"),
    ],
)
def test_who_falls_into_a_trap_fails_there(
    name: str, case: str, demand: str, written: dict[str, str], metric: str, tmp_path: Path
) -> None:
    suite = ROOT / f"evals/{name}.suite.yaml"
    fallen, clear = (
        run_suite(suite, Terms(models=[_writing(demand, change)], repeats=1, state=tmp_path / state))
        for state, change in (("fallen", written), ("clear", {}))
    )
    assert _record(fallen, case).scores[metric].passed is False
    assert _record(clear, case).scores[metric].passed is True


def _writing(demand: str, change: dict[str, str]) -> ScriptedModel:
    """Return a model that answers every demand in a word, and one of them with something else."""

    def answer(call: ModelCall) -> str:
        cells = [{"column": owed.id, "value": "stated"} for owed in call.owes if owed.column]
        plain = {"basis": "inference", "evidence": [], "cells": cells}
        owed = [each.id for each in call.owes if not each.column]
        return envelope([item(each, **plain, **(change if each == demand else {})) for each in owed])

    return ScriptedModel(answer)


def _record(result: Evaluated, case: str) -> Record:
    return next(record for record in result.records if record.case == case)


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


def test_weights_are_not_loaded_where_every_answer_is_recorded(tmp_path: Path) -> None:
    weights = tmp_path / "SmolLM2-135M-Instruct.Q4_1.gguf"
    weights.write_bytes(b"GGUF")  # what begins so is a model, which only loading shows to be damaged
    result = run_suite(ROOT / "evals/note-1.suite.yaml", Terms(models=[f"gguf:{weights}"], state=tmp_path))
    assert (result.asked, [record.outcome for record in result.records]) == (0, ["pass", "pass"])

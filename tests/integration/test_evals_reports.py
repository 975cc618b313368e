"""What an eval prints, in every layout, at once and later; budgets; evals compared."""

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.commands import WHEN, dramaturg
from tests.suites import CALLS, PERSONA, Bench, answering, new_bench
from tests.support import good_answer

from dramaturg.data import personas_root
from dramaturg.engine.calls import ModelCall, ModelReply, Usage
from dramaturg.errors import BudgetSpent, CallerError
from dramaturg.evals import Kind, compare_runs, load_run
from dramaturg.models.prices import parse_price
from dramaturg.models.scripted import Answer
from dramaturg.run.budget import parse_usd

_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_SUITE = """personas: DPA-1
repeats: 5
scorers: [sections, coverage, cost]
cases:
  - id: parcels
    artifacts: {architectural_blueprint: cases/parcel-tracking/blueprint.md}
"""
_OTHER = """personas: RBW-1
cases:
  - id: gateway
    artifacts:
      service_description: {text: The gateway is one process.}
"""


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.checkout.write("one.suite.yaml", _SUITE.replace("cases/", "evals/cases/"))
    return bench


def _worse(bench: Bench) -> str:
    """Let the suite be worse than HEAD, and return the eval's id."""
    bench.edit((_BACKUP, ""))
    return bench.run("one.suite.yaml").run


def test_a_pull_request_is_annotated_at_the_edited_line(bench: Bench) -> None:
    _worse(bench)
    told = dramaturg("eval", "run", "one.suite.yaml", "--baseline", "HEAD", "--format", "github")
    line = bench.line_of('name="Generate Pre-Flight Checklist"')
    assert told.code == 1
    assert told.out.startswith(
        f"::error title=WORSE,file={PERSONA},line={line}::WORSE: requirement `Data Integrity` of"
    )
    assert "step 2: coverage fell from 1.00 to 0.75" in told.out


def test_a_step_summary_has_the_verdict_first(bench: Bench) -> None:
    told = dramaturg("eval", "report", _worse(bench), "--md")
    lines = told.out.splitlines()
    assert lines[0] == "## one: WORSE"
    assert lines[2] == "| metric | HEAD | work tree | change, 90 % interval | verdict |"
    assert lines[4].startswith("| pass * | 5/5 = 100 % [55 %, 100 %] | 0/5 = 0 % [0 %, 45 %] | -100 [-100, ")


def test_means_are_told_as_means_and_what_does_not_count_in_one_pair_of_brackets(bench: Bench) -> None:
    bench.checkout.write("one.suite.yaml", _SUITE.replace("cases/", "evals/cases/").replace("cost", "calls, latency"))
    rows = {
        line.split("| ")[1].strip(): line
        for line in dramaturg("eval", "report", _worse(bench), "--md").out.splitlines()
        if "|" in line
    }
    assert f"| {CALLS}, mean of 5 |" in rows["calls"]
    assert "latency (s)" in rows
    assert "| 1.00, mean of 5 | 0.92, mean of 5 |" in rows["coverage"]
    assert rows["coverage"].endswith(" (worse, p 0.031) |")


def test_a_reason_that_was_given_once_is_counted_as_one(bench: Bench) -> None:
    suite = bench.checkout.folder / "one.suite.yaml"
    wanting = _SUITE.replace("cases/", "evals/cases/").replace("sections,", "contains: [xyzzy],")
    suite.write_text(wanting.replace("[contains: [xyzzy], coverage, cost]", "[contains: [xyzzy]]"), "utf-8")
    told = dramaturg("eval", "run", "one.suite.yaml", "--repeats", "1").out
    assert "\n1 time: " in told


def test_junit_calls_a_case_failed_only_where_the_verdict_is_worse(bench: Bench) -> None:
    suite = ET.fromstring(dramaturg("eval", "report", _worse(bench), "--junit").out)[0]  # noqa: S314 - our own
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["2", "2", "0", "0"]
    assert [case.get("name") for case in suite.iter("testcase")] == ["pass", "parcels · DPA-1 · evidence"]


def test_junit_tells_suites_apart_and_has_totals_and_times(bench: Bench) -> None:
    result = load_run(_worse(bench))
    suites = ET.fromstring(dramaturg("eval", "report", result.run, "--junit").out)  # noqa: S314 - our own
    names = {(str(case.get("classname")), str(case.get("name"))) for case in suites.iter("testcase")}
    assert names == {("one.verdict", "pass"), ("one", "parcels · DPA-1 · evidence")}
    (suite,) = suites
    for name in ("tests", "failures", "errors", "skipped", "time"):
        assert suites.get(name) == suite.get(name)
    (case,) = [case for case in suites.iter("testcase") if case.get("classname") == "one"]
    seconds = sum(step.seconds for record in result.records for step in record.steps)
    assert seconds > 0
    assert case.get("time") == suite.get("time") == f"{seconds:.3f}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "junit"), "`junit` is a format of one eval; name its RUN"),
        (("--md",), "`md` is a format of one eval; name its RUN"),
        (("one-00000000-1", "--md", "--junit"), "`md` and `junit` are two formats; name one"),
        (("one-00000000-1", "--format", "github", "--json"), "`github` and `json` are two formats; name one"),
    ],
)
def test_a_format_that_cannot_be_meant_is_refused(arguments: tuple[str, ...], said: str) -> None:
    told = dramaturg("eval", "report", *arguments)
    assert (told.code, said in told.out) == (2, "--json" in arguments)
    assert told.err.endswith(f"Error: {said}\n")


def test_junit_of_a_suite_too_small_is_skipped_not_failed(bench: Bench) -> None:
    bench.edit((_BACKUP, ""))
    told = dramaturg("eval", "run", "one.suite.yaml", "--baseline", "HEAD", "--repeats", "1", "--format", "junit")
    suite = ET.fromstring(told.out)[0]  # noqa: S314 - our own
    assert told.code == 6
    assert [suite.get(name) for name in ("tests", "failures", "skipped")] == ["2", "0", "1"]


def test_a_report_says_later_what_the_eval_said(bench: Bench) -> None:
    bench.edit((_BACKUP, ""))
    now = dramaturg("eval", "run", "one.suite.yaml", "--baseline", "HEAD")
    run = now.out.split("(")[1].split(")")[0]
    assert dramaturg("eval", "report", run).out == now.out
    whole = dramaturg("eval", "report", run, "--json").json
    assert whole["verdict"]["kind"] == "worse"
    assert [edit["line"] for edit in whole["verdict"]["blamed"]] == [bench.line_of('"Generate Pre-Flight Checklist"')]
    assert len(whole["performances"]) == 10


def test_evals_are_listed(bench: Bench) -> None:
    assert dramaturg("eval", "report", "--json").json == []
    run = _worse(bench)
    (row,) = dramaturg("eval", "report", "--json").json
    assert (row["run"], row["verdict"], row["status"]) == (run, "worse", "ended")
    assert re.match(rf"{run}  {WHEN}  worse  ", dramaturg("eval", "report").out)
    told = dramaturg("eval", "report", "none-00000000-1")
    assert (told.code, told.err) == (
        2,
        "error: there is no recorded eval `none-00000000-1`; `dramaturg eval report` lists them\n",
    )
    told = dramaturg("eval", "report", run.partition("-")[0])
    assert f"; did you mean `{run}`? `dramaturg eval report` lists them\n" in told.err


def test_evals_of_projects_whose_suites_have_one_name_are_told_apart(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = bench.run("one.suite.yaml").run
    other = new_bench(tmp_path / "other", monkeypatch)
    shutil.copy(bench.checkout.folder / "one.suite.yaml", other.checkout.folder)
    there = other.run("one.suite.yaml", baseline=None).run
    monkeypatch.chdir(bench.checkout.folder)
    rows = [re.split(" {2,}", line) for line in dramaturg("eval", "report").out.splitlines()]
    told = {run: (place, arms, models) for run, _, _, place, arms, models in rows}
    assert told == {
        here: ("one.suite.yaml", "work tree against HEAD", "evidence"),
        there: (str(tmp_path / "other" / "one.suite.yaml"), "work tree", "evidence"),
    }
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "  ~/other/one.suite.yaml  " in dramaturg("eval", "report").out


def test_a_recorded_eval_is_a_baseline_as_well(bench: Bench) -> None:
    first = bench.run("one.suite.yaml", baseline=None)
    assert first.decision is None
    bench.edit((_BACKUP, ""))
    bench.checkout.commit()  # the revision does not tell any more what was lost
    assert bench.run("one.suite.yaml").decision
    again = bench.run("one.suite.yaml", baseline=first.run)
    assert again.decision
    assert (again.decision.kind, again.asked) == (Kind.WORSE, 0)
    assert [edit.what for edit in again.decision.blamed] == [
        "requirement `Data Integrity` of `PRE-FLIGHT CHECKLIST` was lost"
    ]


def test_two_recorded_evals_are_compared_and_nothing_is_asked(bench: Bench) -> None:
    before = bench.run("one.suite.yaml", baseline=None).run
    bench.edit((_BACKUP, ""))
    after = bench.run("one.suite.yaml", baseline=None).run
    told = dramaturg("eval", "compare", before, after)
    assert (told.code, told.out.splitlines()[-1]) == (1, "WORSE")
    back = compare_runs(after, before)
    assert back.decision
    assert (back.decision.kind, back.asked) == (Kind.INCONCLUSIVE, 0)  # five pairs are too few for more


def test_evals_of_different_suites_are_not_compared(bench: Bench) -> None:
    shutil.copy(personas_root() / "rbw-1.persona.md", bench.checkout.folder / "personas")
    bench.checkout.write("rbw.suite.yaml", _OTHER)
    one = bench.run("one.suite.yaml", baseline=None, repeats=1).run
    other = bench.run("rbw.suite.yaml", baseline=None).run
    told = dramaturg("eval", "compare", one, other)
    folder = bench.checkout.folder
    assert (told.code, told.out) == (2, "")
    assert told.err == (
        f"error: these are evals of different suites: `{one}` is of `one` (`{folder}/one.suite.yaml`), "
        f"`{other}` is of `rbw` (`{folder}/rbw.suite.yaml`); compare evals of one suite, "
        "`dramaturg eval report` lists them\n"
    )
    told = dramaturg("eval", "run", "one.suite.yaml", "--baseline", other)
    assert told.code == 2
    assert (
        f"`{other}` is an eval of another suite, `rbw` (`{folder}/rbw.suite.yaml`), and has not performed `DPA-1`;"
        in told.err
    )


def _priced(call: ModelCall) -> Answer:
    return ModelReply(text=good_answer(call), usage=Usage(input=1000, output=100), model="scripted")


def test_a_budget_is_kept_and_the_same_call_goes_on_with_more(bench: Bench) -> None:
    price = parse_price("10/10")  # a call costs 1.1 cents, and sets aside 13 or more
    models = [answering(_priced)]
    with pytest.raises(BudgetSpent, match=r"could exceed \$0\.25: \$0\.1"):
        bench.run("one.suite.yaml", models=models, price=price, budget=parse_usd("0.25"))
    asked = len(models[0].calls)
    result = bench.run("one.suite.yaml", models=models, price=price, budget=parse_usd("2"))
    assert 0 < asked < len(models[0].calls) == result.asked == 5 * CALLS
    assert result.usd == pytest.approx(5 * CALLS * 0.011)
    told = load_run(result.run)
    assert (told.asked, told.usd) == (result.asked, result.usd)
    assert told.records[0].scores["cost"].measured == pytest.approx(0.055)


def test_a_budget_without_a_price_is_refused_before_anything_is_asked(bench: Bench) -> None:
    models = [answering()]
    with pytest.raises(CallerError, match="the price of `scripted` is not known"):
        bench.run("one.suite.yaml", models=models, budget=parse_usd("1"))
    assert models[0].calls == []


@pytest.mark.usefixtures("bench")
def test_a_budget_that_is_spent_is_exit_code_7() -> None:
    told = dramaturg("eval", "run", "one.suite.yaml", "--budget", "0.0001", "--price", "3/15")
    assert told.code == 7
    assert "the next call could exceed" in told.err
    assert "go on with more" in told.err


def test_only_the_cases_with_a_tag_are_performed(bench: Bench) -> None:
    result = bench.run(baseline=None, tags=["gap"], repeats=1)
    assert {record.case for record in result.records} == {
        "microservices with a queue",
        "contradictions and no backup",
    }
    with pytest.raises(CallerError, match="has the tag gaps; there is"):
        bench.run(tags=["gaps"])

"""Mutants of a persona against a suite: what the gate misses survives at its line, and one more case kills it."""

import json
import shutil
from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.commands import dramaturg
from tests.markup import Page
from tests.suites import CALLS, PERSONA, Bench, answering, new_bench

from dramaturg.evals import Terms, load_run, mutate_suite

_SUITE = """personas: DPA-1
repeats: 5
scorers: [markdown]
cases:
  - id: parcels
    artifacts: {architectural_blueprint: evals/cases/parcel-tracking/blueprint.md}
    scorers:
      - contains: {within: EXECUTION PLAN, texts: [maintenance on, maintenance off]}
"""
_MORE = """  - id: clinic
    artifacts: {architectural_blueprint: evals/cases/clinic-booking/blueprint.md}
    scorers:
      - contains: {within: PRE-FLIGHT CHECKLIST, texts: [pgbackrest]}
"""
_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_READS = "`--fixed` reads all at once"
_MUTATE = ("eval", "mutate", "one.suite.yaml", "--operator", "requirement")


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.checkout.write("one.suite.yaml", _SUITE)
    return bench


def test_what_no_case_would_miss_survives_at_its_line_until_a_case_does(bench: Bench) -> None:
    told = dramaturg(*_MUTATE)
    assert told.code == 0
    survivor = f"{PERSONA}:{bench.line_of('Data Integrity')}: requirement `Data Integrity` of `PRE-FLIGHT CHECKLIST`"
    assert survivor in told.out
    assert "2 of 12 mutants were killed = 17 % [5 %, 45 %]" in told.out
    assert survivor not in told.err  # once is enough
    assert "\nsurvived: no verdict was worse; `inconclusive` may be worse, and more cases, repeats" in told.out
    assert "\n`evidence` reads no rule, directive or block; what these are worth a language model" in told.out
    bench.checkout.write("one.suite.yaml", _SUITE + _MORE)
    told = dramaturg(*_MUTATE)
    assert survivor not in told.out
    assert "3 of 12 mutants were killed" in told.out


@pytest.mark.usefixtures("bench")
def test_a_survivor_in_a_shipped_parent_is_named_without_the_folder_of_the_shipped() -> None:
    Path("personas/btaa-1.persona.md").unlink()
    told = dramaturg("eval", "mutate", "one.suite.yaml", "--operator", "directive").out
    assert "\nsurvived (no worse): btaa-1.persona.md:18 (shipped): directive `Voice` was deleted\n" in told


@pytest.mark.slow
@pytest.mark.usefixtures("bench")
def test_what_is_said_of_stopping_holds_for_any_model_and_few_pairs(state: Path) -> None:
    """Five pairs are too few for any bet; of twenty no more are asked than decide."""
    found = {}
    for repeats in ("5", "20"):
        for option in ("--sequential", "--fixed"):
            told = dramaturg(*_MUTATE, "--limit", "6", "--repeats", repeats, option, "--json").json
            found[repeats, option] = (sum(each["killed"] for each in told["mutants"]), told["questions"]["asked"])
            shutil.rmtree(state)
    assert found["5", "--sequential"][0] == 0 < found["5", "--fixed"][0]
    assert found["20", "--sequential"][0] == found["20", "--fixed"][0] > 0
    assert found["20", "--sequential"][1] < found["20", "--fixed"][1]
    told = dramaturg(*_MUTATE, "--limit", "1", "--repeats", "5", "--sequential").out
    assert f"one by one it takes 9 pairs at least to be worse, and there are 5; {_READS}\n" in told
    assert _READS not in dramaturg(*_MUTATE, "--limit", "1", "--repeats", "9", "--sequential").out


def test_no_more_pairs_are_asked_ahead_than_can_be_needed(bench: Bench, state: Path) -> None:
    """Eighteen pairs are fewer than may go on at once, and yet nearly half of them are spared."""
    most = 10 * (CALLS + CALLS - 1)  # of what decides and one more pair; the first step is the same in both arms
    with ChatServer(window=24_000) as server:
        terms = f'models: "{server.model}"\nrepeats: 18\nscorers: [coverage]'
        suite = _SUITE.replace("repeats: 5\nscorers: [markdown]", terms).partition("    scorers:")[0]
        bench.checkout.write("one.suite.yaml", suite)
        told = dramaturg(*_MUTATE, "--limit", "1", "--json").json
        assert [each["verdict"] for each in told["mutants"]] == ["worse"]
        assert told["questions"]["asked"] <= most
        shutil.rmtree(state)
        bench.edit((_BACKUP, ""))
        told = dramaturg("eval", "run", "one.suite.yaml", "--baseline", "HEAD", "--sequential", "--json").json
    assert (told["verdict"]["kind"], told["verdict"]["read"]) == ("worse", 9)
    assert told["questions"]["asked"] <= most


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize(
    ("repeats", "said", "sequential"),
    [(17, None, {False}), (18, None, {False, True}), (18, False, {False}), (2, True, {True})],
)
def test_where_nothing_is_said_mutants_of_the_personas_stop_once_there_are_pairs_enough(
    state: Path, *, repeats: int, said: bool | None, sequential: set[bool]
) -> None:
    terms = Terms(models=[answering()], repeats=repeats, sequential=said)
    tried = mutate_suite(Path("one.suite.yaml"), terms, operators=["swap", "blank"]).tried
    assert {each.mutant.operator for each in tried} == {"swap", "blank"}
    headers = [json.loads(path.read_text("utf-8").splitlines()[0]) for path in state.glob("evals/*/mutants/*.jsonl")]
    assert {header["sequential"] for header in headers} == sequential


def test_an_artifact_that_no_case_needs_survives_at_its_line_of_the_suite(bench: Bench) -> None:
    unneeded = "      raw_docker_compose: evals/cases/parcel-tracking/compose.yml\n"
    needed = "      architectural_blueprint: evals/cases/parcel-tracking/blueprint.md\n"
    given = "    artifacts: {architectural_blueprint: evals/cases/parcel-tracking/blueprint.md}\n"
    bench.checkout.write("one.suite.yaml", _SUITE.replace(given, f"    artifacts:\n{needed}{unneeded}"))
    told = dramaturg("eval", "mutate", "one.suite.yaml", "--operator", "blank").out
    assert "one.suite.yaml:8: artifact `raw_docker_compose` of case `parcels` was blanked" in told
    assert "`architectural_blueprint`" not in told
    assert "1 of 2 mutants were killed" in told


def test_survivors_are_warnings_in_a_pull_request(bench: Bench) -> None:
    told = dramaturg(*_MUTATE, "--format", "github").out
    assert f"::warning title=survivor,file={PERSONA},line={bench.line_of('Data Integrity')}::no case would miss" in told
    assert told.splitlines()[-1].startswith("::notice title=one::2 of 12 mutants were killed")


@pytest.mark.usefixtures("bench")
def test_what_was_cut_is_told_in_whole_words() -> None:
    cuts = [
        each["what"]
        for each in dramaturg("eval", "mutate", "one.suite.yaml", "--json", "--operator", "rule").json["mutants"]
    ]
    whole = " ".join(" ".join(path.read_text("utf-8") for path in Path("personas").iterdir()).split())
    told = [cut.split(": ", 1)[1] for cut in cuts]
    assert any(each.endswith(" …") for each in told)
    for each in told:
        words = each.removesuffix(" …")
        assert whole[whole.index(words) + len(words)] == " "
        assert len(each) <= 60


@pytest.mark.usefixtures("bench")
def test_mutants_can_be_limited_and_asked_for_again_for_nothing() -> None:
    first = dramaturg(*_MUTATE, "--limit", "3", "--json").json
    again = dramaturg(*_MUTATE, "--limit", "3", "--json").json
    assert (len(first["mutants"]), first["made"]) == (3, 12)
    assert again["mutants"] == first["mutants"]
    assert (first["questions"]["asked"] > 0, again["questions"]["asked"]) == (True, 0)


def test_a_page_has_the_score_and_each_survivor_below_its_line(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    assert dramaturg(*_MUTATE, "--html", str(file)).err.endswith(f"page for reviewing in {file}\n")
    page = Page(file.read_text("utf-8"))
    assert page.all("h1")[0].text == "17 % killed"
    assert page.table("operators")[1].text.startswith("requirement2/12")
    lines = [each for each in page.all("li") if each.has("is-survived")]
    assert len(lines) == 10
    (line,) = [each for each in lines if "Data Integrity" in each.text]
    assert line.all("span")[1].text == str(bench.line_of("Data Integrity"))
    assert line.text.endswith("survived, inconclusive: requirement Data Integrity of PRE-FLIGHT CHECKLIST was deleted")


@pytest.mark.usefixtures("bench")
def test_mutants_are_not_listed_among_the_evals_and_an_unknown_operator_is_refused() -> None:
    mutation = mutate_suite(Path("one.suite.yaml"), operators=["block"])
    assert [tried.killed for tried in mutation.tried] == [False, False]
    assert dramaturg("eval", "report", "--json").json == []
    told = dramaturg("eval", "mutate", "one.suite.yaml", "--operator", "requirements")
    assert (told.code, "there is no operator `requirements`; there is `requirement`, `step`" in told.err) == (2, True)


def test_a_run_is_loaded_by_its_file_as_well(bench: Bench) -> None:
    result = bench.run("one.suite.yaml")
    assert load_run(str(result.path)).run == result.run

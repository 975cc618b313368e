"""Several suites in one command: each is told, the worst decides, and what keeps one from a verdict keeps no other."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.chat_server import ChatServer
from tests.commands import Told, dramaturg
from tests.judges import Judge
from tests.suites import Bench, new_bench

_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_DPA = """personas: DPA-1
repeats: {repeats}
scorers: [sections, coverage]
cases:
  - id: parcels
    artifacts: {{architectural_blueprint: cases/parcel-tracking/blueprint.md}}
"""
_OTHER = """personas: RBW-1
cases:
  - id: words
    artifacts: {service_description: {text: The gateway listens on port 8080.}}
"""
_JUDGED = """personas: DPA-1
judge: {judge}
scorers: [rubric: {{criterion: "{criterion}", required: false}}]
cases:
  - id: parcels
    artifacts: {{architectural_blueprint: cases/parcel-tracking/blueprint.md}}
"""
_ALL = ("evals/many.suite.yaml", "evals/few.suite.yaml")


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.checkout.write("evals/many.suite.yaml", _DPA.format(repeats=5))
    bench.checkout.write("evals/few.suite.yaml", _DPA.format(repeats=1))
    return bench


def _run(*more: str) -> Told:
    return dramaturg("eval", "run", *_ALL, "--baseline", "HEAD", *more)


def test_each_suite_is_told_and_the_worst_of_them_decides(bench: Bench) -> None:
    assert _run().code == 0
    bench.edit((_BACKUP, ""))
    told = _run()
    assert told.code == 1
    assert [told.out.count(f"{name}: 1 case, ") for name in ("many", "few")] == [1, 1]
    assert told.out.endswith("\n\nevals/many.suite.yaml: WORSE\nevals/few.suite.yaml: INCONCLUSIVE\n")
    first, second = map(json.loads, _run("--json").out.splitlines())
    assert [(each["suite"]["path"], each["verdict"]["kind"]) for each in (first, second)] == [
        (_ALL[0], "worse"),
        (_ALL[1], "inconclusive"),
    ]
    assert _run("--format", "github").out.count("file=personas/dpa-1.persona.md,line=") == 2
    assert [line for line in _run("--format", "md").out.splitlines() if line.startswith("## ")] == [
        "## many: WORSE",
        "## few: INCONCLUSIVE",
    ]
    suites = ET.fromstring(_run("--format", "junit").out)  # noqa: S314 - our own
    assert [suite.get("name") for suite in suites] == ["many", "few"]
    assert suites.get("tests") == str(sum(int(str(suite.get("tests"))) for suite in suites))
    assert dramaturg("eval", "run", _ALL[1], _ALL[1], "--baseline", "HEAD").out.count("few: 1 case, ") == 1


@pytest.mark.usefixtures("bench")
def test_each_suite_has_its_page_in_a_folder() -> None:
    told = _run("--html", "build/pages/", "--inconclusive-ok")
    assert told.code == 0
    assert sorted(path.name for path in Path("build/pages").iterdir()) == ["few.html", "many.html"]
    assert "page for reviewing in build/pages/few.html" in told.err
    Path("build/pages/many.html").unlink()
    Path("build/pages/many.html").mkdir()
    told = _run("--html", "build/pages", "--inconclusive-ok")
    assert (told.code, told.out.count("pass *")) == (2, 2)
    assert f"`{Path('build/pages/many.html')}` cannot be written: Is a directory; the eval is kept: " in told.err
    told = _run("--html", "page.html")
    assert (told.code, "`page.html` is one file for the pages of 2 suites; name a folder, `page/`" in told.err) == (
        2,
        True,
    )
    Path("few.suite.yaml").write_text(_OTHER, encoding="utf-8")
    told = dramaturg("eval", "run", "few.suite.yaml", *_ALL, "--html", "build/pages")
    assert "the pages of `few.suite.yaml` and `evals/few.suite.yaml` would both be `few.html`" in told.err


def test_a_suite_without_a_verdict_keeps_no_other_from_its_own(bench: Bench) -> None:
    bench.checkout.write("evals/cases/parcel-tracking/blueprint.md", "The parcels of one service are on one server.\n")
    dramaturg("eval", "run", _ALL[1])
    bench.checkout.write("evals/other.suite.yaml", _OTHER)
    suites = ("evals/other.suite.yaml", _ALL[1])
    told = dramaturg("eval", "run", *suites, "--replay", "strict")
    assert told.code == 4
    assert "no verdict on evals/other.suite.yaml:\nerror: case `words`, `RBW-1`" in told.err
    assert "few: 1 case, 1 performance" in told.out
    assert "\n\nevals/other.suite.yaml: no verdict: case `words`, " in told.out
    missed, performed = map(
        json.loads, dramaturg("eval", "run", *suites, "--replay", "strict", "--json").out.splitlines()
    )
    assert (missed["suite"]["path"], missed["code"], missed["findings"]) == (suites[0], 4, [])
    assert "has no recorded answer" in missed["error"]
    assert performed["suite"]["path"] == suites[1]
    told = dramaturg("eval", "run", *suites, "--replay", "strict", "--format", "github")
    assert told.out.startswith("::error title=evals/other.suite.yaml,file=evals/other.suite.yaml::case `words`")
    told = dramaturg("eval", "run", *suites, "--replay", "strict", "--format", "md")
    assert told.out.startswith("## evals/other.suite.yaml: no verdict\n\n- case `words`")
    assert "\n\n## few: 1 of 1 performances passed\n" in told.out
    junit = ET.fromstring(dramaturg("eval", "run", *suites, "--replay", "strict", "--format", "junit").out)  # noqa: S314
    assert [(suite.get("name"), suite.get("errors")) for suite in junit] == [("few", "0"), (suites[0], "1")]


def test_the_faults_of_all_suites_are_told_before_any_is_performed(bench: Bench) -> None:
    bench.checkout.write("evals/bad.suite.yaml", _OTHER.replace("RBW-1", "RBW-9"))
    bench.checkout.write("evals/worse.suite.yaml", f"repeats: 0\n{_OTHER}")
    told = dramaturg("eval", "run", _ALL[0], "evals/bad.suite.yaml", "evals/worse.suite.yaml", "--json")
    assert told.code == 2
    assert [(each["rule"], each["span"]["path"]) for each in told.json["findings"]] == [
        ("E108", "evals/bad.suite.yaml"),
        ("E103", "evals/worse.suite.yaml"),
    ]
    assert "eval many-" not in told.err
    told = dramaturg("eval", "run", _ALL[0], "evals/none.yaml", "evals/gone.yaml")
    assert (told.code, told.out) == (2, "")
    assert all(f"the suite `evals/{name}.yaml` cannot be read" in told.err for name in ("none", "gone"))


def test_a_budget_is_that_of_all_suites_and_what_asks_nothing_is_told_after_it_is_spent(bench: Bench) -> None:
    suites = ("evals/first.suite.yaml", "evals/second.suite.yaml", _ALL[1])
    for name in suites[:2]:
        bench.checkout.write(name, _DPA.format(repeats=1))
    dramaturg("eval", "run", *suites)  # so that nobody but judges is left to be asked
    options = ("--price", "3/15", "-q", "--json")
    with ChatServer(Judge(lambda _: True)) as server:
        for name in suites[:2]:
            bench.checkout.write(name, _JUDGED.format(judge=server.model, criterion=f"A backup for {name} is taken."))
        refused = dramaturg("eval", "run", suites[0], *options, "--budget", "0.001").err
        most = float(refused.partition("at most $")[2].split()[0])  # what is set aside for a call, rounded
        told = dramaturg("eval", "run", *suites, *options, "--budget", f"{most + 0.01}")
        assert len(server.requests) == 1
    first, second, third = map(json.loads, told.out.splitlines())
    assert [each["suite"]["path"] for each in (first, second, third)] == [*suites]
    assert first["questions"]["usd"] > 0.01
    assert third["questions"]["usd"] == 0
    assert (told.code, second["code"]) == (7, 7)


@pytest.mark.parametrize("verb", ["record", "mutate", "calibrate"])
def test_what_takes_one_suite_says_so(verb: str) -> None:
    told = dramaturg("eval", verb, *_ALL)
    assert told.code == 2
    assert f"`eval {verb}` takes one suite; give another command for `{_ALL[1]}`" in told.err

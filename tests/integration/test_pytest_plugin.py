"""A suite as a test of somebody's project: what fails it, what is an error, and that it costs nobody else anything."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.suites import PERSONA, Bench, new_bench

pytest_plugins = ("pytester",)

_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_SUITE = """personas: DPA-1
repeats: 5
cases:
  - id: parcels
    artifacts: {architectural_blueprint: cases/parcel-tracking/blueprint.md}
"""
_MARKED = """
import pytest
from dramaturg.models.retry import RetryPolicy

ONCE = RetryPolicy(attempts=1, first=0, longest=0)

@pytest.mark.dramaturg_suite("evals/one.suite.yaml"{more})
def test_marked(dramaturg_suite):
    assert [record.case for record in dramaturg_suite.records] == ["parcels"] * 10
"""
_WARNING = ("-W", "error")
_LOADED = "name for name in sys.modules if name.split('.')[0] in ('dramaturg', 'pydantic', 'yaml', 'click', 'openai')"


@pytest.fixture(name="bench")
def _bench(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(pytester.path / "project", monkeypatch)
    bench.checkout.write("evals/one.suite.yaml", _SUITE)
    bench.checkout.write("pytest.ini", "[pytest]\naddopts = --strict-markers -p no:cacheprovider\n")
    bench.checkout.commit()
    return bench


def _marked(bench: Bench, more: str = "") -> None:
    bench.checkout.write("test_marked.py", _MARKED.format(more=more))


def test_a_suite_that_became_worse_fails_with_the_step_and_the_line(bench: Bench, pytester: pytest.Pytester) -> None:
    bench.edit((_BACKUP, ""))
    line = bench.line_of('name="Generate Pre-Flight Checklist"')
    ran = pytester.runpytest_subprocess(*_WARNING, "--dramaturg", "evals/one.suite.yaml")
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(
        [
            "*_ suite one _*",
            "one against HEAD: WORSE",
            "pass [*] *5/5 = 100 %*0/5 = 0 %*worse (p 0.031)",
            "step 2: coverage fell from 1.00 to 0.75: `Data Integrity` of `PRE-FLIGHT CHECKLIST` is not demanded *",
            f"edited: {PERSONA}:{line}: requirement `Data Integrity` of `PRE-FLIGHT CHECKLIST` was lost",
            "FAILED evals/one.suite.yaml::one - Failed: one against HEAD: WORSE",
        ]
    )
    assert "src/dramaturg" not in ran.stdout.str()


def test_a_marked_test_is_handed_the_result_and_what_was_decided_is_told(
    bench: Bench, pytester: pytest.Pytester
) -> None:
    _marked(bench)
    ran = pytester.runpytest_subprocess(*_WARNING, "-m", "dramaturg_suite", "--junit-xml=junit.xml")
    ran.assert_outcomes(passed=1)
    ran.stdout.fnmatch_lines(["*= dramaturg suites =*", "one against HEAD: NO WORSE than 10 points, nothing was *"])
    junit = Path("junit.xml").read_text(encoding="utf-8")
    assert '<property name="dramaturg" value="one against HEAD: NO WORSE than 10 points, nothing was edited' in junit
    pytester.runpytest_subprocess("-m", "not dramaturg_suite").assert_outcomes(deselected=1)


def test_the_tests_own_words_do_not_hide_that_its_suite_became_worse(bench: Bench, pytester: pytest.Pytester) -> None:
    bench.edit((_BACKUP, ""))
    _marked(bench)
    ran = pytester.runpytest_subprocess()
    ran.assert_outcomes(failed=1)
    ran.stdout.no_fnmatch_line("*AssertionError*")


def test_what_could_not_be_decided_is_told_and_fails_where_that_is_said(
    bench: Bench, pytester: pytest.Pytester
) -> None:
    bench.edit((_BACKUP, ""))
    bench.checkout.write("test_one.py", _MARKED.format(more=", repeats=1").replace("* 10", "* 2"))
    bench.checkout.write("test_two.py", _MARKED.format(more=", repeats=1, inconclusive='fail'"))
    ran = pytester.runpytest_subprocess(*_WARNING)
    ran.assert_outcomes(passed=1, failed=1)
    ran.stdout.fnmatch_lines(["one against HEAD: INCONCLUSIVE", "to decide: `--repeats *` (* of each case, *)"])
    ran.stdout.fnmatch_lines(["FAILED test_two.py::test_marked *"])
    ran = pytester.runpytest_subprocess("--dramaturg-inconclusive", "fail", "test_one.py")
    ran.assert_outcomes(failed=1)
    assert ran.stdout.str().count("to decide: ") == 1


_MARKS = {
    ", repeat=3": "`dramaturg_suite` has no argument `repeat`; did you mean `repeats`[?]",
    ", inconclusive='skip'": "`inconclusive` is 'skip'; give 'pass' or 'fail'",
    ", 5": "`dramaturg_suite` takes the path of one suite, and keywords",
    ", budget='much'": "`much` is no amount of money; write dollars, such as `0.50`",
    ", models=['openai:m@http://127.0.0.1:1/v1'], retry=ONCE": "the server at 127.0.0.1 could not be *",
}


@pytest.mark.parametrize(
    ("marks", "options", "told"),
    [
        ([*_MARKS], (), [*_MARKS.values()]),
        ([""], ("--dramaturg-baseline", "nowhere"), ["*`nowhere`*"]),
        ([""], ("--dramaturg-replay", "strict"), ["*step 1 has no recorded answer: nothing of the kind was ever *"]),
    ],
    ids=["marks", "baseline", "replay"],
)
def test_what_keeps_a_suite_from_being_performed_is_an_error(
    marks: Sequence[str], options: Sequence[str], told: Sequence[str], bench: Bench, pytester: pytest.Pytester
) -> None:
    for number, more in enumerate(marks):
        bench.checkout.write(f"test_{number}.py", _MARKED.format(more=more))
    ran = pytester.runpytest_subprocess(*_WARNING, *options)
    ran.assert_outcomes(errors=len(marks))
    ran.stdout.fnmatch_lines([line for each in told for line in ("*_ ERROR at setup of test_marked _*", each)])
    assert "Traceback" not in ran.stdout.str()
    assert "src/dramaturg" not in ran.stdout.str()


def test_a_suite_lost_to_the_provider_is_an_error(bench: Bench, pytester: pytest.Pytester) -> None:
    with ChatServer(lambda _number, _request: 400) as server:
        _marked(bench, f", models='{server.model}', retry=ONCE")
        ran = pytester.runpytest_subprocess(*_WARNING)
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(["one against HEAD: INFRASTRUCTURE: 10 of 10 performances failed for technical *"])


def test_a_secret_that_would_leave_the_machine_is_an_error_without_its_line(
    bench: Bench, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
    secret = "AKIAIOSFODNN7EXAMPLQ"  # noqa: S105 - made up
    text = f"{{architectural_blueprint: {{text: 'The key is {secret}.'}}}}"
    bench.checkout.write("evals/one.suite.yaml", f"personas: DPA-1\ncases: [{{id: a, artifacts: {text}}}]\n")
    _marked(bench, ", models='anthropic:claude-haiku-4-5'")
    ran = pytester.runpytest_subprocess()
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(["the artifacts hold what looks like secrets (1); nothing was sent", "*[[]A1*"])
    assert secret not in ran.stdout.str()


def test_the_faults_of_a_suite_are_drawn_at_their_places(bench: Bench, pytester: pytest.Pytester) -> None:
    bench.checkout.write("evals/bad.suite.yaml", "personas: DPA-1\nrepeat: 3\ncases: []\n")
    ran = pytester.runpytest_subprocess("--dramaturg", "evals/bad.suite.yaml")
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(
        ["it cannot be performed: 2 errors", "error[[]E102]*", " --> evals/bad.suite.yaml:2:1", "error[[]E103]*"]
    )


def test_the_fixture_without_the_mark_says_what_is_lacking(bench: Bench, pytester: pytest.Pytester) -> None:
    bench.checkout.write("test_bare.py", "def test_bare(dramaturg_suite):\n    pass\n")
    ran = pytester.runpytest_subprocess()
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(["say which suite: @pytest.mark.dramaturg_suite('evals/name.suite.yaml')"])


def test_workers_of_xdist_perform_suites_and_the_terminal_tells_of_all(bench: Bench, pytester: pytest.Pytester) -> None:
    bench.edit((_BACKUP, ""))
    _marked(bench, ", baseline=None")
    bench.checkout.write("evals/two.suite.yaml", _SUITE.replace("repeats: 5", "repeats: 1"))
    ran = pytester.runpytest_subprocess(*_WARNING, "-n", "2", "--dramaturg", "test_marked.py", "evals/two.suite.yaml")
    ran.assert_outcomes(failed=1, passed=1)  # the marked one counts on ten records
    ran.stdout.fnmatch_lines_random(["one: 5 of 5 performances passed (one-*)", "two against HEAD: INCONCLUSIVE"])


def test_a_suite_is_found_from_wherever_pytest_is_started(
    bench: Bench, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    _marked(bench)
    monkeypatch.chdir(bench.checkout.folder / "evals")
    pytester.runpytest_subprocess("..").assert_outcomes(passed=1)


def test_whoever_only_has_it_installed_loads_nothing_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    program = f"import sys, pytest; pytest.main(['-q']); print(*sorted({_LOADED}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "dramaturg dramaturg.evals dramaturg.evals.pytest_plugin"

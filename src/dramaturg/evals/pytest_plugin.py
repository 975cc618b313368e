"""A suite to a test of pytest; its one rule: whoever only has the package installed pays for no more than this file.

The suite is performed in the setup of its test, and its verdict stands before the test's own call: what keeps a suite
from being performed is an error, WORSE is a failure, and INCONCLUSIVE is told unless it is to fail.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dramaturg.evals.evaluated import Evaluated
    from dramaturg.evals.tested import Tested

MARK = "dramaturg_suite"
_SUFFIX = ".suite.yaml"
_PROPERTY = "dramaturg"  # of a report: what its suite came to, in one line; JUnit XML has it too
_SECTION = f"Captured {_PROPERTY} setup"
_TESTED = pytest.StashKey["Tested"]()
_ABOUT = (
    f"{MARK}(suite, baseline='HEAD', inconclusive='pass', **terms): perform this suite, and fail if it is worse than "
    "the baseline; terms are those of `dramaturg.evals.Terms`."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how suites are performed as tests; what is said here wins over a mark."""
    group = parser.getgroup("dramaturg", "suites of dramaturg as tests")
    group.addoption("--dramaturg", action="store_true", help=f"Collect each file *{_SUFFIX} as a test.")
    group.addoption("--dramaturg-baseline", metavar="REV|RUN", help="What suites are compared with; HEAD unless given.")
    group.addoption(
        "--dramaturg-replay", choices=["auto", "strict", "off"], help="strict: ask nothing, use recorded answers only."
    )
    group.addoption("--dramaturg-budget", metavar="USD", help="Dollars that each suite may cost.")
    group.addoption(
        "--dramaturg-inconclusive", choices=["pass", "fail"], help="What a suite is that could not be decided."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", _ABOUT)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a suite file where it is asked for."""
    if parent.config.option.dramaturg and file_path.name.endswith(_SUFFIX):
        return SuiteModule.from_parent(parent, path=file_path)
    return None


class SuiteModule(pytest.File):
    """A suite file among the modules of tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the test that the suite is; its file is read when it is performed."""
        test = SuiteTest.from_parent(self, name=self.path.name.removesuffix(_SUFFIX))
        test.add_marker(getattr(pytest.mark, MARK)(self.path))
        yield test


class SuiteTest(pytest.Item):
    """The test that a suite file is: all of it is its mark."""

    def runtest(self) -> None:
        """Do nothing more."""

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return what a report calls it."""
        return self.path, None, f"suite {self.name}"


@pytest.fixture
def dramaturg_suite(request: pytest.FixtureRequest) -> "Evaluated":
    """What the suite of the test's mark `dramaturg_suite` came to, for what the test asks of it beside the verdict."""
    return _performed(request.node).result


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Perform the suite of a test's mark, when all that the test uses is set up."""
    if item.get_closest_marker(MARK):
        _performed(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Let a test fail whose suite has become worse."""
    tested = item.stash.get(_TESTED, None)
    if tested is not None and tested.falls_short:
        pytest.fail(tested.told, pytrace=False)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell what each suite came to, and of one that could not be decided why."""
    said: dict[str, str] = {}
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        line = dict(getattr(report, "user_properties", ())).get(_PROPERTY)
        if line is not None:
            undecided = (f"{text}\n" for name, text in report.sections if name == _SECTION)
            said[report.nodeid] = next(undecided, line)
    if said:
        terminalreporter.section("dramaturg suites")
        terminalreporter.write_line("\n".join(said.values()))


def _performed(item: pytest.Item) -> "Tested":
    """Return what the suite of a test came to; perform it the first time."""
    from dramaturg.evals.tested import Unperformed, perform_suite  # noqa: PLC0415 - only where there is a suite

    tested = item.stash.get(_TESTED, None)
    if tested is not None:
        return tested
    mark = item.get_closest_marker(MARK)
    if mark is None:
        pytest.fail(f"say which suite: @pytest.mark.{MARK}('evals/name.suite.yaml')", pytrace=False)
    option = item.config.option
    wins = {
        "baseline": option.dramaturg_baseline,
        "replay": option.dramaturg_replay,
        "budget": option.dramaturg_budget,
        "inconclusive": option.dramaturg_inconclusive,
    }
    moved = Path.cwd() != item.config.invocation_params.dir  # by a fixture, which knows why
    said = {**mark.kwargs, **{name: value for name, value in wins.items() if value is not None}}
    try:
        tested = perform_suite(mark.args, said, None if moved else item.config.rootpath)
    except Unperformed as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    item.stash[_TESTED] = tested
    item.user_properties.append((_PROPERTY, tested.line))
    if tested.open and not tested.falls_short:  # else its failure tells it
        item.add_report_section("setup", _PROPERTY, tested.told)
    return tested

"""Fixtures and guards for every test: no network but this machine's, no state but the test's own."""

import gc
import os
import signal
import socket
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

_LOOPBACK = ("127.", "localhost", "::1")
_VARIABLES = ("ANTHROPIC_", "OPENAI_", "DRAMATURG_", "OTEL_", "TRACEPARENT")
_CI = ("CI", "BUILD_NUMBER")  # whichever is set, pytest's summary has a failure's whole text instead of its first line
# A loaded machine is slow, which is no fault of what is tested. Examples are new ones each time, so that more is found
# the more often it is looked for; .ci/run chooses the profile `ci`, whose examples are many and the same every time.
settings.register_profile("ci", settings.get_profile("ci"), max_examples=400)
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A machine may forbid Python to keep bytecode; the many processes that tests start would each compile all anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A script that starts tests in the background has them ignore interrupts, and the commands that tests interrupt, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow")
    parser.addoption("--no-skips", action="store_true", help="fail if any test is skipped, as .ci/run does")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Use a process more than there are processors, as many tests wait; a few named ones need no second process."""
    return (os.cpu_count() or 1) + 1 if config.args == config.getini("testpaths") else 0


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a skip into a failure where everything a test could need is meant to be there."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage, of which there is little among all that stays: it takes a quarter less."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out of the default run; `.ci/run` gives --slow."""
    if not config.getoption("--slow"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        assert str(host).startswith(_LOOPBACK), f"a test tried to reach {host}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test its own state folder and an environment without keys, the same on a desk and in CI."""
    for name in os.environ:
        if name.startswith(_VARIABLES) or name in _CI or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    folder = tmp_path / "state"
    monkeypatch.setenv("DRAMATURG_STATE", str(folder))
    monkeypatch.setenv("DRAMATURG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return folder

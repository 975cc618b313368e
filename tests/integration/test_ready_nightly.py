"""The nightly workflow of docs: valid, and a batch that outlasts its night is taken up by the next one."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.batch_sockets import served
from tests.batch_vendors import AnthropicBatches
from tests.support import ROOT
from tests.vendors import ANTHROPIC
from tests.versions import new_checkout
from tests.workflows import BIN, Runner, steps_of

_WORKFLOW = ROOT / "docs/github/nightly.yml"
_COMPARE = "Compare with yesterday"
_TOLD = """sh -c 'echo $PPID > "$HOME/night"; exec "$@"' sh"""
_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"


@pytest.fixture(name="vendor")
def _vendor() -> Iterator[tuple[AnthropicBatches, dict[str, str]]]:
    vendor = AnthropicBatches(ANTHROPIC, held=True)
    with served(vendor) as listening:
        yield vendor, {"ANTHROPIC_BASE_URL": listening.address, "ANTHROPIC_API_KEY": "key"}


@pytest.fixture(name="runner")
def _runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    checkout = new_checkout(tmp_path / "project", monkeypatch)
    for name in ("personas", "prompts", "evals"):
        shutil.copytree(ROOT / name, checkout.folder / name)
    suite = checkout.folder / "evals/dpa-1.suite.yaml"
    text = suite.read_text(encoding="utf-8").replace("repeats: 5", "repeats: 1")
    suite.write_text(text, encoding="utf-8")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
    checkout.commit()
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    home = tmp_path / "home"
    home.mkdir()
    return Runner(checkout, home, _WORKFLOW)


def test_the_workflow_is_one_that_github_takes() -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(_WORKFLOW)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
    assert [*steps_of(_WORKFLOW)] == ["Install", _COMPARE]


@contextmanager
def _night(watch: Path, is_over: Callable[[], bool]) -> Iterator[None]:
    """Let a night end, as its `timeout` does, once it is over; the step has said which process that is."""
    given_up = threading.Event()

    def end() -> None:
        while not given_up.wait(0.05):
            if is_over():
                os.kill(int(watch.read_text(encoding="utf-8")), signal.SIGALRM)
                return

    thread = threading.Thread(target=end)
    thread.start()
    try:
        yield
    finally:
        given_up.set()
        thread.join()


@pytest.mark.slow
def test_a_batch_that_outlasts_its_night_is_taken_up_by_the_next(
    runner: Runner, vendor: tuple[AnthropicBatches, dict[str, str]]
) -> None:
    server, environment = vendor
    runner.edit((_BACKUP, ""))
    with _night(runner.home / "night", lambda: server.looks > 0):
        first = runner.step(_COMPARE, environment, ("340m", f"340m {_TOLD}"))
    assert first.returncode == 0
    assert first.stdout == "::notice title=not done::a batch is out; the next night takes it up\n"
    assert server.sizes == [6]
    server.held = False
    runner.edit(("**Log Analysis:** Specific", "**Log Analysis:** Exact"))
    second = runner.step(_COMPARE, environment)
    assert second.returncode == 0, second.stderr
    assert "title=INCONCLUSIVE" in second.stdout
    assert server.batches[0].requests.keys().isdisjoint(key for batch in server.batches[1:] for key in batch.requests)

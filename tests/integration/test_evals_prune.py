"""Old evals that are removed, what stays with those that are not, and what never goes."""

import os
import re
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.suites import CALLS, Bench, answering, new_bench, recorded

from dramaturg.engine.calls import ModelCall
from dramaturg.errors import ModelError
from dramaturg.evals.earlier import Earlier
from dramaturg.evals.lines import take_up_lines
from dramaturg.evals.prune import Wish, prunable, remove
from dramaturg.evals.replies import Replies
from dramaturg.evals.runs import run_rows
from dramaturg.evals.statistics.verdict import Kind
from dramaturg.models.scripted import Answer

_DAY = 86400
_SUITE = """personas: DPA-1
cases:
  - id: parcels
    artifacts: {architectural_blueprint: evals/cases/parcel-tracking/blueprint.md}
"""
_STEP_4 = ("**Log Analysis:** Specific commands", "**Log Analysis:** Exact commands")


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.checkout.write("one.suite.yaml", _SUITE)
    return bench


@pytest.fixture(name="files")
def _files(state: Path) -> Callable[[], list[str]]:
    """Return what lists the files there are."""
    folder = state / "evals" / "one"
    return lambda: sorted(f"{path.parent.name}/{path.stem}" for path in folder.glob("*/*.jsonl"))


def _age(state: Path, days: int) -> None:
    """Let all there is be so many days older."""
    for path in state.glob("evals/*/*/*.jsonl"):
        at = path.stat().st_mtime - days * _DAY
        os.utime(path, (at, at))


def _two(bench: Bench, state: Path) -> tuple[str, str]:
    """Perform the suite, and forty days later an edit of it that shares all answers up to step 4."""
    old = bench.run("one.suite.yaml", baseline=None).run
    _age(state, 40)
    bench.edit(_STEP_4)
    new = bench.run("one.suite.yaml", baseline=None)
    assert new.asked == 2
    return old, new.run


def test_an_old_eval_goes_and_the_answers_that_a_newer_one_shares_stay(
    bench: Bench, state: Path, files: Callable[[], list[str]]
) -> None:
    old, new = _two(bench, state)
    before = files()
    told = dramaturg("eval", "prune", "--dry-run")
    assert re.findall(r"^(.*?),(?: \w+,)?(?: \w+ days old,)? [\d,]+ bytes", told.out, re.MULTILINE) == [
        f"would be removed: {old}",
        f"stays: {new}",
        "stays: 2 files of answers of the suite one",
    ]
    assert files() == before
    told = dramaturg("eval", "prune")
    assert (told.code, told.err.split(",")[0]) == (0, "1 file")
    assert files() == sorted((f"replies/{old}", f"replies/{new}", f"runs/{new}"))
    assert dramaturg("eval", "compare", new, new).code == 0


def test_answers_go_with_the_last_eval_that_refers_to_them(
    bench: Bench, state: Path, files: Callable[[], list[str]]
) -> None:
    _two(bench, state)
    told = dramaturg("eval", "prune", "--older-than", "0", "--json")
    assert [row["kind"] for row in told.json] == ["eval", "eval", "answers", "answers"]
    assert all(row["removed"] for row in told.json)
    assert files() == []
    assert bench.run("one.suite.yaml", baseline=None).asked == CALLS


def test_the_newest_stay_whatever_their_age(bench: Bench, state: Path, files: Callable[[], list[str]]) -> None:
    _old, new = _two(bench, state)
    _age(state, 400)
    dramaturg("eval", "prune", "--keep", "2")
    assert len(files()) == 4
    dramaturg("eval", "prune", "--keep", "1", "--older-than", "1000d")
    assert len(files()) == 4
    dramaturg("eval", "prune", "--keep", "1")
    assert [name for name in files() if name.startswith("runs/")] == [f"runs/{new}"]


def test_so_many_stay_of_each_suite_though_another_project_has_one_of_that_name(
    bench: Bench, files: Callable[[], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = bench.run("one.suite.yaml", baseline=None).run
    other = new_bench(tmp_path / "other", monkeypatch)
    other.checkout.write("one.suite.yaml", _SUITE)
    first, second = (other.run("one.suite.yaml", baseline=None, repeats=repeats).run for repeats in (1, 2))
    told = dramaturg("eval", "prune", "--keep", "1")
    assert [name for name in files() if name.startswith("runs/")] == sorted([f"runs/{mine}", f"runs/{second}"])
    assert f"removed: {first}, ended, 0 days old" in told.out
    assert " bytes of one.suite.yaml\n" in told.out


def test_answers_that_no_eval_asked_for_go_by_age_alone(
    bench: Bench, state: Path, files: Callable[[], list[str]]
) -> None:
    run = bench.run("one.suite.yaml", baseline=None)
    folder = state / "evals" / "one" / "replies"
    (folder / f"{run.run}.jsonl").rename(folder / "calibrate-0f32.jsonl")
    run.path.unlink()
    dramaturg("eval", "prune", "--keep", "1")
    assert files() == ["replies/calibrate-0f32"]
    _age(state, 40)
    dramaturg("eval", "prune", "--keep", "1")
    assert files() == []


def test_what_can_still_go_on_stays_unless_it_is_meant(
    bench: Bench, state: Path, files: Callable[[], list[str]]
) -> None:
    def fails(call: ModelCall) -> Answer | None:
        return ModelError("the provider is gone", retryable=False) if call.step == "3" else None

    bench.run("one.suite.yaml", baseline=None, models=[answering(fails)])
    _age(state, 40)
    dramaturg("eval", "prune")
    assert len(files()) == 2
    dramaturg("eval", "prune", "--status", "unfinished")
    assert files() == []


def test_an_eval_that_is_performed_stays_with_every_answer(
    bench: Bench, state: Path, files: Callable[[], list[str]]
) -> None:
    old, new = _two(bench, state)
    _age(state, 40)
    lines = take_up_lines(state / "evals" / "one" / "runs" / f"{new}.jsonl")
    assert lines
    with lines:
        told = dramaturg("eval", "prune", "--status", "ended,unfinished,unreadable")
    assert told.out.startswith(f"removed: {old}, ended, 80 days old, ")
    assert files() == sorted((f"replies/{old}", f"replies/{new}", f"runs/{new}"))


def test_what_vanishes_while_it_is_listed_is_passed_over(bench: Bench, state: Path) -> None:
    run = bench.run("one.suite.yaml", baseline=None).run
    folder = state / "evals" / "one"
    for kind in ("runs", "replies"):
        (folder / kind / "one-00000000-9.jsonl").symlink_to("nowhere")  # listed, and not there
    assert [row["run"] for row in dramaturg("eval", "report", "--json").json] == [run]
    assert [Path(row["file"]).stem for row in dramaturg("eval", "prune", "--json").json] == [run, run]
    assert Earlier(answers=(), folder=folder / "replies").window("any") is None
    assert dramaturg("eval", "run", "one.suite.yaml", "--replay", "strict").code == 0


def test_whoever_lists_and_prunes_meanwhile_neither_stops_an_eval_nor_tells_it_wrong(bench: Bench, state: Path) -> None:
    done, seen, broken = threading.Event(), set[str](), list[Exception]()

    def look() -> None:
        try:
            while not done.is_set():
                seen.update(row["status"] for row in run_rows(state))
                for kept in [*prunable(state, Wish(older_than=0.0))]:
                    if kept.goes:
                        remove(kept)
        except Exception as error:  # noqa: BLE001 - of whatever kind, it is told where it can fail the test
            broken.append(error)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        kinds = [bench.run("one.suite.yaml").decision for _ in range(8)]
    finally:
        done.set()
        for looker in lookers:
            looker.join()
    assert broken == []
    assert {each.kind for each in kinds if each} == {Kind.NO_WORSE}
    assert seen <= {"running", "ended"}


def test_answers_that_are_removed_under_an_eval_were_never_recorded(bench: Bench, state: Path) -> None:
    bench.run("one.suite.yaml", baseline=None)
    (key, *_) = recorded(state)
    with closing(Replies(state / "evals" / "one" / "replies", "another")) as replies:
        dramaturg("eval", "prune", "--older-than", "0")
        assert replies.get(key) is None


def test_a_damaged_file_goes_only_when_it_is_meant(bench: Bench, files: Callable[[], list[str]]) -> None:
    run = bench.run("one.suite.yaml", baseline=None)
    text = run.path.read_text(encoding="utf-8")
    run.path.write_text(text.replace('"type": "cell"', '"type": "cell'), encoding="utf-8")
    dramaturg("eval", "prune", "--older-than", "0")
    assert f"runs/{run.run}" in files()
    dramaturg("eval", "prune", "--older-than", "0", "--status", "unreadable")
    assert files() == []


@pytest.mark.usefixtures("bench")
def test_evals_of_mutants_go_as_well(files: Callable[[], list[str]]) -> None:
    assert dramaturg("eval", "mutate", "one.suite.yaml", "--limit", "1").code == 0
    assert [name.partition("/")[0] for name in files()] == ["mutants", "replies"]
    dramaturg("eval", "prune", "--older-than", "0")
    assert files() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--status", "running"), "no eval that can be removed stands at `running`"),
        (("--older-than", "soon"), "is no duration"),
        (("--keep", "0"), "0 is not in the range"),
    ],
)
def test_what_means_nothing_is_the_callers_fault(arguments: tuple[str, ...], said: str) -> None:
    told = dramaturg("eval", "prune", *arguments)
    assert (told.code, said in told.err) == (2, True)

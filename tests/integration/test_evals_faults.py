"""What is told where an eval cannot be had: alike in every subcommand, at its place, with what helps."""

from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.commands import dramaturg
from tests.judges import Judge
from tests.suites import PERSONA, Bench, new_bench

_SUITE = """personas: DPA-1
recorded: answers/one.jsonl
cases:
  - id: parcels
    artifacts: {architectural_blueprint: cases/parcel-tracking/blueprint.md}
"""
_JUDGED = """judge: anthropic:claude-x
scorers: [rubric: {criterion: A backup is taken., required: false}]
"""
_ONE = "evals/one.suite.yaml"
_LONG = "x" * 300
_EDIT = ("**Log Analysis:** Specific", "**Log Analysis:** Exact")


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = new_bench(tmp_path / "project", monkeypatch)
    bench.checkout.write(_ONE, _SUITE)
    return bench


@pytest.mark.parametrize("verb", ["run", "mutate", "record", "calibrate"])
def test_faults_of_a_suite_are_told_to_programs_by_every_subcommand(verb: str, bench: Bench) -> None:
    bench.checkout.write(_ONE, f"repeats: 0\n{_SUITE}")
    told = dramaturg("eval", verb, _ONE, "--json")
    assert (told.code, told.json["code"]) == (2, 2)
    assert [(each["rule"], each["span"]["line"]) for each in told.json["findings"]] == [("E103", 1)]
    told = dramaturg("eval", verb, _ONE, "--format", "github")
    assert told.out.startswith("::error title=E103,file=evals/one.suite.yaml,line=1,col=10,endColumn=11::`repeats`")


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize(
    "command",
    [
        ("run", "none.yaml"),
        ("run", _ONE, "--batch"),
        ("run", _ONE, "--budget", "abc"),
        ("run", _ONE, "--repeats", "1001"),
        ("run",),
        ("run", _ONE, "--baseline", "nope"),
        ("mutate", "none.yaml"),
        ("calibrate", _ONE),
        ("report", "none-00000000-1"),
        ("compare", "none-00000000-1", "none-00000000-2"),
        ("new", "DPA-1", "none.md"),
    ],
)
def test_a_callers_mistake_is_one_object_for_programs(command: tuple[str, ...]) -> None:
    told = dramaturg("eval", *command, "--json")
    assert (told.code, told.json["code"], told.json["findings"]) == (2, 2, [])
    assert told.err.endswith(f"rror: {told.json['error']}\n")


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize("command", [("compare", "one-00000000-1", "one-00000000-2"), ("report", "one-00000000-1")])
def test_what_is_not_there_to_be_told_is_told_to_a_pull_request(command: tuple[str, ...]) -> None:
    told = dramaturg("eval", *command, "--format", "github")
    assert (told.code, told.out.startswith("::error::there is no recorded eval `one-00000000-1`")) == (2, True)


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("run", _LONG), f"the suite `{_LONG}` cannot be read: File name too long"),
        (("run", f"{_LONG}/{_LONG}"), f"the suite `{_LONG}/{_LONG}` cannot be read: File name too long"),
        (("run", _ONE, "--html", _LONG), f"`{_LONG}` cannot be written: File name too long"),
        (("run", _ONE, "--baseline", _LONG), f"git finds no revision `{_LONG}`"),
        (("report", _LONG), f"there is no recorded eval `{_LONG}`"),
        (("new", "DPA-1", _LONG), f"`{_LONG}` cannot be read: File name too long"),
    ],
    ids=["suite", "suite in a folder", "page", "baseline", "report", "artifact"],
)
def test_a_name_that_no_file_can_have_is_told(command: tuple[str, ...], said: str) -> None:
    told = dramaturg("eval", *command)
    assert (told.code, said in told.err) == (2, True), told.err


def test_faults_around_two_evals_that_are_compared_are_annotated(bench: Bench) -> None:
    first, second = (bench.run(_ONE, baseline=None, replay=replay).run for replay in ("auto", "off"))
    (bench.checkout.folder / "evals/cases/parcel-tracking/blueprint.md").unlink()
    told = dramaturg("eval", "compare", first, second, "--format", "github")
    assert told.code == 2
    assert told.out.startswith("::error title=E109,file=evals/one.suite.yaml,line=5,")


def test_a_page_finds_what_lies_beside_the_suite_from_any_folder(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench.run(_ONE, baseline=None).run
    here = dramaturg("eval", "report", run, "--html", str(tmp_path / "here.html"))
    monkeypatch.chdir(tmp_path)
    there = dramaturg("eval", "report", run, "--html", "there.html")
    assert (here.code, there.code, here.out) == (0, 0, there.out)
    size = len(Path("here.html").read_text(encoding="utf-8"))
    page = Path("there.html").read_text(encoding="utf-8")
    assert abs(len(page) - size) < 200, "nothing but the paths that are shown is another"
    assert "cannot be read" not in page


def test_without_git_it_is_told_what_can_be_done_without_it(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del bench
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    told = dramaturg("eval", "run", _ONE, "--baseline", "HEAD")
    remedy = "install it, or give a recorded eval as `--baseline RUN`, or leave `--baseline` out"
    assert (told.code, told.err) == (2, f"error: `git` is not installed; {remedy}\n")


def test_a_page_that_a_script_left_without_a_name_is_refused(bench: Bench) -> None:
    bench.checkout.commit()
    told = dramaturg("eval", "run", _ONE, "--html", "")
    assert (told.code, told.err.startswith("error: the name of the page is empty; give a file")) == (2, True)


@pytest.mark.parametrize("verb", ["run", "record"])
def test_a_baseline_that_a_script_left_empty_is_refused(bench: Bench, verb: str) -> None:
    bench.checkout.commit()
    told = dramaturg("eval", verb, _ONE, "--baseline", "")
    remedy = "name one, such as `HEAD`, or leave `--baseline` out"
    assert (told.code, told.err) == (2, f"error: the revision to compare with is empty; {remedy}\n")


def test_a_persona_that_was_removed_and_is_shipped_as_well_is_told_how_to_bring_back(bench: Bench) -> None:
    bench.checkout.commit()
    (bench.checkout.folder / PERSONA).unlink()
    told = dramaturg("eval", "run", _ONE, "--baseline", "HEAD")
    assert (told.code, f"error: `DPA-1` was `HEAD:{PERSONA}`, which is gone, and now means `" in told.err) == (2, True)
    assert f"; `git restore --source HEAD {PERSONA}` brings it back, or leave `--baseline` out" in told.err
    bench.checkout.git("restore", "--source", "HEAD", PERSONA)
    assert dramaturg("eval", "run", _ONE, "--baseline", "HEAD").code == 0


def test_an_artifact_that_only_the_baseline_needs_is_told_at_its_case(bench: Bench) -> None:
    bench.checkout.commit()
    bench.edit(("id: architectural_blueprint", "id: blueprint"))
    bench.edit(("architectural_blueprint: ", "blueprint: "), name=_ONE)
    told = dramaturg("eval", "run", _ONE, "--baseline", "HEAD")
    assert (told.code, "eval one-" in told.err) == (2, False)
    assert (
        "error[E109]: case `parcels` does not give `DPA-1` of HEAD its artifact `architectural_blueprint`" in told.err
    )
    assert "help: give it under `artifacts:` as well, `architectural_blueprint: PATH`, while" in told.err
    assert dramaturg("eval", "run", _ONE).code == 0


def test_what_only_the_baseline_asks_is_recorded_by_a_command_that_names_it(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.checkout.commit()
    told = dramaturg("eval", "run", _ONE, "--baseline", "HEAD", "--replay", "strict")
    assert (told.code, f"record it: `dramaturg eval record {_ONE}`" in told.err) == (4, True)
    bench.edit(_EDIT)
    dramaturg("eval", "record", _ONE)
    monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "elsewhere"))
    strict = ("eval", "run", _ONE, "--baseline", "HEAD", "--replay", "strict")
    told = dramaturg(*strict)
    command = ("eval", "record", _ONE, "--baseline", "HEAD")
    assert (told.code, f"record it: `{' '.join(('dramaturg', *command))}`" in told.err) == (4, True)
    assert "; 2 new, 0 left out\n" in dramaturg(*command).out  # the edited step and the next, as they were
    monkeypatch.setenv("DRAMATURG_STATE", str(tmp_path / "another"))
    assert dramaturg(*strict, "--inconclusive-ok").code == 0
    bench.checkout.commit()
    assert "; 0 new, 2 left out\n" in dramaturg(*command).out  # HEAD is what it was compared with no more


@pytest.mark.usefixtures("bench")
def test_a_pull_request_is_told_what_was_recorded() -> None:
    told = dramaturg("eval", "record", _ONE, "--format", "github")
    assert told.out.startswith("::notice title=one::evals/answers/one.jsonl: 5 questions, 5 different answers, ")
    assert told.out.endswith("0 left out%0A1 of 1 performance passed\n")


def test_recording_and_mutating_take_another_judge(bench: Bench) -> None:
    bench.checkout.write(_ONE, _JUDGED + _SUITE)
    with ChatServer(Judge(lambda _: True)) as server:
        missed = dramaturg("eval", "run", _ONE, "--judge", server.model, "--replay", "strict")
        command = f"dramaturg eval record {_ONE} --judge {server.model}"
        assert (missed.code, f"record it: `{command}`" in missed.err) == (4, True)
        told = dramaturg("eval", "record", _ONE, "--judge", server.model)
        assert (told.code, len(server.requests)) == (0, 1)
        told = dramaturg("eval", "mutate", _ONE, "--judge", server.model, "--operator", "example")
        assert told.code == 0, told.err
        asked = len(server.requests)
        assert dramaturg("eval", "run", _ONE, "--judge", server.model, "--replay", "strict").code == 0
        assert len(server.requests) == asked


def test_a_suite_must_say_where_its_answers_go(bench: Bench) -> None:
    bench.checkout.write(_ONE, _SUITE.replace("recorded: answers/one.jsonl\n", ""))
    told = dramaturg("eval", "record", _ONE)
    assert (told.code, "add `recorded: answers/one.jsonl`" in told.err) == (2, True)


def test_a_file_of_something_else_is_never_written_over(bench: Bench) -> None:
    bench.checkout.write("evals/answers/one.jsonl", "Notes of mine.\n")
    for command in ("run", "record"):
        told = dramaturg("eval", command, _ONE)
        assert (told.code, "error[E113]: `answers/one.jsonl` holds no recorded answers" in told.err) == (2, True)
        assert f"{_ONE}:2:11" in told.err
    assert (bench.checkout.folder / "evals/answers/one.jsonl").read_text(encoding="utf-8") == "Notes of mine.\n"

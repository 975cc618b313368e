"""An edit of DPA-1 to a verdict: what was edited is caught, named at its line, and costs no more than it must."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.suites import CALLS, PERSONA, SUITE, Bench, answering, new_bench

from dramaturg.engine.calls import ModelCall
from dramaturg.errors import JournalMiss, ModelError
from dramaturg.evals.report.table import sentences
from dramaturg.evals.statistics.verdict import Kind
from dramaturg.models.scripted import Answer

_BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
_ONE = """personas: DPA-1
{more}cases:
  - id: parcels
    artifacts:
      architectural_blueprint: cases/parcel-tracking/blueprint.md
"""


@pytest.fixture(name="bench")
def _bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return new_bench(tmp_path / "project", monkeypatch)


def _one_case(bench: Bench, more: str = "") -> str:
    bench.checkout.write("evals/one.suite.yaml", _ONE.format(more=more))
    return "evals/one.suite.yaml"


def test_deleting_one_mandatory_bullet_is_worse_at_its_step_and_line(bench: Bench) -> None:
    bench.edit((_BACKUP, ""), ("a non-negotiable, high-priority section", "a non-negotiable section"))
    told = dramaturg("eval", "run", SUITE, "--baseline", "HEAD")
    assert told.code == 1
    assert ": work tree against HEAD, 2 edits, 30 pairs\n" in told.err
    assert "edited:" not in told.err  # once is enough
    assert told.out.splitlines()[-1] == "WORSE"
    assert "step 2: coverage fell from 1.00 to 0.75: `Data Integrity` of `PRE-FLIGHT CHECKLIST`" in told.out
    line = bench.line_of('name="Generate Pre-Flight Checklist"')
    assert f"\nedited: {PERSONA}:{line}: requirement `Data Integrity` of `PRE-FLIGHT CHECKLIST` was lost" in told.out
    assert f"\nalso edited: {PERSONA}:{bench.line_of('a non-negotiable section')}: " in told.out


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_who_leaves_while_an_eval_talks_does_not_make_worse_good(bench: Bench, stream: str) -> None:
    bench.edit((_BACKUP, ""))
    command = [sys.executable, "-m", "dramaturg", "eval", "run", SUITE, "--baseline", "HEAD"]
    reading, writing = os.pipe()
    os.close(reading)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writing}
    with subprocess.Popen(command, stdout=streams["stdout"], stderr=streams["stderr"]) as child:
        os.close(writing)
        out, _ = child.communicate(timeout=300)
    assert child.returncode == 1
    assert stream == "stdout" or out.decode().splitlines()[-1] == "WORSE"


def test_an_edit_that_changes_nothing_asked_for_asks_the_rest_only(bench: Bench) -> None:
    bench.edit(("**Log Analysis:** Specific", "**Log Analysis:**  Specific"))
    result = bench.run()
    assert result.decision
    assert result.decision.kind is Kind.NO_WORSE
    assert result.asked == 30 * CALLS + 30 * 2  # the steps from the edited one on
    assert [str(edit) for edit in result.decision.edits] == [
        f"{PERSONA}:{bench.line_of('Log Analysis')}: white space was changed"
    ]


def test_the_baseline_is_free_once_it_was_asked(bench: Bench) -> None:
    assert bench.run().asked == 30 * CALLS
    bench.edit(("This is a non-negotiable, high-priority section", "This is a non-negotiable section"))
    assert bench.run().asked == 30


def test_without_an_edit_both_arms_are_the_same_and_every_question_is_asked_once(bench: Bench) -> None:
    result = bench.run(_one_case(bench))
    assert result.decision
    assert (result.decision.kind, result.decision.alike, result.asked) == (Kind.NO_WORSE, 1, CALLS)


def test_a_renamed_section_is_called_so_and_is_no_loss(bench: Bench) -> None:
    bench.edit(("`ROLLBACK PLAN`", "`UNDO PLAN`"))
    told = dramaturg("eval", "run", SUITE, "--baseline", "HEAD")
    assert told.code == 0
    assert f"{PERSONA}:{bench.line_of('UNDO PLAN')}: section `ROLLBACK PLAN` was renamed to `UNDO PLAN`" in told.out


def test_a_scorer_may_look_at_a_section_by_the_name_that_either_arm_has(bench: Bench) -> None:
    bench.edit(("`ROLLBACK PLAN`", "`UNDO PLAN`"))
    for title, baseline, code in (("UNDO PLAN", [], 0), ("ROLLBACK PLAN", [], 2), ("ROLLBACK PLAN", ["HEAD"], 0)):
        suite = _one_case(bench, f"scorers: [{{length: {{within: {title}, no_less: 1}}}}]\n")
        told = dramaturg(
            "eval", "run", suite, *(part for each in baseline for part in ("--baseline", each, "--inconclusive-ok"))
        )
        assert (told.code, "error[E114]" in told.err) == (code, bool(code)), told.err


def test_a_suite_too_small_to_tell_says_what_it_could_find_and_what_telling_takes(bench: Bench) -> None:
    suite = _one_case(bench)
    bench.edit((_BACKUP, ""))
    told = dramaturg("eval", "run", suite, "--baseline", "HEAD", "--price", "3/15")
    assert told.code == 6
    assert told.out.splitlines()[-1] == "INCONCLUSIVE"
    assert "this many samples find a drop of" in told.out
    assert "to decide: " in told.out
    assert dramaturg("eval", "run", suite, "--baseline", "HEAD", "--inconclusive-ok").code == 0


def test_what_telling_takes_is_an_option_where_there_is_one_that_takes_it(bench: Bench) -> None:
    suite = _one_case(bench)
    before = bench.run(suite, baseline=None).run
    bench.edit((_BACKUP, ""))
    result = bench.run(suite)
    more = "1 more repeat of each case, 1 pair, about $0"
    assert f"to decide: `--repeats 2` ({more})" in [*sentences(result)]
    assert f"\nto decide: {more}\n" in dramaturg("eval", "compare", before, result.run).out, "it has no such option"
    for performed, said in ((999, f"to decide: `--repeats 1000` ({more})"), (1000, f"to decide: {more}")):
        last = replace(result.records[-1], repeat=performed - 1)
        assert said in [*sentences(replace(result, records=(*result.records, last)))], "more than 1000 are refused"


def test_prompts_are_those_of_the_revision_too(bench: Bench) -> None:
    bench.edit(("Do only the step that is asked.", "Do only what is asked."), name="prompts/v1/system.md.j2")
    result = bench.run(_one_case(bench), prompts=bench.checkout.folder / "prompts")
    assert result.asked == 2 * CALLS
    assert result.decision
    (edit,) = result.decision.edits
    line = bench.line_of("Do only what is asked.", "prompts/v1/system.md.j2")
    assert str(edit).startswith(f"prompts/v1/system.md.j2:{line}: text was changed: ")


def test_what_a_base_lost_is_blamed_where_it_stood(bench: Bench) -> None:
    rule = '<Rule id="E3">A gap in the material is a result. Report it; never fill it with a plausible value.</Rule>'
    bench.edit((rule, ""), name="personas/btaa-1.persona.md")
    result = bench.run(_one_case(bench))
    assert result.decision
    assert [edit.step for edit in result.decision.edits] == ["", ""]
    assert all(edit.span and edit.span.path == "personas/btaa-1.persona.md" for edit in result.decision.edits)


def test_a_strict_replay_asks_nothing_and_says_which_prompt_changed(bench: Bench) -> None:
    suite = _one_case(bench)
    assert dramaturg("eval", "run", suite, "--baseline", "HEAD").code == 0
    assert dramaturg("eval", "run", suite, "--baseline", "HEAD", "--replay", "strict").code == 0
    bench.edit(("**Log Analysis:** Specific commands", "**Log Analysis:** Exact commands"))
    told = dramaturg("eval", "run", suite, "--baseline", "HEAD", "--replay", "strict")
    assert told.code == 4
    assert "step 4 has no recorded answer: the prompt of the step itself" in told.err
    assert f"{PERSONA}:{bench.line_of('Exact commands')}" in told.err


def test_half_the_samples_lost_to_the_provider_is_no_verdict(bench: Bench) -> None:
    def fails(call: ModelCall) -> Answer | None:
        return ModelError("the provider is gone", retryable=False) if call.sample % 2 == 0 else None

    result = bench.run(_one_case(bench, "repeats: 4\n"), models=[answering(fails)])
    assert result.lost
    assert [record.outcome for record in result.records if record.arm == "candidate"] == ["error", "pass"] * 2
    assert result.decision
    assert result.decision.kind is Kind.INFRASTRUCTURE


def test_what_the_provider_lost_is_asked_again_by_the_same_command(bench: Bench) -> None:
    suite = _one_case(bench, "repeats: 4\n")
    gone = True

    def fails(call: ModelCall) -> Answer | None:
        return ModelError("the provider is gone", retryable=False) if gone and call.sample % 2 == 0 else None

    model = answering(fails)
    first = bench.run(suite, models=[model])
    gone = False
    again = bench.run(suite, models=[model])
    assert again.run == first.run
    assert (again.errors, again.asked) == (0, 4 * CALLS)


def test_a_step_that_falls_short_is_a_failure_of_the_persona(bench: Bench) -> None:
    result = bench.run(_one_case(bench), models=[answering(lambda call: "{}" if call.step == "3" else None)])
    (record, _) = result.records
    assert record.outcome == "fail"
    assert record.failure.startswith("step 3 `EXECUTION PLAN` fell short")
    assert record.scores["coverage"].value == 0


def test_a_strict_replay_of_what_was_never_asked_says_so(bench: Bench) -> None:
    with pytest.raises(JournalMiss, match="nothing of the kind was ever recorded"):
        bench.run(_one_case(bench), replay="strict")


def test_a_sequential_eval_stops_when_it_is_decided(bench: Bench) -> None:
    bench.edit((_BACKUP, ""))
    result = bench.run(sequential=True)
    assert result.decision
    assert result.decision.kind is Kind.WORSE
    assert len(result.records) < 2 * result.planned


def test_a_section_that_is_gone_is_told_at_the_line_where_it_stood(bench: Bench) -> None:
    """Three scores of its step fall to nothing alike: what is told of it is that of the first scorer."""
    line = bench.line_of('<Step number="5"')
    bench.edit((bench.text().splitlines(keepends=True)[line - 1], ""))
    command = ("eval", "run", SUITE, "--baseline", "HEAD", "--format")
    told = dramaturg(*command, "md")
    said = "- step 5: sections fell from 1.00 to 0.00: section `ROLLBACK PLAN` is not there\n"
    assert (told.code, said in told.out) == (1, True)
    place = f"file={PERSONA},line={line}"
    assert f"::error title=WORSE,{place}::WORSE: section `ROLLBACK PLAN` was lost" in dramaturg(*command, "github").out


def test_quotes_that_come_out_the_same_are_no_worse_and_a_language_model_may_still_differ(bench: Bench) -> None:
    suite = _one_case(bench)
    bench.edit(("This MUST include:", "This SHOULD include:"))
    told = dramaturg("eval", "run", suite, "--baseline", "HEAD", "--html", "eval.html")
    said = "in every pair both arms made the same document out of quotes, and cannot differ"
    assert (told.code, f"\n{said}; only a language model reads the rest\n" in told.out) == (0, True)
    assert "none the same documents" in " ".join(told.out.split())
    assert "made the same document out of quotes in every pair" in Path("eval.html").read_text(encoding="utf-8")
    verdict = dramaturg("eval", "run", suite, "--baseline", "HEAD", "--json").json["verdict"]
    assert (verdict["kind"], verdict["alike"], verdict["equal"]) == ("no worse", 0, verdict["pairs"])
    assert verdict["price"] is None, "it is decided"
    result = bench.run(suite, models=[answering()])
    assert result.decision
    assert (result.decision.kind, result.decision.equal) == (Kind.INCONCLUSIVE, 0)


def test_a_suite_with_faults_is_refused_with_all_of_them(bench: Bench) -> None:
    bench.checkout.write("evals/bad.suite.yaml", "personas: DPA-2\nrepeat: 3\ncases: []\n")
    told = dramaturg("eval", "run", "evals/bad.suite.yaml")
    assert told.code == 2
    assert "error[E102]: unknown key `repeat`" in told.err
    assert "error[E103]: `cases`: it is empty" in told.err
    assert "the suite cannot be performed: 3 errors" in told.err
    annotated = dramaturg("eval", "run", "evals/bad.suite.yaml", "--format", "github").out.splitlines()
    assert annotated[1].startswith("::error title=E102,file=evals/bad.suite.yaml,line=2,col=1,endColumn=7::unknown key")
    assert len(annotated) == 3
    found = dramaturg("eval", "run", "evals/bad.suite.yaml", "--json").json["findings"]
    assert [(each["rule"], each["span"]["line"]) for each in found] == [("E108", 1), ("E102", 2), ("E103", 3)]


def test_what_is_wrong_around_a_suite_is_told_with_what_is_wrong_in_it(bench: Bench) -> None:
    text = (
        "personas: [DPA-1, NOPE-1]\nrepeat: 3\nrepeats: 0\ngate: {metrics: coverages}\ncases:\n"
        "  - {id: one, artifacts: {architectural_blueprint: none.md}}\n"
        "  - {id: two, artifacts: {blueprint: {text: x}}}\n"
    )
    bench.checkout.write("evals/bad.suite.yaml", text)
    found = dramaturg("eval", "run", "evals/bad.suite.yaml", "--json").json["findings"]
    first = [(each["rule"], each["span"]["line"]) for each in found]
    assert first == [("E108", 1), ("E102", 2), ("E103", 3), ("E106", 4), ("E109", 6), ("E109", 7)]
    bench.checkout.write("evals/bad.suite.yaml", text.replace("id: two", "ids: two"))
    found = dramaturg("eval", "run", "evals/bad.suite.yaml", "--json").json["findings"]
    assert [(each["rule"], each["span"]["line"]) for each in found] == [
        *first[:-1],
        ("E103", 7),
        ("E102", 7),
        ("E109", 7),
    ]


def test_outside_git_nobody_is_told_to_compare_with_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert dramaturg("eval", "new", "DPA-1").err == "next: dramaturg eval run evals/dpa-1.suite.yaml\n"
    told = dramaturg("eval", "run", "evals/dpa-1.suite.yaml", "--baseline", "HEAD")
    assert (told.code, "`git init` and commit the personas, or give a recorded eval as" in told.err) == (2, True)

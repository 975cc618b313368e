"""A document and its artifacts go on: edits are mended or accepted, secrets and answers stay where they are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.commands import Told, dramaturg
from tests.plans import brief_of, plan_of
from tests.shipped import CASES, writer
from tests.support import BLUEPRINT, QUOTE, envelope, good_answer, item, perform_by_hand

from dramaturg import compile_plan, load_persona, run_persona, verify
from dramaturg.engine.calls import Answer, ModelCall
from dramaturg.engine.verify.document import verify_document
from dramaturg.errors import CallerError
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run import verify as run_verify
from dramaturg.run.perform import document_of
from dramaturg.run.runtime import Runtime

FOREIGN = """# Production Deployment Plan

Kim, in June.

## 1. Pre-Flight Checklist

- [ ] Check the configuration in `/srv/parcel/.env`
- [ ] Take a backup of the database
- [ ] Ask whether the dependencies are ready
- [ ] Images are built and versioned

## 2. Execution Plan

1. Enable maintenance mode
2. Apply the migrations
3. Deploy the new versions of the application
4. Run the smoke tests
5. Disable maintenance mode

## Checks afterwards

### Monitoring

- [ ] Watch Grafana.

### Logs

- [ ] Look for startup errors.

## ROLLBACK PLAN

1. Start the containers of the old tag.
"""


@pytest.fixture(name="plan", autouse=True)
def _plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for a document, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Path("plan.md")


def verified(*arguments: str) -> Told:
    return dramaturg("verify", "DPA-1", "plan.md", "-a", str(BLUEPRINT), *arguments)


def rules(told: Told) -> list[str]:
    """Return the rules of what was printed as JSON, without those of open questions."""
    return [finding["rule"] for finding in told.json if finding["rule"] != "V401"]


def made(state: Path) -> str:
    return run_persona("DPA-1", BLUEPRINT, model="evidence", state=state).document.markdown


def test_fix_writes_the_right_lines_and_headings_and_no_other_byte(plan: Path, state: Path) -> None:
    right = made(state).replace("\n", "\r\n")
    wrong = right.replace("BLUEPRINT, L53]", "BLUEPRINT, L51]").replace("## ROLLBACK PLAN", "### 4. Rollback plan")
    plan.write_bytes(wrong.encode())
    shown = verified("--fix", "--diff")
    assert (shown.code, plan.read_bytes()) == (0, wrong.encode())
    assert "\n-### 4. Rollback plan\r\n+## ROLLBACK PLAN\r\n" in shown.out
    told = verified("--fix", "--json")
    assert (told.code, rules(told)) == (0, [])
    assert plan.read_bytes() == right.encode()
    assert [line.rpartition(" ")[2] for line in told.err.splitlines()] == ["[V302]", "[V103]"]


def test_what_was_left_to_mend_is_counted(plan: Path, state: Path) -> None:
    plan.write_text(made(state).replace("BLUEPRINT, L53]", "BLUEPRINT, L51]"), encoding="utf-8")
    assert verified().err.startswith("plan.md: 1 warning; `--fix` mends 1; 15 of 16 demands met, 1 declared missing")


def test_an_edition_that_is_accepted_is_what_later_ones_are_held_to(plan: Path, state: Path) -> None:
    text = made(state).replace("## Open questions", "## Contacts\n\nKim.\n\n## Open questions")
    lines = [line for line in text.splitlines(keepends=True) if "postgres" not in line.casefold()]
    gone = "".join(lines).replace("`DATABASE_URL`", "`DATABASE_URL`")
    plan.write_text(gone, encoding="utf-8")
    blueprint = Path("blueprint.md")
    blueprint.write_text(BLUEPRINT.read_text(encoding="utf-8") + "\nReviewed.\n", encoding="utf-8")
    call = ("verify", "DPA-1", "plan.md", "-a", "blueprint.md", "--json")
    assert rules(dramaturg(*call)) == ["V106", "V305"]
    assert dramaturg(*call, "--accept").err == "plan.md: accepted as it stands\n"
    assert rules(dramaturg(*call)) == ["V106"]
    assert plan.read_text(encoding="utf-8").partition("<!--")[0] == gone.partition("<!--")[0]


def test_a_row_that_was_taken_out_is_missed_until_that_is_accepted(state: Path) -> None:
    model = ScriptedModel(writer(compile_plan(load_persona("SAA-1"))))
    whole = run_persona("SAA-1", CASES["SAA-1"], model=model, state=state).document.markdown
    rows = [line for line in whole.splitlines(keepends=True) if line.startswith("| Component of entry b")]
    edition = whole.replace(rows[0], "")
    first = verify("SAA-1", edition, CASES["SAA-1"])
    assert [finding.rule for finding in first.findings if finding.rule[1] == "2"] == ["V202"]
    second = verify("SAA-1", first.accepted(), CASES["SAA-1"])
    assert [finding.rule for finding in second.findings if finding.rule[1] != "4"] == []
    assert second.verdict.citations == first.verdict.citations


def test_what_is_wrong_is_not_accepted(plan: Path, state: Path) -> None:
    text = made(state).replace("cosign and stored", "cosign and kept")
    plan.write_text(text, encoding="utf-8")
    told = verified("--accept")
    assert (told.code, plan.read_text(encoding="utf-8")) == (1, text)
    with pytest.raises(CallerError, match="correct them first"):
        run_verify.write_accepted(verify("DPA-1", text, BLUEPRINT))
    with pytest.raises(CallerError, match="give its path"):
        run_verify.write_accepted(verify("DPA-1", made(state), BLUEPRINT))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("-", "--fix"), "--fix and --accept write the document back"),
        (("-", "--accept"), "--fix and --accept write the document back"),
        (("plan.md", "--diff"), "--diff prints what --fix would change"),
        (("plan.md", "--fix", "--diff", "--accept"), "--diff prints what --fix would change"),
        (("plan.md", "--fix", "--diff", "--json"), "--diff prints what --fix would change"),
    ],
)
def test_options_that_cannot_be_meant_together_are_refused(arguments: tuple[str, ...], complaint: str) -> None:
    told = dramaturg("verify", "DPA-1", *arguments)
    assert told.code == 2
    assert complaint in told.err


def test_a_read_only_document_is_told_of_and_left(plan: Path, state: Path) -> None:
    plan.write_text(made(state).replace("BLUEPRINT, L53]", "BLUEPRINT, L51]"), encoding="utf-8")
    plan.chmod(0o444)
    told = verified("--fix")
    assert told.code == 2
    assert "error: `plan.md` is read-only" in told.err
    assert "warning[V302]" in told.out


def test_a_document_that_something_else_wrote_is_held_to_what_it_says(plan: Path) -> None:
    plan.write_text(FOREIGN, encoding="utf-8")
    found = verify("DPA-1", plan, BLUEPRINT)
    told = [(finding.rule, finding.span.line) for finding in found.findings if finding.span]
    assert told == [
        ("V308", 1),  # it cites nothing
        ("V103", 5),
        ("V103", 12),
        ("V102", 20),
        ("V201", 20),
    ]
    assert "has no entry for `Functional Checks`" in found.findings[-1].message
    assert (found.verdict.demands, found.verdict.unmet) == (16, 1)


def test_a_document_that_something_else_wrote_can_be_accepted(plan: Path) -> None:
    checks = "### Functional checks\n\n- [ ] Sign in.\n\n## ROLLBACK"
    text = FOREIGN.replace("## ROLLBACK", checks).replace(
        "## Checks afterwards", "## POST-DEPLOYMENT VALIDATION CHECKLIST"
    )
    plan.write_text(text, encoding="utf-8")
    assert verified("--fix", "--accept").code == 0
    accepted = plan.read_text(encoding="utf-8")
    assert verify("DPA-1", accepted, BLUEPRINT).verdict.unmet == 0
    lost = {
        "2. Apply the migrations\n": "Applying database migrations",
        "- [ ] Look for startup errors.\n": "Log Analysis",
    }
    for line, name in lost.items():
        found = verify("DPA-1", accepted.replace(line, ""), BLUEPRINT).findings
        (fault,) = (finding for finding in found if finding.rule != "V308")
        assert fault.rule == "V201"
        assert f"has no entry for `{name}`" in fault.message


def test_a_citation_that_shows_no_quote_is_known_by_its_trace(state: Path) -> None:
    model = ScriptedModel(good_answer)
    text = run_persona("DPA-1", BLUEPRINT, model=model, state=state).document.markdown
    assert "[Source: ARCHITECTURE_BLUEPRINT, L19]" in text
    assert QUOTE not in text
    blueprint = BLUEPRINT.read_text(encoding="utf-8")
    moved = verify("DPA-1", text, blueprint.replace(QUOTE, f"Says Kim:\n{QUOTE}"))
    changed = verify("DPA-1", text, blueprint.replace("two hosts", "three hosts", 1))
    for found, rule in ((moved, "V302"), (changed, "V301")):
        cited = [finding for finding in found.findings if finding.rule[1] == "3" and finding.rule != "V309"]
        assert {finding.rule for finding in cited} == {rule}
        assert len(cited) == text.count("[Source:")
    assert "does not stand there any more; the artifact has changed since" in changed.findings[0].message


def test_a_document_of_redacted_artifacts_is_held_to_what_was_sent(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blueprint = f"{BLUEPRINT.read_text(encoding='utf-8')}\nSet DB_PASSWORD=hunter2-8fk2ksd9 on each host.\n"

    class Hosted(ScriptedModel):
        destination = "api.example"

    def answer(call: ModelCall) -> str:
        line = "Set DB_PASSWORD=REDACTED_SECRET_KEYWORD_1 on each host."
        evidence = [{"artifact": "ARCHITECTURE_BLUEPRINT", "quote": line}]
        return envelope([item(each.id, text=line, evidence=evidence) for each in call.owes])

    runtime = Runtime(model=Hosted(answer), secrets="redact", quotes=True, state=state)
    text = runtime.run("DPA-1", blueprint).document.markdown
    found = verify("DPA-1", text, blueprint)
    assert [finding.rule for finding in found.findings if finding.rule not in ("V309", "V401")] == ["V404"]
    assert found.verdict.citations == text.count("[Source:")
    monkeypatch.setattr(run_verify, "find_spec", lambda _: None)
    with pytest.raises(CallerError, match="pip install 'dramaturg\\[secrets\\]'"):
        verify("DPA-1", text, blueprint)
    assert verify("DPA-1", text).ok


def test_a_section_that_a_condition_led_past_is_not_missed() -> None:
    protocol = """<Step number="1" name="Rate" kind="analyze">Set `RISK` to high or low.</Step>
<Step number="2" name="Choose">Decide. <Condition check="RISK is low">Go on to Step 4.</Condition></Step>
<Step number="3" name="Plan">Produce the `MITIGATION`.</Step>
<Step number="4" name="End">Produce the `END`.</Step>
"""
    brief = brief_of(plan_of(protocol))

    def answer(call: ModelCall) -> str:
        evidence = [{"artifact": "blueprint", "quote": "The gateway listens on port 8080."}]
        items = [item(each.id, text="The gateway listens on port 8080.", evidence=evidence) for each in call.owes]
        return envelope(items, signals=[{"name": "RISK", "value": "low"}], notes="x")

    outcome = perform_by_hand(brief, answer).outcome
    assert outcome is not None
    text = document_of(brief, outcome).markdown
    assert verify_document(brief.plan, text, brief.artifacts).findings == ()
    without = text.partition("<!--")[0]
    assert [each.rule for each in verify_document(brief.plan, without, brief.artifacts).findings] == ["V101"]


def test_what_a_person_answered_cannot_be_looked_up_and_is_named() -> None:
    protocol = """<Step number="1" name="Ask">Ask the user who reads it.</Step>
<Step number="2" name="End">Produce the `END`.</Step>
"""
    brief = brief_of(plan_of(protocol))
    said = "It is read by the night shift."

    def answer(call: ModelCall) -> str:
        evidence = [{"artifact": call.artifacts[-1].label, "quote": said}]
        items = [item(each.id, text=said, evidence=evidence) for each in call.owes]
        return envelope(items, questions=[{"id": "who", "kind": "clarify", "text": "Who reads it?"}], notes="x")

    outcome = perform_by_hand(brief, answer, lambda _: Answer(text=said)).outcome
    assert outcome is not None
    text = document_of(brief, outcome).markdown
    (found,) = (each for each in verify_document(brief.plan, text, brief.artifacts).findings if each.rule != "V401")
    assert found.rule == "V306"
    assert found.message.startswith(
        "`ANSWERS_1` was not given, so that 1 citation could not be checked; it is what a per"
    )
    assert said not in text.partition("<!--")[2]


def files(folder: Path) -> Iterator[Path]:
    for name, text in (
        ("a.md", "The gateway listens on every interface.\n"),
        ("b.md", "The tracker keeps no state at all.\n"),
    ):
        (folder / name).write_text(text, encoding="utf-8")
        yield folder / name


def test_files_of_a_folder_are_artifacts_of_their_own(tmp_path: Path, state: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    first, second = files(folder)
    model = ScriptedModel(writer(compile_plan(load_persona("SEC-1"))))
    text = run_persona("SEC-1", folder, model=model, state=state).document.markdown
    faults = [each.rule for each in verify("SEC-1", text, folder).findings if each.rule != "V309"]
    assert faults == []
    second.write_text("The tracker keeps no state at all. Not any more.\n", encoding="utf-8")
    assert {each.rule for each in verify("SEC-1", text, folder).findings} - {"V309"} == {"V305"}
    first.unlink()
    assert {each.rule for each in verify("SEC-1", text, folder).findings} - {"V309"} == {"V303", "V305"}

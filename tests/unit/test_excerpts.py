"""Artifacts larger than the window: every call fits, steps see what they need, and what nobody saw is told."""

from dataclasses import replace
from pathlib import Path

from tests.support import BLUEPRINT, good_answer

from dramaturg import Runtime
from dramaturg.engine.calls import ModelCall
from dramaturg.findings.model import Severity
from dramaturg.models.profiles import hosted
from dramaturg.models.scripted import ScriptedModel

WINDOW = 8192
PROFILE = replace(hosted(WINDOW), max_output=1000)
FILLING = "\n\n".join(
    f"## {number}. Appendix on colours\n\n" + f"Colour number {number} is a shade of blue or of green. " * 8
    for number in range(100, 190)
)
TEXT = f"{BLUEPRINT.read_text(encoding='utf-8')}\n\n{FILLING}\n"
OFFSET = 'lines="55-94"'


def performed() -> tuple[ScriptedModel, Runtime]:
    """Return a model with a small window and a runtime that asks it."""
    model = ScriptedModel(good_answer, profile=PROFILE)
    return model, Runtime(model=model)


def tokens(call: ModelCall) -> int:
    """Return what a call takes of the window, its answer included."""
    return PROFILE.tokens("".join(message.text for message in call.messages)) + call.max_output


def test_every_call_fits_the_window_and_shows_the_outline_once() -> None:
    model, runtime = performed()
    runtime.run("DPA-1", TEXT)
    assert [call.step for call in model.calls] == ["1", "2", "3", "4", "5"]
    turns = [call.messages[-1].text for call in model.calls]
    for call in model.calls:
        assert tokens(call) <= WINDOW
        assert "".join(message.text for message in call.messages).count("This is their outline") == 1
        assert call.messages[1].parts[0] == model.calls[0].messages[1].parts[0]
        earlier = [message.text for message in call.messages[2:-1]]
        assert not any("<artifact " in text for text in earlier), "excerpts do not stay in the conversation"
    assert all("<artifact " in turn for turn in turns[1:])


def test_each_step_is_shown_the_parts_that_answer_it_with_their_lines() -> None:
    model, runtime = performed()
    runtime.run("DPA-1", TEXT)
    turns = {call.step: call.messages[-1].text for call in model.calls}
    assert f'<artifact id="ARCHITECTURE_BLUEPRINT" type="primary" {OFFSET}' in turns["3"]
    assert "docker compose exec gateway parcelctl maintenance on" in turns["3"]
    assert "Grafana dashboards" in turns["4"]
    assert "<artifact" not in turns["1"].partition("This is their outline")[0]


def test_a_quote_from_a_part_that_no_step_was_shown_is_found_all_the_same(state: Path) -> None:
    _, runtime = performed()
    result = runtime.run("DPA-1", TEXT)
    lines = {
        citation.lines for section in result.document.sections for e in section.entries for citation in e.citations
    }
    assert lines == {(19, 19)}
    assert len([*state.rglob("*.jsonl")]) == 1


def test_what_no_step_was_shown_is_told() -> None:
    _, runtime = performed()
    (told,) = [finding for finding in runtime.run("DPA-1", TEXT).findings if finding.rule == "A107"]
    assert told.severity == Severity.WARNING
    assert "no step was shown ARCHITECTURE_BLUEPRINT L" in told.message
    assert "Appendix on colours" in told.message


def test_artifacts_that_fit_are_shown_whole() -> None:
    text = "# Parts\n\nAll services run as containers on two hosts.\n"
    model, runtime = performed()
    result = runtime.run("DPA-1", text)
    assert text.strip() in model.calls[0].messages[1].parts[0].text
    assert not [finding for finding in result.findings if finding.rule == "A107"]


def test_a_run_over_excerpts_is_replayed_from_its_journal() -> None:
    _, runtime = performed()
    first = runtime.run("DPA-1", TEXT)
    again = Runtime(model=f"replay:{first.report.run}").run("DPA-1", TEXT)
    assert again.document.markdown == first.document.markdown
    assert again.report.calls == 0

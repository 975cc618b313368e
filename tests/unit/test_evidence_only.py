"""The embedded default: it quotes what answers and says what is missing; it never writes."""

import asyncio
from dataclasses import replace

import pytest
from tests.plans import BLUEPRINT, brief_of, plan_of
from tests.support import Performance, dpa1_brief, dpa1_job, perform_by_hand

from dramaturg.engine.brief import Brief
from dramaturg.engine.calls import ModelCall
from dramaturg.engine.outcome import Basis, Entry
from dramaturg.evidence.artifact import PLAIN, Artifact, Outline
from dramaturg.findings.model import Severity
from dramaturg.models.evidence_only import EvidenceModel
from dramaturg.plan.outputs import Item, StepOutput

ANSWERED = [
    "Configuration",
    "Dependencies",
    "Artifacts",
    "Enabling maintenance mode",
    "Applying database migrations",
    "Deploying the new application versions",
    "Running critical smoke tests",
    "Disabling maintenance mode",
    "Monitoring",
    "Log Analysis",
    "Functional Checks",
    "ROLLBACK PLAN",
]


def performed(brief: Brief) -> Performance:
    """Return a performance by the evidence model."""
    model = EvidenceModel()

    def answer(call: ModelCall) -> str:
        return asyncio.run(model.answer(call)).text

    return perform_by_hand(replace(brief, profile=model.profile, model=model.name), answer)


def entries_of(performance: Performance) -> dict[str, Entry]:
    """Return the entries of all sections by the requirement they cover."""
    assert performance.outcome is not None
    return {entry.covers[0]: entry for section in performance.outcome.sections for entry in section.entries}


@pytest.fixture(scope="module")
def example() -> dict[str, Entry]:
    """What DPA-1 gets from the example."""
    return entries_of(performed(dpa1_brief()))


def items_of(call: ModelCall, model: EvidenceModel) -> tuple[Item, ...]:
    """Return the items a call is answered with."""
    return StepOutput.model_validate_json(asyncio.run(model.answer(call)).text).items


def first_section_call(text: str, protocol: str, media_type: str = PLAIN) -> ModelCall:
    """Return the call that asks for the first section of a protocol on one artifact."""
    artifact = Artifact(id="blueprint", text=text, media_type=media_type)
    return performed(brief_of(plan_of(protocol), artifacts=[artifact])).calls[0]


@pytest.mark.parametrize("covered", ANSWERED)
def test_a_demand_the_example_answers_is_quoted(example: dict[str, Entry], covered: str) -> None:
    entry = example[covered]
    assert entry.basis is Basis.EVIDENCE
    assert entry.citations
    assert not entry.unsupported


def test_what_the_example_leaves_out_is_missing_and_asked(example: dict[str, Entry]) -> None:
    assert [name for name, entry in example.items() if entry.basis is Basis.MISSING] == ["Data Integrity"]
    outcome = performed(dpa1_brief()).outcome
    assert outcome is not None
    assert [(question.section, question.about) for question in outcome.questions] == [
        ("PRE-FLIGHT CHECKLIST", "Data Integrity"),
        ("Artifacts", "DOCUMENT_INCONSISTENCY"),
    ]
    (finding,) = outcome.findings
    assert (finding.rule, finding.severity, finding.step) == ("R205", Severity.WARNING, "2")
    assert "the artifacts do not answer `Data Integrity`" in finding.message


def test_a_demand_whose_words_no_line_says_is_answered_by_the_heading_of_its_name() -> None:
    protocol = '<Step number="1">Produce `NOTES`, including:\n- **Rollout:** xylophones and zithers.\n</Step>'
    text = "# Plan\n\n## Rollout\n\nStart the old image again.\n\n## Other\n\nNothing of that.\n"
    (found,) = items_of(first_section_call(text, protocol, "text/markdown"), EvidenceModel())
    assert [evidence.quote for evidence in found.evidence] == ["Start the old image again."]
    unnamed = text.replace("Rollout", "Elsewhere")
    (missing,) = items_of(first_section_call(unnamed, protocol, "text/markdown"), EvidenceModel())
    assert missing.basis == "missing"


@pytest.mark.parametrize(
    ("covered", "command", "foreign"),
    [("Enabling maintenance mode", "on", "off"), ("Disabling maintenance mode", "off", "on")],
)
def test_switching_on_never_brings_switching_off(
    example: dict[str, Entry], covered: str, command: str, foreign: str
) -> None:
    entry = example[covered]
    assert entry.command == f"docker compose exec gateway parcelctl maintenance {command}"
    assert f"maintenance {foreign}" not in " ".join(citation.quote for citation in entry.citations)


def test_every_command_is_a_block_of_the_artifacts(example: dict[str, Entry]) -> None:
    blueprint = dpa1_job().artifacts[0]
    blocks = {passage.text for passage in Outline(blueprint).passages() if passage.language == "sh"}
    commands = {entry.command for entry in example.values() if entry.command}
    assert len(commands) == 6
    assert commands <= blocks


def test_two_runs_are_alike() -> None:
    assert performed(dpa1_brief()).outcome == performed(dpa1_brief()).outcome


def test_a_step_that_writes_no_section_is_answered_with_nothing() -> None:
    model = EvidenceModel()
    call = performed(dpa1_brief()).calls[0]
    assert asyncio.run(model.answer(call)).text == StepOutput().model_dump_json()


def test_a_section_without_bullets_shows_the_quotes_and_not_the_demand() -> None:
    call = first_section_call("Run the gateway again.", '<Step number="1">Produce a `RUN BOOK` for the gateway.</Step>')
    (item,) = items_of(call, EvidenceModel())
    assert item.text == "From the artifacts:"
    assert item.covers == ("RUN BOOK",)


def test_a_long_line_is_quoted_in_whole_words_rather_than_called_missing() -> None:
    line = "Backups of the database run nightly. " + "They are kept for some days. " * 60
    protocol = '<Step number="1">Produce `NOTES`, including:\n- Database backups.\n</Step>'
    performance = performed(brief_of(plan_of(protocol), artifacts=[Artifact(id="blueprint", text=line)]))
    (citation,) = entries_of(performance)["Database backups"].citations
    assert 1100 < len(citation.quote) <= 1200
    assert line.startswith(citation.quote)


def test_no_more_commands_are_given_than_an_answer_holds() -> None:
    blocks = [f"Restart service number {at}:\n\n```sh\n# {at} {'x' * 1100}\n```\n" for at in range(5)]
    protocol = '<Step number="1">Produce a `RUN BOOK`, including:\n- Restart service number.\n</Step>'
    (item,) = items_of(first_section_call("\n".join(blocks), protocol, "text/markdown"), EvidenceModel())
    assert [line[:3] for line in item.command.split("\n")] == ["# 0", "# 1", "# 2"]


def test_a_block_too_long_to_be_quoted_gives_no_command() -> None:
    text = f"Restart the gateway:\n\n```sh\n# {'x' * 1300}\n```\n"
    protocol = '<Step number="1">Produce a `RUN BOOK`, including:\n- Restart the gateway.\n</Step>'
    (item,) = items_of(first_section_call(text, protocol, "text/markdown"), EvidenceModel())
    assert item.command == ""
    assert item.evidence[0].quote == "Restart the gateway:"


def test_a_demand_of_any_length_can_be_called_missing() -> None:
    protocol = f'<Step number="1">Produce `NOTES` on {"xylophones and " * 600} drums</Step>'
    (item,) = items_of(first_section_call("Nothing of that.", protocol), EvidenceModel())
    assert item.basis == "missing"
    assert item.text.startswith("nothing in the artifacts answers this: Produce `NOTES` on xylophones")
    assert item.text.endswith("…")


def test_a_section_that_is_missing_is_told_by_its_first_sentence() -> None:
    protocol = '<Step number="1">Produce `NOTES` on xylophones, e.g. tenor ones. Write them with care.</Step>'
    (item,) = items_of(first_section_call("Nothing of that.", protocol), EvidenceModel())
    assert item.text == "nothing in the artifacts answers this: Produce `NOTES` on xylophones, e.g. tenor ones."


def test_a_section_quotes_more_than_one_entry_holds() -> None:
    text = "\n\n".join(f"What to write about every xylophone: number {at}." for at in range(20))
    call = first_section_call(text, '<Step number="1">Write about every xylophone.</Step>')
    items = items_of(call, EvidenceModel())
    quotes = [quote.quote for item in items for quote in item.evidence]
    assert [item.text for item in items] == ["From the artifacts:", "And:", "And:"]
    assert len({*quotes}) == len(quotes) == 20


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("There are no backups of the database.", "missing"),
        (
            "The database is never backed up, backups are not made.",
            "evidence",
        ),  # only the word that follows is looked at
        ("Backups of the database run nightly; no downtime.", "evidence"),
        ("| Backups | no | database |", "evidence"),
    ],
)
def test_a_line_that_denies_a_demand_does_not_answer_it(text: str, basis: str) -> None:
    protocol = '<Step number="1">Produce `NOTES`, including:\n- Database backups.\n</Step>'
    assert items_of(first_section_call(text, protocol), EvidenceModel())[0].basis == basis


def test_a_code_section_is_answered_with_quotes_too() -> None:
    call = first_section_call(
        "Write a script: the xylophone is tuned.", '<Step number="1">Write a script for the xylophone.</Step>'
    )
    (item,) = items_of(call, EvidenceModel())
    assert (item.basis, item.file.content) == ("evidence", "")


def test_a_key_of_any_length_can_be_covered() -> None:
    key = "Confirm that the operator on duty has read and understood every line of the plan that follows below " * 2
    protocol = f'<Step number="1">Produce `NOTES`, including:\n- **{key.strip()}:** in writing.\n</Step>'
    assert items_of(first_section_call("Nothing of that.", protocol), EvidenceModel())


def test_other_artifacts_are_indexed_anew_and_a_closed_model_can_be_asked_again() -> None:
    model = EvidenceModel()
    protocol = '<Step number="1">Produce `NOTES`, including:\n- Gateway port.\n</Step>'
    call = performed(brief_of(plan_of(protocol))).calls[0]
    other = replace(call, artifacts=(Artifact(id="blueprint", text="The gateway has another port."),))
    assert items_of(call, model)[0].evidence[0].quote in BLUEPRINT.text
    assert items_of(other, model)[0].evidence[0].quote == "The gateway has another port."
    asyncio.run(model.aclose())
    assert items_of(other, model)[0].evidence[0].quote == "The gateway has another port."
    asyncio.run(model.aclose())
    asyncio.run(model.aclose())
    assert items_of(replace(call, artifacts=()), model)[0].basis == "missing"

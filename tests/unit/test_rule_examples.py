"""What the pages of the artifacts' and the results' rules show: performed, each example raises its rule."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from tests.rules_page import Fence, fences
from tests.support import perform_by_hand

from dramaturg.data import prompts_root
from dramaturg.engine.brief import JUDGE, Respondent
from dramaturg.engine.calls import Answer, ModelReply, Stop, Usage
from dramaturg.engine.outcome import Outcome
from dramaturg.engine.verify.document import verify_document
from dramaturg.errors import SecretsFound, StepFailed
from dramaturg.findings.catalogue import read_rule, rule_ids
from dramaturg.findings.model import Finding
from dramaturg.models.profiles import hosted, quoting
from dramaturg.persona.library import Library
from dramaturg.run import secrets
from dramaturg.run.follow import follow
from dramaturg.run.job import Job, Plans, prepare
from dramaturg.run.perform import document_of, remarks
from dramaturg.run.report import HandedOver, RunReport, RunResult

_RULES = [rule for rule in rule_ids() if not rule.startswith(("P", "E"))]
_PERSONA = """---
alias: audit-1
title: Auditor
expected_artifacts:
  - id: blueprint
---
<operational_protocol>
{steps}
</operational_protocol>
"""
_NO_REPORT = RunReport(
    run="", persona="audit-1", plan_digest="", model="", calls=0, replayed=0, usage=Usage(), cost=0, findings=()
)
_ARTIFACT = "The gateway listens on port 8080.\n"


@pytest.mark.parametrize("rule", _RULES)
def test_the_example_of_a_page_raises_its_rule(rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [*fences(read_rule(rule).page, "Example")]
    if any(fence.said.get("without") == "secrets" for fence in shown):
        monkeypatch.setattr(secrets, "find_spec", lambda _: None)
    found = _performed(shown, tmp_path)
    assert {finding.severity for finding in found if finding.rule == rule} == {read_rule(rule).severity}


@pytest.mark.parametrize("rule", _RULES)
def test_the_mended_example_of_a_page_has_nothing_to_report(rule: str, tmp_path: Path) -> None:
    assert _performed([*fences(read_rule(rule).page, "Mended")], tmp_path) == ()


def _performed(shown: Sequence[Fence], folder: Path) -> tuple[Finding, ...]:
    """Return what is found in the document shown; without one, in the artifacts and in the answer."""
    job = _job(shown, folder)
    documents = [fence.text for fence in shown if fence.kind == "markdown"]
    if documents:
        return verify_document(job.plan, documents[0], job.artifacts).findings
    answers = [fence for fence in shown if fence.kind == "json"]
    try:
        _, told = secrets.screened(job.artifacts, "stop")
    except SecretsFound as refusal:
        return refusal.findings
    if told:
        return told
    return (*job.findings, *_judged(job, answers, folder)) if answers else job.findings


def _job(shown: Sequence[Fence], folder: Path) -> Job:
    personas = [fence.text for fence in shown if fence.kind == "persona"]
    steps = "\n".join(fence.text for fence in shown if fence.kind == "step")
    path = folder / "example.persona.md"
    path.write_text(personas[0] if personas else _PERSONA.format(steps=steps), encoding="utf-8")
    given: dict[str, str | Path] = {"blueprint": _ARTIFACT}
    given |= {
        fence.said.get("named", "blueprint"): _given(fence, folder) for fence in shown if fence.kind == "artifact"
    }
    return prepare(Plans(Library((folder,))), prompts_root(), str(path), given)


def _given(fence: Fence, folder: Path) -> str | Path:
    """Return an artifact as its fence gives it: a text, or with `file=` the file or the folder of that path."""
    if "file" not in fence.said:
        return fence.text * int(fence.said.get("times", 1))
    path = folder / "given" / fence.said["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(fence.text.encode(fence.said.get("saved-as", "utf-8")))
    return folder / "given" / Path(fence.said["file"]).parts[0]


def _judged(job: Job, answers: Sequence[Fence], folder: Path) -> tuple[Finding, ...]:
    """Return what is said of an answer; the second one, where there is one, is the judge's."""
    answer = answers[0]
    profile = quoting() if answer.said.get("model") == "evidence" else hosted(int(answer.said.get("window", 0)) or None)
    stops: dict[str, Stop] = {"length": "length", "loop": "loop"}
    reply = ModelReply(text=answer.text, stop=stops.get(answer.said.get("stop", ""), "end"))
    said = answer.said.get("person", "yes")
    others = {JUDGE: Respondent(model="judge", profile=hosted())} if answers[1:] else {}
    brief = job.brief(profile, "scripted", reasks=0, others=others)
    try:
        performance = perform_by_hand(
            brief,
            lambda call: ModelReply(text=answers[1].text) if call.step == JUDGE else reply,
            lambda _: Answer(text=said),
        )
    except StepFailed as failed:
        return failed.findings
    outcome = performance.outcome
    assert outcome is not None
    return (*outcome.findings, *remarks(brief, outcome), *_not_followed(job, outcome, folder))


def _not_followed(job: Job, outcome: Outcome, folder: Path) -> tuple[Finding, ...]:
    """Return why what was handed over is not followed; the persona of the example is the only one there is."""

    async def performed(alias: str, inputs: Mapping[str, str], chain: Sequence[str]) -> RunResult:
        raise AssertionError(f"`{alias}` is performed after {chain} on {inputs}")

    handed = tuple(HandedOver(persona=each.persona, mandate=each.mandate, inputs={}) for each in outcome.handoffs)
    own = document_of(job.brief(hosted(), "scripted", reasks=0), outcome)
    result = RunResult(document=own, report=_NO_REPORT, handoffs=handed)
    _, findings = asyncio.run(follow(result, [job.plan.persona.alias.casefold()], Library((folder,)), performed))
    return findings

"""The README's first command: what a newcomer holds after one line, checked against the artifacts themselves."""

import re
from typing import Any

import pytest
from tests.commands import RUN, Told, dramaturg
from tests.support import BLUEPRINT, COMPOSE

from dramaturg import compile_plan, load_persona
from dramaturg.plan.model import Level

TEXTS = {
    "architectural_blueprint": BLUEPRINT.read_text(encoding="utf-8"),
    "raw_docker_compose": COMPOSE.read_text("utf-8"),
}
SECTIONS = ["PRE-FLIGHT CHECKLIST", "EXECUTION PLAN", "POST-DEPLOYMENT VALIDATION CHECKLIST", "ROLLBACK PLAN"]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The example performed once, by the command a newcomer types."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAMATURG_STATE", str(tmp_path_factory.mktemp("state")))
        return dramaturg(*RUN, "--model", "evidence", "--json")


@pytest.fixture(scope="module")
def document(told: Told) -> dict[str, Any]:
    given = told.json["document"]
    assert isinstance(given, dict)
    return given


def musts() -> list[tuple[str, str]]:
    """Return section and id of everything DPA-1 must say, the sections as such included."""
    plan = compile_plan(load_persona("DPA-1"))
    return [
        (step.section, requirement.id)
        for step in plan.sections
        for requirement in step.requirements
        if requirement.level is Level.MUST
    ]


def quoted_lines(citation: dict[str, Any]) -> str:
    first, last = citation["lines"]
    return "\n".join(TEXTS[citation["artifact"]].split("\n")[first - 1 : last])


def test_the_document_has_the_plans_title_and_sections_in_order(document: dict[str, Any]) -> None:
    assert document["title"] == "Production Deployment Plan"
    assert [section["title"] for section in document["sections"]] == SECTIONS
    headings = re.findall(r"^(#+) (.+)$", document["markdown"], re.MULTILINE)
    assert headings == [("#", document["title"]), *(("##", title) for title in [*SECTIONS, "Open questions"])]


@pytest.mark.parametrize(("section", "requirement"), musts())
def test_every_must_is_answered_by_a_citation_that_stands_there_or_is_an_open_question(
    document: dict[str, Any], section: str, requirement: str
) -> None:
    entries = next(one["entries"] for one in document["sections"] if one["title"] == section)
    answers = [entry for entry in entries if requirement in entry["covers"] or requirement == section]
    assert answers
    citations = [citation for entry in answers for citation in entry["citations"]]
    asked = [
        question
        for question in document["questions"]
        if (question["section"], question["about"]) == (section, requirement)
    ]
    assert bool(citations) != bool(asked)
    for citation in citations:
        assert citation["quote"] == quoted_lines(citation)
        first, last = citation["lines"]
        place = f"L{first}" if first == last else f"L{first}-{last}"
        assert f"[Source: {citation['label']}, {place}]" in document["markdown"]


def test_what_the_blueprint_leaves_out_is_asked(document: dict[str, Any]) -> None:
    assert [(question["section"], question["about"]) for question in document["questions"]] == [
        ("PRE-FLIGHT CHECKLIST", "Data Integrity"),
        ("Artifacts", "DOCUMENT_INCONSISTENCY"),
    ]
    assert "[MISSING: nothing in the artifacts answers this: A mandatory database backup" in document["markdown"]


def test_commands_are_the_blueprints_own_and_nothing_is_left_unsupported(document: dict[str, Any]) -> None:
    entries = [entry for section in document["sections"] for entry in section["entries"]]
    commands = [line for entry in entries for line in entry["command"].splitlines()]
    assert "docker compose run --rm tracker alembic upgrade head" in commands
    assert all(command in TEXTS["architectural_blueprint"] for command in commands)
    assert not any(entry["unsupported"] for entry in entries)
    enabling = next(entry for entry in entries if "Enabling maintenance mode" in entry["covers"])
    assert "maintenance on" in enabling["command"]
    assert "maintenance off" not in enabling["command"]


def test_the_reader_is_told_that_no_model_wrote_it(told: Told, document: dict[str, Any]) -> None:
    assert told.code == 0
    assert document["markdown"].split("\n\n")[1].startswith("> No language model wrote this.")
    assert told.err.startswith("model evidence: no language model; nothing leaves this machine\n")


def test_the_same_blueprint_gives_the_same_bytes(document: dict[str, Any]) -> None:
    assert dramaturg(*RUN, "--model", "evidence", "--fresh").out == document["markdown"]

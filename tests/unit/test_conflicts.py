"""Artifacts to contradictions: what is one, what only looks like one, and which artifact counts."""

import pytest
from tests.quotes import artifacts as shipped

from dramaturg.evidence.artifact import MARKDOWN, PLAIN, Artifact
from dramaturg.evidence.conflicts import conflicts

TABLE = "| Service | Port | Replicas |\n|---|---|---|\n| `tracker` | 8090 | 4 |\n| **gateway** | 8080 | – |\n"
COMPOSE = "services:\n  tracker:\n    image: registry.example/tracker:4.2.0\n"


def told(first: str, second: str, *, kind: str = PLAIN) -> list[str]:
    """Return the contradictions of a Markdown text and another artifact."""
    found = conflicts(
        [
            Artifact(id="compose", text=second, media_type=kind, primary=False, source="compose.yml"),
            Artifact(id="blueprint", text=first, media_type=MARKDOWN),
        ]
    )
    return [str(conflict) for conflict in found]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            TABLE,
            COMPOSE + "    deploy: {replicas: 2}\n",
            "replicas of `tracker`: BLUEPRINT L3 says 4, COMPOSE L4 says 2",
        ),
        (
            TABLE,
            COMPOSE + '    ports: ["9000:8091"]\n',
            "port of `tracker`: BLUEPRINT L3 says 8090, COMPOSE L4 says 8091",
        ),
        (
            "It uses **PostgreSQL 16** for all.",
            "services:\n  db:\n    image: postgres:15.4-alpine\n",
            "version of `PostgreSQL`: BLUEPRINT L1 says 16, COMPOSE L3 says 15.4",
        ),
        (
            "The `gateway` listens on port 8080.",
            "services:\n  gateway:\n    ports:\n      - 127.0.0.1:80:8081/tcp\n",
            "port of `gateway`: BLUEPRINT L1 says 8080, COMPOSE L4 says 8081",
        ),
        (
            "LOG_LEVEL=debug\n",
            "export LOG_LEVEL='info'\n",
            "setting of `LOG_LEVEL`: BLUEPRINT L1 says debug, COMPOSE L1 says info",
        ),
    ],
)
def test_values_that_cannot_both_be_true_are_told_primary_first(first: str, second: str, expected: str) -> None:
    assert told(first, second) == [expected]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("It uses PostgreSQL 16.", "services:\n  db:\n    image: postgres:16.4\n", id="more exactly"),
        pytest.param(TABLE, COMPOSE + "    deploy: {replicas: 4}\n", id="the same"),
        pytest.param(TABLE, "services:\n  other:\n    deploy: {replicas: 2}\n", id="another subject"),
        pytest.param(TABLE, COMPOSE + '    ports: ["1:8091", "2:8092"]\n', id="several ports"),
        pytest.param("Ruby 3.2, then Ruby 3.3.", "services:\n  a:\n    image: ruby:3.1\n", id="two values of its own"),
        pytest.param("From PostgreSQL 16 %.", "services:\n  db:\n    image: postgres:15\n", id="no version"),
        pytest.param("On March 12 it was.", "services:\n  a:\n    image: march:14\n", id="a date"),
        pytest.param(TABLE, "services: [unclosed", id="broken YAML"),
        pytest.param(TABLE, "services:\n  tracker: 5\n", id="YAML of another shape"),
        pytest.param(TABLE, "a: &a [*a]\nservices: {tracker: {image: latest}}\n", id="a circle in YAML"),
    ],
)
def test_what_may_both_be_true_is_no_contradiction(first: str, second: str) -> None:
    assert told(first, second) == []


def test_a_large_manifest_is_passed_over_rather_than_parsed() -> None:
    large = COMPOSE + "    deploy: {replicas: 2}\n" + "# filling\n" * 30_000
    assert told(TABLE, large) == []


def test_the_shipped_cases_hold_the_contradictions_put_there_and_no_false_alarm() -> None:
    cases = {artifact.id.partition("_")[0]: [] for artifact in shipped()}  # type: dict[str, list[Artifact]]
    for artifact in shipped():
        cases[artifact.id.partition("_")[0]].append(artifact)
    found = {name: [str(each) for each in conflicts(artifacts)] for name, artifacts in cases.items()}
    assert {name: each for name, each in found.items() if each} == {
        "parcel-tracking": [
            "replicas of `tracker`: PARCEL_TRACKING_BLUEPRINT L14 says 4, PARCEL_TRACKING_COMPOSE L20 says 2"
        ],
        "warehouse-picking": [
            "port of `picker-api`: WAREHOUSE_PICKING_BLUEPRINT L13 says 8443, WAREHOUSE_PICKING_COMPOSE L5 says 8444",
            "replicas of `route-planner`: WAREHOUSE_PICKING_BLUEPRINT L14 says 3, WAREHOUSE_PICKING_COMPOSE L12 says 2",
        ],
    }

"""Claims to doubts: what is taken for a value, what is doubted, and how often that is right."""

import pytest
from tests.benchmarks.claims import HELD_OUT, INVENTED, LABELLED, TRUE, labelled_claims, score, table
from tests.support import ROOT

from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.claims import Claim, Ledger
from dramaturg.evidence.values import Stated, Value, values_of

TEXT = """# Parts

The `gateway` listens on port 8080 and runs Go 1.23 on `prod-app-1`. It keeps ten sessions.

| Service | Port |
|---|---|
| `tracker` | 8090 |

Restart it: `docker compose restart gateway`. The table has 12,400 rows. It is not replicated.
"""
LEDGER = Ledger([Artifact(id="blueprint", text=TEXT)], granted="Confirm with the Change Board.")
CLAIMS = labelled_claims()
OPPOSITE = "one of claim and quote denies `replicated`, the other does not"
ELSEWHERE = "its quotes have next to no words in common with it"


def doubts(text: str, quote: str, command: str = "") -> list[str]:
    """Return what is doubted about a claim, rule and words."""
    citation = LEDGER.shelf.of(LEDGER.shelf.artifacts[0]).locate(quote)
    assert citation is not None
    found = LEDGER.doubts(Claim(text=text, command=command, citations=(citation,)))
    return [f"{doubt.rule} {doubt.what}" for doubt in found]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("It runs v1.2.3 on port 8080.", ["v1.2.3", "8080"]),
        (
            "Open https://api.parcel.example/v2 and db.internal:5432.",
            ["https://api.parcel.example", "db.internal", "5432"],
        ),
        ("Set `DATABASE_URL` in /srv/parcel/.env for prod-app-1.", ["DATABASE_URL", "/srv/parcel/.env", "prod-app-1"]),
        (
            "At 22:00 it holds 12,400 rows, 1 912 440 118 ids and 50_000 more.",
            ["22:00", "12400", "1912440118", "50000"],
        ),
        ("Ask Henrik about SendGrid on Monday.", ["SendGrid", "Henrik"]),
        ("A one-off, user-facing change of the API.", []),
        ("Wait 10s, 4 % at most.", ["10", "4"]),
    ],
)
def test_values_are_what_can_be_looked_for(text: str, values: list[str]) -> None:
    assert [value.text for value in values_of(text)] == values


@pytest.mark.parametrize(
    ("text", "value", "says"),
    [
        ("gateway:4.2.0", "4.2.0", True),
        ("gateway:4.2.0", "4.2", True),
        ("gateway:4.2.0", "2.0", False),
        ("port 8080", "80", False),
        ("timeout of 4s", "4", True),
        ("five releases", "5", True),
        ("5 releases", "five", True),
        ("| a | 12,400 |", "12400", True),
        ("| 63 | 377 |", "63377", False),
        ("the tracker_events", "tracker", False),
        ("", "x", False),
    ],
)
def test_a_value_stands_only_whole(text: str, value: str, says: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert Stated(text).says(Value(text=value, kind="number")) is says


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        ("The gateway listens on 8080.", "listens on port 8080", []),
        ("The gateway listens on 9090.", "listens on port 8080", ["R307 no artifact says `9090`"]),
        ("The gateway listens on port 8090.", "listens on port 8080", ["R309 its quotes do not say `8090`"]),
        ("It keeps twelve sessions.", "It keeps ten sessions.", ["R309 its quotes do not say `twelve`"]),
        (
            "Run `kubectl rollout undo`.",
            "docker compose restart gateway",
            ["R307 no artifact has the command `kubectl rollout undo`"],
        ),
        ("Ask the Change Board, then restart it.", "docker compose restart gateway", []),
        ("The table is replicated.", "It is not replicated", [f"R309 {OPPOSITE}"]),
        ("Validate every backup by a restore.", "keeps ten sessions", [f"R308 {ELSEWHERE}"]),
    ],
)
def test_what_is_doubtful_is_told(text: str, quote: str, expected: list[str]) -> None:
    assert doubts(text, quote) == expected


@pytest.mark.parametrize(
    ("command", "strange"),
    [
        ("docker compose restart tracker", False),
        ("RELEASE=1 docker compose restart gateway --now", False),
        ("# restart it", False),
        ("", False),
        ("docker swarm leave --force", True),
        ("systemctl restart gateway", True),
    ],
)
def test_a_command_is_strange_if_the_artifacts_do_not_know_its_words(command: str, strange: bool) -> None:  # noqa: FBT001
    assert bool(doubts("Restart it.", "docker compose restart gateway", command)) is strange


def test_a_claim_without_a_quote_is_not_doubted() -> None:
    assert [*LEDGER.doubts(Claim(text="It runs 9.9.9.", command="", citations=()))] == []


def test_the_labelled_claims_are_many_and_half_of_them_wrong() -> None:
    assert len(CLAIMS) >= 150
    assert len([*LABELLED.glob("*.yaml")]) >= 5
    assert 0.45 <= sum(claim.label != TRUE for claim in CLAIMS) / len(CLAIMS) <= 0.6


@pytest.mark.parametrize("cases", [(), HELD_OUT], ids=["all", "held out"])
def test_invented_values_are_told_as_well_as_promised(cases: tuple[str, ...]) -> None:
    told = score([claim for claim in CLAIMS if not cases or claim.case in cases], INVENTED, ("R307",))
    assert told.precision >= 0.8
    assert told.recall >= 0.6


def test_the_figures_of_the_documentation_are_those_of_the_command() -> None:
    page = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    assert table(CLAIMS) in page
    assert f"{len(CLAIMS)} claims over {len([*LABELLED.glob('*.yaml')])} sets of artifacts" in page

"""Secrets in artifacts: found, never printed, never sent unasked, and replaced without moving a line."""

import asyncio
import pickle
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.quotes import artifacts as shipped
from tests.support import good_answer

from dramaturg import Runtime
from dramaturg.engine.calls import Answer, ModelCall, ModelReply, Question
from dramaturg.errors import CallerError, SecretsFound
from dramaturg.evidence.artifact import Artifact
from dramaturg.findings.model import Severity
from dramaturg.models.scripted import ScriptedModel
from dramaturg.run import secrets
from dramaturg.run.drive import Respond
from dramaturg.run.respond import discreet
from dramaturg.run.secrets import find_secrets, screened

pytestmark = pytest.mark.skipif(find_spec("detect_secrets") is None, reason="the extra `secrets` is not installed")
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7x\nq8Jk2l\n-----END RSA PRIVATE KEY-----"
PASSWORD = "Tr0ub4dor3xyz"  # noqa: S105 - nobody's
SECRETS = [
    ("AWS Access Key", "AKIAIOSFODNN7EXAMPLQ"),
    ("GitHub Token", "ghp_1234567890abcdefghijklmnopqrstuvwxyzAB"),
    ("Slack Token", "xoxb-123456789012-123456789012-abcdefabcdefabcdefabcdef"),
    ("Basic Auth Credentials", "s3cr3tpw"),
    ("Private Key", KEY),
    ("Anthropic Token", "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"),
    (
        "JSON Web Token",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9",
    ),
    ("Secret Keyword", PASSWORD),
]
DRESS = {
    "Basic Auth Credentials": "postgres://app:{}@db.internal/ledger",
    "Secret Keyword": "Set `DB_PASSWORD={}` there.",
}


class HostedModel(ScriptedModel):
    """A scripted model that is somewhere else, as far as anybody can tell."""

    destination = "text goes to api.example"


def artifact_with(kind: str, secret: str) -> Artifact:
    """Return an artifact that holds a secret in its third line."""
    return Artifact(
        id="blueprint", text=f"# Parts\r\n\r\n{DRESS.get(kind, 'It is {} here').format(secret)}\r\nand more.\r\n"
    )


@pytest.mark.parametrize(("kind", "secret"), SECRETS, ids=[kind for kind, _ in SECRETS])
def test_a_secret_is_found_whole_at_its_place(kind: str, secret: str) -> None:
    artifact = artifact_with(kind, secret)
    (found,) = find_secrets(artifact)
    assert (found.kind, artifact.text[found.start : found.end], found.span.line) == (kind, secret, 3)


@pytest.mark.parametrize(
    "text",
    [
        "The password: stored in Vault under `secret/parcel/prod`.",
        "Set DB_PASSWORD=${DB_PASSWORD} from the environment.",
        "| `DATABASE_URL` | yes | `tracker` | PostgreSQL connection string |",
        "The token is the row's sequence number in base 62.",
        "Build 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 is signed.",
    ],
)
def test_what_only_speaks_of_secrets_is_none(text: str) -> None:
    assert find_secrets(Artifact(id="blueprint", text=text)) == ()


def test_the_shipped_cases_hold_no_secret() -> None:
    assert [secret for artifact in shipped() for secret in find_secrets(artifact)] == []


def test_a_secret_stops_the_run_before_anything_is_sent_and_is_not_printed(state: Path) -> None:
    model = HostedModel(good_answer)
    with pytest.raises(SecretsFound) as refused:
        Runtime(model=model).run("DPA-1", f"# Parts\n\nDB_PASSWORD={PASSWORD}\n")
    (finding,) = refused.value.findings
    assert (finding.rule, finding.severity) == ("A105", Severity.ERROR)
    assert finding.span is not None
    assert (finding.span.path, finding.span.line, finding.span.column) == ("ARCHITECTURE_BLUEPRINT", 3, 13)
    assert PASSWORD not in f"{finding}{refused.value}"
    assert model.calls == []
    assert not [*state.rglob("*.jsonl")]
    assert pickle.loads(pickle.dumps(refused.value)).findings == refused.value.findings  # noqa: S301 - our own


def test_what_stays_on_this_machine_is_not_looked_through() -> None:
    model = ScriptedModel(good_answer)
    Runtime(model=model, reasks=0).run(
        "DPA-1", f"All services run as containers on two hosts. DB_PASSWORD={PASSWORD}\n"
    )
    assert PASSWORD in model.calls[0].messages[1].text


def test_allowed_secrets_are_sent_and_told() -> None:
    model = HostedModel(good_answer)
    text = f"All services run as containers on two hosts.\nDB_PASSWORD={PASSWORD}\n"
    result = Runtime(model=model, secrets="allow").run("DPA-1", text)
    assert PASSWORD in model.calls[0].messages[1].text
    (told,) = [finding for finding in result.findings if finding.rule == "A105"]
    assert (told.severity, told.span, PASSWORD in told.message) == (Severity.WARNING, None, False)


def test_a_redacted_secret_is_in_no_prompt_no_journal_and_no_document(state: Path) -> None:
    lines = [
        "All services run as containers on two hosts.",
        f"DB_PASSWORD={PASSWORD}",
        "",
        f"Again {PASSWORD}.",
        "",
        KEY,
    ]
    text = "\n".join([*lines, "The end."])

    def quoting(call: ModelCall) -> ModelReply | str:
        return good_answer(call).replace("Do what is demanded", "Set DB_PASSWORD=REDACTED_SECRET_KEYWORD_1")

    model = HostedModel(quoting)
    result = Runtime(model=model, secrets="redact").run("DPA-1", text)
    sent = "\n".join(message.text for call in model.calls for message in call.messages)
    kept = "\n".join(path.read_text(encoding="utf-8") for path in state.rglob("*.jsonl"))
    for where in (sent, kept, result.document.markdown, str(result.findings)):
        assert PASSWORD not in where
        assert "MIIEowIBAAKCAQEA7x" not in where
    assert "DB_PASSWORD=REDACTED_SECRET_KEYWORD_1" in sent
    assert "Again REDACTED_SECRET_KEYWORD_1." in sent
    assert "REDACTED_SECRET_KEYWORD_1" in result.document.markdown
    told = [finding.message for finding in result.findings if finding.rule == "A105"]
    assert told == [
        "ARCHITECTURE_BLUEPRINT, line 2: this looks like a secret (Secret Keyword)",
        "ARCHITECTURE_BLUEPRINT, line 6: this looks like a secret (Private Key)",
    ]


def test_a_redaction_moves_no_line() -> None:
    artifact = artifact_with("Private Key", KEY)
    (redacted,), _ = screened([artifact], "redact")
    assert redacted.text.count("\n") == artifact.text.count("\n")
    assert redacted.text.splitlines()[2] == "It is REDACTED_PRIVATE_KEY_1"


@pytest.mark.parametrize(("handling", "rules"), [("stop", ["A106"]), ("redact", ["A106"]), ("allow", [])])
def test_without_the_extra_a_hosted_run_says_so(
    monkeypatch: pytest.MonkeyPatch, handling: secrets.Handling, rules: Sequence[str]
) -> None:
    monkeypatch.setattr(secrets, "find_spec", lambda _: None)
    _, told = screened([artifact_with("Secret Keyword", PASSWORD)], handling)
    assert [finding.rule for finding in told] == rules


def test_another_handling_is_refused() -> None:
    with pytest.raises(CallerError, match="`secrets` must be one of stop, allow, redact, not 'maybe'"):
        Runtime(model="evidence", secrets="maybe")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said", [Answer(text=f"It is DB_PASSWORD={PASSWORD}."), Answer(artifact=KEY, name="ops.md")], ids=["words", "file"]
)
def test_what_a_person_says_or_hands_over_is_looked_through(said: Answer) -> None:
    question = Question(id="2", step="2", kind="artifact", text="Hand over the runbook.")

    async def respond(_: Question) -> Answer:
        return said

    with pytest.raises(SecretsFound):
        asyncio.run(_answered(discreet(respond, "stop"), question))
    assert asyncio.run(_answered(discreet(respond, "allow"), question)) == said
    kept = asyncio.run(_answered(discreet(respond, "redact"), question))
    assert kept is not None
    assert "REDACTED_" in kept.text + (kept.artifact or "")
    assert not any(secret in kept.text + (kept.artifact or "") for secret in (PASSWORD, KEY))
    assert kept.name == said.name


async def _answered(respond: Respond, question: Question) -> Answer | None:
    return await respond(question)

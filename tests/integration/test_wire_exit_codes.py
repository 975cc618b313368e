"""What a provider does to what the command exits with and says: one code for each kind of error."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.servers import Server, Turn, page
from tests.support import BLUEPRINT, envelope
from tests.vendors import HOSTED, LOCAL, REFUSAL, RESPONSES, VENDORS, Chat, Vendor

from dramaturg.cli.main import main
from dramaturg.models.model import Model
from dramaturg.models.profiles import hosted, local
from dramaturg.models.spec import ModelSpec

_AT_ONCE = {"retry-after": "0"}
_CALLS = 5


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return what runs the command line with a server behind whatever model it names."""

    def run(server: Server, *arguments: str) -> tuple[int, str, str]:
        async def opened(spec: ModelSpec, window: int | None = None) -> Model:
            assert str(spec) == "openai:any"
            assert window in (None, hosted().window)  # a resumed run keeps the window it began with
            return server.model

        monkeypatch.setattr("dramaturg.models.pool.open_model", opened)
        monkeypatch.setattr(sys, "argv", ["dramaturg", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        assert isinstance(code, int)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert "defect" not in said.err
        return code, said.out, said.err

    return run


Command = Callable[..., tuple[int, str, str]]
_RUN = ("run", "DPA-1", str(BLUEPRINT), "--model", "openai:any")


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_a_good_provider_makes_a_document_and_exit_0(command: Command, vendor: Vendor) -> None:
    server = Server(vendor, [httpx2.Response(503, headers=_AT_ONCE)])
    code, out, err = command(server, *_RUN)
    assert code == 0
    assert out.startswith("# Production Deployment Plan\n")
    assert f"{vendor.provider} answered 503; trying again in 0 s" in err
    assert f"used {_CALLS} calls, {_CALLS * 3210:,} tokens in ({_CALLS * 3000:,} cached), {_CALLS * 70} out" in err
    assert len(server.requests) == _CALLS + 1


def _short(vendor: Vendor) -> list[tuple[str, Turn, str]]:
    return [
        ("a requirement is missing", lambda _: vendor.said(envelope()), "no item covers `Configuration`"),
        ("no JSON", lambda _: vendor.said("I think"), "the answer is not JSON"),
        ("cut", vendor.cut, "the answer was cut after 20,000 tokens"),
    ]


@pytest.mark.parametrize("case", range(3), ids=["a requirement is missing", "no JSON", "cut"])
@pytest.mark.parametrize("vendor", HOSTED, ids=lambda vendor: vendor.name)
def test_answers_that_fall_short_to_the_end_exit_1_and_keep_what_was_produced(
    command: Command, vendor: Vendor, case: int
) -> None:
    _, turn, reason = _short(vendor)[case]
    code, out, err = command(Server(vendor, [vendor.said], always=lambda: turn), *_RUN)
    assert (code, out) == (1, "")
    assert reason in err
    assert "error: step 2 `PRE-FLIGHT CHECKLIST` could not be satisfied" in err
    assert "what was produced is kept: dramaturg runs dpa-1-" in err


def test_an_invented_quote_exits_0_with_a_warning_and_1_under_strict(command: Command) -> None:
    def invented(text: str) -> dict[str, Any]:
        return RESPONSES.said(text.replace("All services run", "No services run"))

    code, out, err = command(Server(RESPONSES, always=lambda: invented), *_RUN)
    assert code == 0
    assert "[UNSUPPORTED]" in out
    assert "warning[R302]" in err
    code, out, err = command(Server(RESPONSES, always=lambda: invented), *_RUN, "--strict")
    assert code == 1
    assert "[UNSUPPORTED]" in out
    assert "error[R302]" in err


def test_artifacts_larger_than_the_window_exit_2_before_any_call(command: Command) -> None:
    server = Server(Chat("small", LOCAL.address, local(1024)))
    code, out, err = command(server, *_RUN)
    assert (code, out, server.requests) == (2, "", [])
    assert "the artifacts are larger than the model's window" in err


def _provider_faults() -> list[Any]:
    return [
        pytest.param(lambda _: httpx2.Response(401), "answered 401; check the API key", 1, id="401"),
        pytest.param(lambda _: httpx2.Response(404), "answered 404; check the model's name", 1, id="404"),
        pytest.param(lambda _: httpx2.Response(400, text="context length"), "give shorter artifacts", 1, id="400"),
        pytest.param(lambda _: httpx2.Response(503, headers=_AT_ONCE), "answered 503; run the same", 5, id="503"),
        pytest.param(lambda _: httpx2.Response(429, headers=_AT_ONCE), "limits your rate", 5, id="429"),
        pytest.param(lambda vendor: vendor.refused, f"refused step 1 `Ingest & Scope`: {REFUSAL}", 1, id="refusal"),
    ]


@pytest.mark.parametrize(("turn", "shown", "requests"), _provider_faults())
@pytest.mark.parametrize("vendor", HOSTED, ids=lambda vendor: vendor.name)
def test_a_provider_that_fails_exits_3_and_says_what_helps(
    command: Command, vendor: Vendor, turn: Callable[[Vendor], Turn], shown: str, requests: int
) -> None:
    server = Server(vendor, always=lambda: turn(vendor))
    code, out, err = command(server, *_RUN)
    assert (code, out) == (3, "")
    assert shown in err.splitlines()[-1]
    assert len(server.requests) == requests


def test_a_run_broken_by_a_provider_goes_on_with_the_same_command_or_resume(command: Command, state: Path) -> None:
    broken = Server(RESPONSES, [RESPONSES.said, RESPONSES.said, httpx2.Response(401)])
    assert command(broken, *_RUN)[0] == 3
    again = Server(RESPONSES, [RESPONSES.said, httpx2.Response(403)])
    assert command(again, *_RUN)[0] == 3
    (journal,) = (state / "runs").glob("*.jsonl")
    mended = Server(RESPONSES)
    code, out, err = command(mended, "resume", journal.stem)
    assert code == 0
    assert out.startswith("# Production Deployment Plan")
    assert "3 answers from the journal" in err
    assert [len(server.requests) for server in (broken, again, mended)] == [3, 2, 2]


def test_replaying_a_run_that_a_provider_broke_exits_4_and_asks_nothing(command: Command, state: Path) -> None:
    assert command(Server(RESPONSES, [RESPONSES.said, httpx2.Response(401)]), *_RUN)[0] == 3
    (journal,) = (state / "runs").glob("*.jsonl")
    server = Server(RESPONSES)
    code, out, err = command(server, "run", "DPA-1", str(BLUEPRINT), "--replay", journal.stem)
    assert (code, out, server.requests) == (4, "", [])
    assert "has no answer for step 2, attempt 0: it was never asked" in err


def test_a_page_instead_of_an_answer_is_shown_in_one_line(command: Command) -> None:
    server = Server(RESPONSES, [page(407)])
    code, _, err = command(server, *_RUN)
    assert code == 3
    assert err.splitlines()[-1] == (
        "error: OpenAI answered 407: <html><title>Sign in to the network</title></html>; see the provider's message"
    )

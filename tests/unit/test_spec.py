"""A model's name to a model: every form, every mistake that can be known before a call."""

import asyncio
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from dramaturg import CallerError
from dramaturg.models.evidence_only import EvidenceModel
from dramaturg.models.hosts import is_loopback
from dramaturg.models.model import Loads
from dramaturg.models.profiles import hosted, local, quoting
from dramaturg.models.spec import ModelSpec, default_spec, open_model, parse_spec


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("evidence", ModelSpec(kind="evidence")),
        (" evidence\n", ModelSpec(kind="evidence")),
        ("anthropic:claude-x", ModelSpec(kind="anthropic", name="claude-x")),
        ("anthropic:claude-opus-4-1@20250805", ModelSpec(kind="anthropic", name="claude-opus-4-1@20250805")),
        ("openai:gpt-5.5", ModelSpec(kind="openai", name="gpt-5.5")),
        ("openai:ft:gpt-5.5:me", ModelSpec(kind="openai", name="ft:gpt-5.5:me")),
        ("openai:m@http://h:1/v1", ModelSpec(kind="openai", name="m", base_url="http://h:1/v1")),
        ("openai:m@https://[::1]/v1", ModelSpec(kind="openai", name="m", base_url="https://[::1]/v1")),
        ("openai:@cf/m@https://h/v1", ModelSpec(kind="openai", name="@cf/m", base_url="https://h/v1")),
        ("gguf:/a b/m.gguf", ModelSpec(kind="gguf", name="/a b/m.gguf")),
        ("replay:dpa-1-0a1b2c3d-1", ModelSpec(kind="replay", name="dpa-1-0a1b2c3d-1")),
    ],
)
def test_every_form_is_read_and_written_back(text: str, spec: ModelSpec) -> None:
    assert parse_spec(text) == spec
    assert str(spec) == text.strip()


@pytest.mark.parametrize(
    "text", ["", ":", "llama", "openai", "openai:", "anthropic: ", "gguf:", "evidence:", "evidence:x"]
)
def test_what_is_no_model_is_answered_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(CallerError) as raised:
        parse_spec(text)
    assert str(raised.value).startswith(f"`{text}` is not a model; ")
    assert "`openai:NAME@http://host:port/v1`" in str(raised.value)
    assert "did you mean" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("antropic:x", "anthropic"),
        ("OpenAI:x", "openai"),
        ("evidense", "evidence"),
        ("guff:x", "gguf"),
        ("gpt-5.5", "openai:gpt-5.5"),
        ("o3", "openai:o3"),
        ("claude-sonnet-5-5", "anthropic:claude-sonnet-5-5"),
        ("models/tiny.gguf", "gguf:models/tiny.gguf"),
    ],
)
def test_a_near_name_is_offered(text: str, near: str) -> None:
    with pytest.raises(CallerError, match=f"is not a model; did you mean `{near}`\\? use `anthropic:NAME`"):
        parse_spec(text)


@pytest.mark.parametrize(
    "rest",
    [
        "m@h:1/v1",
        "m@ftp://h/v1",
        "m@http://",
        "m@http://:1/v1",
        "@http://h/v1",
        "m@",
        "m@http://[::1/v1",
        "m@http://h:port/v1",
        "m@http://h:99999/v1",
        "m@http://h:0/v1",
        "m@http://a b/v1",
    ],
)
def test_an_address_that_is_none_is_refused(rest: str) -> None:
    with pytest.raises(CallerError, match="no usable address; write `openai:NAME@http://host:port/v1`"):
        parse_spec(f"openai:{rest}")


@pytest.mark.parametrize("login", ["user:secret", "secret", ":secret", "user:"])
def test_a_login_in_an_address_is_refused_and_not_repeated(login: str) -> None:
    with pytest.raises(CallerError, match=r"the address of `m` holds credentials.*`DRAMATURG_API_KEY`") as raised:
        parse_spec(f"openai:m@https://{login}@h/v1")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("host", ["256.1.1.1", "☃.net"])
def test_an_address_that_only_the_transport_refuses_is_a_callers_error_too(host: str) -> None:
    with pytest.raises(CallerError, match=f"no usable address: .*; look at `openai:m@http://{host}/v1`"):
        asyncio.run(open_model(parse_spec(f"openai:m@http://{host}/v1")))


@pytest.mark.parametrize(
    ("keys", "spec"),
    [
        ({}, "evidence"),
        ({"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "o"}, "anthropic:claude-sonnet-5-5"),
        ({"ANTHROPIC_API_KEY": "a"}, "anthropic:claude-sonnet-5-5"),
        ({"OPENAI_API_KEY": "o"}, "openai:gpt-5.5"),
        ({"ANTHROPIC_API_KEY": " ", "OPENAI_API_KEY": "o"}, "openai:gpt-5.5"),
        ({"ANTHROPIC_API_KEY": "", "OPENAI_API_KEY": "\n"}, "evidence"),
        ({"DRAMATURG_API_KEY": "d"}, "evidence"),
    ],
)
def test_the_vendor_whose_key_is_set_is_the_default(keys: dict[str, str], spec: str) -> None:
    assert default_spec(keys) == spec
    parse_spec(default_spec(keys))


@pytest.mark.parametrize(
    ("kind", "variable", "vendor", "remedy"),
    [
        ("anthropic", "ANTHROPIC_API_KEY", "AnthropicModel", "console.anthropic.com"),
        ("openai", "OPENAI_API_KEY", "ResponsesModel", "platform.openai.com"),
    ],
)
def test_a_vendor_needs_its_key_and_says_where_to_get_one(
    kind: str, variable: str, vendor: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for missing in ("", "  "):
        monkeypatch.setenv(variable, missing)
        with pytest.raises(
            CallerError,
            match=f"`{variable}` is not set; get a key at {remedy}, or use the model `evidence`, which needs none",
        ):
            asyncio.run(open_model(parse_spec(f"{kind}:m")))
    monkeypatch.setenv(variable, " key\n")
    model = asyncio.run(open_model(parse_spec(f"{kind}:m")))
    assert (type(model).__name__, model.name, model.profile) == (vendor, f"{kind}:m", hosted())
    assert model.destination.endswith(".com")
    asyncio.run(model.aclose())


@pytest.mark.parametrize("key", ["se\ncret", "secret…", "se\tcret"])
@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("anthropic:m", "ANTHROPIC_API_KEY"),
        ("openai:m", "OPENAI_API_KEY"),
        ("openai:m@http://h/v1", "DRAMATURG_API_KEY"),
    ],
)
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(
    key: str, name: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, key)
    with pytest.raises(CallerError, match=f"`{variable}` holds a character that no key has") as raised:
        asyncio.run(open_model(parse_spec(name)))
    assert "cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("http://localhost:8080/v1", False),
        ("https://x.openai.azure.com/v1", False),
        ("https://evil-openai.com/v1", False),
    ],
)
def test_the_vendors_interface_is_asked_of_the_vendor_only(
    address: str, monkeypatch: pytest.MonkeyPatch, *, accepted: bool
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    if accepted:
        model = asyncio.run(open_model(parse_spec("openai:m")))
        assert model.destination == f"text goes to {address.split('/')[2]}"
    else:
        with pytest.raises(CallerError, match=r"`OPENAI_BASE_URL` names another server.*`openai:NAME@URL`"):
            asyncio.run(open_model(parse_spec("openai:m")))


def test_evidence_needs_nothing() -> None:
    model = asyncio.run(open_model(parse_spec("evidence")))
    assert isinstance(model, EvidenceModel)
    assert model.profile == quoting()


def test_a_recorded_run_cannot_be_asked() -> None:
    with pytest.raises(CallerError, match="`replay:x` is a recorded run, which cannot be asked anything new"):
        asyncio.run(open_model(parse_spec("replay:x")))


@pytest.mark.parametrize("name", ["/no/such/model.gguf", "", "/"])
def test_weights_that_are_not_there_are_missed_by_their_path(name: str) -> None:
    with pytest.raises(CallerError, match=f"there is no file `{name or '.'}`; give the path of a GGUF file"):
        asyncio.run(open_model(ModelSpec(kind="gguf", name=name)))


def test_a_home_that_is_nobodys_is_a_callers_error() -> None:
    with pytest.raises(CallerError, match=r"`~nobody-at-all/m.gguf` cannot be read: .*give the path of a GGUF file"):
        asyncio.run(open_model(parse_spec("gguf:~nobody-at-all/m.gguf")))


def test_weights_need_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "m.gguf"
    weights.write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(CallerError, match=r"pip install 'dramaturg\[local\]'"):
        asyncio.run(open_model(parse_spec(f"gguf:{weights}")))


def test_a_mistake_in_a_name_costs_no_import_of_an_sdk() -> None:
    code = """
import asyncio, sys
from dramaturg import CallerError
from dramaturg.models.spec import open_model, parse_spec
for name in ("gpt", "openai:m@h", "anthropic:m", "openai:m", "gguf:/none"):
    try:
        asyncio.run(open_model(parse_spec(name)))
    except CallerError:
        continue
    raise SystemExit(name)
print([name for name in ("anthropic", "openai", "httpx2", "xllamacpp") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n", "", 0)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("127.evil.example", False),
        ("localhost.evil.example", False),
        ("192.168.1.2", False),
        ("", False),
    ],
)
def test_only_this_machine_is_this_machine(host: str, *, here: bool) -> None:
    assert is_loopback(host) is here


def test_traits_follow_from_the_kind_of_engine() -> None:
    assert (hosted().narrowed, local(None).narrowed, quoting().writes) == (False, True, False)
    assert (local(None).window, local(4096).window, hosted(64_000).window, quoting().window) == (
        8192,
        4096,
        64_000,
        None,
    )


def test_a_file_that_holds_no_weights_is_a_callers_error(tmp_path: Path) -> None:
    weights = tmp_path / "notes.gguf"
    weights.write_text("not a model", encoding="utf-8")
    with pytest.raises(CallerError, match=r"notes.gguf` is no GGUF file; give the path of one after `gguf:`"):
        asyncio.run(open_model(parse_spec(f"gguf:{weights}"), 512))


@pytest.mark.model
@pytest.mark.skipif(find_spec("xllamacpp") is None, reason="the extra `local` is not installed")
def test_weights_are_loaded_with_the_first_question_and_their_damage_is_a_callers_error(tmp_path: Path) -> None:
    weights = tmp_path / "cut.gguf"
    weights.write_bytes(b"GGUF")

    async def asked() -> None:
        model = await open_model(parse_spec(f"gguf:{weights}"), 512)
        assert isinstance(model, Loads)
        await model.start()

    with pytest.raises(CallerError, match=r"cut.gguf` cannot be loaded as a GGUF model \("):
        asyncio.run(asked())


@pytest.mark.parametrize(
    ("spec", "key", "variable", "value"),
    [
        ("anthropic:m", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "http://256.1.1.1"),
        ("openai:m", "OPENAI_API_KEY", "OPENAI_BASE_URL", "http://256.1.1.1"),
        ("anthropic:m", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", ""),
        ("openai:m", "OPENAI_API_KEY", "HTTPS_PROXY", "bogus://x"),
    ],
)
def test_an_environment_no_client_can_be_made_from_is_named(
    monkeypatch: pytest.MonkeyPatch, spec: str, key: str, variable: str, value: str
) -> None:
    monkeypatch.setenv(key, "k")
    monkeypatch.setenv(variable, value)
    with pytest.raises(CallerError, match=f"no usable address: .*`{variable}`"):
        asyncio.run(open_model(parse_spec(spec)))

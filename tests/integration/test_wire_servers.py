"""Opening a compatible server by name, over a real socket: its window, its key, and what never reaches it."""

import asyncio
import gc
import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.servers import first_call, good_text
from tests.vendors import LOCAL

from dramaturg import CallerError, ModelError
from dramaturg.engine.calls import ModelReply
from dramaturg.models.model import Model
from dramaturg.models.profiles import LOCAL_WINDOW, hosted, local
from dramaturg.models.spec import open_model, parse_spec


class Listener(ThreadingHTTPServer):
    """A server that lists its models, answers chat completions, and keeps the headers it is sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.listing: tuple[int, Any] = (200, {"object": "list", "data": []})
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.asked = threading.Event()
        self.free = threading.Event()  # what is asked waits for it
        self.free.set()
        self.scheme = "http"

    @property
    def address(self) -> str:
        """Its base URL."""
        return f"{self.scheme}://127.0.0.1:{self.server_port}/v1"

    def certify(self, certificate: Path) -> None:
        """Speak TLS from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open, so that one an adapter forgets is a warning
    server: Listener

    def do_GET(self) -> None:
        self.server.asked.set()
        self.server.free.wait(60)
        self._send(*self.server.listing)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self._send(200, LOCAL.said(good_text(LOCAL, body)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        pass

    def _send(self, status: int, body: object) -> None:
        self.server.seen.append((self.path, {name.casefold(): value for name, value in self.headers.items()}))
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def _opened(listener: Listener, name: str = "qwen", window: int | None = None) -> Model:
    async def opened() -> Model:
        model = await open_model(parse_spec(f"openai:{name}@{listener.address}"), window)
        await model.aclose()
        return model

    return asyncio.run(opened())


def _listed(*models: object) -> tuple[int, Any]:
    return 200, {"object": "list", "data": [*models]}


@pytest.mark.parametrize(
    ("listing", "window"),
    [
        (_listed({"id": "qwen", "object": "model", "meta": {"n_ctx": 4096, "n_ctx_train": 32768}}), 4096),
        (_listed({"id": "qwen", "object": "model", "max_model_len": 16384}), 16384),
        (_listed({"id": "other", "meta": {"n_ctx": 512}}, {"id": "qwen", "meta": {"n_ctx": 2048}}), 2048),
        (_listed({"id": "/models/qwen-7b.gguf", "meta": {"n_ctx": 1024}}), 1024),
        (_listed({"id": "other", "meta": {"n_ctx": 512}}, {"id": "another"}), LOCAL_WINDOW),
        (_listed({"id": "qwen", "object": "model", "meta": None}), LOCAL_WINDOW),
        (_listed({"id": "qwen", "meta": "none", "max_model_len": "long"}), LOCAL_WINDOW),
        (_listed({"id": "qwen", "meta": {"n_ctx": 0}}), LOCAL_WINDOW),
        (_listed(), LOCAL_WINDOW),
    ],
    ids=["llama.cpp", "vllm", "of several", "other name", "not listed", "silent", "odd", "zero", "empty"],
)
def test_the_window_is_what_the_server_reports_else_the_default(
    listener: Listener, listing: tuple[int, Any], window: int
) -> None:
    listener.listing = listing
    model = _opened(listener)
    assert model.profile == local(window)
    assert [path for path, _ in listener.seen] == ["/v1/models"]


def test_a_window_that_is_given_is_not_asked_for(listener: Listener) -> None:
    assert _opened(listener, window=3000).profile == local(3000)
    assert listener.seen == []


@pytest.mark.parametrize(
    ("listing", "shown"),
    [
        ((503, {"error": {"message": "Loading model"}}), "127.0.0.1 answered 503: Loading model"),
        ((200, b"<html>"), "127.0.0.1 answered 200 without an answer in it"),
        ((200, {"object": "list"}), "`data`: Field required"),
        ((200, {"data": ["qwen"]}), "`data.0`"),
    ],
)
def test_a_server_that_cannot_list_its_models_is_told_apart_from_one_that_does_not_say(
    listener: Listener, listing: tuple[int, Any], shown: str
) -> None:
    listener.listing = listing
    with pytest.raises(ModelError, match=shown) as raised:
        _opened(listener)
    assert raised.value.retryable
    assert len(listener.seen) == 1


def test_a_server_that_lists_no_models_is_used_with_the_usual_window(listener: Listener) -> None:
    listener.listing = (404, {"error": {"message": "File Not Found"}})
    assert _opened(listener).profile == local(None)


def test_a_server_that_is_not_there_is_a_fault_that_may_pass(listener: Listener) -> None:
    address = listener.address.replace(f":{listener.server_port}", ":9")
    with pytest.raises(
        ModelError, match=r"127.0.0.1 could not be reached: Connection refused \(127.0.0.1:9\); "
    ) as raised:
        asyncio.run(open_model(parse_spec(f"openai:qwen@{address}")))
    assert raised.value.retryable
    assert "that the server runs" in raised.value.hint


def test_an_opening_that_is_cancelled_leaves_no_connection_behind(listener: Listener) -> None:
    listener.free.clear()
    told: list[str] = []

    async def cancelled() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))
        opening = asyncio.ensure_future(open_model(parse_spec(f"openai:qwen@{listener.address}")))
        await asyncio.to_thread(listener.asked.wait)
        opening.cancel()
        await asyncio.wait((opening,))
        assert opening.cancelled()
        del opening
        gc.collect()  # what is left open says so when it goes

    asyncio.run(cancelled())
    listener.free.set()
    assert not told


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file that holds a key and the certificate which it has signed for itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("a certificate is made with openssl")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    made = ["-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", "/CN=here"]
    files = ["-keyout", str(path), "-out", str(path.with_suffix(".crt"))]
    subprocess.run([openssl, "req", *made, "-addext", "subjectAltName=IP:127.0.0.1", *files], check=True)
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


def test_a_certificate_that_is_not_trusted_is_told_with_what_helps(listener: Listener, certificate: Path) -> None:
    listener.certify(certificate)
    with pytest.raises(ModelError, match=r"TLS failed: certificate verify failed: .*\(127.0.0.1:\d+\); ") as raised:
        _opened(listener)
    assert raised.value.hint.startswith("let `SSL_CERT_FILE` name the certificates to trust; ")


def test_a_server_of_this_machine_may_have_a_certificate_that_the_environment_trusts(
    listener: Listener, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener.certify(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert _opened(listener).profile == local(None)


@pytest.mark.parametrize("holds", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_blamed_on_the_variable(
    holds: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trusted.pem"
    if holds is not None:
        path.write_text(holds, encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    with pytest.raises(CallerError, match=r"certificates cannot be read: .*; look at `SSL_CERT_FILE`"):
        asyncio.run(open_model(parse_spec("anthropic:claude-x")))


@pytest.fixture
def vendors_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set everything the vendor's SDK takes from the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-vendor")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-vendor-admin")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-vendor")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-vendor")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-vendor-header")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")


async def _asked(name: str) -> ModelReply:
    model = await open_model(parse_spec(name))
    try:
        return await model.answer(first_call())
    finally:
        await model.aclose()


@pytest.mark.usefixtures("vendors_account")
@pytest.mark.parametrize(("key", "sent"), [(None, "Bearer none"), ("mine", "Bearer mine"), (" mine\n", "Bearer mine")])
def test_nothing_of_the_vendors_account_reaches_a_compatible_server(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, key: str | None, sent: str
) -> None:
    if key:
        monkeypatch.setenv("DRAMATURG_API_KEY", key)
    reply = asyncio.run(_asked(f"openai:qwen@{listener.address}"))
    assert json.loads(reply.text)["notes"] == "seen"
    assert [path for path, _ in listener.seen] == ["/v1/models", "/v1/chat/completions"]
    for _, headers in listener.seen:
        assert headers["authorization"] == sent
        assert not any("vendor" in value for value in headers.values())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_way_to_this_machine_leads_through_no_proxy(
    listener: Listener, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    asyncio.run(_asked(f"openai:qwen@{listener.address.replace('127.0.0.1', host)}"))
    assert len(listener.seen) == 2


def test_the_way_elsewhere_leads_through_the_proxy_that_the_environment_names(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, listener.address.removesuffix("/v1"))
    reply = asyncio.run(_asked("openai:m@http://llm.example.org/v1"))
    assert json.loads(reply.text)["notes"] == "seen"
    assert [path for path, _ in listener.seen] == ["http://llm.example.org/v1/chat/completions"]


@pytest.mark.parametrize(("window", "profile"), [(None, hosted()), (32_000, hosted(32_000))])
def test_a_server_elsewhere_is_not_asked_before_the_run_and_takes_the_window_given(
    window: int | None, profile: Any
) -> None:
    model = asyncio.run(open_model(parse_spec("openai:m@https://llm.example.org/v1"), window))
    assert model.profile == profile
    assert model.name == "openai:m@https://llm.example.org/v1"
    assert model.destination == "text goes to llm.example.org"

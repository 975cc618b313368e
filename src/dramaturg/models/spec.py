"""A model's name to a model; its one rule: everything that can be known to be wrong is said before any call.

```
anthropic:NAME · openai:NAME · openai:NAME@http://host:port/v1 · gguf:/path/model.gguf · evidence
```
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from dramaturg.errors import CallerError, KeyMissing
from dramaturg.models import profiles
from dramaturg.models.evidence_only import EvidenceModel
from dramaturg.models.model import Model

KINDS = ("anthropic", "openai", "gguf", "evidence", "replay")
_FORMS = (
    "`anthropic:NAME`, `openai:NAME`, `openai:NAME@http://host:port/v1`, `gguf:/path/model.gguf`, `evidence` or "
    "`replay:FILE`"
)
_ADDRESS = re.compile(r"@(?=\w+://)")  # a model's own name may hold an @
_GGUF = b"GGUF"  # how such a file begins
_VENDOR = ".openai.com"
_BARE = {"anthropic": re.compile("claude-", re.IGNORECASE), "openai": re.compile(r"gpt-|o\d\b", re.IGNORECASE)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A parsed model name."""

    kind: str
    name: str = ""
    base_url: str = ""

    def __str__(self) -> str:
        return self.kind + (f":{self.name}" if self.name else "") + (f"@{self.base_url}" if self.base_url else "")


def parse_spec(text: str) -> ModelSpec:
    """Read a model's name; CallerError with the known forms if it is none."""
    kind, colon, rest = text.strip().partition(":")
    if kind == "evidence" and not colon:
        return ModelSpec(kind=kind)
    if kind not in KINDS or kind == "evidence" or not rest:
        near = _likely(text.strip()) or next(iter(get_close_matches(kind.casefold(), KINDS, n=1)), kind)
        hint = f"did you mean `{near}`? " if near != kind else ""
        raise CallerError(f"`{text}` is not a model; {hint}use {_FORMS}")
    if kind == "openai" and "@" in rest:
        return _compatible_spec(rest)
    return ModelSpec(kind=kind, name=rest)


def _likely(name: str) -> str:
    """Return a name that lacks only its kind with the kind in front; empty for any other."""
    if ":" in name:
        return ""
    if name.endswith(".gguf"):
        return f"gguf:{name}"
    vendor = next((vendor for vendor, names in _BARE.items() if names.match(name)), "")
    return f"{vendor}:{name}" if vendor else ""


def default_spec(environment: Mapping[str, str]) -> str:
    """Return the model to use when none is named: the vendor whose key is set, else the quoting of evidence."""
    if environment.get(profiles.ANTHROPIC_KEY, "").strip():
        return f"anthropic:{profiles.DEFAULT_ANTHROPIC}"
    if environment.get(profiles.OPENAI_KEY, "").strip():
        return f"openai:{profiles.DEFAULT_OPENAI}"
    return "evidence"


def takes_batches(spec: ModelSpec) -> bool:
    """Tell whether a model's vendor takes batches; the servers that speak a vendor's dialect do not."""
    return spec.kind in ("anthropic", "openai") and not spec.base_url


def require_usable(spec: ModelSpec) -> None:
    """Raise CallerError for what a model lacks here, as far as it shows without opening it: a key, a file, an extra."""
    match spec.kind:
        case "anthropic":
            _key(profiles.ANTHROPIC_KEY, "console.anthropic.com")
        case "openai" if not spec.base_url:
            _key(profiles.OPENAI_KEY, "platform.openai.com")
        case "gguf":
            _weights(spec.name)
            _require_engine()
        case _:
            pass


async def open_model(spec: ModelSpec, window: int | None = None) -> Model:
    """Make a model ready to be asked.

    Args:
        spec: Which one; `replay` is not one to ask, the runtime reads its journal.
        window: Tokens of context, where the engine does not say or the user wants another size.

    Raises:
        CallerError: No key (KeyMissing) or none that can be sent, no such file, or an extra is not installed.
        ModelError: A server that was named cannot be reached.
    """
    match spec.kind:
        case "anthropic":
            return _anthropic(spec)
        case "openai" if spec.base_url:
            return await _compatible(spec, window)
        case "openai":
            return _openai(spec)
        case "gguf":
            return _gguf(spec, window)
        case "evidence":
            return EvidenceModel()
        case _:
            raise CallerError(f"`{spec}` is a recorded run, which cannot be asked anything new; use {_FORMS}")


def _compatible_spec(rest: str) -> ModelSpec:
    """Read `NAME@URL`; no message shows the URL whole, because people put passwords into URLs."""
    place = _ADDRESS.search(rest)
    name, url = (rest[: place.start()], rest[place.end() :]) if place else ("", "")
    if not name or not _is_address(url):
        raise CallerError("the model's server has no usable address; write `openai:NAME@http://host:port/v1`")
    if "@" in urlsplit(url).netloc:
        raise CallerError(f"the address of `{name}` holds credentials; leave them out and set `{profiles.SERVER_KEY}`")
    return ModelSpec(kind="openai", name=name, base_url=url)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port or a bracketed host that is none
        return False
    return bool(whole) and not re.search(r"\s", url)


def _anthropic(spec: ModelSpec) -> Model:
    key = _key(profiles.ANTHROPIC_KEY, "console.anthropic.com")
    from anthropic import AsyncAnthropic, DefaultAioHttpClient  # noqa: PLC0415 - 1.4 s that only this model needs

    from dramaturg.models.anthropic import AnthropicModel  # noqa: PLC0415 - as above
    from dramaturg.models.transport import carrying  # noqa: PLC0415 - as above

    with _constructed("ANTHROPIC_BASE_URL"):
        http = carrying(DefaultAioHttpClient)
        client = AsyncAnthropic(
            api_key=key,
            max_retries=0,
            open_telemetry=False,  # our own spans say more, once
            http_client=http,
        )
        _require_host(client.base_url.host)
    return AnthropicModel(spec.name, client=client, profile=profiles.hosted())


def _openai(spec: ModelSpec) -> Model:
    key = _key(profiles.OPENAI_KEY, "platform.openai.com")
    from openai import AsyncOpenAI, DefaultAioHttpClient  # noqa: PLC0415 - 0.6 s that only this model needs

    from dramaturg.models.openai import ResponsesModel  # noqa: PLC0415 - as above
    from dramaturg.models.transport import carrying  # noqa: PLC0415 - as above

    with _constructed("OPENAI_BASE_URL"):
        client = AsyncOpenAI(api_key=key, max_retries=0, http_client=carrying(DefaultAioHttpClient))
        _require_host(client.base_url.host)
    host = client.base_url.host
    if not host.endswith(_VENDOR):
        raise CallerError(f"`OPENAI_BASE_URL` names another server, {host}; unset it, or use `openai:NAME@URL`")
    return ResponsesModel(spec.name, client=client, profile=profiles.hosted())


def _require_host(host: str) -> None:
    """Refuse the address that an SDK makes of a variable which is set and empty."""
    if not host:
        raise ValueError("it names no host")


@contextmanager
def _constructed(variable: str) -> Iterator[None]:
    """Turn what an SDK cannot make of the environment into an error of whoever set it."""
    from httpx2 import InvalidURL  # noqa: PLC0415 - comes with the SDK

    try:
        yield
    except (ImportError, ValueError, InvalidURL) as error:
        where = f"look at `{variable}`, `HTTPS_PROXY` and `ALL_PROXY`"
        raise CallerError(f"no usable address: {error}; {where}") from error
    except OSError as error:
        raise CallerError(
            f"certificates cannot be read: {error}; look at `SSL_CERT_FILE` and `SSL_CERT_DIR`"
        ) from error


async def _compatible(spec: ModelSpec, window: int | None) -> Model:
    from dramaturg.models.chat import ChatModel  # noqa: PLC0415 - as above
    from dramaturg.models.hosts import is_loopback  # noqa: PLC0415 - as above
    from dramaturg.models.servers import compatible_client  # noqa: PLC0415 - as above

    host = urlsplit(spec.base_url).hostname or ""
    nearby = is_loopback(host)
    with _constructed(f"openai:{spec.name}@{spec.base_url}"):
        client = compatible_client(spec.base_url, _sendable(profiles.SERVER_KEY))
    profile = profiles.local(window) if nearby else profiles.hosted(window)
    model = ChatModel(str(spec), spec.name, client=client, profile=profile, provider=f"the server at {host}")
    if nearby and window is None:
        async with AsyncExitStack() as undo:  # of all that may come between, such as a Ctrl-C
            undo.push_async_callback(model.aclose)
            model.profile = profiles.local(await model.window())
            undo.pop_all()
    return model


def _gguf(spec: ModelSpec, window: int | None) -> Model:
    path = _weights(spec.name)
    _require_engine()
    from dramaturg.models.gguf import GgufModel  # noqa: PLC0415 - brings the OpenAI SDK, which only this model needs

    return GgufModel(path, window=window or profiles.LOCAL_WINDOW)


def _require_engine() -> None:
    if find_spec("xllamacpp") is None:
        raise CallerError("the embedded llama.cpp is not installed; install it with `pip install 'dramaturg[local]'`")


def _weights(name: str) -> Path:
    try:
        path = Path(name).expanduser()
        begins = _beginning(path) if path.is_file() else None
    except (OSError, RuntimeError) as error:  # a file that may not be read, a home that is nobody's
        raise CallerError(f"`{name}` cannot be read: {error}; give the path of a GGUF file after `gguf:`") from error
    if begins is None:
        raise CallerError(f"there is no file `{path}`; give the path of a GGUF file after `gguf:`")
    if begins != _GGUF:  # the weights themselves are loaded with the first question
        raise CallerError(f"`{path}` is no GGUF file; give the path of one after `gguf:`")
    return path


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_GGUF))


def _key(name: str, where: str) -> str:
    key = _sendable(name)
    if not key:
        raise KeyMissing(name, where, "use the model `evidence`, which needs none")
    return key


def _sendable(name: str) -> str:
    """Return a key from the environment, empty if there is none; CallerError for one that no header can carry."""
    key = os.environ.get(name, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise CallerError(f"`{name}` holds a character that no key has; set it to the key alone")
    return key

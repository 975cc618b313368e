"""A GGUF file as a model: llama.cpp embedded, its server on a loopback port; its one rule: no download, no compiler."""

import asyncio
from pathlib import Path
from typing import Any

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.errors import CallerError
from dramaturg.models.chat import ChatModel
from dramaturg.models.model import let_go
from dramaturg.models.profiles import local
from dramaturg.models.servers import compatible_client
from dramaturg.models.watch import Watch

_QUIET = -1
_ANY_PORT = 0


class GgufModel:
    """A model file performed by this process, which loads it when it is first asked."""

    def __init__(self, path: Path, *, window: int) -> None:
        self.path = path
        self.name = f"gguf:{path.name}"
        self.profile = local(window)
        self.destination = "nothing leaves this machine"
        self._server: Any = None
        self._loading: asyncio.Task[ChatModel] | None = None

    async def start(self) -> None:
        """Load the weights and listen, unless that is done; CallerError if the file is no model."""
        await self._loaded()

    async def _loaded(self) -> ChatModel:
        """Return what asks the server; who gives up waiting leaves it to load, which would take as long again."""
        if self._loading is None:
            self._loading = asyncio.ensure_future(self._load())
        return await asyncio.shield(self._loading)

    async def _load(self) -> ChatModel:
        self._server = await asyncio.to_thread(_serve, self.path, self.profile.window or 0)
        client = compatible_client(f"{self._server.listening_address}/v1", "")
        return ChatModel(
            self.name, self.path.name, client=client, profile=self.profile, provider="the embedded llama.cpp"
        )

    @property
    def address(self) -> str:
        """Where the embedded server listens; its `/metrics` count what it really did."""
        return str(self._server.listening_address)

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        """Send one request to the embedded server."""
        return await (await self._loaded()).answer(call, watch)

    async def aclose(self) -> None:
        """Close the connections and stop the server."""
        if self._loading is not None:
            await let_go(self._loading)
        self._loading, self._server = None, None


def _serve(path: Path, window: int) -> Any:
    import xllamacpp  # noqa: PLC0415 - the extra `local`; 34 MB that only this model needs

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = window
    parameters.n_parallel = 1
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = _ANY_PORT
    parameters.verbosity = _QUIET
    parameters.endpoint_metrics = True
    try:
        return xllamacpp.Server(parameters)
    except (RuntimeError, ValueError) as error:
        raise CallerError(
            f"`{path}` cannot be loaded as a GGUF model ({error}); give the path of a GGUF file"
        ) from error

"""A model's name to what recorded answers of it need; its one rule: it has the name and traits, and is never asked.

Whoever replays an eval needs neither the key nor the weights with which it was recorded.
"""

from pathlib import Path
from urllib.parse import urlsplit

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.engine.profile import Profile
from dramaturg.errors import CallerError, ModelError, Unreached
from dramaturg.models import profiles
from dramaturg.models.hosts import is_loopback
from dramaturg.models.model import STAYS_HERE
from dramaturg.models.spec import ModelSpec, require_usable
from dramaturg.models.watch import Watch

_REPLAYED = "recorded answers only"


class AbsentModel:
    """A model that is not here.

    Args:
        spec: Which one.
        name: What it is called; part of every call's key.
        profile: Its traits.
        destination: Where the text would go.
        fault: What opening it failed with, where that was tried.
    """

    def __init__(
        self, spec: ModelSpec, name: str, profile: Profile, destination: str, fault: ModelError | None = None
    ) -> None:
        self._spec = spec
        self._fault = fault
        self.name = name
        self.profile = profile
        self.destination = destination

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        """Raise CallerError with what the model lacks here, or Unreached with what opening it failed with."""
        del watch
        if self._fault is not None:
            raise Unreached(*self._fault.args)
        require_usable(self._spec)
        raise CallerError(f"`{self.name}` became usable meanwhile; give the command again to ask it for {call.step}")

    async def aclose(self) -> None:
        """Release nothing."""


def absent_model(spec: ModelSpec, window: int | None = None, fault: ModelError | None = None) -> AbsentModel | None:
    """Return what stands for a model that need not be here; None for what always is, or is none to ask.

    Args:
        spec: Which one.
        window: Its tokens of context, where only its server tells them and they are known all the same.
        fault: What opening it failed with, where that was tried.
    """
    if spec.kind not in ("anthropic", "openai", "gguf"):
        return None
    name, profile = traits_of(spec) or (str(spec), profiles.local(window))
    destination = f"{STAYS_HERE}, {_REPLAYED}" if profile.narrowed else _REPLAYED
    return AbsentModel(spec, name, profile, destination, fault)


def traits_of(spec: ModelSpec) -> tuple[str, Profile] | None:
    """Return what a model is called and its traits, as opening it would tell; None where nothing else does."""
    match spec.kind:
        case "anthropic" | "openai" if not is_loopback(urlsplit(spec.base_url).hostname or ""):
            return str(spec), profiles.hosted()
        case "gguf":
            return f"gguf:{Path(spec.name).name}", profiles.local(profiles.LOCAL_WINDOW)
        case _:
            return None

"""The machine to a list of what works on it; its one rule: look, change nothing, call no one but this machine."""

import os
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from dramaturg.errors import CallerError
from dramaturg.findings.model import Finding
from dramaturg.models import profiles
from dramaturg.models.spec import parse_spec, require_usable
from dramaturg.persona.library import Library
from dramaturg.run.project import Project
from dramaturg.run.settings import VARIABLES, blaming, current, persona_roots, state_root
from dramaturg.run.team import Where, found_model

_PATIENCE = 0.2
_OURS = "DRAMATURG_"
_ALIKE = 0.85  # of two variables, which begin alike
_SERVERS: Mapping[str, int] = {"Ollama": 11434, "llama.cpp": 8080, "vLLM": 8000, "LM Studio": 1234}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at; `remedy` is how to get it where it is not ready."""

    name: str
    ready: bool
    detail: str
    remedy: str = ""


def examine() -> list[Check]:
    """Look at models, keys, local servers and folders."""
    project, folder, environment = current()
    roots = persona_roots(project, folder, environment)
    return [
        Check(name="python", ready=True, detail=".".join(map(str, sys.version_info[:3]))),
        _default(*found_model(project, environment)),
        Check(name="evidence", ready=True, detail="quotes the artifacts; no language model, no key"),
        _hosted("anthropic", profiles.ANTHROPIC_KEY, profiles.DEFAULT_ANTHROPIC, "console.anthropic.com", environment),
        _hosted("openai", profiles.OPENAI_KEY, profiles.DEFAULT_OPENAI, "platform.openai.com", environment),
        _embedded(),
        *_servers(),
        Check(name="personas", ready=bool(roots), detail=", ".join(map(str, roots))),
        _state(environment),
        *_misspelt(environment),
        *_models(project, Library(roots)),
    ]


def _default(chosen: str, place: Where | None) -> Check:
    detail = f"{chosen}, from {place}" if place else chosen
    try:
        with blaming(place):
            require_usable(parse_spec(chosen))
    except CallerError as error:
        return Check(name="default model", ready=False, detail=detail, remedy=error.message)
    return Check(name="default model", ready=True, detail=detail)


def _hosted(package: str, key: str, model: str, where: str, environment: Mapping[str, str]) -> Check:
    ready = bool(environment.get(key, "").strip())
    detail = f"SDK {_version(package)}, default `{package}:{model}`"
    remedy = f"set `{key}`; keys are made at {where}"
    return Check(
        name=package, ready=ready, detail=f"{detail}, `{key}` is {'set' if ready else 'not set'}", remedy=remedy
    )


def _embedded() -> Check:
    ready = find_spec("xllamacpp") is not None
    detail = (
        f"embedded llama.cpp {_version('xllamacpp')}; `gguf:/path/model.gguf`" if ready else "no embedded llama.cpp"
    )
    return Check(name="gguf", ready=ready, detail=detail, remedy="pip install 'dramaturg[local]', and have a GGUF file")


def _servers() -> list[Check]:
    """Return the local servers that listen on their usual ports; where there is none, how to get one."""
    found = [_server(name, port) for name, port in _SERVERS.items() if _listens(port)]
    if found:
        return found
    ports = ", ".join(f"{name} {port}" for name, port in _SERVERS.items())
    remedy = "start one, such as `llama-server -m FILE.gguf`, and name it `openai:MODEL@http://127.0.0.1:PORT/v1`"
    return [Check(name="local server", ready=False, detail=f"none on the usual ports ({ports})", remedy=remedy)]


def _server(name: str, port: int) -> Check:
    detail = f"something listens on port {port}; `openai:MODEL@http://127.0.0.1:{port}/v1`"
    return Check(name=f"local server ({name}'s port)", ready=True, detail=detail)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE).close()
    except OSError:
        return False
    return True


def _state(environment: Mapping[str, str]) -> Check:
    try:
        folder = state_root(environment)
    except CallerError as error:
        return Check(
            name="journals", ready=False, detail=environment.get("DRAMATURG_STATE") or "nowhere", remedy=error.message
        )
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    ready = nearest.is_dir() and os.access(nearest, os.W_OK)
    return Check(
        name="journals",
        ready=ready,
        detail=str(folder / "runs"),
        remedy="set `DRAMATURG_STATE` to a folder that can be written",
    )


def _misspelt(environment: Mapping[str, str]) -> Iterator[Check]:
    """Yield each variable that is nearly one of ours; what is far from all may be somebody else's."""
    for name in sorted(name for name in environment if name.startswith(_OURS) and name not in VARIABLES):
        near = get_close_matches(name, VARIABLES, n=1, cutoff=_ALIKE)
        if near:
            detail = f"`{name}` is set, which nothing reads"
            yield Check(name="settings", ready=False, detail=detail, remedy=f"did you mean `{near[0]}`?")


def _models(project: Project, library: Library) -> Iterator[Check]:
    """Yield each table of models for a persona that cannot be named: no run ever looks at it."""
    for name in (name for name, each in project.models.items() if not isinstance(each, str)):
        found = library.find(name)
        if isinstance(found, Finding):
            detail = f"{project.place('models', name)}: {found.message}"
            yield Check(name="settings", ready=False, detail=detail, remedy=found.help)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

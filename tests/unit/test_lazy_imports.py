"""No command that asks no hosted model pays for a vendor's SDK, and none pays for both."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.support import BLUEPRINT

_SDKS = ("anthropic", "openai", "httpx2", "xllamacpp")
_PROGRAM = f"""
import json, sys
from dramaturg.__main__ import main
told = []
for command in json.loads(sys.argv[1]):
    sys.argv = ["dramaturg", *command]
    try:
        main()
    except SystemExit as ended:
        told.append([command, ended.code, [name for name in {_SDKS} if name in sys.modules]])
print("", json.dumps(told), sep="\\n")
"""
_RUN = ["run", "DPA-1", str(BLUEPRINT), "--model"]
_ASKING_NOBODY = [
    ["--help"],
    ["--version"],
    ["list"],
    ["show", "DPA-1", "--resolved"],
    ["check"],
    ["plan", "DPA-1"],
    ["diff", "DPA-1", "DPA-1"],
    [*_RUN, "evidence"],
    [*_RUN, "evidence", "--format", "html"],
    ["runs"],
]
_FAILING = [[*_RUN, model] for model in ("anthropic:m", "openai:m", "openai:m@nowhere", "gguf:/none")]


def _loaded(commands: Sequence[Sequence[str]], state: Path) -> list[tuple[Sequence[str], int, Sequence[str]]]:
    """Return commands of one process, each with its exit code and the SDKs that were loaded by its end."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, json.dumps(commands)],
        env={**os.environ, "DRAMATURG_STATE": str(state)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [(command, code, sdks) for command, code, sdks in json.loads(done.stdout.splitlines()[-1])]


def test_a_command_that_asks_no_language_model_loads_no_sdk(state: Path) -> None:
    assert _loaded(_ASKING_NOBODY, state) == [(command, 0, []) for command in _ASKING_NOBODY]


def test_a_run_that_fails_before_it_can_ask_loads_no_sdk(state: Path) -> None:
    assert _loaded(_FAILING, state) == [(command, 2, []) for command in _FAILING]


@pytest.mark.parametrize(
    ("model", "loaded"),
    [("anthropic:m", ["anthropic", "httpx2"]), ("openai:m", ["openai", "httpx2"])],
)
def test_opening_a_vendors_model_loads_that_vendors_sdk_and_not_the_other(model: str, loaded: list[str]) -> None:
    code = f"""
import asyncio, sys
from dramaturg.models.spec import open_model, parse_spec
asyncio.run(open_model(parse_spec({model!r})))
print(*(name for name in {_SDKS} if name in sys.modules))
"""
    keys = {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **keys}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == loaded


def test_the_loader_brings_neither_a_command_line_nor_a_validation_library() -> None:
    code = "import sys, dramaturg.persona.library; print(*({'click', 'pydantic', 'jinja2', 'rich'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"

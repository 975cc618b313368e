"""No command that asks no hosted model pays for a vendor's SDK, and none pays for both."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import BLUEPRINT

_SDKS = ("anthropic", "openai", "httpx2", "xllamacpp")
_PROGRAM = """
import sys
from dramaturg.__main__ import main
try:
    main()
finally:
    print(*(name for name in {sdks} if name in sys.modules), file=sys.stderr)
"""


def _loaded(state: Path, *arguments: str) -> tuple[list[str], int]:
    """Return the SDKs a command has loaded by its end, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(sdks=_SDKS), *arguments],
        env={**os.environ, "DRAMATURG_STATE": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.splitlines()[-1].split(), done.returncode


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("list",),
        ("show", "DPA-1", "--resolved"),
        ("check",),
        ("plan", "DPA-1"),
        ("diff", "DPA-1", "DPA-1"),
        ("run", "DPA-1", str(BLUEPRINT), "--model", "evidence"),
        ("run", "DPA-1", str(BLUEPRINT), "--model", "evidence", "--format", "html"),
        ("runs",),
    ],
    ids=" ".join,
)
def test_a_command_that_asks_no_language_model_loads_no_sdk(arguments: tuple[str, ...], state: Path) -> None:
    assert _loaded(state, *arguments) == ([], 0)


def test_a_run_that_fails_before_it_can_ask_loads_no_sdk(state: Path) -> None:
    for model in ("anthropic:m", "openai:m", "openai:m@nowhere", "gguf:/none"):
        assert _loaded(state, "run", "DPA-1", str(BLUEPRINT), "--model", model) == ([], 2)


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

"""Workflows of docs/github as a runner performs them: a script for each step, in a clone that knows its origin."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.versions import Checkout, edited

BIN = Path(sys.executable).parent


def steps_of(workflow: Path) -> dict[str, dict[str, Any]]:
    """Return the steps of a workflow's job `eval` that run commands, by name."""
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return {step["name"]: step for step in jobs["eval"]["steps"] if "run" in step}


@dataclass(frozen=True)
class Runner:
    """A checkout on a runner: the base branch is known as `origin/main`."""

    checkout: Checkout
    home: Path
    workflow: Path

    @property
    def summary(self) -> str:
        return (self.home / "summary.md").read_text(encoding="utf-8")

    def edit(self, *edits: tuple[str, str], name: str = "personas/dpa-1.persona.md") -> None:
        path = self.checkout.folder / name
        path.write_text(edited(*edits, text=path.read_text(encoding="utf-8")), encoding="utf-8")
        self.checkout.commit()

    def step(
        self, name: str, environment: Mapping[str, str] | None = None, replaced: tuple[str, str] = ("", "")
    ) -> subprocess.CompletedProcess[str]:
        """Run a step as a runner does: its script is a file, given to `bash -e`; something in it may be replaced."""
        script, text = self.home / "step.sh", steps_of(self.workflow)[name]["run"]
        script.write_text(edited(replaced, text=text) if replaced[0] else text, encoding="utf-8")
        github = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "main"}
        kept = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(self.home), **github}
        git = {key: value for key, value in os.environ.items() if key.startswith("GIT_")}
        summary = {"GITHUB_STEP_SUMMARY": str(self.home / "summary.md")}
        return subprocess.run(
            ["bash", "-e", str(script)],  # noqa: S607 - as the runner finds it
            capture_output=True,
            text=True,
            check=False,
            cwd=self.checkout.folder,
            env={**kept, **git, **summary, **(environment or {})},
            timeout=300,
        )

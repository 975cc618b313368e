"""Two versions of a persona: as plans made on the spot, and as commits of a repository made for the test."""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dramaturg.data import personas_root
from dramaturg.persona.library import Library, persona_of
from dramaturg.persona.scan import scan
from dramaturg.plan.changes import Change
from dramaturg.plan.model import Plan
from dramaturg.run.past import plan_of

SHIPPED = {path.name: path.read_text(encoding="utf-8") for path in sorted(personas_root().glob("*.md"))}
DPA1 = SHIPPED["dpa-1.persona.md"]
_LIBRARY = Library((personas_root(),))
_AUTHOR = {f"GIT_{role}_{what}": "x@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
RELEASE = """---
alias: RELEASE-1
title: Release Planner
allowed_tools: [grep]
expected_artifacts:
  - id: blueprint
    type: primary
    description: What runs where.
  - id: notes
    type: optional
---
<philosophy>Every release can be undone.</philosophy>
<output_contract>Times are UTC.</output_contract>
<directives>
<Directive_Voice>State what is, name its cause, name its effect.</Directive_Voice>
</directives>
<operational_protocol>
<Step number="1" name="Read">Ingest the `BLUEPRINT`.</Step>
<Step number="2" name="Checks">Produce a `CHECKS` section. It MUST cover:
- **Backup:** A tested backup of every database.
- **Secrets:** Every secret the release needs:
  - rotated in the last quarter
  - stored in the vault
- **Images:** Built, signed and stored in the registry.

It may include:
- **Mood:** How the users feel.
</Step>
<Step number="3" name="Weigh">Weigh the risks against each other.</Step>
<Step number="4" name="Procedure">Produce a step-by-step `PROCEDURE`, including:
- Stop the gateway for everybody.
- Apply the migrations one by one.
- Start the gateway again.
</Step>
<Step number="5" name="Way Back">Produce a `WAY BACK`. This is non-negotiable and says how to revert.</Step>
<Step number="6" name="Assemble">Combine all sections into a document titled "Release Plan".</Step>
</operational_protocol>
"""
BACKUP = "- **Backup:** A tested backup of every database.\n"
MOOD = "- **Mood:** How the users feel.\n"
APPLY, START = "- Apply the migrations one by one.\n", "- Start the gateway again.\n"
VOICE = "<Directive_Voice>State what is, name its cause, name its effect.</Directive_Voice>\n"


def step(number: int) -> str:
    """Return a step as written."""
    found = re.search(rf'<Step number="{number}".*?</Step>\n', RELEASE, re.DOTALL)
    assert found
    return found[0]


def plan_from(text: str) -> Plan:
    """Return the plan of a persona file; its parents are the shipped ones."""
    return plan_of(persona_of(scan("made-up.persona.md", text), _LIBRARY.read))


def told(changes: Iterable[Change]) -> list[str]:
    """Return changes in words."""
    return [" ".join(filter(None, [f"{each.effect}:", each.subject, each.name, each.what])) for each in changes]


def edited(*edits: tuple[str, str], text: str = RELEASE) -> str:
    """Return a text with edits that apply once each."""
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@dataclass(frozen=True)
class Checkout:
    """A git repository with personas in its folder `personas`, which is the working folder."""

    folder: Path

    def git(self, *arguments: str) -> str:
        """Give a git command there."""
        command = ["git", "-C", str(self.folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def write(self, name: str, text: str) -> Path:
        """Write a file by its path in the repository."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def commit(self, **files: str) -> None:
        """Commit all there is and these personas, each by the stem of its file."""
        for stem, text in files.items():
            self.write(f"personas/{stem}.persona.md", text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "next")


def new_checkout(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Make an empty repository, whatever the machine's git is set to, and go there."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**_AUTHOR, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}.items():
        monkeypatch.setenv(name, value)
    folder.mkdir()
    monkeypatch.chdir(folder)
    checkout = Checkout(folder)
    checkout.git("init", "--quiet", "--initial-branch", "main")
    return checkout

"""Large inputs, as a user gives them: handled in bounded memory, or refused with the remedy."""

import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.benchmarks.evidence import large_artifact

_MEMORY = 700 * 1024 * 1024  # bytes; twice what it takes
_LINE = "Service number {} of the platform listens on port {} and keeps its state in the database.\n\n"


def _run(arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run the command with a bound on its memory."""
    command = [sys.executable, "-m", "dramaturg", "run", "DPA-1", *map(str, arguments), "--model", "evidence", "--json"]

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))

    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=bounded)


@pytest.mark.slow
def test_five_megabytes_are_performed_in_bounded_memory(tmp_path: Path) -> None:
    text = large_artifact().text
    (tmp_path / "large.md").write_text("\n".join([text] * 5), encoding="utf-8")
    done = _run([tmp_path / "large.md"])
    assert done.returncode == 0, done.stderr
    assert "[Source: ARCHITECTURE_BLUEPRINT, L" in done.stdout


@pytest.mark.slow
def test_two_hundred_artifacts_are_performed_in_bounded_memory(tmp_path: Path) -> None:
    (tmp_path / "blueprint.md").write_text("# Platform\n", encoding="utf-8")
    named: list[str] = []
    for number in range(200):
        path = tmp_path / f"service-{number}.md"
        path.write_text(_LINE.format(number, 9000 + number) * 20, encoding="utf-8")
        named += ["--artifact", f"service {number}={path}"]
    (tmp_path / "service-199.md").write_text(
        "A database backup and restore validation procedure runs daily.\n", encoding="utf-8"
    )
    done = _run([tmp_path / "blueprint.md", *named])
    assert done.returncode == 0, done.stderr
    assert "[Source: SERVICE_199, L1]" in done.stdout


def test_a_folder_of_files_is_cited_file_by_file(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"store {number}.md").write_text(_LINE.format(number, 9000 + number), encoding="utf-8")
    (tmp_path / "backup.md").write_text(
        "# Backups\n\nA database backup and restore procedure runs daily.\n", encoding="utf-8"
    )
    (tmp_path / "logo.md").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    done = _run([tmp_path])
    assert done.returncode == 0, done.stderr
    assert "[Source: ARCHITECTURE_BLUEPRINT/backup.md, L3]" in done.stdout
    assert "is read without 1 of its files" in done.stderr
    assert "logo.md` is not text but a PNG image" in done.stderr


def test_what_is_too_large_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "large.md").write_bytes(b"words and words\n" * 600_000)
    done = _run([tmp_path / "large.md"])
    assert done.returncode == 2
    assert "is larger than 8 MB; split it, or give the part that matters" in done.stderr

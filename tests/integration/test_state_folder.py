"""Where journals are kept: full disks, read-only folders, nobody else's eyes, and what is left over."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.commands import RUN, WHEN, Told, dramaturg, journals, timeless
from tests.support import ROOT

from dramaturg.run.record import read_journal

_RUN = (*RUN, "--model", "evidence")
_PAGE = 4096
_POWERLESS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
version, of_this_process, none = 0x20080522, 0, [0] * 6  # capabilities(7): permission bits bind root as well then
header, data = (ctypes.c_uint32 * 2)(version, of_this_process), (ctypes.c_uint32 * 6)(*none)
assert libc.capset(header, data) == 0
from dramaturg.cli.main import main
main()
"""


@pytest.fixture(name="lines")
def _lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sequence[bytes]:
    """Give the lines of a journal that was written undisturbed, elsewhere."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("DRAMATURG_STATE", str(tmp_path / "elsewhere"))
        assert dramaturg(*_RUN).code == 0
    (sized,) = journals(tmp_path / "elsewhere")
    return sized.read_bytes().splitlines(keepends=True)


def _process(script: str, *arguments: str) -> Told:
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=300)
    return Told(done.returncode, done.stdout, done.stderr)


def _powerless(*arguments: str) -> Told:
    """Give the command as a process whom permission bits bind, whoever runs the tests."""
    return _process(_POWERLESS, *arguments)


@contextmanager
def _read_only(*folders: Path) -> Iterator[None]:
    for folder in folders:
        folder.chmod(0o500)
    try:
        yield
    finally:
        for folder in folders:
            folder.chmod(0o700)


def limited(size: int, *arguments: str) -> Told:
    """Give the command as a process that can write no file larger than this."""
    script = f"""
import resource
import sys
sys.dont_write_bytecode = True  # Python would keep what was cut of it
from dramaturg.cli.main import main
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, most))
try:
    main()
finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
"""
    return _process(script, *arguments)


def test_a_disk_that_fills_up_costs_only_the_answer_it_cut(state: Path, lines: Sequence[bytes]) -> None:
    full = limited(sum(map(len, lines[:3])) + 20, *_RUN)
    assert (full.code, full.out) == (2, "")
    assert "cannot be written: File too large; free some space and resume" in full.err
    (journal,) = journals(state)
    *kept, cut = timeless(journal.read_bytes()).splitlines(keepends=True)
    assert kept == timeless(b"".join(lines[:3])).splitlines(keepends=True)
    assert lines[3].startswith(cut)
    again = dramaturg(*_RUN)
    assert again.code == 0
    assert "2 answers are already there" in again.err
    assert timeless(journal.read_bytes()) == timeless(b"".join(lines))


def test_a_disk_without_room_for_a_header_leaves_nothing_behind(state: Path) -> None:
    full = limited(1000, *_RUN)
    assert (full.code, full.out) == (2, "")
    assert "cannot be used: File too large; set `DRAMATURG_STATE` to another one" in full.err
    assert [*(state / "runs").iterdir()] == []


@contextmanager
def _small_disk(folder: Path, size: int) -> Iterator[bool]:
    """Mount a file system of so many bytes; tell whether this machine lets us."""
    folder.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run([mount, *options], check=False, capture_output=True) if mount and unmount else None
    try:
        yield done is not None and done.returncode == 0
    finally:
        if unmount and done is not None and done.returncode == 0:
            subprocess.run([unmount, str(folder)], check=True)


def test_a_real_disk_that_is_full_costs_only_the_answer_it_cut(
    tmp_path: Path, lines: Sequence[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be mounted, the limit on the size of a file stands in for it: the same calls fail."""
    disk, room = tmp_path / "disk", sum(map(len, lines)) // _PAGE * _PAGE
    monkeypatch.setenv("DRAMATURG_STATE", str(disk))
    with _small_disk(disk, 1024 * 1024) as mounted:
        ballast = disk / "ballast"
        if mounted:
            ballast.write_bytes(b"0" * (1024 * 1024 - room))
        full = _powerless(*_RUN) if mounted else limited(room, *_RUN)
        assert (full.code, full.out) == (2, "")
        why = "No space left on device" if mounted else "File too large"
        (journal,) = journals(disk)
        assert f"error: the journal `{journal}` cannot be written: {why}; free some space and resume\n" in full.err
        assert read_journal(journal).end is None
        kept = len(read_journal(journal).replies)
        ballast.unlink(missing_ok=True)
        again = dramaturg(*_RUN)
        assert again.code == 0
        assert f"{kept} answers are already there" in again.err
        assert journals(disk) == [journal]


def test_a_state_folder_that_is_read_only_is_named_with_the_remedy(state: Path) -> None:
    (state / "runs").mkdir(parents=True)
    with _read_only(state / "runs"):
        told = _powerless(*_RUN)
    assert (told.code, told.out) == (2, "")
    said = f"error: the state folder `{state}/runs` cannot be written: Permission denied; set `DRAMATURG_STATE` to one"
    assert said in told.err
    (state / "runs").rmdir()
    with _read_only(state):
        told = _powerless(*_RUN)
    assert told.code == 2
    assert "cannot be written: Permission denied" in told.err


def test_runs_can_be_looked_at_where_nothing_can_be_written(state: Path) -> None:
    whole = dramaturg(*_RUN)
    (journal,) = journals(state)
    journal.chmod(0o400)
    with _read_only(state / "runs", state):
        assert re.match(rf"{journal.stem}  {WHEN}  done, 5 answers", _powerless("runs").out)
        assert _powerless("runs", journal.stem).out == whole.out
        assert _powerless("resume", journal.stem).out == whole.out  # which has ended, and only gives it again
        pruned = _powerless("runs", "--prune", "--older-than", "0")
        assert (pruned.code, pruned.out) == (2, "")
        assert (
            f"error: the journal `{journal}` cannot be written: Permission denied; change its permissions" in pruned.err
        )
        journal.chmod(0o600)
        pruned = _powerless("runs", "--prune", "--older-than", "0")
        assert (pruned.code, pruned.out) == (2, "")
        assert f"error: `{journal}` cannot be removed: Permission denied; change the permissions of its" in pruned.err
    assert journals(state) == [journal]


def test_a_run_whose_journal_is_read_only_does_not_go_on(state: Path, lines: Sequence[bytes]) -> None:
    assert limited(sum(map(len, lines[:3])), *_RUN).code == 2
    (journal,) = journals(state)
    journal.chmod(0o400)
    told = _powerless("resume", journal.stem)
    assert (told.code, told.out) == (2, "")
    assert f"error: the journal `{journal}` cannot be written: Permission denied; change its permissions\n" in told.err


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_else_reads_a_journal_whatever_the_umask(state: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        assert dramaturg(*_RUN, "--quiet").code == 0
    finally:
        os.umask(before)
    (journal,) = journals(state)
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.parent.stat().st_mode) == 0o700


def test_a_header_whose_process_died_before_there_was_a_run_is_pruned(state: Path) -> None:
    assert dramaturg(*_RUN, "--quiet").code == 0
    left = state / "runs" / ".new-abc"
    left.write_text('{"type": "run", "for', encoding="utf-8")
    assert dramaturg("runs", "--json").json[0]["status"] == "done"
    assert len(dramaturg("runs", "--json").json) == 1
    told = dramaturg("runs", "--prune", "--older-than", "0", "--status", "failed", "--dry-run")
    assert told.out == "would remove .new-abc, 20 bytes\n"
    dramaturg("runs", "--prune", "--older-than", "1d")
    assert left.exists()
    dramaturg("runs", "--prune", "--older-than", "0", "--status", "failed")
    assert not left.exists()
    assert len(journals(state)) == 1

"""What git cannot give is told with a remedy, and nothing a user or a repository says makes git do more than read."""

import subprocess
from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.versions import BACKUP, RELEASE, Checkout, edited, new_checkout

_PLACE = "personas/release.persona.md"


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Give a repository with two commits."""
    checkout = new_checkout(tmp_path / "project", monkeypatch)
    checkout.commit(release=RELEASE)
    checkout.commit(release=edited((BACKUP, "")))
    return checkout


@pytest.mark.parametrize(
    ("operands", "reason"),
    [
        (("HAED:x.md", _PLACE), "git finds no revision `HAED`; did you mean `HEAD`?"),
        (("v9:x.md", _PLACE), "git finds no revision `v9`; `git log --oneline` shows what there is"),
        (("HEAD~1..HEAD:x.md", _PLACE), "git finds no revision `HEAD~1..HEAD`"),
        (
            ("HEAD~1:personas/relaese.persona.md", _PLACE),
            "revision `HEAD~1`; was it called `HEAD~1:personas/release.persona.md`?",
        ),
        (("HEAD:zzz", _PLACE), "in revision `HEAD`; `git ls-tree -r --name-only HEAD` shows what there is"),
        ((":zzz", _PLACE), "there is no file `zzz` in the index; `git ls-files` shows what there is"),
        (("HEAD:../../zzz", _PLACE), "there is no file `../../zzz` in revision `HEAD`"),
        (("HEAD:personas/gone.persona.md",), "`personas/gone.persona.md` is not in the work tree any more"),
        (
            ("personas/new.persona.md",),
            "`personas/new.persona.md` was not there at the last commit, so there is nothing to compare it with; ",
        ),
        (("../outside.md",), "lies outside the repository"),
        (("RELAESE-1",), "no persona is called `RELAESE-1`; did you mean `RELEASE-1`"),
    ],
)
def test_a_version_that_is_not_there_is_the_callers_fault(
    checkout: Checkout, operands: tuple[str, ...], reason: str
) -> None:
    checkout.commit(gone=RELEASE.replace("RELEASE-1", "GONE-1"))
    (checkout.folder / "personas/gone.persona.md").unlink()
    checkout.write("personas/new.persona.md", RELEASE.replace("RELEASE-1", "NEW-1"))
    checkout.write("../outside.md", RELEASE)
    told = dramaturg("diff", *operands)
    assert (told.code, told.out) == (2, "")
    assert reason in told.err


def test_before_the_first_commit_there_are_no_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = new_checkout(tmp_path / "project", monkeypatch)
    checkout.write(_PLACE, RELEASE)
    told = dramaturg("check", _PLACE, "--against", "HEAD")
    assert told.code == 2
    assert "error: git finds no revision `HEAD`; nothing was committed yet, so commit first\n" in told.err


def test_without_a_repository_there_are_no_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = dramaturg("diff", "DPA-1")
    assert told.code == 2
    assert "not a git repository" in told.err
    assert told.err.endswith("run it in a git repository, or compare two files\n")
    told = dramaturg("check", "DPA-1", "--against", "HEAD")
    assert (told.code, told.err.endswith("run it in a git repository, or leave `--against` out\n")) == (2, True)


@pytest.mark.usefixtures("checkout")
def test_git_is_not_needed_until_a_version_of_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dramaturg("diff", "DPA-1", _PLACE).code == 0
    told = dramaturg("diff", _PLACE)
    assert (told.code, told.err) == (2, "error: `git` is not installed; install it, or compare two files\n")


@pytest.mark.usefixtures("checkout")
def test_a_git_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_bytes(b"\x7fELF")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dramaturg("diff", _PLACE).err == "error: git cannot be started: Exec format error\n"


def test_a_shallow_clone_says_how_to_get_what_it_lacks(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.git("clone", "--quiet", "--depth", "1", f"file://{checkout.folder}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    told = dramaturg("diff", f"HEAD~1:{_PLACE}")
    assert told.code == 2
    assert "this clone is shallow, `git fetch --unshallow` brings what is missing" in told.err


def test_a_repository_that_lacks_an_object_says_which(checkout: Checkout) -> None:
    oid = checkout.git("rev-parse", f"HEAD~1:{_PLACE}").strip()
    (checkout.folder / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    told = dramaturg("diff", f"HEAD~1:{_PLACE}")
    assert (told.code, told.err) == (
        2,
        f"error: the repository lacks the object {oid}; `git fsck` tells what else it lacks\n",
    )


@pytest.mark.parametrize(
    "revision", ["--output=pwned", "--exec-path=.", "-h", "$(touch pwned)", "`touch pwned`", "HEAD;touch pwned"]
)
def test_a_revision_is_never_an_option_or_a_command(checkout: Checkout, revision: str) -> None:
    told = dramaturg("diff", "--", f"{revision}:{_PLACE}")
    assert told.code == 2
    assert f"git finds no revision `{revision}`" in told.err
    assert {path.name for path in checkout.folder.iterdir()} == {".git", "personas"}


def test_what_a_repository_would_have_git_start_is_not_started(checkout: Checkout) -> None:
    monitor = checkout.write(".git/monitor", "#!/bin/sh\ntouch ../pwned pwned\n")
    monitor.chmod(0o755)
    checkout.git("config", "core.fsmonitor", ".git/monitor")
    assert dramaturg("diff", f":{_PLACE}", _PLACE).code == 0
    assert not (checkout.folder / "pwned").exists()


def test_only_regular_files_that_no_merge_has_left_undecided_are_versions(checkout: Checkout) -> None:
    (checkout.folder / "personas/link.persona.md").symlink_to("release.persona.md")
    checkout.git("checkout", "--quiet", "-b", "other")
    checkout.commit(release=edited((BACKUP, "- **Backup:** One.\n")))
    checkout.git("checkout", "--quiet", "main")
    checkout.commit(release=edited((BACKUP, "- **Backup:** Two.\n")))
    with pytest.raises(subprocess.CalledProcessError):
        checkout.git("merge", "other")
    assert "there is no file" in dramaturg("diff", "other:personas/link.persona.md", "DPA-1").err
    assert f"there is no file `{_PLACE}` in the index" in dramaturg("diff", f":{_PLACE}", "DPA-1").err

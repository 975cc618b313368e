"""What is known of a root's files: kept between processes, renewed when it may have changed, not believed blindly."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from dramaturg.findings.model import Finding
from dramaturg.persona.library import Entry, Library
from dramaturg.persona.reading import read_persona_file

_OPENED: list[str] = []
sys.addaudithook(lambda event, given: _OPENED.append(str(given[0])) if event == "open" else None)
_LATER = 5_000_000_000


def _write(path: Path, title: str = "One") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\nalias: {path.name.split('.')[0]}\ntitle: {title}\n---\n", encoding="utf-8")
    return path


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    """Give a root with two personas."""
    root = tmp_path / "personas"
    _write(root / "one.persona.md")
    _write(root / "below" / "two.mixin.md")
    return root


@pytest.fixture(name="rested")
def _rested(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a root whose files were written a while ago, and are known."""
    _later_than(max(path.stat().st_ctime_ns for path in root.rglob("*")), root.parent / "clock")
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + _LATER)
    assert _titles(root) == {"below/two.mixin.md": "One", "one.persona.md": "One"}
    assert _read(root) == []
    return root


def _later_than(moment: int, path: Path) -> None:
    """Wait for the clock of the file system: that of some goes by hundredths of seconds."""
    path.touch()
    while path.stat().st_ctime_ns <= moment:
        path.touch()


def _titles(root: Path) -> Mapping[str, str]:
    return {entry.name: entry.text("title") for entry in Library((root,)).entries}


def _read(root: Path) -> list[str]:
    """Return which files of a root are opened to list it."""
    _OPENED.clear()
    assert Library((root,)).entries
    return sorted({path for path in _OPENED if path.startswith(str(root))})


def _cache(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "cache" / "index").iterdir()
    return path


def test_files_that_have_not_changed_are_not_read_again(rested: Path) -> None:
    before = Library((rested,))
    assert _read(rested) == []
    again = Library((rested,))
    assert again.entries == before.entries
    assert [str(entry.alias_span) for entry in again.entries] == [f"{entry.path}:2:8" for entry in before.entries]


def test_files_that_were_only_just_written_are_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    assert _read(root) == _read(root) == [str(root / "below/two.mixin.md"), str(root / "one.persona.md")]


def test_a_file_rewritten_at_once_in_the_same_size_and_time_is_noticed(root: Path) -> None:
    path = root / "one.persona.md"
    for title in ("One", "Two", "Six"):
        _write(path, title)
        os.utime(path, ns=(1, 1))
        assert _titles(root)["one.persona.md"] == title


def _rewritten(path: Path) -> None:
    before = path.stat()
    _write(path, "Two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replaced(path: Path) -> None:
    before = path.stat()
    other = _write(path.with_name("other.md"), "Two")
    other.write_text(other.read_text(encoding="utf-8").replace("other", "one"), encoding="utf-8")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


def _linked(path: Path) -> None:
    path.unlink()
    path.symlink_to(_write(path.parent.parent / "one.elsewhere.md", "Two"))


@pytest.mark.parametrize("change", [_rewritten, _replaced, _linked])
def test_a_changed_file_is_noticed_though_its_size_and_times_are_kept(
    rested: Path, change: Callable[[Path], None]
) -> None:
    change(rested / "one.persona.md")
    assert _titles(rested) == {"below/two.mixin.md": "One", "one.persona.md": "Two"}
    assert _read(rested) == []


def test_files_that_come_and_go_are_noticed(rested: Path) -> None:
    (rested / "one.persona.md").rename(rested / "won.persona.md")
    _write(rested / "three.persona.md", "Three")
    assert _titles(rested) == {"below/two.mixin.md": "One", "three.persona.md": "Three", "won.persona.md": "One"}
    assert isinstance(Library((rested,)).find("one"), Entry)
    (rested / "won.persona.md").unlink()
    assert isinstance(Library((rested,)).find("one"), Finding)


def test_a_file_touched_and_not_changed_is_read_once(rested: Path) -> None:
    (rested / "one.persona.md").touch()
    assert _read(rested) == [str(rested / "one.persona.md")]
    assert _read(rested) == []


def test_two_roots_of_the_same_names_are_kept_apart(rested: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    _write(other / "one.persona.md", "Other")
    for _ in range(2):
        assert _titles(other) == {"one.persona.md": "Other"}
        assert _titles(rested)["one.persona.md"] == "One"


def _altered(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"One", b"Won"))


def _of_other_code(path: Path) -> None:
    head, body = path.read_text(encoding="utf-8").split("\n", 1)
    path.write_text(json.dumps(json.loads(head) | {"code": "0" * 64}) + "\n" + body, encoding="utf-8")


def _made_huge(path: Path) -> None:
    os.truncate(path, 1 << 40)


def _made_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _made_a_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: os.truncate(path, path.stat().st_size // 2), id="cut"),
        pytest.param(lambda path: os.truncate(path, 0), id="emptied"),
        pytest.param(lambda path: path.write_bytes(bytes(range(256))), id="no text"),
        pytest.param(lambda path: path.write_text("[]\n{}", encoding="utf-8"), id="other JSON"),
        _altered,
        _of_other_code,
        _made_huge,
        _made_a_pipe,
        _made_a_loop,
    ],
)
def test_a_cache_that_is_not_whole_is_made_anew(rested: Path, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(_cache(tmp_path))
    assert len(_read(rested)) == 2
    assert _titles(rested) == {"below/two.mixin.md": "One", "one.persona.md": "One"}
    assert _read(rested) == []


def test_a_folder_where_the_cache_should_be_is_left_alone(rested: Path, tmp_path: Path) -> None:
    cache = _cache(tmp_path)
    cache.unlink()
    (cache / "mine").mkdir(parents=True)
    assert len(_read(rested)) == len(_read(rested)) == 2
    assert [path.name for path in cache.parent.iterdir()] == [cache.name]


@pytest.mark.parametrize("place", ["/dev/null", "/proc/self/nowhere", "~nobody-at-all/cache"])
def test_where_nothing_can_be_kept_every_file_is_read(root: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setenv("DRAMATURG_CACHE", place)
    assert len(_read(root)) == len(_read(root)) == 2


def test_a_user_without_a_home_has_no_cache(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRAMATURG_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert len(_read(root)) == 2


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"DRAMATURG_CACHE": "own", "XDG_CACHE_HOME": "standard"}, "own/index"),
        ({"DRAMATURG_CACHE": "", "XDG_CACHE_HOME": "standard"}, "standard/dramaturg/index"),
        ({"DRAMATURG_CACHE": "", "XDG_CACHE_HOME": ""}, "home/.cache/dramaturg/index"),
    ],
)
def test_the_cache_is_where_the_environment_says(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], place: str
) -> None:
    for name, value in {"HOME": "home", **variables}.items():
        monkeypatch.setenv(name, value and str(tmp_path / value))
    assert _titles(root)
    assert len([*(tmp_path / place).iterdir()]) == 1


@pytest.fixture(name="deep")
def _deep(root: Path) -> Iterator[str]:
    """Give a folder below the root whose path is longer than a path can be."""
    here, name = Path.cwd(), "d" * 250
    os.chdir(root)
    try:
        for _ in range(17):
            Path(name).mkdir()
            os.chdir(name)
        yield name
    finally:
        os.chdir(here)


def test_a_folder_that_cannot_be_listed_is_named_and_hides_no_other(root: Path, deep: str) -> None:
    library = Library((root,))
    assert [entry.alias for entry in library.entries] == ["two", "one"]
    ((folder, reason),) = library.unreadable.items()
    assert folder.endswith(f"/{deep}/{deep}")
    assert reason == "File name too long"


def test_links_that_lead_in_a_circle_lead_nowhere(root: Path) -> None:
    (root / "below" / "up").symlink_to(root)
    (root / "self.persona.md").symlink_to(root / "self.persona.md")
    os.mkfifo(root / "pipe.persona.md")
    entries = Library((root,)).entries
    assert [(entry.name, entry.damaged) for entry in entries] == [
        ("below/two.mixin.md", False),
        ("one.persona.md", False),
        ("self.persona.md", True),
    ]


def test_a_file_that_cannot_be_read_is_listed_by_its_place_and_hides_no_other(root: Path) -> None:
    (root / "memory.persona.md").symlink_to("/proc/self/mem")
    entries = Library((root,)).entries
    assert [(entry.alias, entry.damaged) for entry in entries] == [("two", False), ("memory", True), ("one", False)]
    assert [entry.alias_span is None for entry in entries] == [False, True, False]


def test_files_are_listed_by_the_parts_of_their_paths(root: Path) -> None:
    for name in ("below-a.persona.md", "below.persona.md", "Zed.persona.md", "below/b/x.persona.md"):
        _write(root / name)
    assert [entry.name for entry in Library((root,)).entries] == [
        "Zed.persona.md",
        "below/b/x.persona.md",
        "below/two.mixin.md",
        "below-a.persona.md",
        "below.persona.md",
        "one.persona.md",
    ]


def test_a_file_name_that_is_no_text_is_listed_and_kept(rested: Path) -> None:
    path = rested / os.fsdecode(b"\xff.persona.md")
    path.write_text("---\nalias: odd\ntitle: Odd\n---\n", encoding="utf-8")
    for _ in range(2):
        assert _titles(rested)[path.name] == "Odd"


def test_what_was_scanned_is_believed_as_long_as_the_file_says_so(root: Path) -> None:
    path = root / "one.persona.md"
    scanned = {str(path): read_persona_file(path)}
    for title in ("One", "Two"):
        _write(path, title)
        library = Library((root,))
        library.scanned = scanned
        (entry,) = (entry for entry in library.entries if entry.path == path)
        place = entry.alias_span
        assert (entry.text("title"), place and (place.line, place.column, place.length)) == (title, (2, 8, 3))

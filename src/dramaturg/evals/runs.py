"""A recorded eval on disk; its one rule: the same eval goes on where it was killed, and a finished one stays as it is.

The file's first line says what the eval is decided by: the suite, both arms whole, models, repeats, seed. A record for
each performance follows, then how it ended. An eval is finished once it has a verdict; without one the same command
takes it up, keeps every record but those of faults, and asks no question twice.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dramaturg.errors import CallerError, JournalMiss
from dramaturg.evals.lines import Lines, begin_lines, last_line, read_lines, take_up_lines
from dramaturg.evals.records import Record, record_of
from dramaturg.evals.replies import batches_out
from dramaturg.evals.suite import slug
from dramaturg.persona.files import is_file
from dramaturg.run.journal_folder import ask_for
from dramaturg.run.locks import is_held, there

FORMAT = 1
_HEAD = b'{"type": "eval", "format": '
END = b'{"type": "end"'
FOLDER = "evals"
RUNS, MUTANTS, REPLIES = "runs", "mutants", "replies"
RUNNING = "running"
_DIGEST_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the file of an eval says.

    Attributes:
        path: The file.
        header: What the eval is decided by.
        records: Of each performance the last.
        end: Its verdict as JSON data; None while it is unfinished.
    """

    path: Path
    header: Mapping[str, Any]
    records: tuple[Record, ...]
    end: Mapping[str, Any] | None

    @property
    def run(self) -> str:
        """The eval's id."""
        return str(self.header["run"])


class Run:
    """The file of an eval, held open by the process that performs it."""

    def __init__(self, lines: Lines, recorded: Recorded) -> None:
        self._lines = lines
        self.header = recorded.header
        self.records = {record.place: record for record in recorded.records if record.outcome != "error"}

    @property
    def id(self) -> str:
        """The eval's id."""
        return str(self.header["run"])

    @property
    def path(self) -> Path:
        """The file."""
        return self._lines.path

    def keep(self, record: Record) -> None:
        """Write a record down."""
        self._lines.add(record.to_json())
        self.records[record.place] = record

    def end(self, verdict: Mapping[str, Any]) -> None:
        """Write down how it ended; the same command begins a new one from now on."""
        self._lines.add({"type": "end", **verdict}, safe=True)

    def close(self) -> None:
        """Release the file."""
        self._lines.close()


def open_run(state: Path, suite: str, file: Path, decided_by: Mapping[str, Any], kind: str = RUNS) -> Run:
    """Take up the newest unfinished eval of the same file that is decided by the same, or begin one.

    Args:
        state: The user's state folder.
        suite: The suite's name.
        file: The suite's file; those of other projects may have the same name.
        decided_by: What the eval is decided by, as plain JSON data.
        kind: The folder among those of the suite that its file is put into.
    """
    digest = hashlib.sha256(json.dumps(decided_by, sort_keys=True).encode()).hexdigest()
    folder, stem = runs_folder(state, suite, kind), f"{slug(suite)}-{digest[:_DIGEST_SHOWN]}"
    place = str(file.resolve())
    earlier = sorted(folder.glob(f"{stem}-*.jsonl"), key=_number, reverse=True)
    for path in earlier:
        begun = _first_line(path) and not last_line(path).startswith(END)  # without a line another begins it just now
        lines = take_up_lines(path) if begun else None
        if lines is None:
            continue
        recorded = read_run(path)
        same = recorded.header["decided_by"] == digest and place_of(recorded.header) == place
        if same and recorded.end is None:
            return Run(lines, recorded)
        lines.close()
    number = max(map(_number, earlier), default=0) + 1
    while True:
        run = f"{stem}-{number}"
        path = folder / f"{run}.jsonl"
        new = begin_lines(path)
        if new is not None:
            break
        number += 1
    known = {"type": "eval", "format": FORMAT, "run": run, "decided_by": digest, "began": _now(), "place": place}
    header = {**known, **decided_by}
    new.add(header, safe=True)
    return Run(new, Recorded(path=path, header=header, records=(), end=None))


def read_run(path: Path) -> Recorded:
    """Read the file of an eval; JournalMiss if it is damaged or none."""
    lines = [line for _, line in read_lines(path)]
    if not lines or not lines[0].startswith(_HEAD):
        raise JournalMiss("", f"`{path}` is no recorded eval; `dramaturg eval report` lists them")
    try:
        header, *rest = map(json.loads, lines)
        if header["format"] != FORMAT:
            said = f"`{path}` has the format {header['format']}, this version reads {FORMAT}"
            raise JournalMiss("", f"{said}; read it with the version that wrote it")
        records = {record.place: record for data in rest if data["type"] == "cell" for record in (record_of(data),)}
        end = next((data for data in reversed(rest) if data["type"] == "end"), None)
    except (ValueError, LookupError, TypeError) as error:
        raise JournalMiss("", f"`{path}` is damaged ({error}); remove it, and run the eval again") from error
    return Recorded(path=path, header=header, records=tuple(records.values()), end=end)


def read_header(path: Path) -> Mapping[str, Any]:
    """Read what an eval is decided by; its file is known to be one."""
    with path.open("rb") as file:
        header: Mapping[str, Any] = json.loads(file.readline())
    return header


def place_of(header: Mapping[str, Any]) -> str:
    """Return where the suite's file was, from the root on; as it was named in evals that do not say."""
    return str(header.get("place") or header["suite"]["path"])


def suite_path(header: Mapping[str, Any]) -> Path:
    """Return the suite's file as it was named where that is it from here, or where it is gone; else where it was."""
    named, place = Path(header["suite"]["path"]), Path(place_of(header))
    return named if named.resolve() == place or not place.exists() else place


def find_run(state: Path, run: str) -> Path:
    """Return the file of an eval by its id or its path; CallerError if there is none."""
    path = Path(run)
    if is_file(path):
        return path
    found = next(iter(all_runs(state, run)), None)
    if found is None:
        meant = ask_for(run, [path.stem for path in all_runs(state)])
        raise CallerError(f"there is no recorded eval `{run}`; {meant}`dramaturg eval report` lists them")
    return found


def all_runs(state: Path, run: str | None = None) -> Sequence[Path]:
    """Return the files of evals, the newest first: of all, or of those of an id."""
    found = (path for path in (state / FOLDER).glob(f"*/{RUNS}/*.jsonl") if run in (path.stem, None))
    return [path for _, path in sorted(((facts.st_mtime, path) for path, facts in there(found)), reverse=True)]


def run_rows(state: Path) -> list[dict[str, Any]]:
    """Return what each recorded eval is of and came to, the newest first; nothing of a damaged one.

    `suite` is the file as it was named, `place` where it was, `arms` what was compared, the candidate last; `verdict`
    is empty where `status`, as `standing` returns it, is not `ended`.
    """
    rows = []
    for path in all_runs(state):
        head, held, last = _first_line(path), is_held(path), last_line(path)  # so one that ends now is not unfinished
        if head.startswith(_HEAD) and last:
            header = json.loads(head)
            verdict = json.loads(last)["kind"] or "done" if last.startswith(END) else ""
            rows.append(
                {"run": header["run"], "suite": header["suite"]["path"], "place": place_of(header)}
                | {"arms": [arm["name"] for arm in header["arms"].values()], "models": header["models"]}
                | {
                    "began": header["began"],
                    "verdict": verdict,
                    "status": standing(path, ended=bool(verdict), held=held),
                }
            )
    return rows


def standing(path: Path, *, ended: bool, held: bool) -> str:
    """Return how an eval stands: `ended`, `running`, `batch out` (its answers can still be fetched) or `unfinished`.

    Args:
        path: Its file.
        ended: Whether it says how it ended.
        held: Whether a process held it before that was read.
    """
    if ended:
        return "ended"
    if held:
        return RUNNING
    answers = path.parents[1] / REPLIES / path.name
    return "batch out" if answers.is_file() and batches_out(answers) else "unfinished"


def runs_folder(state: Path, suite: str, kind: str = RUNS) -> Path:
    """Return the folder that holds the evals of a suite."""
    return state / FOLDER / slug(suite) / kind


def replies_folder(state: Path, suite: str) -> Path:
    """Return the folder that holds recorded answers of a suite which names none itself."""
    return state / FOLDER / slug(suite) / REPLIES


def _first_line(path: Path) -> bytes:
    """Return the first line of a file; empty where it is not written yet, or the file is gone."""
    return next((line for _, line in read_lines(path)), b"")


def _number(path: Path) -> int:
    last = path.stem.rsplit("-", 1)[1]
    return int(last) if last.isdecimal() else 0


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

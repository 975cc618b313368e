"""A journal file to what it says; its one rule: what was not written whole was never written.

One JSON object a line: the header, then a reply, a person's answer or a pause each, then how the run ended, and that
its result was delivered where that was still to do. A line without a line end was being written when the process died
and counts for nothing; any other line that cannot be read means damage.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dramaturg.engine.calls import Answer, ModelReply, Usage
from dramaturg.errors import CallerError, JournalMiss
from dramaturg.models.prices import Price, parse_price
from dramaturg.run.shape import require_sound

FORMAT = 1
_LAST = 4096  # bytes in which a last line is looked for
_HEAD = b'{"type": "run", "format": '
_HEADER = frozenset("run plan inputs persona chain kernel artifacts spec model profile reasks sample".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a journal says, read without locking it.

    Attributes:
        path: The file.
        header: What froze the run.
        replies: Answers by call key, in the order they came.
        steps: Step and attempt of each answer, in the same order.
        seconds: How long each answer took, by call key; without those of a version that did not measure it.
        answers: What a person answered, by the question's key.
        waits: Id, kind and text of the questions it paused for; empty where it did not, or has gone on since.
        end: How it ended: `status`, `message` and when, `at`, in UTC (ISO 8601); None while it is unfinished.
        delivered: Whether the result of a run that has ended has reached its reader.
        standing: How a run of a database stands; empty for one whose journal says it.
    """

    path: Path
    header: Mapping[str, Any]
    replies: Mapping[str, ModelReply]
    steps: tuple[tuple[str, int], ...]
    answers: Mapping[str, Answer]
    waits: tuple[tuple[str, str, str], ...]
    end: Mapping[str, str] | None
    seconds: Mapping[str, float] = field(default_factory=dict)
    delivered: bool = True
    standing: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do: it has failed, or its result has reached its reader."""
        return self.end is not None and self.delivered

    @property
    def price(self) -> Price | None:
        """What tokens cost of models whose price is not known, if the run was told."""
        said = self.header.get("price")
        return parse_price(said) if said else None

    @property
    def run(self) -> str:
        """The run's id."""
        return str(self.header["run"])


def is_plainly_over(path: Path) -> bool:
    """Tell whether the last line of a journal says that its run is over, which spares reading all of it to know that.

    Where it does not, or cannot be read, the whole may still say so.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST))
            *_, last, torn = file.read().split(b"\n")
        record = json.loads(last)
        ended = record["type"] == "delivered" or (record["type"] == "end" and record.get("delivered", True))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False
    return ended and not torn


def read_journal(path: Path) -> Record:
    """Read a journal; JournalMiss if the file is damaged or of another format."""
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise CallerError(f"the journal `{path}` cannot be read: {error.strerror or error}") from error
    if not whole.startswith(_HEAD):
        raise JournalMiss("", f"`{path}` is no journal; `dramaturg runs` lists the runs")
    try:
        return _record(path, [json.loads(line) for line in whole.split(b"\n")[:-1]])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        remedy = "remove it, or start a new run with `--fresh`"
        raise JournalMiss("", f"the journal `{path}` is damaged ({error}); {remedy}") from error


def _record(path: Path, records: Sequence[Any]) -> Record:
    """Return what the lines of a journal say; JournalMiss for another format, and for damage what Python says of it."""
    header = records[0]
    if header["type"] != "run" or header["format"] != FORMAT:
        remedy = "perform it with the version that wrote it"
        said = f"the journal `{path}` has the format {header['format']}, this version reads {FORMAT}"
        raise JournalMiss("", f"{said}; {remedy}")
    if missing := sorted(_HEADER - header.keys()):
        raise ValueError(f"its header has no `{missing[0]}`")
    for record in records:
        require_sound(record)
    answers = [record for record in records if record["type"] == "reply"]
    ends = [record for record in records if record["type"] == "end"]
    last = records[-1]
    return Record(
        path=path,
        header=header,
        replies={each["key"]: _reply(each["reply"]) for each in answers},
        steps=tuple((each["step"], each["attempt"]) for each in answers),
        answers={each["key"]: Answer(**each["answer"]) for each in records if each["type"] == "answer"},
        waits=tuple((each["id"], each["kind"], each["text"]) for each in last.get("questions", ())),
        end=_end(ends[-1]) if ends else None,
        seconds={each["key"]: float(each["seconds"]) for each in answers if "seconds" in each},
        delivered=all(each.get("delivered", True) for each in ends) or last["type"] == "delivered",
    )


def _end(data: Mapping[str, Any]) -> dict[str, str]:
    return {"status": data["status"], "message": data["message"], "at": data.get("at", "")}


def _reply(data: Mapping[str, Any]) -> ModelReply:
    return ModelReply(
        text=data["text"],
        stop=data["stop"],
        usage=Usage(**data["usage"]),
        model=data["model"],
        request_id=data["request_id"],
        stand_in=data.get("stand_in", ""),
    )
